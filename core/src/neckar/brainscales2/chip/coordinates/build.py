"""Makes the coordinate types of the chip from their table."""

import zlib
from collections.abc import Callable
from enum import IntEnum
from typing import Any

from neckar.brainscales2.chip import wiring
from neckar.brainscales2.chip.coordinates.base import (
    Enum,
    Grid,
    Interval,
    Numbered,
    Pair,
    Ranged,
    enum_type,
    ranged,
)
from neckar.brainscales2.chip.coordinates.conversions import CONVERSIONS, Enums
from neckar.brainscales2.chip.coordinates.special import LABEL_PARTS, SpikeLabel, label_part

Table = dict[str, dict[str, Any]]
Types = dict[str, type[Any]]


def build(table: Table, module: str) -> Types:
    """All types of the table, with conversions and named constants."""
    types: Types = {}
    for name in table:
        _make(name, table, types)
    types["SpikeLabel"] = SpikeLabel
    for name, entry in table.items():
        types[name].__module__ = module
        _add_conversions(types[name], entry, types)
        _add_hemisphere(types[name], entry, table, types)
    _finish(types)
    for name, entry in table.items():
        _add_constants(types[name], entry)
    return types


def _make(name: str, table: Table, types: Types) -> type[Any]:
    if name not in types:
        types[name] = _new(name, table[name], lambda part: _make(part, table, types))
    return types[name]


def _new(name: str, entry: dict[str, Any], part: Callable[[str], type[Any]]) -> type[Any]:
    if "on" in entry:
        return _pair(name, entry, part)
    if "grid" in entry:
        x, y = map(part, entry["grid"])
        return _numbered(name, Grid, entry.get("size", x.size * y.size), x_type=x, y_type=y)
    if "interval" in entry:
        bound, length = part(entry["interval"]), part(entry["length"])
        to_length = {f"to{entry['length']}": lambda self: length(self.length())}
        return _numbered(
            name, Interval, bound.size**2, bound_type=bound, size_type=length, **to_length
        )
    if "hemisphere" in entry:
        return ranged(name, 1)
    return ranged(name, entry["max"], entry.get("min", 0))


def _pair(name: str, entry: dict[str, Any], part: Callable[[str], type[Any]]) -> type[Any]:
    local, block = map(part, entry["on"])
    local_name, block_name = entry["names"]
    return _numbered(
        name,
        Pair,
        local.size * block.size,
        local_type=local,
        block_type=block,
        local_name=local_name,
        block_name=block_name,
        **{f"to{local.__name__}": Pair.local, f"to{block.__name__}": Pair.block},
    )


def _numbered(name: str, base: type[Numbered], size: int, **members: Any) -> type[Any]:
    made: Any = type(name, (base,), {"__slots__": (), "seed": zlib.crc32(name.encode()), **members})
    made.size, made.max, made.enum_type = size, size - 1, enum_type(size)
    if base is Grid:
        setattr(made, f"to{members['x_type'].__name__}", Grid.x)
        setattr(made, f"to{members['y_type'].__name__}", Grid.y)
    return made


def _at(kind: type[Any]) -> Callable[[int], Any]:
    if issubclass(kind, Numbered):
        return kind.at
    if issubclass(kind, Ranged):
        return lambda enum: int.__new__(kind, enum)
    return kind


def _conversion(source: type[Any], target: type[Any], enums: Callable[[int], Enums]) -> Any:
    at = _at(target)

    def convert(self: Any) -> Any:
        found = enums(int(self.toEnum()))
        if isinstance(found, tuple):
            return tuple(map(at, found))
        return None if found is None else at(found)

    convert.__name__ = f"to{target.__name__}"
    convert.__doc__ = f"The {target.__name__} that belongs to it."
    return convert


def _same(enum: int) -> int:
    return enum


def _add_conversions(kind: type[Any], entry: dict[str, Any], types: Types) -> None:
    for target, how in entry.get("to", {}).items():
        enums = _same if how == "same" else CONVERSIONS[f"{kind.__name__}.{target}"]
        setattr(kind, f"to{target}", _conversion(kind, types[target], enums))


