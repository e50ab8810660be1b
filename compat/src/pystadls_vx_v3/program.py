"""Programs ready to be played, and what they brought back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from neckar.brainscales2.chip.registers import FPGATime, MADCSampleFromChip, SpikeFromChip
from neckar.brainscales2.program import Program, ProgramBuilder
from neckar.brainscales2.recording import MADC_SAMPLE, SPIKE, Entry
from pystadls_vx_v3.steps import Reading, Step, instructions


class ContainerTicket:
    """Promise of what a read will bring."""

    def __init__(self, coordinate: Any) -> None:
        self._coordinate = coordinate
        self._register: Any = None
        self._fpga_time: Any = None

    def valid(self) -> bool:
        """Whether the program was run."""
        return self._register is not None

    def get(self) -> Any:
        """The register as it was read, independent of anything else."""
        if self._register is None:
            raise RuntimeError("the program with this read was not run yet")
        return self._register.copy()

    def get_coordinate(self) -> Any:
        """Where it is read."""
        return self._coordinate

    @property
    def fpga_time(self) -> Any:
        """When the answer arrived, in FPGA cycles since the program began."""
        if self._fpga_time is None:
            raise RuntimeError("the program with this read was not run yet")
        return self._fpga_time

    def fill(self, register: Any, fpga_time: Any = None) -> None:
        """Keep the promise."""
        self._register, self._fpga_time = register, fpga_time


class Samples:
    """Events that came back, one by one or as an array."""

    def __init__(self, array: np.ndarray, kind: Any) -> None:
        self._array, self._kind = array, kind

    def to_numpy(self) -> np.ndarray:
        """All of them as a structured array."""
        return self._array.copy()

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, place: int) -> Any:
        return self._kind.from_array(self._array[place])

    def __iter__(self) -> Iterator[Any]:
        return (self[place] for place in range(len(self)))

    def __repr__(self) -> str:
        return f"<{len(self)} {self._kind.__name__}>"


class PlaybackProgram:
    """A program to be played, and after that what it brought back."""

    spikes_type = madc_samples_type = Samples

    def __init__(self, steps: list[Step] | None = None) -> None:
        self._steps = steps or []
        self.tickets = [step.ticket for step in self._steps if isinstance(step, Reading)]
        self._entry: Entry | None = None

    @property
    def program(self) -> Program:
        """As the twin plays it."""
        return ProgramBuilder().add(*instructions(self._steps)).done()

    def fill(self, entry: Entry) -> None:
        """Take what came back."""
        self._entry = entry
        times = entry.clock_at(entry.read_times).tolist() or [None] * len(entry.reads)
        for ticket, register, time in zip(self.tickets, entry.reads, times, strict=True):
            ticket.fill(register, None if time is None else FPGATime(time))

    @property
    def spikes(self) -> Samples:
        """Spikes of the chip."""
        array = np.zeros(0, SPIKE) if self._entry is None else _by_clock(self._entry, "spikes")
        return Samples(array, SpikeFromChip)

    @property
    def madc_samples(self) -> Samples:
        """Samples of the fast converter."""
        array = np.zeros(0, MADC_SAMPLE) if self._entry is None else _by_clock(self._entry, "madc")
        return Samples(array, MADCSampleFromChip)

    @property
    def highspeed_link_notifications(self) -> list[Any]:
        """Troubles of the link; the emulated one has none."""
        return []

    @property
    def spikes_pack_counts(self) -> list[int]:
        """How many packs of one, two, three spikes came: every spike comes alone here."""
        return [len(self.spikes), 0, 0]

    @property
    def madc_samples_pack_counts(self) -> list[int]:
        """How many packs of one, two, three samples came: every sample comes alone here."""
        return [len(self.madc_samples), 0, 0]

    @property
    def unsupported_targets(self) -> set[Any]:
        """Where it cannot be played; here it can, or running it says why not."""
        return set()

    def empty(self) -> bool:
        """Whether there is nothing to play."""
        return not self._steps

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and _shapes(other._steps) == _shapes(self._steps)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"PlaybackProgram({len(self._steps)} steps)"

    def __str__(self) -> str:
        return listing(self._steps)


def _by_clock(entry: Entry, name: str) -> np.ndarray:
    """Events with the times that clocks show, which a program may set."""
    events: np.ndarray = getattr(entry, name).copy()
    for time in ("fpga_time", "chip_time"):
        events[time] = entry.clock_at(events[time].astype(np.int64))
    return events


def _shapes(steps: list[Step]) -> list[Any]:
    """The steps without their tickets."""
    return [s.coordinate if isinstance(s, Reading) else s for s in steps]


def listing(steps: list[Step]) -> str:
    """One line for each step."""
    return "".join(f"{step}\n" for step in steps)
