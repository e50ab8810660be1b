"""Registers that users write and read around an experiment and while it runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.program import (
    BlockUntil,
    Configure,
    Instruction,
    Read,
    ResetTimer,
    Write,
)
from neckar.run import Injection

PROCESSORS = (
    "ppu_symbols: the embedded processors do not run programs yet; instead: write and read "
    "registers from the host"
)


@dataclass
class InjectedConfiguration:
    """What is written besides the settings of the network.

    Each part is a dict of coordinates and registers, or a builder of a playback program.

    Args:
        pre_non_realtime: before the chip is configured.
        pre_realtime: after the chip was configured.
        inside_realtime_begin: at time zero.
        inside_realtime: a builder with absolute times in FPGA cycles; read anew at every run.
        inside_realtime_end: at the end of the run.
        post_realtime: when all events have arrived.
        ppu_symbols: not available.
    """

    pre_non_realtime: Any = field(default_factory=dict)
    pre_realtime: Any = field(default_factory=dict)
    inside_realtime_begin: Any = field(default_factory=dict)
    inside_realtime: Any = None
    inside_realtime_end: Any = field(default_factory=dict)
    post_realtime: Any = field(default_factory=dict)
    ppu_symbols: dict[str, Any] = field(default_factory=dict)


@dataclass
class InjectedReadout:
    """Coordinates of what is read, each set after the part of the same name was written.

    Args:
        pre_realtime: before time zero.
        inside_realtime_begin: at time zero.
        inside_realtime_end: at the end of the run.
        post_realtime: when all events have arrived.
        ppu_symbols: not available.
    """

    pre_realtime: set[Any] = field(default_factory=set)
    inside_realtime_begin: set[Any] = field(default_factory=set)
    inside_realtime_end: set[Any] = field(default_factory=set)
    post_realtime: set[Any] = field(default_factory=set)
    ppu_symbols: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Part:
    """Instructions of one part, and the tickets of the reads among them."""

    instructions: tuple[Instruction, ...] = ()
    tickets: tuple[Any, ...] = ()


class Injected:
    """Both of them as they were at `setup`, and what the last run read."""

    def __init__(self, config: Any, readout: Any) -> None:
        config = _given("injected_config", config, InjectedConfiguration)
        readout = _given("injected_readout", readout, InjectedReadout)
        if config.ppu_symbols or readout.ppu_symbols:
            raise NotImplementedError(PROCESSORS)
        self._first = _part("pre_non_realtime", _oldest(config))
        self._before = _part("pre_realtime", config.pre_realtime)
        self._at_begin = _inside("inside_realtime_begin", config.inside_realtime_begin)
        self._timed = config.inside_realtime
        self._at_end = _inside("inside_realtime_end", config.inside_realtime_end)
        self._after = _part("post_realtime", config.post_realtime)
        self._wanted = {
            name: tuple(getattr(readout, name))
            for name in (
                "pre_realtime",
                "inside_realtime_begin",
                "inside_realtime_end",
                "post_realtime",
            )
        }
        self._tickets: list[Any] = []
        self.reads: dict[str, dict[Any, Any]] = {name: {} for name in self._wanted}

    def injection(self) -> Injection:
        """For the next run."""
        self._tickets = []
        timed = _timed(self._timed)
        return Injection(
            first=self._numbered(self._first),
            before=self._numbered(self._before),
            settled=self._numbered(self._reading("pre_realtime")),
            at_begin=self._numbered(self._at_begin, self._reading("inside_realtime_begin")),
            timed=tuple(_with_times(self._numbered(timed))),
            at_end=self._numbered(self._at_end, self._reading("inside_realtime_end")),
            after=self._numbered(self._after, self._reading("post_realtime")),
        )

    def receive(self, registers: tuple[Any, ...]) -> None:
        """Hand what a run has read to whoever asked for it."""
        self.reads = {name: {} for name in self._wanted}
        for ticket, register in zip(self._tickets, registers, strict=True):
            if isinstance(ticket, tuple):
                name, coordinate = ticket
                self.reads[name][coordinate] = register
            else:
                ticket.fill(register)

    def _reading(self, name: str) -> _Part:
        coordinates = self._wanted[name]
        return _Part(
            tuple(Read(coordinate=c, ticket=k) for k, c in enumerate(coordinates)),
            tuple((name, coordinate) for coordinate in coordinates),
        )

    def _numbered(self, *parts: _Part) -> tuple[Instruction, ...]:
        """The instructions, their reads counted on from earlier parts."""
        numbered = []
        for part in parts:
            start = len(self._tickets)
            self._tickets += part.tickets
            numbered += [
                replace(each, ticket=start + each.ticket) if isinstance(each, Read) else each
                for each in part.instructions
            ]
        return tuple(numbered)


def _given(name: str, value: Any, kind: type) -> Any:
    if value is not None and not isinstance(value, kind):
        raise TypeError(f"setup({name}=...): needs {kind.__name__}, not {type(value).__name__}")
    return value or kind()


def _oldest(config: Any) -> Any:
    """What is written first; older releases have another name for it."""
    return getattr(config, "pre_static_config", None) or config.pre_non_realtime


def _part(name: str, given: Any) -> _Part:
    if isinstance(given, Mapping):
        return _Part(tuple(_write(*pair) for pair in given.items()))
    if not hasattr(given, "copy_back"):
        raise TypeError(
            f"{name}: a dict of coordinates and registers or a PlaybackProgramBuilder is needed, "
            f"not {type(given).__name__}"
        )
    builder = type(given)()
    builder.copy_back(given)
    return _played(builder)


def _inside(name: str, given: Any) -> _Part:
    """A part that must leave the run's timer alone."""
    part = _part(name, given)
    if any(isinstance(instruction, ResetTimer) for instruction in part.instructions):
        raise ValueError(
            f"{name}: the timer counts the time of the run and cannot be reset; leave out the "
            "write of a Timer, or put it into pre_realtime or post_realtime"
        )
    return part


def _timed(given: Any) -> _Part:
    if given is None:
        return _Part()
    return _inside("inside_realtime", given.in_order())


def _played(builder: Any) -> _Part:
    program = builder.done()
    return _Part(program.program.instructions, tuple(program.tickets))


def _write(coordinate: Any, register: Any) -> Instruction:
    if isinstance(register, Chip):
        return Configure(config=ChipConfig.of(register))
    return Write(coordinate=coordinate, register=register.copy())


def _with_times(instructions: Iterable[Instruction]) -> Iterable[tuple[int, Instruction]]:
    now = 0
    for instruction in instructions:
        if isinstance(instruction, BlockUntil):
            now = max(now, instruction.cycles)
        else:
            yield now, instruction
