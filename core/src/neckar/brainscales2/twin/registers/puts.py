"""What the write of a register puts where in the array of the chip."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from neckar.brainscales2.chip.register_map import (
    PLACES,
    SINGLE,
    at,
    capmem_cell,
    down,
    index_of,
    split,
)
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.chip.sections import NAMES, SharedSections
from neckar.brainscales2.chip.shared_cells import Index
from neckar.brainscales2.twin.registers import memory
from neckar.brainscales2.twin.registers.kinds import CELLS, LENT, WHOLE, first_cell
from neckar.brainscales2.twin.registers.memory import BLOCKS, QUAD


@dataclass(frozen=True, slots=True)
class Put:
    """A value of the type that the chip has at this path within a section, and its bytes."""

    section: str
    path: tuple[str, ...]
    index: Index
    value: np.ndarray
    content: bytes

    def held(self, chip: SharedSections) -> bytes:
        """What lies there now."""
        content: bytes = down(chip[self.section], self.path)[self.index].tobytes()
        return content

    def into(self, chip: SharedSections) -> None:
        """Write it."""
        down(chip.own(self.section), self.path)[self.index] = self.value


Puts = tuple[Put, ...]


def placed(coordinate: Any, register: Any) -> Puts | None:
    """What the write of a register puts where on the chip; None if that is not all it does."""
    kind, values = type(coordinate).__name__, register.array
    if kind == WHOLE:
        return tuple(_put(section, (), values[section]) for section in NAMES)
    if kind in PLACES:
        return tuple(_placed(kind, int(coordinate.toEnum()), values))
    if kind in BLOCKS:
        return (_put(BLOCKS[kind], memory.index_of(coordinate), values),)
    if kind == QUAD:
        enables = values["enables"]
        places = memory.quad(coordinate)[enables]
        return (_put(f"{LENT}/value", (places,), values["quad"][enables]),)
    if kind == CELLS:
        first = first_cell(coordinate)
        return tuple(_put(*capmem_cell(first + i), code) for i, code in enumerate(values["cells"]))
    if kind in SINGLE:
        where, name = SINGLE[kind]
        return (_put(*where(int(coordinate.toEnum())), values[name]),)
    return None


def _placed(kind: str, enum: int, values: np.ndarray) -> Iterator[Put]:
    place, index = PLACES[kind], index_of(kind, enum)
    for name, path in place.paths.items():
        yield _put(path, index, at(values, name))
    for path, names in place.sums.items():
        yield _put(path, index, np.sum([values[name] for name in names]))
    for path, names in place.bits.items():
        yield _put(path, index, np.sum([values[name] << k for k, name in enumerate(names)]))


def _put(path: str, index: Index, value: np.ndarray) -> Put:
    section, *within = split(path)
    value = np.asarray(value, _type_at(path))
    return Put(section, tuple(within), index, value, value.tobytes())


@cache
def _type_at(path: str) -> np.dtype:
    kind = Chip.dtype
    for name in split(path):
        kind = kind[name].base
    return kind
