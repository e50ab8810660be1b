"""Kinds of coordinates: ranged integers, grids, local-on-block pairs and intervals.

A coordinate names one circuit. Coordinates of different types are never equal, even with the same
number; ranged integers are also integers. Behaviour follows the public `halco` library.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterator
from functools import cache
from operator import index
from typing import Any, ClassVar, Self


class Coordinate:
    """Root of all coordinates and of all ranged values of registers."""

    __slots__ = ()
    is_interval: ClassVar[bool] = False


class Ranged(Coordinate, int):
    """An integer with a range and a type."""

    __slots__ = ()
    min: ClassVar[int] = 0
    max: ClassVar[int] = 0
    begin: ClassVar[int] = 0
    end: ClassVar[int] = 1
    size: ClassVar[int] = 1
    default: ClassVar[int] = 0
    seed: ClassVar[int] = 0

    def __new__(cls, value: Any = None) -> Self:
        """A coordinate or value, checked."""
        if type(value) is not int:
            value = cls.default if value is None else index(value)
        if value > cls.max:
            raise OverflowError(f"range overflow: {value} > max({cls.max})")
        if value < cls.min:
            raise OverflowError(f"range underflow: {value} < min({cls.min})")
        return int.__new__(cls, value)

    def value(self) -> int:
        """As a plain integer."""
        return int(self)

    def toEnum(self) -> Enum:
        """Its place in the order of all coordinates of this type."""
        return int.__new__(Enum, self)

    def __hash__(self) -> int:
        return int.__hash__(self) ^ self.seed

    def __eq__(self, other: object) -> Any:
        if type(other) is type(self) or not isinstance(other, Coordinate):
            return int.__eq__(self, other)
        return False

    def __ne__(self, other: object) -> Any:
        if type(other) is type(self) or not isinstance(other, Coordinate):
            return int.__ne__(self, other)
        return True

    def __lt__(self, other: Any) -> Any:
        return int.__lt__(self, other) if self._is_comparable(other) else NotImplemented

    def __le__(self, other: Any) -> Any:
        return int.__le__(self, other) if self._is_comparable(other) else NotImplemented

    def __gt__(self, other: Any) -> Any:
        return int.__gt__(self, other) if self._is_comparable(other) else NotImplemented

    def __ge__(self, other: Any) -> Any:
        return int.__ge__(self, other) if self._is_comparable(other) else NotImplemented

    def _is_comparable(self, other: Any) -> bool:
        return type(other) is type(self) or not isinstance(other, Coordinate)

    def _typed(self, value: Any) -> Any:
        return type(self)(value) if type(value) is int else value

    def __add__(self, other: Any) -> Any:
        return self._typed(int.__add__(self, other))

    def __sub__(self, other: Any) -> Any:
        return self._typed(int.__sub__(self, other))

    def __mul__(self, other: Any) -> Any:
        return self._typed(int.__mul__(self, other))

    def __mod__(self, other: Any) -> Any:
        return self._typed(int.__mod__(self, other))

    def __floordiv__(self, other: Any) -> Any:
        return self._typed(int.__floordiv__(self, other))

    def __truediv__(self, other: Any) -> Any:
        """Divides as the original does: integers by integers give an integer of this type."""
        return self._typed(int.__floordiv__(self, other))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({int(self)})"

    __str__ = __repr__


def ranged(name: str, maximum: int, minimum: int = 0, default: int | None = None) -> type[Ranged]:
    """A new type of ranged integers."""
    return type(
        name,
        (Ranged,),
        {
            "__slots__": (),
            "min": minimum,
            "max": maximum,
            "begin": minimum,
            "end": maximum + 1,
            "size": maximum - minimum + 1,
            "lowest": minimum,
            "default": min(max(0, minimum), maximum) if default is None else default,
            "seed": zlib.crc32(name.encode()),
        },
    )


class Enum(Ranged):
    """A place in the order of all coordinates of a type."""

    __slots__ = ()
    max = 2**64 - 1
    seed = zlib.crc32(b"Enum")


class X(Ranged):
    """A column, of whatever."""

    __slots__ = ()
    max = 2**64 - 1
    seed = zlib.crc32(b"X")


class Y(Ranged):
    """A row, of whatever."""

    __slots__ = ()
    max = 2**64 - 1
    seed = zlib.crc32(b"Y")


class EnumRanged(Ranged):
    """A place in the order of all coordinates of one type with a known number of coordinates."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Enum({int(self)})"

    __str__ = __repr__


