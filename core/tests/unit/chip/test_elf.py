import struct

import pytest

from neckar.brainscales2.chip import coordinates as halco
from neckar.brainscales2.chip.registers import PPUElfFile, PPUProgram

NAMES = b"\0.text\0ext.data\0.symtab\0.strtab\0"
SYMBOLS = b"\0main\0table\0"


def elf(path):
    """A file with two words of program, four bytes of external data and two symbols."""
    symbols = struct.pack(">IIIBBH", 0, 0, 0, 0, 0, 0)
    symbols += struct.pack(">IIIBBH", 1, 4, 4, 2, 0, 1)
    symbols += struct.pack(">IIIBBH", 6, 0x40000002, 2, 1, 0, 2)
    parts = [
        (0, 0, 0, b"", 0),
        (1, 1, 0, bytes([0, 0, 0, 1, 0, 0, 0, 2]), 0),
        (7, 1, 0x40000000, b"\1\2\3\4", 0),
        (16, 2, 0, symbols, 4),
        (24, 3, 0, SYMBOLS, 0),
        (0, 3, 0, NAMES, 0),
    ]
    body, headers = b"", b""
    for name, kind, address, content, link in parts:
        headers += struct.pack(
            ">10I", name, kind, 0, address, 52 + len(body), len(content), link, 0, 1, 0
        )
        body += content
    start = 52 + len(body)
    ident = b"\x7fELF\x01\x02\x01" + bytes(9)
    header = ident + struct.pack(">HHIIIIIHHHHHH", 2, 20, 1, 0, 0, start, 0, 52, 0, 0, 40, 6, 5)
    path.write_bytes(header + body + headers)
    return PPUElfFile(str(path))


def test_a_program_is_put_into_its_memories(tmp_path):
    program = elf(tmp_path / "program").read_program()
    assert program.internal.to_numpy().tolist() == [1, 2]
    assert program.external.to_numpy().tolist() == [1, 2, 3, 4]
    assert program.external_dram is None


def test_symbols_know_where_they_are(tmp_path):
    symbols = elf(tmp_path / "program").read_symbols()
    kinds = PPUProgram.Symbol.Type
    main = PPUProgram.Symbol(kinds.function, halco.PPUMemoryBlockOnPPU(1, 1))
    assert symbols["main"] == main
    assert symbols["table"].type == kinds.object
    assert symbols["table"].coordinate == halco.ExternalPPUMemoryBlockOnFPGA(2, 3)


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "text"
    path.write_text("hello")
    with pytest.raises(RuntimeError, match="is no ELF file"):
        PPUElfFile(str(path))
