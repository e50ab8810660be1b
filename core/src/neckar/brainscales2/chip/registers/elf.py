"""Programs of the embedded processors: symbols and memory contents of ELF files."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from neckar.brainscales2.chip.coordinates import (
    ExternalPPUDRAMMemoryBlockOnFPGA,
    ExternalPPUMemoryBlockOnFPGA,
    PPUMemoryBlockOnPPU,
)
from neckar.brainscales2.chip.registers.base import Choice
from neckar.brainscales2.chip.registers.memory import (
    ExternalPPUDRAMMemoryBlock,
    ExternalPPUMemoryBlock,
    PPUMemoryBlock,
)

_MODULE = "neckar.brainscales2.chip.registers"

# where the processors see the memories, highest first: address, memory, bytes per cell
_MEMORIES = (
    (0x9000_0000, "external_dram", 1),
    (0x8000_0000, "external", 1),
    (0x5000_0000, "external_dram", 1),
    (0x4000_0000, "external", 1),
    (0, "internal", 4),
)
_COORDINATES = {
    "internal": PPUMemoryBlockOnPPU,
    "external": ExternalPPUMemoryBlockOnFPGA,
    "external_dram": ExternalPPUDRAMMemoryBlockOnFPGA,
}
_INTERNAL_SECTIONS = (".text", ".data", ".rodata", ".bss", ".init", ".fini")
_SYMBOL_TABLE, _WITHOUT_CONTENT = 2, 8


class PPUProgram:
    """Names around programs of the processors."""

    class Symbol:
        """A variable or function of a program, and where it is."""

        class Type(Choice):
            """What a symbol is."""

            object = 0
            function = 1
            other = 2

        def __init__(self, type: Any = None, coordinate: Any = None) -> None:
            self.type = self.Type.object if type is None else type
            self.coordinate = PPUMemoryBlockOnPPU() if coordinate is None else coordinate

        def __eq__(self, other: object) -> bool:
            return isinstance(other, PPUProgram.Symbol) and vars(other) == vars(self)

        __hash__ = None  # type: ignore[assignment]

        def __repr__(self) -> str:
            return f"Symbol({self.type}, {self.coordinate})"

    external_base_address: ClassVar[int] = 0x8000_0000
    external_data_base_address: ClassVar[int] = 0x4000_0000
    external_dram_base_address: ClassVar[int] = 0x9000_0000
    external_dram_data_base_address: ClassVar[int] = 0x5000_0000


@dataclass
class _Section:
    name: str
    kind: int
    address: int
    size: int
    content: bytes
    strings: int


class PPUElfFile:
    """An ELF file for the processors (32 bit, most significant byte first)."""

    @dataclass
    class Memory:
        """What a program wants in the memories; None where it wants nothing."""

        internal: PPUMemoryBlock
        external: ExternalPPUMemoryBlock | None
        external_dram: ExternalPPUDRAMMemoryBlock | None

    def __init__(self, filename: str) -> None:
        self._raw = Path(filename).read_bytes()
        if self._raw[:4] != b"\x7fELF":
            raise RuntimeError(f"{filename} is no ELF file")
        self._sections = list(_sections(self._raw, filename))

    def read_symbols(self) -> dict[str, Any]:
        """All symbols that have a size, by name."""
        found: dict[str, Any] = {}
        for section in self._sections:
            if section.kind == _SYMBOL_TABLE:
                names = self._sections[section.strings].content
                found.update(_symbols(section.content, names))
        return found

    def read_program(self) -> Memory:
        """The contents of the memories."""
        parts: dict[str, bytearray] = {memory: bytearray() for memory in _COORDINATES}
        for section in self._sections:
            if section.name.startswith(("int", "ext")) or any(
                name in section.name for name in _INTERNAL_SECTIONS
            ):
                memory, offset, _ = _locate(section.address)
                _put(parts[memory], offset, section.content)
        raw = {memory: bytes(part) + bytes(-len(part) % 4) for memory, part in parts.items()}
        return self.Memory(
            PPUMemoryBlock.of(np.frombuffer(raw["internal"], ">u4")),
            _bytes(ExternalPPUMemoryBlock, raw["external"]),
            _bytes(ExternalPPUDRAMMemoryBlock, raw["external_dram"]),
        )


def _bytes(block: Any, raw: bytes) -> Any:
    return block.of(np.frombuffer(raw, "u1")) if raw else None


def _put(memory: bytearray, offset: int, content: bytes) -> None:
    memory.extend(bytes(max(0, offset + len(content) - len(memory))))
    memory[offset : offset + len(content)] = content


def _locate(address: int) -> tuple[str, int, int]:
    """Memory, offset in it and bytes per cell of an address."""
    base, memory, width = next(entry for entry in _MEMORIES if address >= entry[0])
    return memory, address - base, width


def _sections(raw: bytes, filename: str) -> Iterator[_Section]:
    if raw[4:6] != b"\x01\x02":
        raise RuntimeError(f"{filename} is not made for the processors (32 bit, big endian)")
    start = struct.unpack_from(">I", raw, 32)[0]
    width, n, names_at = struct.unpack_from(">HHH", raw, 46)
    headers = [struct.unpack_from(">10I", raw, start + i * width) for i in range(n)]
    names = raw[headers[names_at][4] :]
    for name, kind, _, address, offset, size, link, *_ in headers:
        text = names[name : names.index(b"\0", name)].decode()
        empty = kind == _WITHOUT_CONTENT
        content = bytes(size) if empty else raw[offset : offset + size]
        yield _Section(text, kind, address, size, content, link)


def _symbols(table: bytes, names: bytes) -> Iterator[tuple[str, Any]]:
    kinds = PPUProgram.Symbol.Type
    for name, address, size, info, _, _ in struct.iter_unpack(">IIIBBH", table):
        if size == 0:
            continue
        kind = {1: kinds.object, 2: kinds.function}.get(info & 0xF, kinds.other)
        memory, offset, width = _locate(address)
        first = offset // width
        coordinate = _COORDINATES[memory](first, first + (size + width - 1) // width - 1)
        text = names[name : names.index(b"\0", name)].decode()
        yield text, PPUProgram.Symbol(kind, coordinate)


for _kind in (PPUProgram, PPUProgram.Symbol, PPUProgram.Symbol.Type, PPUElfFile, PPUElfFile.Memory):
    _kind.__module__ = _MODULE
