"""Instructions of the user before, during and after a run, beside those that networks need."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.program import BlockUntil, Configure, Instruction, Read
from neckar.brainscales2.twin.registers.file import Registers


@dataclass(frozen=True, kw_only=True)
class Injection:
    """What the user wants to be played, too. Reads carry tickets from 0 on.

    Args:
        first: before anything is configured.
        before: after the chip was configured; its analog parameters settle afterwards.
        settled: right before time zero.
        at_begin: at time zero, while the first spikes leave.
        timed: at FPGA cycles since time zero, ascending.
        at_end: after the last snippet.
        after: when all events have arrived.
    """

    first: tuple[Instruction, ...] = ()
    before: tuple[Instruction, ...] = ()
    settled: tuple[Instruction, ...] = ()
    at_begin: tuple[Instruction, ...] = ()
    timed: tuple[tuple[int, Instruction], ...] = ()
    at_end: tuple[Instruction, ...] = ()
    after: tuple[Instruction, ...] = ()

    @property
    def n_reads(self) -> int:
        """How many answers it brings."""
        parts = [getattr(self, field.name) for field in fields(self) if field.name != "timed"]
        parts.append(tuple(instruction for _, instruction in self.timed))
        return sum(isinstance(instruction, Read) for part in parts for instruction in part)

    def between(self, begin: float, end: float) -> Iterator[Instruction]:
        """Those of `timed` in [begin, end), with waits."""
        now: float = begin
        for cycles, instruction in self.timed:
            if begin <= cycles < end:
                if cycles > now:
                    yield BlockUntil(cycles=cycles)
                    now = cycles
                yield instruction


class Held:
    """What the chip holds while a program is written: a plan, and on top what the user wrote.

    The next plan changes only what differs from the last one, so that the user's registers stay.
    """

    def __init__(self, plan: ChipConfig) -> None:
        self.plan = plan
        self._registers = Registers.holding(plan)

    def noting(self, instructions: Iterator[Instruction]) -> Iterator[Instruction]:
        """Pass instructions on and remember what they write."""
        for instruction in instructions:
            self._registers.apply(instruction)
            yield instruction

    def change_to(self, plan: ChipConfig) -> Iterator[Configure]:
        """Write what `plan` wants to be different, if anything."""
        if plan is self.plan or plan == self.plan:
            return
        actual = self._registers.config
        if actual is self.plan:
            config = plan
        else:
            old, now, new = (_bytes(each) for each in (self.plan, actual, plan))
            config = _config(np.where(new == old, now, new))
        self.plan = plan
        self._registers.configure(config)
        yield Configure(config=config)


def _bytes(config: ChipConfig) -> np.ndarray:
    return np.frombuffer(config.array, np.uint8)


def _config(content: np.ndarray) -> ChipConfig:
    return ChipConfig.from_array(np.frombuffer(content.tobytes(), Chip.dtype).reshape(()))
