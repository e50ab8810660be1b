"""Builders of programs and what comes out of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np

from neckar.brainscales2.chip.registers import FPGATime, MADCSampleFromChip, SpikeFromChip
from neckar.brainscales2.program import Program, ProgramBuilder
from neckar.brainscales2.recording import MADC_SAMPLE, SPIKE, Entry
from pystadls_vx_v3.steps import (
    Blocking,
    Reading,
    Step,
    Writing,
    blocking,
    instructions,
    reading,
    writing,
)


class ContainerTicket:
    """Promise of what a read will bring."""

    def __init__(self, coordinate: Any) -> None:
        self._coordinate = coordinate
        self._register: Any = None
        self._fpga_time: Any = None
        self.number = -1

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

    def __init__(self, steps: list[Step] | None = None) -> None:
        self._steps = steps or []
        self.tickets = [step.ticket for step in self._steps if isinstance(step, Reading)]
        for number, ticket in enumerate(self.tickets):
            ticket.number = number
        self._entry: Entry | None = None

    @property
    def program(self) -> Program:
        """As the twin plays it."""
        return ProgramBuilder().add(*instructions(self._steps)).done()

    def fill(self, entry: Entry) -> None:
        """Take what came back."""
        self._entry = entry
        times = entry.read_times.tolist() or [None] * len(entry.reads)
        for ticket, register, time in zip(self.tickets, entry.reads, times, strict=True):
            ticket.fill(register, None if time is None else FPGATime(time))

    @property
    def spikes(self) -> Samples:
        """Spikes of the chip."""
        array = np.zeros(0, SPIKE) if self._entry is None else self._entry.spikes
        return Samples(array, SpikeFromChip)

    @property
    def madc_samples(self) -> Samples:
        """Samples of the fast converter."""
        array = np.zeros(0, MADC_SAMPLE) if self._entry is None else self._entry.madc
        return Samples(array, MADCSampleFromChip)

    @property
    def highspeed_link_notifications(self) -> list[Any]:
        """Troubles of the link; the emulated one has none."""
        return []

    def empty(self) -> bool:
        """Whether there is nothing to play."""
        return not self._steps

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and _shapes(other._steps) == _shapes(self._steps)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"PlaybackProgram({len(self._steps)} steps)"


def _shapes(steps: list[Step]) -> list[Any]:
    """The steps without their tickets."""
    return [s.coordinate if isinstance(s, Reading) else s for s in steps]


class PlaybackProgramBuilder:
    """Collects steps; `done()` hands out the program and leaves the builder empty."""

    def __init__(self) -> None:
        self._steps: list[Step] = []

    def write(self, coordinate: Any, register: Any, *reference_or_backend: Any) -> None:
        """Write a register. A reference is not needed: the twin writes what differs."""
        self._steps.append(writing(coordinate, register))

    def read(self, coordinate: Any, backend: Any = None) -> ContainerTicket:
        """Read a register."""
        ticket = ContainerTicket(coordinate)
        self._steps.append(reading(coordinate, ticket))
        return ticket

    def block_until(self, coordinate: Any, until: Any) -> None:
        """Wait for a time or for what is under way."""
        self._steps.append(blocking(coordinate, until))

    def merge_back(self, other: PlaybackProgramBuilder) -> None:
        """Append the steps of another builder and leave it empty."""
        self._steps += other._steps
        other._steps = []

    def copy_back(self, other: PlaybackProgramBuilder) -> None:
        """Append the steps of another builder."""
        self._steps += other._steps

    def done(self) -> PlaybackProgram:
        """The program so far; the builder starts anew."""
        steps, self._steps = self._steps, []
        return PlaybackProgram(steps)

    def empty(self) -> bool:
        """Whether nothing was collected."""
        return not self._steps

    def is_write_only(self) -> bool:
        """Whether nothing is read."""
        return not any(isinstance(step, Reading) for step in self._steps)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._steps)} steps)"


class AbsoluteTimePlaybackProgramBuilder:
    """Collects steps with times; `done()` sorts them by time into an ordinary builder."""

    def __init__(self) -> None:
        self._timed: list[tuple[int, Step]] = []
        self.is_write_only = True

    def write(self, time: Any, coordinate: Any, register: Any) -> None:
        """Write a register at a time."""
        self._timed.append((int(time), writing(coordinate, register)))

    def read(self, time: Any, coordinate: Any) -> ContainerTicket:
        """Read a register at a time."""
        ticket = ContainerTicket(coordinate)
        self._timed.append((int(time), reading(coordinate, ticket)))
        self.is_write_only = False
        return ticket

    def merge(self, other: AbsoluteTimePlaybackProgramBuilder) -> None:
        """Take over the steps of another builder and leave it empty."""
        self.copy(other)
        other._timed = []

    def copy(self, other: AbsoluteTimePlaybackProgramBuilder) -> None:
        """Take over the steps of another builder."""
        self._timed += other._timed

    def done(self) -> PlaybackProgramBuilder:
        """All steps in the order of their times; the builder starts anew."""
        from neckar.brainscales2.chip.coordinates import TimerOnDLS
        from neckar.brainscales2.chip.registers import Timer

        made, now = PlaybackProgramBuilder(), -1
        for time, step in sorted(self._timed, key=lambda timed: timed[0]):
            if time > now:
                made.block_until(TimerOnDLS(), Timer.Value(time))
                now = time
            made._steps.append(step)
        self._timed = []
        return made

    def empty(self) -> bool:
        """Whether nothing was collected."""
        return not self._timed

    def __add__(self, shift: int) -> Self:
        made = type(self)()
        made._timed = [(time + int(shift), step) for time, step in self._timed]
        return made

    def __repr__(self) -> str:
        return f"AbsoluteTimePlaybackProgramBuilder({len(self._timed)} steps)"


__all__ = [
    "AbsoluteTimePlaybackProgramBuilder",
    "Blocking",
    "ContainerTicket",
    "PlaybackProgram",
    "PlaybackProgramBuilder",
    "Writing",
]
