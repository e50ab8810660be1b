"""Registers in portable binary archives of the original, as its public sources lay them out.

An archive is what cereal's `PortableBinaryArchive` makes, least significant bytes first. Pairs of a
coordinate and a register are pointers to base classes: number of the class, its name the first
time, a byte that says that something follows. Classes of registers say their version, 0, the first
time. A CapMem code is preceded by which of its two kinds it is. `archive.toml` has names, orders
and widths; registers of a length of their own and packs of spikes are left out.
"""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from neckar.brainscales2.chip import registers
from neckar.brainscales2.chip.coordinates import COORDINATES, Enum
from neckar.brainscales2.chip.coordinates.base import Coordinate, Grid, Pair, Ranged
from neckar.brainscales2.chip.coordinates.special import SpikeLabel
from neckar.brainscales2.chip.registers.base import Choice, Field, Register

LITTLE_ENDIAN = b"\1"
_TABLE = tomllib.loads((Path(__file__).parent / "archive.toml").read_text())
_WIDTHS = {name: int(width) for width, names in _TABLE["narrow"].items() for name in names.split()}
_NEW = 0x8000_0000  # marks a class that is named for the first time
_WIDTH_OF_ENUM = 8
_TIME = "haldls::vx::Timer::Value"
_CODE = np.dtype([("kind", "<i4"), ("code", "<u8")])  # of the analog memory
_DISABLED = 1  # the kind of a code that says that a cell is not refreshed
Entry = tuple[Any, Any]


def is_archive(document: bytes) -> bool:
    """Whether this may be an archive."""
    return document[:1] == LITTLE_ENDIAN


def encode(entries: Iterable[Entry]) -> bytes:
    """Coordinates and registers as an archive of a `DumperDone`."""
    archive, listed = _Archive(bytearray(LITTLE_ENDIAN)), list(entries)
    archive.number(0, 4)
    archive.number(len(listed), 8)
    for coordinate, register in listed:
        for part in (coordinate, register):
            archive.name(_name_of(part))
            _put(archive, part)
    return bytes(archive.data)


def decode(document: bytes) -> list[Entry]:
    """Coordinates and registers in an archive of a `DumperDone`.

    Raises:
        ValueError: it is no such archive, or has classes that are not known.
    """
    archive = _begin(document)
    archive.number(0, 4)
    entries = [_entry(archive) for _ in range(archive.number(0, 8))]
    _end(archive)
    return entries


def encode_one(register: Register) -> bytes:
    """A register as an archive of its own."""
    archive = _Archive(bytearray(LITTLE_ENDIAN))
    _put(archive, register)
    return bytes(archive.data)


def decode_one(kind: Any, document: bytes) -> Any:
    """The register of this kind in an archive of its own."""
    archive = _begin(document)
    register = _take(archive, kind)
    _end(archive)
    return register


def _begin(document: bytes) -> "_Archive":
    if not is_archive(document):
        raise ValueError(f"no portable binary archive: it starts with {document[:8]!r}")
    return _Archive(bytearray(document), place=1, is_read=True)


def _end(archive: "_Archive") -> None:
    if archive.place != len(archive.data):
        rest = len(archive.data) - archive.place
        raise ValueError(f"{rest} bytes are left over: the archive is of another version")


@dataclass
class _Archive:
    """Bytes, and what was said of them so far."""

    data: bytearray
    place: int = 0
    is_read: bool = False
    names: list[str] = field(default_factory=list)
    versioned: set[Any] = field(default_factory=set)

    def bytes(self, given: bytes, n: int) -> bytes:
        """Write what is given, or read so many bytes."""
        if not self.is_read:
            self.data += given
            return given
        if self.place + n > len(self.data):
            raise ValueError(f"the archive ends after {len(self.data)} bytes, within a value")
        self.place += n
        return bytes(self.data[self.place - n : self.place])

    def number(self, given: int, width: int) -> int:
        """Write or read a number."""
        return int.from_bytes(self.bytes(given.to_bytes(width, "little"), width), "little")

    def array(self, given: np.ndarray, dtype: Any, n: int) -> np.ndarray:
        """Write or read several numbers."""
        dtype = np.dtype(dtype)
        written = b"" if self.is_read else given.astype(dtype).tobytes()
        return np.frombuffer(self.bytes(written, n * dtype.itemsize), dtype)

    def name(self, given: str) -> str:
        """Write or read the class of a pointer."""
        is_known = given in self.names
        number = self.names.index(given) + 1 if is_known else _NEW | len(self.names) + 1
        number = self.number(number, 4)
        if number & _NEW:
            length = self.number(len(given), 8)
            self.names.append(self.bytes(given.encode(), length).decode())
        elif not 1 <= number <= len(self.names):
            raise ValueError(f"class {number} is used before it is named")
        if self.number(1, 1) != 1:
            raise ValueError("the archive has a pointer to nothing")
        return self.names[(number & ~_NEW) - 1]

    def version(self, of: Any) -> None:
        """Write or read the version of a class, the first time."""
        if of not in self.versioned:
            self.versioned.add(of)
            if (version := self.number(0, 4)) != 0:
                raise ValueError(f"{of} has version {version}; known is 0")


