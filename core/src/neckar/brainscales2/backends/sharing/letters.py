"""Programs and recordings as bytes, for other processes.

A letter is a header in JSON, then raw parts one after the other: arrays, and documents of
registers as `chip.wire` writes them. Nothing in it is code, so a letter may come from anybody.
"""

import json
import struct
import zlib
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from neckar.brainscales2.chip import wire
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.chip.sections import NAMES, SharedSections
from neckar.brainscales2.program import (
    BlockUntil,
    Configure,
    Instruction,
    Program,
    Read,
    ResetTimer,
    SampleCADC,
    SampleMADC,
    SendSpikes,
    Spikes,
    Write,
)
from neckar.brainscales2.recording import CADCSamples, Entry, Recording
from neckar.errors import ProgramError

MOST_BYTES = 1_250_000_000  # of a letter, unpacked; what the original allows
_Json = dict[str, Any]
_BROKEN = (zlib.error, struct.error)
_ARRAYS = ("spikes", "madc", "timer_resets", "read_times", "clock_sets")


def of_program(program: Program) -> bytes:
    """A program as bytes."""
    parts = _Parts()
    entries: list[tuple[Any, Any]] = []
    words = [_to_words(each, parts, entries) for each in program.instructions]
    return parts.letter({"program": words, "registers": parts.add(wire.encode(entries))})


def to_program(letter: bytes) -> Program:
    """The program of a letter.

    Raises:
        ProgramError: it is no letter with a program.
    """
    try:
        header, parts = _opened(letter)
        entries = wire.decode(parts[header["registers"]])
        instructions = tuple(_from_words(words, parts, entries) for words in header["program"])
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, *_BROKEN) as error:
        raise ProgramError(f"no letter with a program: {error}") from None
    return Program(instructions=instructions)


def of_recording(recording: Recording) -> bytes:
    """A recording as bytes."""
    parts = _Parts()
    return parts.letter({"entries": [_entry_to_json(each, parts) for each in recording.entries]})


def to_recording(letter: bytes) -> Recording:
    """The recording of a letter."""
    header, parts = _opened(letter)
    return Recording(entries=tuple(_entry(each, parts) for each in header["entries"]))


@dataclass
class _Parts:
    """Raw parts of a letter; what is added again has its old number."""

    parts: list[bytes] = field(default_factory=list)
    _known: dict[int, tuple[object, int]] = field(default_factory=dict)

    def add(self, part: bytes) -> int:
        self.parts.append(part)
        return len(self.parts) - 1

    def add_array(self, array: np.ndarray) -> int:
        """An array keeps its number for as long as this object keeps it alive."""
        if (known := self._known.get(id(array))) is None:
            known = self._known[id(array)] = array, self.add(np.ascontiguousarray(array).tobytes())
        return known[1]

    def letter(self, header: _Json) -> bytes:
        sizes = [len(part) for part in self.parts]
        text = json.dumps({**header, "sizes": sizes}, separators=(",", ":")).encode()
        body = zlib.compress(b"".join(self.parts), 1)
        return struct.pack("<I", len(text)) + text + body


@dataclass
class _Contents:
    """Raw parts of a letter. Settings that were the same object are so again."""

    parts: list[bytes]
    _sections: dict[tuple[str, int], np.ndarray] = field(default_factory=dict)

    def __getitem__(self, number: int) -> bytes:
        return self.parts[number]

    def section(self, name: str, number: int) -> np.ndarray:
        """A section of the registers of a chip, not to be changed."""
        if (name, number) not in self._sections:
            dtype = Chip.dtype[name]
            section = np.frombuffer(self.parts[number], dtype.base).reshape(dtype.shape)
            self._sections[name, number] = section
        return self._sections[name, number]


def _opened(letter: bytes) -> tuple[_Json, _Contents]:
    (length,) = struct.unpack_from("<I", letter)
    header = json.loads(letter[4 : 4 + length])
    body = unpacked(letter[4 + length :], MOST_BYTES)
    ends = np.cumsum([0, *header["sizes"]]).tolist()
    if ends[-1] != len(body):
        raise ValueError(f"a letter with {len(body)} bytes, where {ends[-1]} are announced")
    return header, _Contents([body[a:b] for a, b in pairwise(ends)])


