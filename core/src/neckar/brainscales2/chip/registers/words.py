"""How many words a register is on the bus: what it costs to write and to read it, and whether."""

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from neckar.brainscales2.chip.registers.memory import MemoryBlock

_TABLE = tomllib.loads((Path(__file__).parent / "words.toml").read_text())


def to_write(register: Any) -> int:
    """Words of a register, or of one of its class; 0 if it cannot be written."""
    return _words(register, 0)


def to_read(register: Any) -> int:
    """Words of a register, or of one of its class; 0 if it cannot be read."""
    return _words(register, 1)


def _words(register: Any, way: int) -> int:
    if isinstance(register, MemoryBlock):
        of_a_cell = 1 if register.cells == "words" else 4  # bytes travel in fours
        return -(-len(register) // of_a_cell)
    kind = register if isinstance(register, type) else type(register)
    return by_name(kind.__name__)[way]


@cache
def by_name(name: str) -> tuple[int, int]:
    """Words to write and words to read of a class of registers."""
    match _TABLE.get(name, 1):
        case int(same):
            return same, same
        case str(parts):
            write, read = zip(*_parts(parts), strict=True)
            return sum(write), sum(read)
        case [write, read]:
            return write, read
    raise ValueError(f"words of {name} are given as {_TABLE[name]!r}")


def _parts(text: str) -> Iterator[tuple[int, int]]:
    for part in text.split(" + "):
        n, _, name = part.rpartition(" ")
        write, read = by_name(name)
        yield int(n or 1) * write, int(n or 1) * read
