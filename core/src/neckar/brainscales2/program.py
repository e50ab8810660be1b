"""What travels to a chip: a playback program, a list of instructions in FPGA time.

The FPGA executes instructions in order. `ResetTimer` sets its timer to zero, `BlockUntil` waits
until the timer has reached a value; spikes carry the timer value at which they leave.
All times are FPGA cycles of 8 ns (`datasheet.FPGA_CYCLE`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neckar.brainscales2.chip.config import ChipConfig


@dataclass(frozen=True, kw_only=True)
class Spikes:
    """Events for the chip: `cycles` since the timer was reset (int64, ascending), 16-bit labels."""

    cycles: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Configure:
    """Write every register of the chip that differs from what it holds."""

    config: ChipConfig


@dataclass(frozen=True, kw_only=True)
class Write:
    """Write one register; `register` is a snapshot that nobody changes any more."""

    coordinate: Any
    register: Any


@dataclass(frozen=True, kw_only=True)
class Read:
    """Read one register; the answer is `Recording.entries[k].reads[ticket]`."""

    coordinate: Any
    ticket: int


@dataclass(frozen=True, kw_only=True)
class ResetTimer:
    """Set the FPGA timer to zero."""


@dataclass(frozen=True, kw_only=True)
class BlockUntil:
    """Wait until the timer has reached `cycles`."""

    cycles: int


@dataclass(frozen=True, kw_only=True)
class SendSpikes:
    """Send events without blocking; one `Spikes` per batch entry, or a single one for all."""

    entries: tuple[Spikes, ...]


@dataclass(frozen=True, kw_only=True)
class SampleMADC:
    """Start (`enable`) or stop continuous sampling of the MADC on its configured channels."""

    enable: bool


@dataclass(frozen=True, kw_only=True)
class SampleCADC:
    """Let the embedded processors read all CADC columns again and again from now on.

    Args:
        n_samples: how many reads of all columns; their memory holds about 100.
        period_cycles: from read to read (1.7 µs is what the processors reach).
    """

    n_samples: int
    period_cycles: int


Instruction = (
    Configure | Write | Read | ResetTimer | BlockUntil | SendSpikes | SampleMADC | SampleCADC
)


@dataclass(frozen=True, kw_only=True)
class Program:
    """A playback program. With several batch entries it is played once for each.

    Every entry starts from the same state of the chip; only the spikes differ.
    """

    instructions: tuple[Instruction, ...]

    @property
    def n_entries(self) -> int:
        """How many batch entries it carries."""
        sends = [i for i in self.instructions if isinstance(i, SendSpikes)]
        return max((len(send.entries) for send in sends), default=1)

    @property
    def n_reads(self) -> int:
        """How many answers it will bring."""
        return sum(isinstance(i, Read) for i in self.instructions)


@dataclass
class ProgramBuilder:
    """Collects instructions; `done()` hands out the program and leaves the builder empty."""

    _instructions: list[Instruction] = field(default_factory=list)
    _n_reads: int = 0

    def add(self, *instructions: Instruction) -> ProgramBuilder:
        """Append instructions as they are."""
        self._instructions.extend(instructions)
        return self

    def write(self, coordinate: Any, register: Any) -> ProgramBuilder:
        """Append a write of a copy of `register`."""
        return self.add(Write(coordinate=coordinate, register=register.copy()))

    def read(self, coordinate: Any) -> int:
        """Append a read; returns its ticket."""
        ticket = self._n_reads
        self._n_reads += 1
        self.add(Read(coordinate=coordinate, ticket=ticket))
        return ticket

    def block_until(self, cycles: int) -> ProgramBuilder:
        """Wait until the timer has reached `cycles`."""
        return self.add(BlockUntil(cycles=cycles))

    def send(self, spikes: Spikes | Sequence[Spikes]) -> ProgramBuilder:
        """Send events; a sequence holds one set per batch entry."""
        entries = (spikes,) if isinstance(spikes, Spikes) else tuple(spikes)
        return self.add(SendSpikes(entries=entries))

    def done(self) -> Program:
        """The program so far; the builder starts anew."""
        program = Program(instructions=tuple(self._instructions))
        self._instructions, self._n_reads = [], 0
        return program
