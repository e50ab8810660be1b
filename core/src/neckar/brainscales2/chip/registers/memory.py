"""Blocks of processor memory: as many words or bytes as one likes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Self

import numpy as np

from neckar.brainscales2.chip.coordinates import (
    ExternalPPUDRAMMemoryBlockOnFPGA,
    ExternalPPUDRAMMemoryBlockSize,
    ExternalPPUMemoryBlockOnFPGA,
    ExternalPPUMemoryBlockSize,
    PPUMemoryBlockOnDLS,
    PPUMemoryBlockSize,
)
from neckar.brainscales2.chip.registers.base import Register, duplicate


class MemoryBlock(Register):
    """Consecutive cells of a memory; `array` is 1-d and structured like one cell."""

    __slots__ = ()
    cell: ClassVar[Any]
    size_type: ClassVar[Any]
    default_size: ClassVar[int]
    cells: ClassVar[str]

    def __init__(self, size: Any = None) -> None:
        if isinstance(size, MemoryBlock):
            self._array = duplicate(size._array)
            return
        n = self.default_size if size is None else int(self.size_type(size))
        self._array = np.zeros(n, self.cell.dtype)

    @classmethod
    def of(cls, values: np.ndarray) -> Self:
        """A block of these numbers."""
        made = cls(len(values))
        made._array["value"] = values
        return made

    @classmethod
    def from_array(cls, array: np.ndarray) -> Self:
        """A block with the contents of `array`."""
        return cls.view(np.array(array, dtype=cls.cell.dtype))

    def __setstate__(self, state: bytes) -> None:
        self._array = np.frombuffer(bytearray(state), self.cell.dtype)

    def __len__(self) -> int:
        return len(self._array)

    def size(self) -> Any:
        """How many cells it has."""
        return self.size_type(len(self))

    def __getitem__(self, place: int) -> Any:
        if not 0 <= place < len(self):
            raise IndexError(f"the block has {len(self)} cells, no number {place}")
        return self.cell.view(self._array[place, ...])

    at = __getitem__

    def __setitem__(self, place: int, value: Any) -> None:
        self[place].value = getattr(value, "value", value)

    def __iter__(self) -> Iterator[Any]:
        return (self[place] for place in range(len(self)))

    def get_subblock(self, begin: int, length: Any) -> Self:
        """A copy of some cells."""
        if begin + int(length) > len(self):
            raise IndexError(f"cells {begin}..{begin + int(length) - 1} of only {len(self)}")
        return self.from_array(self._array[begin : begin + int(length)])

    def set_subblock(self, begin: int, subblock: Self) -> None:
        """Overwrite some cells."""
        if begin + len(subblock) > len(self):
            raise IndexError(f"cells {begin}..{begin + len(subblock) - 1} of only {len(self)}")
        self._array[begin : begin + len(subblock)] = subblock._array

    def to_numpy(self) -> np.ndarray:
        """The numbers in it."""
        return self._array["value"].copy()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._array['value'].tolist()})"


class PPUMemoryBlock(MemoryBlock):
    """Words of a processor's memory."""

    __slots__ = ()
    coordinate_type = PPUMemoryBlockOnDLS
    size_type = PPUMemoryBlockSize
    default_size = PPUMemoryBlockSize.max
    cells = "words"

    def to_string(self) -> str:
        """The bytes as text, up to the first zero."""
        return _text(self._array["value"].astype(">u4").tobytes())


class ExternalPPUMemoryBlock(MemoryBlock):
    """Bytes of the memory that the FPGA lends to the processors."""

    __slots__ = ()
    coordinate_type = ExternalPPUMemoryBlockOnFPGA
    size_type = ExternalPPUMemoryBlockSize
    default_size = ExternalPPUMemoryBlockSize.max
    cells = "bytes"

    def to_string(self) -> str:
        """The bytes as text, up to the first zero."""
        return _text(self._array["value"].tobytes())


class ExternalPPUDRAMMemoryBlock(MemoryBlock):
    """Bytes of the large memory at the FPGA."""

    __slots__ = ()
    coordinate_type = ExternalPPUDRAMMemoryBlockOnFPGA
    size_type = ExternalPPUDRAMMemoryBlockSize
    default_size = 1
    cells = "bytes"

    def to_string(self) -> str:
        """The bytes as text, up to the first zero."""
        return _text(self._array["value"].tobytes())


def _text(raw: bytes) -> str:
    return raw.split(b"\0")[0].decode("latin-1")


def _cells(name: str) -> property:
    def get(self: MemoryBlock) -> list[Any]:
        return list(self)

    def put(self: MemoryBlock, values: Any) -> None:
        self._array = self.of(np.array([int(cell.value) for cell in values]))._array

    return property(get, put, doc=f"All {name}; a list of new registers sets the size too.")


def add_to(types: dict[str, Any]) -> None:
    """Connect the blocks with the memories they are part of."""
    for block, cell in (
        (PPUMemoryBlock, "PPUMemoryWord"),
        (ExternalPPUMemoryBlock, "ExternalPPUMemoryByte"),
        (ExternalPPUDRAMMemoryBlock, "ExternalPPUDRAMMemoryByte"),
    ):
        block.cell = types[cell]
        block.dtype = block.cell.dtype
        block.__module__ = block.cell.__module__
        setattr(block, block.cells, _cells(block.cells))
    _add_words(types["PPUMemory"])
    _add_bytes(types["ExternalPPUMemory"])


def _add_words(memory: Any) -> None:
    def get_word(self: Any, pos: Any) -> Any:
        return self.words[pos].value

    def set_word(self: Any, pos: Any, word: Any) -> None:
        self.words[pos].value = word

    def get_block(self: Any, block: Any) -> PPUMemoryBlock:
        low, high = int(block.toMin()), int(block.toMax())
        return PPUMemoryBlock.from_array(self.array["words"][low : high + 1])

    def set_block(self: Any, block: Any, words: PPUMemoryBlock) -> None:
        low, high = int(block.toMin()), int(block.toMax())
        if len(words) != high - low + 1:
            raise ValueError(f"{block} has {high - low + 1} words, given are {len(words)}")
        self.array["words"][low : high + 1] = words.array

    memory.get_word, memory.set_word = get_word, set_word
    memory.get_block, memory.set_block = get_block, set_block


def _add_bytes(memory: Any) -> None:
    def get_subblock(self: Any, begin: int, length: Any) -> ExternalPPUMemoryBlock:
        return ExternalPPUMemoryBlock.view(self.array["bytes"]).get_subblock(begin, length)

    def set_subblock(self: Any, begin: int, subblock: ExternalPPUMemoryBlock) -> None:
        ExternalPPUMemoryBlock.view(self.array["bytes"]).set_subblock(begin, subblock)

    memory.get_subblock, memory.set_subblock = get_subblock, set_subblock
    memory.to_string = lambda self: _text(self.array["bytes"]["value"].tobytes())
