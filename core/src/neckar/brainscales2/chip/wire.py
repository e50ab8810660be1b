"""Registers as bytes and as text, for files and for other processes.

A document is a list of (coordinate, register), either of which may be missing a partner. As bytes:
`MAGIC`, length of the header, header in JSON, then the compressed arrays one after the other. The
header says for every entry where it sits, what it is and how many bytes it has, and for every
register class how its array is laid out, so that a file of another version is refused.
"""

import json
import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from neckar.brainscales2.chip import archive, registers
from neckar.brainscales2.chip.coordinates import COORDINATES, Enum, Ranged, SpikeLabel
from neckar.brainscales2.chip.registers.base import Register
from neckar.brainscales2.chip.registers.memory import MemoryBlock
from neckar.brainscales2.chip.registers.multicompartment import LogicalNeuron

MAGIC = b"neckar registers 1\n"
_VERSION = 1
Entry = tuple[Any, Any]
Json = dict[str, Any]


def encode(entries: Iterable[Entry]) -> bytes:
    """A document as bytes."""
    described = [(_coordinate_to_json(c), *_to_parts(r)) for c, r in entries]
    names = {what["register"] for _, what, _ in described if "register" in what}
    header = json.dumps(
        {
            "version": _VERSION,
            "layouts": {name: _layout(name) for name in sorted(names)},
            "entries": [
                {"coordinate": where, **what, "n_bytes": len(raw)} for where, what, raw in described
            ],
        },
        separators=(",", ":"),
    ).encode()
    body = zlib.compress(b"".join(raw for _, _, raw in described), 1)
    return MAGIC + struct.pack("<I", len(header)) + header + body


def decode(document: bytes) -> list[Entry]:
    """The entries of a document, or of a portable binary archive of the original."""
    if archive.is_archive(document):
        return archive.decode(document)
    if not document.startswith(MAGIC):
        raise ValueError(f"no document of registers: it starts with {document[:20]!r}")
    start = len(MAGIC) + 4
    (length,) = struct.unpack_from("<I", document, len(MAGIC))
    header = json.loads(document[start : start + length])
    for name, layout in header["layouts"].items():
        if layout != _layout(name):
            raise ValueError(f"{name} was written by a version of Neckar with other registers")
    body = zlib.decompress(document[start + length :])
    return list(_entries(header["entries"], body))


def _entries(described: Sequence[Json], body: bytes) -> Iterable[Entry]:
    start = 0
    for what in described:
        raw = body[start : start + what["n_bytes"]]
        start += what["n_bytes"]
        yield _coordinate_from_json(what["coordinate"]), _from_parts(what, raw)


def _kind(name: str) -> Any:
    """A class of registers or values; a document from anywhere can name nothing else."""
    found: Any = registers
    for part in name.split("."):
        found = getattr(found, part, None)
        if not (isinstance(found, type) and issubclass(found, Register | LogicalNeuron | Ranged)):
            raise ValueError(f"there is no register {name!r}")
    return found


def _layout(name: str) -> int:
    """A number that changes when the array of a register class changes."""
    kind = _kind(name)
    dtype = getattr(kind, "dtype", None) or _kind("AtomicNeuron").dtype
    return zlib.crc32(repr(dtype.descr).encode())


def _to_parts(register: Any) -> tuple[Json, bytes]:
    """What the header says of a register, and its bytes."""
    name = type(register).__qualname__
    if register is None:
        return {"nothing": True}, b""
    if isinstance(register, Register):
        return {"register": name}, register.array.tobytes()
    if isinstance(register, LogicalNeuron):
        return _neuron_to_parts(register)
    if isinstance(register, Ranged):
        return {"value": name, "code": int(register)}, b""
    raise TypeError(f"{name} cannot be written to a document")


