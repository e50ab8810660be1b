"""Sources of spikes: given times and Poisson processes, drawn by the host or by the chip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from pyNN.errors import InvalidParameterValueError
from pyNN.parameters import ArrayParameter
from pyNN.standardmodels import cells

from neckar import network
from neckar.brainscales2.chip.datasheet import BACKGROUND_FREQUENCY
from neckar.frontends.pynn.standardmodels.cells_base import (
    ExternalNeuron,
    OutOfRangeError,
    StandardCellType,
    untranslated,
)
from neckar.units import ms


class SpikeSourceArray(ExternalNeuron, cells.SpikeSourceArray):
    """Spikes at given times.

    Args:
        spike_times: milliseconds of hardware time in any order; one list for all or one per cell.
    """

    default_parameters = {"spike_times": ArrayParameter([])}  # noqa: RUF012
    translations = untranslated(default_parameters)
    recordable = ("spikes",)

    def check(self, label: str, values: Mapping[str, np.ndarray]) -> None:
        """Times are finite numbers."""
        for index, sequence in enumerate(values["spike_times"]):
            if not np.isfinite(np.asarray(sequence.value, dtype=float)).all():
                raise InvalidParameterValueError(
                    f"{label}: spike_times of cell {index} are not all finite numbers"
                )

    def cell(self, label: str) -> network.SpikeTimes:
        """All spikes, in seconds."""
        return network.SpikeTimes(
            times=tuple(
                np.asarray(sequence.value, dtype=float) * ms
                for sequence in self.parameter_space["spike_times"]
            )
        )


class SpikeSourcePoisson(ExternalNeuron, cells.SpikeSourcePoisson):
    """Poisson spikes drawn on the host with NumPy's global generator.

    A cell keeps its spikes until one of its parameters changes, so every run and every target sees
    the same stimulus.

    Args:
        start: when it begins, in milliseconds of hardware time.
        rate: in hertz of hardware time.
        duration: how long it lasts, in milliseconds.
    """

    default_parameters = {"start": 0.0, "rate": 1.0, "duration": 1e10}  # noqa: RUF012
    translations = untranslated(default_parameters)
    recordable = ("spikes",)

    def __init__(self, start: Any, rate: Any, duration: Any) -> None:
        super().__init__(start=start, rate=rate, duration=duration)
        self._drawn: dict[int, tuple[tuple[float, ...], np.ndarray]] = {}

    def owned(self, space: Any, initial_config: Any) -> SpikeSourcePoisson:
        """A copy that draws its own spikes."""
        own = super().owned(space, initial_config)
        own._drawn = {}
        return own

    def check(self, label: str, values: Mapping[str, np.ndarray]) -> None:
        """Nothing is negative."""
        for name, value in values.items():
            value = np.asarray(value, dtype=float)
            if not (value >= 0).all():
                raise InvalidParameterValueError(f"{label}: {name} = {value.min()} is below 0")

    def get_spike_times(self) -> list[np.ndarray]:
        """Unsorted spike times of each cell; drawn anew where a parameter has changed."""
        space = self.parameter_space
        columns = (space["start"], space["rate"], space["duration"])
        for index, key in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
            if index not in self._drawn or self._drawn[index][0] != key:
                self._drawn[index] = (key, _poisson(*key))
        return [self._drawn[index][1] for index in range(len(self._drawn))]

    def cell(self, label: str) -> network.SpikeTimes:
        """All spikes, in seconds."""
        return network.SpikeTimes(times=tuple(train * ms for train in self.get_spike_times()))


def _poisson(start: float, rate: float, duration: float) -> np.ndarray:
    """Count first, then times: scripts that seed the global generator rely on this order."""
    count = np.random.poisson(int(duration * (rate / 1000)))
    return start + np.random.rand(count) * duration


class SpikeSourcePoissonOnChip(StandardCellType):
    """Poisson spikes drawn by the chip's background sources.

    Args:
        rate: of each cell, in hertz of hardware time; the same for all.
        seed: of the chip's generator, 32 bit; the same for all.
    """

    background_source_clock_freq = BACKGROUND_FREQUENCY
    default_parameters = {"rate": 1.0, "seed": 1.0}  # noqa: RUF012
    translations = untranslated(default_parameters)
    recordable = ("spikes",)
    injectable = False

    def __init__(self, rate: Any, seed: Any) -> None:
        super().__init__(rate=rate, seed=seed)

    def check(self, label: str, values: Mapping[str, np.ndarray]) -> None:
        """Within what the generator can do."""
        for name, value in values.items():
            value = np.asarray(value, dtype=float)
            limit = 2**32 - 1 if name == "seed" else np.inf
            if not ((value >= 0) & (value <= limit)).all():
                raise OutOfRangeError(f"{label}: {name} lies outside 0..{limit:g}")

    def skeleton(self, size: int) -> network.OnChipPoisson:
        """A source with any rate."""
        return network.OnChipPoisson(rate=1.0, seed=1)

    def cell(self, label: str) -> network.OnChipPoisson:
        """One rate and one seed for all cells."""
        rate, seed = (self._uniform(label, name) for name in ("rate", "seed"))
        size = len(self.parameter_space["rate"])
        limit = self.background_source_clock_freq
        if rate * size > limit:
            raise RuntimeError(
                f"{label}: {size} cells of {rate:g} Hz ask for {rate * size:g} Hz; a background "
                f"source reaches {limit:g} Hz; lower the rate or the size of the population"
            )
        return network.OnChipPoisson(rate=rate, seed=int(seed))

    def _uniform(self, label: str, name: str) -> float:
        values = np.unique(self.parameter_space[name])
        if len(values) > 1:
            raise RuntimeError(
                f"{label}: {name} takes {len(values)} values; all cells share one background "
                "source, use one population per value"
            )
        return float(values[0])
