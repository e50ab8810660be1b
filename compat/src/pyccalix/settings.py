"""What targets and options have in common: named parts that are checked, copied and kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np

from pyccalix.values import Range, Values


class Part:
    """A named part of a target. Taking a value copies it, as assigning does in the original."""

    def __init__(
        self,
        default: Callable[[], Any],
        take: Callable[[Any], Any],
        pack: Callable[[Any], Any],
        unpack: Callable[[Any], Any],
    ) -> None:
        self.default, self.take, self.pack, self.unpack = default, take, pack, unpack

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, settings: Any, owner: type | None = None) -> Any:
        return self if settings is None else settings._values[self.name]

    def __set__(self, settings: Any, value: Any) -> None:
        settings._values[self.name] = self.take(value)


class Settings:
    """Root of targets and options. Pickles of equal settings have equal bytes: they name caches."""

    __slots__ = ("_values",)
    _parts: ClassVar[dict[str, Part]] = {}

    def __init_subclass__(cls) -> None:
        cls._parts = {
            name: part
            for kind in reversed(cls.__mro__)
            for name, part in vars(kind).items()
            if isinstance(part, Part)
        }

    def __init__(self) -> None:
        self._values = {name: part.default() for name, part in self._parts.items()}

    def pack(self) -> dict[str, Any]:
        """Everything as numbers, lists and names."""
        return {name: part.pack(self._values[name]) for name, part in self._parts.items()}

    @classmethod
    def unpack(cls, packed: dict[str, Any]) -> Self:
        """Settings with what `pack` made."""
        made = cls.__new__(cls)
        made._take(packed)
        return made

    def _take(self, packed: dict[str, Any]) -> None:
        self._values = {name: part.unpack(packed[name]) for name, part in self._parts.items()}

    def __getstate__(self) -> tuple[bytes, dict[str, Any]]:
        return json.dumps(self.pack()).encode(), dict(getattr(self, "__dict__", {}))

    def __setstate__(self, state: tuple[bytes, dict[str, Any]]) -> None:
        packed, others = state
        self._take(json.loads(packed))
        for name, value in others.items():
            setattr(self, name, value)

    def __repr__(self) -> str:
        parts = (f"{name}: {value}" for name, value in self._values.items())
        return f"{type(self).__name__}({', '.join(parts)})"


def value(kind: Callable[[Any], Any], default: Any, pack: Callable[[Any], Any] = int) -> Part:
    """A single number or name; `pack` makes a plain number of it."""
    return Part(lambda: kind(default), kind, pack, kind)


def array(kind: type[Values], default: Any) -> Part:
    """An array that is the same everywhere by default."""

    def filled() -> Values:
        made = kind()
        made.array[...] = made._codec.encode(default)
        return made

    return Part(filled, kind, lambda values: values.to_numpy().tolist(), _unpacked(kind))


def _unpacked(kind: type[Values]) -> Callable[[Any], Values]:
    return lambda packed: kind(np.array(packed))


def interval(kind: type[Range], lower: int, upper: int) -> Part:
    """A range."""

    def take(given: Any) -> Range:
        return kind(*given.to_tuple())

    def pack(given: Range) -> list[int]:
        return [int(bound) for bound in given.to_tuple()]

    return Part(lambda: kind(lower, upper), take, pack, lambda packed: kind(*packed))


def settings(kind: type[Settings]) -> Part:
    """Settings within settings."""

    def take(given: Any) -> Settings:
        if not isinstance(given, kind):
            raise TypeError(f"a {kind.__name__} is needed, not {given!r}")
        return kind.unpack({name: part.pack(given._values[name]) for name, part in _of(kind)})

    return Part(kind, take, kind.pack, kind.unpack)


def _of(kind: type[Settings]) -> Any:
    return kind._parts.items()


def optional(part: Part) -> Part:
    """What may be left out, and is by default."""
    return Part(
        lambda: None,
        lambda given: None if given is None else part.take(given),
        lambda given: None if given is None else part.pack(given),
        lambda packed: None if packed is None else part.unpack(packed),
    )


def one_of(*kinds: type[Settings]) -> Part:
    """One of several kinds of settings; the first by default."""
    parts = [settings(kind) for kind in kinds]

    def which(given: Any) -> int:
        for number, kind in enumerate(kinds):
            if isinstance(given, kind):
                return number
        names = ", ".join(kind.__name__ for kind in kinds)
        raise TypeError(f"one of {names} is needed, not {given!r}")

    def take(given: Any) -> Any:
        return parts[which(given)].take(given)

    def pack(given: Any) -> list[Any]:
        return [which(given), parts[which(given)].pack(given)]

    def unpack(packed: list[Any]) -> Any:
        return parts[packed[0]].unpack(packed[1])

    return Part(kinds[0], take, pack, unpack)