def _from_parts(what: Json, raw: bytes) -> Any:
    if "nothing" in what:
        return None
    if "value" in what:
        return _kind(what["value"])(what["code"])
    kind = _kind(what["register"])
    if kind is LogicalNeuron:
        return _neuron_from_parts(what, raw)
    made = kind.__new__(kind)
    made.__setstate__(raw)
    return made


def _neuron_to_parts(neuron: LogicalNeuron) -> tuple[Json, bytes]:
    sizes = {int(index): len(part) for index, part in neuron.morphology.items()}
    both = zip(neuron._switches.values(), neuron.morphology.values(), strict=True)
    raw = [circuit.array.tobytes() for parts in both for part in parts for circuit in part]
    return {"register": "LogicalNeuron", "compartments": sizes}, b"".join(raw)


def _neuron_from_parts(what: Json, raw: bytes) -> LogicalNeuron:
    index_type = COORDINATES["CompartmentOnLogicalNeuron"]
    switch, circuit = _kind("AtomicNeuron.Multicompartment"), _kind("MCSafeAtomicNeuron")
    switches: dict[Any, list[Any]] = {}
    morphology: dict[Any, list[Any]] = {}
    start = 0
    for index, n in what["compartments"].items():
        for kind, parts in ((switch, switches), (circuit, morphology)):
            array = np.frombuffer(raw, kind.dtype, n, start)
            start += array.nbytes
            parts[index_type(int(index))] = [kind.from_array(part) for part in array]
    made = LogicalNeuron(switches)
    made.morphology = morphology
    return made


def _coordinate_to_json(coordinate: Any) -> Any:
    if coordinate is None:
        return None
    name = type(coordinate).__name__
    if name == "LogicalNeuronOnDLS":
        placed = coordinate.get_placed_compartments()
        return [name, {int(i): [int(c.toEnum()) for c in part] for i, part in placed.items()}]
    return [name, int(coordinate.toEnum())]


def _coordinate_from_json(described: Any) -> Any:
    if described is None:
        return None
    name, place = described
    kind = COORDINATES[name]
    if name == "LogicalNeuronOnDLS":
        made = kind()
        neuron, index = COORDINATES["AtomicNeuronOnDLS"], COORDINATES["CompartmentOnLogicalNeuron"]
        made._compartments = {
            index(int(i)): [neuron(Enum(enum)) for enum in part] for i, part in place.items()
        }
        return made
    return SpikeLabel(place) if kind is SpikeLabel else kind(Enum(place))


def to_json(entries: Iterable[Entry]) -> str:
    """A document as text that people can read."""
    return json.dumps(
        [{"coordinate": _coordinate_to_json(c), **_to_tree(r)} for c, r in entries], indent=1
    )


def from_json(text: str) -> list[Entry]:
    """The entries of a document of text."""
    return [(_coordinate_from_json(e["coordinate"]), _from_tree(e)) for e in json.loads(text)]


def _to_tree(register: Any) -> Json:
    what, raw = _to_parts(register)
    if isinstance(register, Register):
        what["fields"] = _tree(register.array)
    elif raw:
        what["raw"] = raw.hex()
    return what


def _from_tree(what: Json) -> Any:
    if "fields" not in what:
        return _from_parts(what, bytes.fromhex(what.get("raw", "")))
    kind = _kind(what["register"])
    if issubclass(kind, MemoryBlock):
        array = np.zeros(len(what["fields"]["value"]), kind.cell.dtype)
    else:
        array = np.zeros((), kind.dtype)
    _fill(array, what["fields"])
    return kind.view(array)


def _tree(array: np.ndarray) -> Any:
    """Fields by name; what there are many of is a list within its field."""
    if array.dtype.names is None:
        return array.tolist()
    return {name: _tree(array[name]) for name in array.dtype.names}


def _fill(array: np.ndarray, tree: Any) -> None:
    if isinstance(tree, dict):
        for name, part in tree.items():
            _fill(array[name], part)
    else:
        array[...] = tree
