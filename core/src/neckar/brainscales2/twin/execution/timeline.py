"""When the FPGA does what: a program, instruction by instruction, on its grid of 8 ns.

Instructions are carried out in order. Writing and reading take their time, `BlockUntil` waits,
spikes leave on their own while the program goes on. Nothing of a program is played before all of it
has been found playable.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.chip.datasheet import (
    CADC_PERIOD,
    CADC_WORD_CYCLES,
    CHIP_FREQUENCY,
    FPGA_CYCLE,
    MAX_INSTRUCTIONS,
    READ_CYCLES,
    WRITE_CYCLES,
)
from neckar.brainscales2.program import (
    BlockUntil,
    Configure,
    Instruction,
    Program,
    Read,
    ResetTimer,
    SampleCADC,
    SampleMADC,
    SendSpikes,
    Spikes,
    Write,
)
from neckar.brainscales2.twin.execution.polling import poll
from neckar.brainscales2.twin.registers.file import Registers
from neckar.brainscales2.twin.registers.kinds import POLL
from neckar.brainscales2.twin.registers.puts import Puts, placed
from neckar.brainscales2.twin.registers.readable import CADC_WORDS, n_words, triggers, wrong_read
from neckar.brainscales2.twin.registers.writable import check_settings, may_be_wrong, wrong_write
from neckar.errors import ProgramError

MAX_LABEL = 0xFFFF  # 14 bits and the lane

Moving = Configure | Write | Read | SampleMADC | SampleCADC


@dataclass(frozen=True, kw_only=True)
class Moment:
    """An instruction that concerns the chip, and the FPGA cycle in which it does.

    Args:
        puts: what it writes where, if that is all that it does.
    """

    cycle: int
    instruction: Moving
    puts: Puts | None = None


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """A program laid out in time. Cycles count from its beginning.

    Args:
        moments: what happens to the chip, in order.
        spikes: per batch entry, what leaves the FPGA; ascending.
        timer_resets: when the timer was set to zero.
        answers: by ticket, when the answer to a read arrived.
        end: when the last instruction was done.
    """

    moments: tuple[Moment, ...]
    spikes: tuple[Spikes, ...]
    timer_resets: np.ndarray
    answers: np.ndarray
    end: int


def lay_out(program: Program, registers: Registers) -> Timeline:
    """Give every instruction its time, starting from what the chip holds now.

    Raises:
        ProgramError: some instruction cannot be played.
    """
    check(program)
    inspection = _Inspection(registers.copy())
    registers = inspection.registers
    now, zero = 0, 0
    moments: list[Moment] = []
    sent: list[tuple[int, int, SendSpikes]] = []
    resets, answers = [], {}
    for instruction in program.instructions:
        match instruction:
            case ResetTimer():
                zero = now
                resets.append(now)
            case Write(coordinate=coordinate, register=timer) if (
                type(coordinate).__name__ == "TimerOnDLS"
            ):
                zero = now - int(timer.value)
                resets.append(zero)
            case Write(coordinate=coordinate, register=block) if type(coordinate).__name__ == POLL:
                poll(bool(block.enable_expects_equality), registers)
                now += READ_CYCLES
            case BlockUntil(cycles=cycles):
                if zero + cycles > now:
                    inspection.check()
                    now = zero + cycles
            case SendSpikes():
                sent.append((zero, now, instruction))
            case _:
                inspection.come_to(instruction)
                puts = inspection.places_of(instruction)
                settling = _settling(instruction, registers)
                moments.append(Moment(cycle=now + settling, instruction=instruction, puts=puts))
                now += settling + _cost(instruction, registers, puts)
                if isinstance(instruction, Read):
                    answers[instruction.ticket] = now
                inspection.written |= may_be_wrong(instruction, puts)
    inspection.check()
    spikes = tuple(_sent(sent, entry) for entry in range(program.n_entries))
    last = max((int(s.cycles[-1]) + 1 for s in spikes if s.cycles.size), default=0)
    return Timeline(
        moments=tuple(moments),
        spikes=spikes,
        timer_resets=np.array(resets, np.int64),
        answers=np.array([answers[ticket] for ticket in range(len(answers))], np.int64),
        end=max(now, last),
    )


class _Inspection:
    """Settings that are written one right after the other, at one kind of place, are checked once.

    What they are in between lasts some ten ns.
    """

    def __init__(self, registers: Registers) -> None:
        self.registers = registers
        self._kind: type | None = None
        self.written: frozenset[str] = frozenset()
        self._known: dict[tuple[int, int], Puts | None] = {}

    def places_of(self, instruction: Moving) -> Puts | None:
        """What an instruction puts where, worked out once for each register that is written."""
        if not isinstance(instruction, Write):
            return None
        key = id(instruction.coordinate), id(instruction.register)
        if key not in self._known:
            self._known[key] = placed(instruction.coordinate, instruction.register)
        return self._known[key]

    def come_to(self, instruction: Moving) -> None:
        """Another instruction will be carried out."""
        kind = type(getattr(instruction, "coordinate", None))
        if kind is not self._kind:
            self.check()
            self._kind = kind

    def check(self) -> None:
        """Refuse what cannot be played."""
        if self.written:
            check_settings(self.registers.chip, self.registers.pads, self.written)
            self.written = frozenset()


def check(program: Program) -> None:
    """Refuse what cannot be played, all of it at once.

    Raises:
        ProgramError: with one line for everything that is wrong.
    """
    n_entries = program.n_entries
    wrong = [
        line
        for i, instruction in enumerate(program.instructions)
        for line in _wrong(i, instruction, n_entries)
    ]
    tickets = [i.ticket for i in program.instructions if isinstance(i, Read)]
    if sorted(tickets) != list(range(len(tickets))):
        wrong.append(f"tickets are {tickets[:5]} …; number the reads 0, 1, 2, …")
    if len(program.instructions) > MAX_INSTRUCTIONS:
        n = len(program.instructions)
        wrong.append(f"{n} instructions exceed {MAX_INSTRUCTIONS}; split the program")
    if wrong:
        raise ProgramError("\n".join(wrong))


def _wrong(i: int, instruction: Instruction, n_entries: int) -> Iterator[str]:
    match instruction:
        case SendSpikes(entries=entries):
            if len(entries) not in (1, n_entries):
                yield (
                    f"instruction {i}: spikes for {len(entries)} batch entries, elsewhere for"
                    f" {n_entries}; give one set for all or one for each"
                )
            for entry in entries:
                yield from _wrong_spikes(i, entry)
        case Write(coordinate=coordinate, register=register):
            if (line := wrong_write(coordinate, register)) is not None:
                yield f"instruction {i}: {line}"
        case Read(coordinate=coordinate):
            if (line := wrong_read(coordinate)) is not None:
                yield f"instruction {i}: {line}"
        case BlockUntil(cycles=cycles) if cycles < 0:
            yield f"instruction {i}: waits until cycle {cycles}; the timer counts from 0"
        case SampleCADC(n_samples=n, period_cycles=period) if (
            n < 1 or period * FPGA_CYCLE < 0.99 * CADC_PERIOD
        ):
            yield (
                f"instruction {i}: {n} CADC samples every {period} cycles; the processors need"
                f" at least {CADC_PERIOD / FPGA_CYCLE:.0f} cycles for each"
            )


def _wrong_spikes(i: int, spikes: Spikes) -> Iterator[str]:
    if spikes.cycles.shape != spikes.labels.shape:
        yield (f"instruction {i}: {spikes.cycles.size} spike times for {spikes.labels.size} labels")
    if spikes.labels.size and not 0 <= spikes.labels.min() <= spikes.labels.max() <= MAX_LABEL:
        yield f"instruction {i}: spike labels must lie in 0 .. {MAX_LABEL}"
    if spikes.cycles.size and (np.diff(spikes.cycles) < 0).any():
        yield f"instruction {i}: spike times descend; sort them"
    if spikes.cycles.size and spikes.cycles[0] < 0:
        yield f"instruction {i}: spike at cycle {spikes.cycles[0]}; the timer counts from 0"


def _cost(instruction: Moving, registers: Registers, puts: Puts | None) -> int:
    """FPGA cycles that an instruction takes; registers are written along the way."""
    match instruction:
        case Configure() | Write():
            return WRITE_CYCLES * registers.apply(instruction, puts)
        case Read(coordinate=coordinate) if type(coordinate).__name__ in CADC_WORDS:
            return CADC_WORD_CYCLES * CADC_WORDS[type(coordinate).__name__]
        case Read(coordinate=coordinate):
            return READ_CYCLES * n_words(coordinate)
    return WRITE_CYCLES


def _settling(instruction: Moving, registers: Registers) -> int:
    """FPGA cycles between a command to the CADC and the instant that it shows."""
    if not isinstance(instruction, Read) or not triggers(instruction.coordinate):
        return 0
    wait = registers.chip["cadc_readout_chains"]["ramp"]["reset_wait"]
    return int(np.ceil(wait.max() / CHIP_FREQUENCY / FPGA_CYCLE))


def _sent(sent: list[tuple[int, int, SendSpikes]], entry: int) -> Spikes:
    """What one batch entry sends; what comes too late for its time leaves at once."""
    times, labels = [np.empty(0, np.int64)], [np.empty(0, np.uint16)]
    for zero, now, send in sent:
        spikes = send.entries[entry if len(send.entries) > 1 else 0]
        times.append(np.maximum(zero + spikes.cycles.astype(np.int64), now))
        labels.append(spikes.labels.astype(np.uint16))
    cycles = np.concatenate(times)
    if len(sent) < 2:
        return Spikes(cycles=cycles, labels=labels[-1])
    order = np.argsort(cycles, kind="stable")
    return Spikes(cycles=cycles[order], labels=np.concatenate(labels)[order])
