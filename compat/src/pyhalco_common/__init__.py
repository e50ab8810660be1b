"""Coordinates that name no circuit: columns, rows, enums, directions."""

import ipaddress
from collections.abc import Iterable
from typing import Any, Self

from neckar.brainscales2.chip.coordinates import Coordinate, Enum, X, Y, iter_all
from neckar.brainscales2.chip.coordinates import common as _common
from neckar.brainscales2.chip.coordinates.base import Ranged, ranged


class _Named(Ranged):
    """A few possibilities that print as their names."""

    __slots__ = ()
    names: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return self.names[int(self)]

    __str__ = __repr__


def _named(name: str, *names: str) -> Any:
    members = {**ranged(name, len(names) - 1).__dict__, "names": names, "__slots__": ()}
    members["__module__"] = __name__
    return type(name, (_Named,), members)


SideHorizontal = Side = _named("SideHorizontal", "left", "right")
SideVertical = _named("SideVertical", "top", "bottom")
Orientation = _named("Orientation", "horizontal", "vertical")
Parity = _named("Parity", "even", "odd")
Unique = _named("Unique", "unique")
Direction = _named("Direction", "north", "east", "south", "west")

left, right = SideHorizontal(0), SideHorizontal(1)
top, bottom = SideVertical(0), SideVertical(1)
horizontal, vertical = Orientation(0), Orientation(1)
north, east, south, west = map(Direction, range(4))
Parity.even, Parity.odd = Parity(0), Parity(1)
Parity.from_number = staticmethod(lambda number: Parity(number % 2))
Direction.toOrientation = lambda self: vertical if int(self) % 2 == 0 else horizontal


class IPv4:
    """An address of the internet."""

    def __init__(self, parts: Any = (0, 0, 0, 0)) -> None:
        if isinstance(parts, IPv4):
            parts = parts.to_bytes()
        packed = bytes(parts) if isinstance(parts, Iterable) else int(parts).to_bytes(4)
        self._address = ipaddress.IPv4Address(packed)

    @classmethod
    def from_string(cls, text: str) -> Self:
        return cls(ipaddress.IPv4Address(text).packed)

    @classmethod
    def any(cls) -> Self:
        return cls()

    @classmethod
    def broadcast(cls) -> Self:
        return cls((255, 255, 255, 255))

    @classmethod
    def loopback(cls) -> Self:
        return cls((127, 0, 0, 1))

    @classmethod
    def netmask(cls, address: Self) -> Self:
        width = 1 if address.is_class_a() else 2 if address.is_class_b() else 3
        return cls([255] * width + [0] * (4 - width))

    def to_string(self) -> str:
        return str(self._address)

    def to_bytes(self) -> bytes:
        return self._address.packed

    def to_ulong(self) -> int:
        return int(self._address)

    def is_class_a(self) -> bool:
        return self.to_bytes()[0] < 128

    def is_class_b(self) -> bool:
        return 128 <= self.to_bytes()[0] < 192

    def is_class_c(self) -> bool:
        return 192 <= self.to_bytes()[0] < 224

    def is_multicast(self) -> bool:
        return self._address.is_multicast

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IPv4) and other._address == self._address

    def __lt__(self, other: Self) -> bool:
        return self._address < other._address

    def __hash__(self) -> int:
        return hash(self._address)

    def __repr__(self) -> str:
        return f"IPv4({self._address})"


def __getattr__(name: str) -> Any:
    if name.startswith("EnumRanged_"):
        return getattr(_common, name)
    raise AttributeError(f"module 'pyhalco_common' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__


__all__ = [
    "Coordinate",
    "Direction",
    "Enum",
    "IPv4",
    "Orientation",
    "Parity",
    "Side",
    "SideHorizontal",
    "SideVertical",
    "Unique",
    "X",
    "Y",
    "bottom",
    "east",
    "horizontal",
    "iter_all",
    "left",
    "north",
    "right",
    "south",
    "top",
    "vertical",
    "west",
]
