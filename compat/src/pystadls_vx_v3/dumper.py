"""Programs as lists of (coordinate, register), for files."""

from __future__ import annotations

from typing import Any

from neckar.brainscales2.chip import wire
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin.registers.chip_of import WAITS, chip_of
from pystadls_vx_v3.builder import PlaybackProgramBuilder
from pystadls_vx_v3.steps import Blocking, Step, Writing, blocking, writing


class DumperDone:
    """What was written, in order."""

    def __init__(self) -> None:
        self._values: list[tuple[Any, Any]] = []

    @property
    def values(self) -> list[tuple[Any, Any]]:
        """Coordinates and registers."""
        return list(self._values)

    @values.setter
    def values(self, values: list[tuple[Any, Any]]) -> None:
        self._values = [tuple(pair) for pair in values]

    def tolist(self) -> list[tuple[Any, Any]]:
        """Coordinates and registers."""
        return self.values

    def remove_block_until(self) -> None:
        """Forget all waits."""
        self._values = [pair for pair in self._values if not _is_wait(pair[1])]

    def squash(self) -> None:
        """Keep the last write to each coordinate; only possible without waits."""
        if any(_is_wait(register) for _, register in self._values):
            raise RuntimeError("waits are in the way; call remove_block_until() first")
        last = {coordinate: place for place, (coordinate, _) in enumerate(self._values)}
        self._values = [self._values[place] for place in sorted(last.values())]

    def __getstate__(self) -> bytes:
        return wire.encode(self._values)

    def __setstate__(self, state: bytes) -> None:
        self._values = wire.decode(state)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._values == self._values

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"DumperDone({len(self)} entries)"


def _is_wait(register: Any) -> bool:
    return isinstance(register, WAITS)


class PlaybackProgramBuilderDumper(PlaybackProgramBuilder):
    """A builder that keeps coordinates and registers instead of a program."""

    def read(self, coordinate: Any, backend: Any = None) -> Any:
        """Not possible: nothing is run."""
        raise RuntimeError("Dumper does not support reads.")

    def write(self, coordinate: Any, register: Any, *reference_or_backend: Any) -> None:
        """Keep a register, be it one that can be written or not."""
        self._steps.append(writing(coordinate, register))

    def size_to_fpga(self) -> int:
        """Not known: nothing is run."""
        raise RuntimeError("BuilderStorage does not support size_to_fpga().")

    def size_from_fpga(self) -> int:
        """Not known: nothing is run."""
        raise RuntimeError("BuilderStorage does not support size_from_fpga().")

    def __repr__(self) -> str:
        return "PlaybackProgramBuilderDumper()"

    def done(self) -> DumperDone:  # type: ignore[override]
        """What was written; the dumper starts anew."""
        made = DumperDone()
        made.values = [_pair(step) for step in self._steps]
        self._steps = []
        return made


def _pair(step: Step) -> tuple[Any, Any]:
    if isinstance(step, Blocking):
        return step.coordinate, step.until
    assert isinstance(step, Writing)
    return step.coordinate, step.register


def _steps(values: list[tuple[Any, Any]]) -> list[Step]:
    return [blocking(c, r) if _is_wait(r) else writing(c, r) for c, r in values]


def convert_to_builder(source: DumperDone | PlaybackProgramBuilderDumper) -> PlaybackProgramBuilder:
    """A builder that writes what was dumped."""
    made = PlaybackProgramBuilder()
    dumped = source if isinstance(source, DumperDone) else None
    made._steps = _steps(dumped.values) if dumped is not None else list(source._steps)
    return made


def convert_to_dumper(source: DumperDone) -> PlaybackProgramBuilderDumper:
    """A dumper that already has what was dumped."""
    made = PlaybackProgramBuilderDumper()
    made._steps = _steps(source.values)
    return made


def convert_to_chip(source: DumperDone, previous: Chip | None = None) -> Chip:
    """A chip as it is after everything was written to `previous`."""
    return chip_of(source.values, previous)


def to_portablebinary(source: Any) -> bytes:
    """As bytes."""
    return wire.encode(_values(source))


def from_portablebinary(target: Any, data: bytes) -> None:
    """Fill `target` with what `to_portablebinary` made."""
    _take(target, wire.decode(data))


def to_json(source: Any) -> str:
    """As text."""
    return wire.to_json(_values(source))


def from_json(target: Any, text: str) -> None:
    """Fill `target` with what `to_json` made."""
    _take(target, wire.from_json(text))


def _values(source: Any) -> list[tuple[Any, Any]]:
    if isinstance(source, DumperDone):
        return source.values
    if isinstance(source, PlaybackProgramBuilderDumper):
        return [_pair(step) for step in source._steps]
    return [(None, source)]


def _take(target: Any, values: list[tuple[Any, Any]]) -> None:
    if isinstance(target, DumperDone):
        target.values = values
    elif isinstance(target, PlaybackProgramBuilderDumper):
        target._steps = _steps(values)
    else:
        raise TypeError(f"a DumperDone is needed, not {type(target).__name__}")