def unpacked(packed: bytes, most: int) -> bytes:
    """What was compressed, unless it is more than `most` bytes."""
    opener = zlib.decompressobj()
    body = opener.decompress(packed, most)
    if opener.unconsumed_tail or not opener.eof:
        raise ValueError(f"a letter that is cut short, or holds more than {most} bytes")
    return body


def _to_words(each: Instruction, parts: _Parts, entries: list[tuple[Any, Any]]) -> list[Any]:
    match each:
        case Configure(config=config):
            return ["configure", [parts.add_array(config.registers[name]) for name in NAMES]]
        case Write(coordinate=coordinate, register=register):
            entries.append((coordinate, register))
            return ["write", len(entries) - 1]
        case Read(coordinate=coordinate, ticket=ticket):
            entries.append((coordinate, None))
            return ["read", len(entries) - 1, ticket]
        case ResetTimer():
            return ["reset"]
        case BlockUntil(cycles=cycles):
            return ["until", int(cycles)]
        case SendSpikes(entries=sent):
            return ["send", [_to_numbers(spikes, parts) for spikes in sent]]
        case SampleMADC(enable=enable):
            return ["madc", bool(enable)]
        case SampleCADC(n_samples=n_samples, period_cycles=period):
            return ["cadc", int(n_samples), int(period)]


def _from_words(words: list[Any], parts: _Contents, entries: list[tuple[Any, Any]]) -> Instruction:
    match words:
        case ["configure", numbers]:
            return Configure(config=_config(numbers, parts))
        case ["write", int(number)]:
            coordinate, register = entries[number]
            return Write(coordinate=coordinate, register=register)
        case ["read", int(number), int(ticket)]:
            return Read(coordinate=entries[number][0], ticket=ticket)
        case ["reset"]:
            return ResetTimer()
        case ["until", int(cycles)]:
            return BlockUntil(cycles=cycles)
        case ["send", list(sent)]:
            return SendSpikes(entries=tuple(_spikes(numbers, parts) for numbers in sent))
        case ["madc", bool(enable)]:
            return SampleMADC(enable=enable)
        case ["cadc", int(n_samples), int(period)]:
            return SampleCADC(n_samples=n_samples, period_cycles=period)
    raise ValueError(f"unknown instruction {words}")


def _config(numbers: list[int], parts: _Contents) -> ChipConfig:
    numbered = zip(NAMES, numbers, strict=True)
    sections = {name: parts.section(name, number) for name, number in numbered}
    return ChipConfig(SharedSections(sections))


def _to_numbers(spikes: Spikes, parts: _Parts) -> list[int]:
    return [
        parts.add_array(np.asarray(spikes.cycles, np.int64)),
        parts.add_array(np.asarray(spikes.labels, np.uint16)),
    ]


def _spikes(numbers: list[int], parts: _Contents) -> Spikes:
    cycles, labels = (parts[number] for number in numbers)
    return Spikes(cycles=np.frombuffer(cycles, np.int64), labels=np.frombuffer(labels, np.uint16))


def _entry_to_json(entry: Entry, parts: _Parts) -> _Json:
    reads = wire.encode((None, register) for register in entry.reads)
    return {
        "arrays": {name: _array_to_json(getattr(entry, name), parts) for name in _ARRAYS},
        "cadc": [_array_to_json(each, parts) for each in (entry.cadc.time, entry.cadc.value)],
        "reads": parts.add(reads),
        "dropped": [int(entry.dropped_in), int(entry.dropped_out)],
    }


def _entry(described: _Json, parts: _Contents) -> Entry:
    time, value = (_array(each, parts) for each in described["cadc"])
    dropped_in, dropped_out = described["dropped"]
    return Entry(
        **{name: _array(described["arrays"][name], parts) for name in _ARRAYS},
        cadc=CADCSamples(time=time, value=value),
        reads=tuple(register for _, register in wire.decode(parts[described["reads"]])),
        dropped_in=dropped_in,
        dropped_out=dropped_out,
    )


def _array_to_json(array: np.ndarray, parts: _Parts) -> list[Any]:
    dtype = array.dtype.str if array.dtype.names is None else array.dtype.descr
    return [dtype, array.shape, parts.add_array(array)]


def _array(described: list[Any], parts: _Contents) -> np.ndarray:
    dtype, shape, number = described
    kind = np.dtype(dtype if isinstance(dtype, str) else [tuple(field) for field in dtype])
    return np.frombuffer(bytearray(parts[number]), kind).reshape(shape)
