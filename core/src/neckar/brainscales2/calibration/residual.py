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
        n_missing: calibrated circuits of which nothing could be measured.
    """

    name: str
    wanted: float
    before: np.ndarray
    after: np.ndarray
    n_missing: int = 0

    @classmethod
    def of(
        cls, name: str, wanted: float | np.ndarray, before: np.ndarray, after: np.ndarray
    ) -> "Residual":
        """Of what was measured, where that is a number at all.

        Where more is wanted of some circuits than of the median one, that much is subtracted, so
        that the spread is only what nobody wanted.
        """
        middle = float(np.median(wanted))
        more = np.broadcast_to(np.asarray(wanted) - middle, after.shape)
        is_told = np.isfinite(after)
        return cls(
            name=name,
            wanted=middle,
            before=(before - more)[np.isfinite(before)],
            after=(after - more)[is_told],
            n_missing=int(np.sum(~is_told)),
        )

    @property
    def ratio(self) -> float:
        """Spread that is left, relative to that before; 1 where there was none."""
        before = float(np.std(self.before))
        return float(np.std(self.after)) / before if before > 0 else 1.0

    def __str__(self) -> str:
        def both(values: np.ndarray) -> str:
            return f"{np.mean(values):8.2f} ± {np.std(values):5.2f}"

        missing = f" ({self.n_missing} not measured)" if self.n_missing else ""
        spreads = f"{both(self.before)} {both(self.after)}"
        return f"{self.name:24} {self.wanted:8.2f} {spreads}{missing}"


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