@cache
def enum_type(size: int) -> type[EnumRanged]:
    """The type of the enum of coordinates that there are `size` of."""
    like = ranged(f"EnumRanged_{size}_", size - 1)
    made = type(like.__name__, (EnumRanged,), {**like.__dict__, "__slots__": ()})
    made.__module__ = "neckar.brainscales2.chip.coordinates.common"
    return made


class Numbered(Coordinate):
    """A coordinate that is kept as its enum: base of grids, pairs and intervals."""

    __slots__ = ("_enum",)
    size: ClassVar[int]
    min: ClassVar[int] = 0
    max: ClassVar[int]
    seed: ClassVar[int]
    enum_type: ClassVar[type[EnumRanged]]
    _enum: int

    @classmethod
    def at(cls, enum: int) -> Self:
        """The coordinate with this enum, unchecked."""
        made = cls.__new__(cls)
        made._enum = enum
        return made

    def _set(self, enum: int) -> None:
        if enum > self.max:
            raise OverflowError(f"range overflow: {enum} > max({self.max})")
        self._enum = enum

    def _set_from(self, other: Any) -> None:
        if type(other) is type(self):
            self._enum = other._enum
        elif isinstance(other, Enum | EnumRanged):
            self._set(int(other))
        else:
            name = type(self).__name__
            raise TypeError(
                f"{name} cannot be made of {other!r}; use its parts or {name}(Enum({other!r}))"
            )

    def toEnum(self) -> EnumRanged:
        """Its place in the order of all coordinates of this type."""
        return int.__new__(self.enum_type, self._enum)

    def __hash__(self) -> int:
        return hash(self._enum) ^ self.seed

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._enum == self._enum

    def __lt__(self, other: Any) -> bool:
        return self._enum < other._enum if type(other) is type(self) else NotImplemented

    def __le__(self, other: Any) -> bool:
        return self._enum <= other._enum if type(other) is type(self) else NotImplemented

    def __gt__(self, other: Any) -> bool:
        return self._enum > other._enum if type(other) is type(self) else NotImplemented

    def __ge__(self, other: Any) -> bool:
        return self._enum >= other._enum if type(other) is type(self) else NotImplemented

    def __reduce__(self) -> Any:
        return numbered, (type(self), self._enum)

    def __copy__(self) -> Self:
        return self.at(self._enum)

    def __deepcopy__(self, memo: object) -> Self:
        return self.at(self._enum)


def numbered(kind: type[Numbered], enum: int) -> Numbered:
    """The coordinate of `kind` with this enum; what a pickle calls."""
    return kind.at(enum)


