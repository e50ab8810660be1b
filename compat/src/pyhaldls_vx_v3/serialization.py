"""Registers as text and bytes, into an object that is already there."""

from typing import Any

from neckar.brainscales2.chip import archive, wire
from neckar.brainscales2.chip.registers.base import Register


def to_json(register: Any) -> str:
    """A register as text."""
    return wire.to_json([(None, register)])


def from_json(register: Any, text: str) -> None:
    """Fill a register with what `to_json` made."""
    _fill(register, wire.from_json(text))


def to_portablebinary(register: Any) -> bytes:
    """A register as bytes."""
    return wire.encode([(None, register)])


def from_portablebinary(register: Any, data: bytes) -> None:
    """Fill a register with what `to_portablebinary` made, here or in the original."""
    if archive.is_archive(data) and isinstance(register, Register):
        _fill(register, [(None, archive.decode_one(type(register), data))])
    else:
        _fill(register, wire.decode(data))


def _fill(register: Any, entries: list[tuple[Any, Any]]) -> None:
    found = [entry for _, entry in entries]
    if len(found) != 1 or type(found[0]) is not type(register):
        kinds = ", ".join(type(entry).__name__ for entry in found)
        raise ValueError(f"there is no single {type(register).__name__} in it, but: {kinds}")
    if isinstance(register, Register):
        register.__setstate__(found[0].__getstate__())
    else:
        vars(register).update(vars(found[0]))


__all__ = ["from_json", "from_portablebinary", "to_json", "to_portablebinary"]
