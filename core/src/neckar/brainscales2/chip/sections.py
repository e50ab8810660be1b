"""All registers of a chip in sections, which pictures of it share until one of them is written."""

from typing import Any, Protocol, Self

import numpy as np

from neckar.brainscales2.chip.registers import Chip


class Sections(Protocol):
    """Registers of a chip by the name of their section; an array of `Chip.dtype` is such."""

    def __getitem__(self, name: str, /) -> Any: ...


class SharedSections:
    """Registers of a chip; copies cost nothing, and a write copies the section that it is in."""

    __slots__ = ("_mine", "_sections")

    def __init__(self, sections: dict[str, np.ndarray]) -> None:
        self._sections = sections
        self._mine: set[str] = set()

    @classmethod
    def of(cls, registers: Sections) -> Self:
        """The same registers; an array must not be changed afterwards."""
        if isinstance(registers, SharedSections):
            return cls(dict(registers._share()))
        return cls({name: registers[name] for name in NAMES})

    def __getitem__(self, name: str, /) -> np.ndarray:
        """A section, only to be read."""
        return self._sections[name]

    def copy(self) -> Self:
        """Registers that may be changed without changing these."""
        return type(self)(dict(self._share()))

    def own(self, name: str) -> np.ndarray:
        """A section to be changed."""
        if name not in self._mine:
            self._sections[name] = _duplicate(self._sections[name])
            self._mine.add(name)
        return self._sections[name]

    def _share(self) -> dict[str, np.ndarray]:
        self._mine.clear()
        return self._sections


NAMES: tuple[str, ...] = Chip.dtype.names or ()
"""Of all sections."""


def as_array(registers: Sections) -> np.ndarray:
    """One array of all registers that may be changed."""
    if isinstance(registers, np.ndarray):
        return _duplicate(registers)
    whole = np.empty((), Chip.dtype)
    bytes_of = np.frombuffer(whole, np.uint8)
    for name in NAMES:
        part = _bytes(registers[name])
        offset = Chip.dtype.fields[name][1]
        bytes_of[offset : offset + part.size] = part
    return whole


def are_same(one: Sections, other: Sections) -> bool:
    """Whether all registers are."""
    return one is other or all(is_same(one[name], other[name]) for name in NAMES)


def is_same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two pictures of a section are."""
    return one is other or np.array_equal(_bytes(one), _bytes(other))


def n_differing(one: Sections, other: Sections) -> int:
    """In how many words of four bytes."""
    return sum(_n_differing(one[name], other[name]) for name in NAMES)


def _n_differing(one: np.ndarray, other: np.ndarray) -> int:
    if one is other:
        return 0
    a, b = _bytes(one), _bytes(other)
    size = a.size // 4 * 4
    n_words = np.count_nonzero(a[:size].view("u4") != b[:size].view("u4"))
    return int(n_words) + bool((a[size:] != b[size:]).any())


def _duplicate(section: np.ndarray) -> np.ndarray:
    """A copy, byte by byte: copying field by field is slow for many fields."""
    return np.ndarray(section.shape, section.dtype, _bytes(section).copy().data)


def _bytes(section: np.ndarray) -> np.ndarray:
    return np.frombuffer(np.ascontiguousarray(section), np.uint8)