class Grid(Numbered):
    """A coordinate with a column `x` and a row `y`; enum = y * (number of columns) + x."""

    __slots__ = ()
    x_type: ClassVar[type[Ranged]]
    y_type: ClassVar[type[Ranged]]

    def __init__(self, *args: Any, **names: Any) -> None:
        if len(args) == 1 and not names:
            self._set_from(args[0])
        elif args or names:
            self._enum = self._enum_of(*self._parts(args, names))
        else:
            self._enum = 0

    def _parts(self, args: tuple[Any, ...], names: dict[str, Any]) -> tuple[Ranged, Ranged]:
        x, y = names.pop("x", None), names.pop("y", None)
        if len(args) == 2 and (
            isinstance(args[0], (self.y_type, Y)) or isinstance(args[1], (self.x_type, X))
        ):
            args = args[::-1]
        if len(args) == 2 and x is None and y is None:
            x, y = args
        if names or x is None or y is None:
            raise TypeError(f"{type(self).__name__} takes x and y, or an Enum")
        return self.x_type(x), self.y_type(y)

    @classmethod
    def _enum_of(cls, x: int, y: int) -> int:
        return int(y) * cls.x_type.size + int(x)

    def x(self) -> Ranged:
        """Its column."""
        return int.__new__(self.x_type, self._enum % self.x_type.size)

    def y(self) -> Ranged:
        """Its row."""
        return int.__new__(self.y_type, self._enum // self.x_type.size)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.x()}, {self.y()}; {self.toEnum()})"


class Pair(Numbered):
    """A local coordinate on one of several blocks; enum = block * (locals per block) + local."""

    __slots__ = ()
    local_type: ClassVar[type[Any]]
    block_type: ClassVar[type[Any]]
    local_name: ClassVar[str]
    block_name: ClassVar[str]

    def __init__(self, *args: Any, **names: Any) -> None:
        if len(args) == 1 and not names and self._is_whole(args[0]):
            self._set_from(args[0])
            return
        local = args[0] if args else names.pop(self.local_name, None)
        block = args[1] if len(args) > 1 else names.pop(self.block_name, None)
        if names or len(args) > 2:
            raise TypeError(
                f"{type(self).__name__} takes {self.local_name} and {self.block_name}, or an Enum"
            )
        self._enum = self._number(self.block_type, block) * self.local_type.size + self._number(
            self.local_type, local
        )

    def _is_whole(self, given: Any) -> bool:
        """Whether this is an enum or a pair, not only the local part."""
        return type(given) is not self.local_type and isinstance(
            given, Numbered | Enum | EnumRanged
        )

    def _number(self, kind: type[Any], part: Any) -> int:
        if part is None:
            return 0
        if type(part) is kind or isinstance(part, kind):
            return int(part.toEnum())
        if isinstance(part, Coordinate) or not issubclass(kind, Ranged):
            raise TypeError(f"{type(self).__name__} needs a {kind.__name__}, not {part!r}")
        return int(kind(part))

    def local(self) -> Any:
        """Its place within the block."""
        return self.local_type(Enum(self._enum % self.local_type.size))

    def block(self) -> Any:
        """The block it is on."""
        return self.block_type(Enum(self._enum // self.local_type.size))

    def split(self) -> tuple[Any, Any]:
        """Block and place within the block."""
        return self.block(), self.local()

    def __int__(self) -> int:
        return self._enum

    def __index__(self) -> int:
        """The place within the block, as the original has it; `int()` and `toEnum()` are global."""
        return index(self.local())

    def __bool__(self) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:
        """What the local coordinate can do, this one can."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.local(), name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.local()}, {self.block()})"


class Interval(Numbered):
    """From `toMin()` to `toMax()`, both included; enum = min * (number of bounds) + max."""

    __slots__ = ()
    is_interval = True
    bound_type: ClassVar[type[Ranged]]
    size_type: ClassVar[type[Ranged]]

    def __init__(self, *args: Any) -> None:
        if len(args) == 1:
            self._set_from(args[0])
        elif args:
            low, high = (self.bound_type(bound) for bound in args)
            self._enum = int(low) * self.bound_type.size + int(high)
        else:
            self._enum = 0
        if self.toMin() > self.toMax():
            raise RuntimeError("Interval orientation wrong, min > max.")

    def toMin(self) -> Ranged:
        """The first."""
        return self.bound_type(self._enum // self.bound_type.size)

    def toMax(self) -> Ranged:
        """The last."""
        return self.bound_type(self._enum % self.bound_type.size)

    def length(self) -> int:
        """How many it holds."""
        return int(self.toMax()) - int(self.toMin()) + 1

    def contains(self, bound: Ranged) -> bool:
        """Whether it holds `bound`."""
        return int(self.toMin()) <= int(bound) <= int(self.toMax())

    def __len__(self) -> int:
        return self.length()

    def __getitem__(self, place: int) -> Ranged:
        if not 0 <= place < self.length():
            raise IndexError(f"coordinate index ({place}) is out of interval range")
        return self.bound_type(int(self.toMin()) + place)

    def __iter__(self) -> Iterator[Ranged]:
        return map(self.bound_type, range(int(self.toMin()), int(self.toMax()) + 1))

    def __repr__(self) -> str:
        return f"{type(self).__name__}([{self.toMin()}, {self.toMax()}])"


def iter_all(*kinds: type[Any]) -> Iterator[Any]:
    """All coordinates of a type in the order of their enum; of several types, all combinations."""
    if len(kinds) == 1:
        return _all_of(kinds[0])
    return itertools.product(*map(_all_of, kinds))


def _all_of(kind: type[Any]) -> Iterator[Any]:
    if issubclass(kind, Interval):
        return _intervals(kind)
    if issubclass(kind, Numbered):
        return map(kind.at, range(kind.size))
    return map(kind, range(kind.min, kind.max + 1))


def _intervals(kind: type[Interval]) -> Iterator[Interval]:
    bounds = kind.bound_type.size
    return (kind.at(low * bounds + high) for low in range(bounds) for high in range(low, bounds))
