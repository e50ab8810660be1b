"""What a run brought, in the names of the network and in seconds."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from neckar.brainscales2.calibration.target import SPIKING, volts_of
from neckar.brainscales2.chip import parameters as p
from neckar.network import Compartments, Population
from neckar.network.probes import Device, Variable

Key = tuple[str, Variable, Device]
Site = int | tuple[int, int]  # cell; (cell, compartment) of cells of several circuits


@dataclass(frozen=True, kw_only=True, eq=False)
class Samples:
    """Readings of one cell: `time` in seconds since the run began, `value` in LSB, float32."""

    time: np.ndarray
    value: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Trace:
    """A membrane: `time` in seconds since the run began, `v` in volts."""

    time: np.ndarray
    v: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class SnippetResults:
    """What was observed in one snippet; times count from the beginning of the run.

    Args:
        begin: of the snippet, s.
        end: of the snippet, s.
        spikes: population -> observed site -> ascending spike times in [begin, end).
        samples: (population, variable, device) -> observed site -> samples in [begin, end).
    """

    begin: float
    end: float
    spikes: Mapping[str, Mapping[Site, np.ndarray]]
    samples: Mapping[Key, Mapping[Site, Samples]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Results:
    """What a run brought.

    Args:
        snippets: one part per snippet of the run.
        dropped_in: spikes for the chip that the link had no room for.
        dropped_out: spikes of the chip that the link had no room for.
        reads: registers that the user asked for, by ticket.
    """

    snippets: tuple[SnippetResults, ...]
    dropped_in: int
    dropped_out: int
    reads: tuple[Any, ...] = ()

    @property
    def duration(self) -> float:
        """Of the run, s."""
        return self.snippets[-1].end

    @cached_property
    def spikes(self) -> Mapping[str, Mapping[Site, np.ndarray]]:
        """Population -> observed site -> ascending spike times of the whole run, s."""
        return _joined((part.spikes for part in self.snippets), np.concatenate)

    @cached_property
    def samples(self) -> Mapping[Key, Mapping[Site, Samples]]:
        """(population, variable, device) -> observed site -> samples of the whole run."""
        return _joined((part.samples for part in self.snippets), _one_after_the_other)

    def rates(self, population: str) -> np.ndarray:
        """Spikes per second of every observed cell, in ascending order of the cells."""
        trains = self.spikes[population]
        return np.array([len(trains[cell]) for cell in sorted(trains)]) / self.duration

    def membranes(self, population: str, device: Device = "madc") -> dict[Site, Trace]:
        """Observed cell -> its membrane in volts, as converters of nominal range would read it.

        The parallel ADC must be calibrated for spiking neurons, as it is for cells in SI units.
        """
        volts = {"madc": _of_madc, "cadc": _of_cadc}[device]
        cells = self.samples[population, "v", device]
        return {cell: Trace(time=seen.time, v=volts(seen.value)) for cell, seen in cells.items()}


def keys_of(population: Population, sites: np.ndarray) -> list[Site]:
    """What users call sites: cells, or cells and compartments where there are several circuits."""
    if not isinstance(population.cell, Compartments):
        return sites.tolist()
    cells, compartments = np.divmod(sites, population.n_compartments)
    return list(zip(cells.tolist(), compartments.tolist(), strict=True))


def _of_madc(reading: np.ndarray) -> np.ndarray:
    return (reading.astype(float) - p.MADC_AT_ZERO_LSB) / p.MADC_LSB_PER_VOLT


def _of_cadc(reading: np.ndarray) -> np.ndarray:
    return np.asarray(volts_of(reading.astype(float), SPIKING.cadc_range_code))


_Name = TypeVar("_Name")
_Value = TypeVar("_Value")


def _joined(
    parts: Iterable[Mapping[_Name, Mapping[Site, _Value]]], join: Callable[[list[_Value]], _Value]
) -> dict[_Name, dict[Site, _Value]]:
    """The values of every cell in all parts where it was observed, joined."""
    found: dict[_Name, dict[Site, list[_Value]]] = {}
    for part in parts:
        for name, cells in part.items():
            for cell, value in cells.items():
                found.setdefault(name, {}).setdefault(cell, []).append(value)
    return {
        name: {cell: join(values) for cell, values in cells.items()}
        for name, cells in found.items()
    }


def _one_after_the_other(parts: list[Samples]) -> Samples:
    return Samples(
        time=np.concatenate([part.time for part in parts]),
        value=np.concatenate([part.value for part in parts]),
    )