@cache
def _classes() -> dict[str, Any]:
    """Coordinates and registers by their names in C++."""
    found: dict[str, Any] = {_TIME: registers.Timer.Value}
    for group, where in (
        ("registers", registers.HAL | registers.LOLA),
        ("coordinates", COORDINATES),
    ):
        for namespace, names in _TABLE[group].items():
            found |= {f"{namespace}::{name}": where[name] for name in names.split()}
    return found


@cache
def _names() -> dict[Any, str]:
    return {kind: name for name, kind in _classes().items()}


def _name_of(part: Any) -> str:
    if type(part) not in _names():
        raise TypeError(f"{type(part).__name__} has no place in a portable binary archive")
    return _names()[type(part)]


def _entry(archive: _Archive) -> Entry:
    coordinate, register = (_take(archive, _class(archive.name(""))) for _ in range(2))
    return coordinate, register


def _class(name: str) -> Any:
    if name not in _classes():
        raise ValueError(f"{name} in the archive is not known here")
    return _classes()[name]


def _put(archive: _Archive, part: Any) -> None:
    if isinstance(part, Register):
        _fields(archive, type(part), part.array)
    else:
        _coordinate(archive, type(part), part)


def _take(archive: _Archive, kind: Any) -> Any:
    if issubclass(kind, Register):
        register = kind()
        _fields(archive, kind, register.array)
        return register
    return _coordinate(archive, kind, None)


def _width(kind: Any) -> int:
    return _WIDTHS.get(kind.__qualname__, _WIDTH_OF_ENUM)


def _coordinate(archive: _Archive, kind: Any, given: Any) -> Any:
    """Ranged numbers as such, those in grids by column, row and enum, those in blocks by enum."""
    if issubclass(kind, Ranged):
        return kind(archive.number(0 if given is None else int(given), _width(kind)))
    if issubclass(kind, SpikeLabel):
        return kind(archive.number(0 if given is None else int(given), _width(kind)))
    enum = 0 if given is None else int(given.toEnum())
    if issubclass(kind, Pair):
        return kind(Enum(archive.number(enum, _WIDTH_OF_ENUM)))
    assert issubclass(kind, Grid)
    shown = kind(Enum(enum))
    x = archive.number(int(shown.x()), _width(kind.x_type))
    y = archive.number(int(shown.y()), _width(kind.y_type))
    made = kind(Enum(archive.number(enum, _WIDTH_OF_ENUM)))
    if (int(made.x()), int(made.y())) != (x, y):
        raise ValueError(f"{made} is said to lie in column {x} and row {y}")
    return made


def _fields(archive: _Archive, kind: Any, array: np.ndarray) -> None:
    """The fields of a register, in the order of the archive."""
    name = kind.__qualname__
    archive.version(name)
    if base := _TABLE["bases"].get(name):
        archive.version(base)
    for each in _ordered(name, kind):
        inner = each.codec.register
        if inner is None:
            _values(archive, each, array)
        else:
            for part in _each(array[each.name]):
                _fields(archive, inner, part)


def _ordered(name: str, kind: Any) -> Iterator[Field]:
    names = _TABLE["orders"].get(name)
    return (kind.fields[each] for each in (names.split() if names else kind.fields))


def _each(array: np.ndarray) -> Iterator[np.ndarray]:
    """The elements of an array one by one, as views."""
    flat = array.reshape(-1)
    return (flat[place, ...] for place in range(flat.size))


def _values(archive: _Archive, each: Field, array: np.ndarray) -> None:
    kept = array[each.name]
    kind = each.codec.kind
    if isinstance(kind, type) and issubclass(kind, Coordinate) and not issubclass(kind, Ranged):
        for part in _each(kept):
            given = each.codec.decode(part.item())
            part[...] = each.codec.encode(_coordinate(archive, kind, given))
        return
    flat = kept.reshape(-1)
    if kind == "analog":
        codes = np.zeros(flat.size, _CODE)
        codes["code"], codes["kind"] = flat, (flat == 1023) * _DISABLED
        found = archive.array(codes, _CODE, flat.size)["code"]
    else:
        found = archive.array(flat, _dtype(kind), flat.size)
    each.codec.check(found)
    kept[...] = found.reshape(kept.shape)


def _dtype(kind: Any) -> str:
    if kind in ("bool", "float"):
        return {"bool": "?", "float": "<f8"}[kind]
    if issubclass(kind, Choice):
        return f"<u{_width(kind)}"
    return f"<{'i' if kind.min < 0 else 'u'}{_width(kind)}"
