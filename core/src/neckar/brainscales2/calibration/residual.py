"""Wanted against actual: one quantity over all circuits of a chip, before and after."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.chip.registers import Chip


@dataclass(frozen=True, kw_only=True)
class Residual:
    """One calibrated quantity over all neurons or synapse drivers of a chip.

    Args:
        name: with its unit.
        wanted: what the target says, the median if it differs by neuron; for heights the median
            of the excitatory inputs.
        before: values with the median codes on all neurons, in other words without calibration.
        after: values with the codes of each neuron.
    """

    name: str
    wanted: float
    before: np.ndarray
    after: np.ndarray

    @property
    def ratio(self) -> float:
        """Spread that is left, relative to that before; 1 where there was none."""
        before = float(np.std(self.before))
        return float(np.std(self.after)) / before if before > 0 else 1.0

    def __str__(self) -> str:
        def both(values: np.ndarray) -> str:
            return f"{np.mean(values):8.2f} ± {np.std(values):5.2f}"

        return f"{self.name:24} {self.wanted:8.2f} {both(self.before)} {both(self.after)}"


def with_median_codes(chip: Chip, besides: Collection[str] = ()) -> Chip:
    """The same chip; neurons and drivers have codes of the median one, besides some settings."""
    copy = Chip.from_array(chip.array)
    neurons = copy.array["neuron_block"]["atomic_neurons"]
    for part in neurons.dtype.names:
        for field in neurons[part].dtype.names:
            if neurons[part][field].dtype.kind in "ub" and field not in besides:
                middle = np.sort(neurons[part][field])[neurons.size // 2]
                neurons[part][field] = middle
    drivers = copy.array["synapse_driver_blocks"]["synapse_drivers"]
    for field in ("offset", "hagen_dac_offset"):
        drivers[field] = np.sort(drivers[field], axis=None)[drivers.size // 2]
    return copy