def _add_hemisphere(kind: type[Any], entry: dict[str, Any], table: Table, types: Types) -> None:
    """All types with one coordinate per hemisphere convert into each other."""
    if "hemisphere" not in entry:
        return
    kind.top, kind.bottom = kind(0), kind(1)
    for target, other in table.items():
        if other.get("hemisphere") == "both" and target != kind.__name__:
            setattr(kind, f"to{target}", _conversion(kind, types[target], _same))


def _add_constants(kind: type[Any], entry: dict[str, Any]) -> None:
    for name, value in entry.get("constants", {}).items():
        parts = value if isinstance(value, list) else [Enum(value)]
        setattr(kind, name, kind(*parts))


def _finish(types: Types) -> None:
    """What no table row can say."""
    _wire_crossbar(types["CrossbarNodeOnDLS"])
    types["CADCSampleQuadOnSynram"].__init__ = _cadc_sample_quad
    types["CapMemBlockOnDLS"].__new__ = _with_hemisphere(types["CapMemBlockOnDLS"])
    types["SynapseOnSynapseRow"].__new__ = _with_entry(types)
    types["CapMemColumnOnCapMemBlock"].isShared = lambda self: self >= 128
    types["CapMemCellOnCapMemBlock"].isShared = lambda self: self.x().isShared()
    SpikeLabel.PADILabel = types["PADILabel"]
    for part, (lowest, bits, name) in LABEL_PARTS.items():
        setattr(SpikeLabel, part, label_part(lowest, bits, types[name]))
    route = types["SpikeIOOutputRouteOnFPGA"]
    SpikeLabel.toSpikeIOOutputRouteOnFPGA = lambda self: route(self._value)  # type: ignore[attr-defined]
    _add_neighbors(types["AtomicNeuronOnLogicalNeuron"])


def _wire_crossbar(kind: type[Any]) -> None:
    """Nodes exist only where an input is wired to an output."""
    inputs, outputs = (nodes.tolist() for nodes in wiring.crossbar_nodes())
    enum_by_place = {place: enum for enum, place in enumerate(zip(outputs, inputs, strict=True))}

    def enum_of(x: int, y: int) -> int:
        if (int(x), int(y)) not in enum_by_place:
            raise ValueError("Invalid combination of X and Y for a CrossbarNode")
        return enum_by_place[int(x), int(y)]

    kind._enum_of = staticmethod(enum_of)
    kind.x = kind.toCrossbarOutputOnDLS = lambda self: self.x_type(outputs[self._enum])
    kind.y = kind.toCrossbarInputOnDLS = lambda self: self.y_type(inputs[self._enum])


def _cadc_sample_quad(self: Any, *args: Any, **names: Any) -> None:
    """Made of quad, channel and way of reading."""
    given = dict(zip(("quad", "cadc_channel_type", "cadc_readout_type"), args, strict=False))
    given |= names
    if "cadc_channel_type" in given and type(given["quad"]) is self.local_type.local_type:
        local = self.local_type(given["quad"], given["cadc_channel_type"])
        Pair.__init__(self, local, given.get("cadc_readout_type", self.block_type()))
    else:
        Pair.__init__(self, *args, **names)


def _with_hemisphere(kind: type[Any]) -> Callable[..., Any]:
    def new(cls: type[Any], value: Any = None, y: Any = None) -> Any:
        if y is not None:
            value = 2 * int(y) + int(value)
        return Ranged.__new__(cls, value)

    return new


def _with_entry(types: Types) -> Callable[..., Any]:
    def new(cls: type[Any], value: Any = None, quad: Any = None) -> Any:
        if quad is not None:
            value = wiring.columns_of_quad(int(quad))[int(value)]
        return Ranged.__new__(cls, value)

    return new


def _add_neighbors(kind: type[Any]) -> None:
    direction = IntEnum("Direction", ["left", "right", "opposite_row"], start=0)  # type: ignore[misc]
    direction.__module__ = kind.__module__
    direction.__qualname__ = f"{kind.__name__}.Direction"

    def get_neighbor(self: Any, towards: Any) -> Any:
        """The circuit left or right of it, or in the other row."""
        x, y = int(self.x()), int(self.y())
        if towards == direction.opposite_row:
            return kind(x, 1 - y)
        return kind(x - 1 if towards == direction.left else x + 1, y)

    kind.Direction = direction
    kind.left, kind.right, kind.opposite_row = direction
    kind.get_neighbor = get_neighbor
