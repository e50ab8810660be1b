"""Values that targets are made of: times, voltages, ranges, and arrays of one value per circuit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import quantities as pq

from neckar.brainscales2.chip.registers.base import Codec, TypedArray


class Measure(float):
    """A number with a known unit. Quantities are refused: nothing converts them by accident."""

    unit: ClassVar[Any]

    def __new__(cls, value: Any = 0.0) -> Measure:
        return float.__new__(cls, plain(value))

    def value(self) -> float:
        """As a plain number."""
        return float(self)

    def as_quantity(self) -> Any:
        """With its unit."""
        return pq.Quantity(float(self), self.unit)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({float(self)})"

    __str__ = __repr__


class TimeInS(Measure):
    """Time in seconds."""

    unit = pq.s


class PotentialInVolt(Measure):
    """Potential in volt."""

    unit = pq.V


def plain(value: Any) -> float:
    """A number without a unit."""
    if isinstance(value, (int, float, np.integer, np.floating)):
        return float(value)
    raise TypeError(f"a plain number is needed, not {value!r}")


def _check(array: np.ndarray) -> None:
    if isinstance(array, pq.Quantity):
        raise TypeError("plain numbers are needed; rescale the quantity and take its magnitude")
    if array.dtype.kind not in "iuf":
        raise TypeError(f"numbers are needed, not {array.dtype}")


def _encode_optional(value: Any) -> float:
    return np.nan if value is None else plain(value)


def _decode_optional(kept: float) -> float | None:
    return None if np.isnan(kept) else kept


FLOAT64 = np.dtype("<f8")
TIME = Codec("time", FLOAT64, plain, TimeInS, _check)
OPTIONAL = Codec("optional", FLOAT64, _encode_optional, _decode_optional, _check)


class Values(TypedArray):
    """An array that can be made without saying of what."""

    __slots__ = ()
    codec: ClassVar[Codec]
    axes: ClassVar[tuple[Any, ...]]

    def __init__(self, values: Any = None) -> None:
        shape = tuple(axis.size for axis in self.axes)
        super().__init__(self.codec, self.axes, np.zeros(shape, self.codec.dtype))
        if values is not None:
            self.from_numpy(values)

    def as_quantity(self) -> Any:
        """All values with their unit."""
        return pq.Quantity(self.to_numpy(), self.codec.decode(0.0).unit)

    def __copy__(self) -> Values:
        return type(self)(self)

    def __deepcopy__(self, memo: object) -> Values:
        return type(self)(self)

    def __reduce__(self) -> Any:
        return type(self), (self.to_numpy(),)


class Row(Values):
    """Values of one circuit; those of all circuits give views of it."""

    __slots__ = ()


def array_type(name: str, owner: str, codec: Codec, *axes: Any) -> type[Values]:
    """A new type of arrays, nested in `owner`."""
    made = type(name, (Values,), {"__slots__": (), "codec": codec, "axes": axes})
    made.__module__, made.__qualname__ = "pyccalix", f"{owner}.{name}"
    return made


class Range:
    """From `lower` to `upper`, both included."""

    Value: ClassVar[Callable[[Any], Any]]

    def __init__(self, lower: Any, upper: Any) -> None:
        self.lower, self.upper = lower, upper
        if self.lower > self.upper:
            raise ValueError("Range lower > upper.")

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in ("lower", "upper"):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        super().__setattr__(name, self.Value(value))

    def to_tuple(self) -> tuple[Any, Any]:
        """Both ends."""
        return self.lower, self.upper

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.to_tuple() == self.to_tuple()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Range({self.lower}, {self.upper})"


def range_type(name: str, owner: str, value: Any) -> type[Range]:
    """A new type of ranges, nested in `owner`."""
    made = type(name, (Range,), {"Value": value})
    made.__module__, made.__qualname__ = "pyccalix", f"{owner}.{name}"
    return made
