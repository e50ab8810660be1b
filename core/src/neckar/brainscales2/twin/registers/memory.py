"""Memories of the processors, word by word and in blocks, and the large one at the FPGA."""

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from neckar.brainscales2.chip.registers import HAL, LOLA

_PAGE = 1 << 16  # bytes of the large memory that are kept together
_QUAD = 4  # bytes in a word
BLOCKS = {
    "PPUMemoryBlockOnDLS": "ppu_memory/words",
    "ExternalPPUMemoryBlockOnFPGA": "external_ppu_memory/bytes",
}
"""Blocks of memory within the array of the chip, by the name of the coordinate type."""
QUAD = "ExternalPPUMemoryQuadOnFPGA"
LARGE = {
    "ExternalPPUDRAMMemoryByteOnFPGA": HAL["ExternalPPUDRAMMemoryByte"],
    "ExternalPPUDRAMMemoryQuadOnFPGA": HAL["ExternalPPUDRAMMemoryQuad"],
    "ExternalPPUDRAMMemoryBlockOnFPGA": LOLA["ExternalPPUDRAMMemoryBlock"],
}
"""Parts of the large memory, by the name of the coordinate type."""


@dataclass
class LargeMemory:
    """256 MiB, of which only what was written takes room; pages are shared until written."""

    pages: dict[int, np.ndarray] = field(default_factory=dict)

    def copy(self) -> Self:
        """A memory that may be written without changing this one."""
        return type(self)(dict(self.pages))

    def write(self, coordinate: Any, register: Any) -> None:
        """Write a byte, those of four that are enabled, or a block."""
        places = _bytes_of(coordinate)
        values, enables = _values(register)
        for page in np.unique(places // _PAGE).tolist():
            is_here = (places // _PAGE == page) & enables
            kept = self.pages.get(page, np.zeros(_PAGE, np.uint8)).copy()
            kept[places[is_here] % _PAGE] = values[is_here]
            self.pages[page] = kept

    def read(self, coordinate: Any) -> Any:
        """A byte, four, or a block."""
        places = _bytes_of(coordinate)
        values = np.zeros(places.size, np.uint8)
        for page in np.unique(places // _PAGE).tolist():
            if page in self.pages:
                is_here = places // _PAGE == page
                values[is_here] = self.pages[page][places[is_here] % _PAGE]
        kind = LARGE[type(coordinate).__name__]
        if kind is LARGE["ExternalPPUDRAMMemoryBlockOnFPGA"]:
            return kind.of(values)
        return kind(quad=values.tolist()) if values.size > 1 else kind(int(values[0]))


def _values(register: Any) -> tuple[np.ndarray, np.ndarray]:
    """Bytes, and which of them are to be written."""
    array = np.atleast_1d(register.array)
    if "quad" in (array.dtype.names or ()):
        return array["quad"][0], array["enables"][0]
    return array["value"], np.ones(array.size, bool)


def _bytes_of(coordinate: Any) -> np.ndarray:
    if hasattr(coordinate, "toMin"):
        return np.arange(int(coordinate.toMin()), int(coordinate.toMax()) + 1)
    n = _QUAD if "Quad" in type(coordinate).__name__ else 1
    return int(coordinate.toEnum()) * n + np.arange(n)


def index_of(coordinate: Any) -> tuple[Any, ...]:
    """Where a block lies in the array of its memory."""
    if type(coordinate).__name__ == "PPUMemoryBlockOnDLS":
        return int(coordinate.toPPUOnDLS()), _cells(coordinate.toPPUMemoryBlockOnPPU())
    return (_cells(coordinate),)


def _cells(interval: Any) -> slice:
    return slice(int(interval.toMin()), int(interval.toMax()) + 1)


def length_of(coordinate: Any) -> int:
    """How many cells a block has."""
    cells = index_of(coordinate)[-1]
    assert isinstance(cells, slice)
    return int(cells.stop - cells.start)


def quad(coordinate: Any) -> np.ndarray:
    """Where four bytes lie in the memory that the FPGA lends to the processors."""
    return _QUAD * int(coordinate.toEnum()) + np.arange(_QUAD)
