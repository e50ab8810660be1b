"""How values of each kind are kept in the arrays of registers."""

import copyreg
from collections.abc import Callable
from typing import Any

import numpy as np

from neckar.brainscales2.chip.coordinates.base import Coordinate, Numbered, Ranged, ranged
from neckar.brainscales2.chip.coordinates.special import SpikeLabel
from neckar.brainscales2.chip.registers.base import Choice, Codec, Register


class AnalogValue(ranged("Value", 1022)):  # type: ignore[misc]
    """A code of an analog memory cell, `CapMemCell.Value`."""

    __slots__ = ()


class DisableRefresh(ranged("DisableRefresh", 1023, 1023)):  # type: ignore[misc]
    """Says that an analog memory cell is not to be refreshed, `CapMemCell.DisableRefresh`."""

    __slots__ = ()


AnalogValue.__name__, AnalogValue.__qualname__ = "Value", "CapMemCell.Value"
DisableRefresh.__qualname__ = "CapMemCell.DisableRefresh"


def smallest(minimum: int, maximum: int) -> np.dtype[Any]:
    """The smallest integer dtype that holds a range."""
    sign = "i" if minimum < 0 else "u"
    for size in (1, 2, 4, 8):
        dtype = np.dtype(f"<{sign}{size}")
        if np.iinfo(dtype).min <= minimum and maximum <= np.iinfo(dtype).max:
            return dtype
    raise ValueError(f"no integer holds {minimum}..{maximum}")


def check_range(minimum: int, maximum: int) -> Callable[[np.ndarray], None]:
    """Refuses arrays with numbers outside of a range."""

    def check(array: np.ndarray) -> None:
        if array.dtype.kind not in "biuf":
            raise TypeError(f"numbers are needed, not {array.dtype}")
        if array.size and array.max() > maximum:
            raise OverflowError(f"range overflow: {int(array.max())} > max({maximum})")
        if array.size and array.min() < minimum:
            raise OverflowError(f"range underflow: {int(array.min())} < min({minimum})")

    return check


def _encode_bool(value: Any) -> bool:
    if isinstance(value, (bool, int, float, np.bool_, np.number)):
        return bool(value)
    raise TypeError(f"true or false is needed, not {value!r}")


BOOL = Codec("bool", np.dtype("?"), _encode_bool, bool, check_range(0, 1))
FLOAT = Codec("float", np.dtype("<f8"), float, float, check_range(-(2**1000), 2**1000))


def _encode_analog(value: Any) -> int:
    if type(value) is AnalogValue or type(value) is DisableRefresh:
        return int(value)
    if type(value) is not int:
        if isinstance(value, (Coordinate, bool, np.bool_, float, np.floating, str)):
            raise TypeError(f"a CapMem code is needed, not {value!r}")
        value = value.__index__()
    if value == 1023:
        raise TypeError("1023 switches refresh off; say so with CapMemCell.DisableRefresh()")
    return int(AnalogValue(value))


def _decode_analog(kept: int) -> Ranged:
    return Ranged.__new__(AnalogValue if kept < 1023 else DisableRefresh, kept)


ANALOG = Codec("analog", np.dtype("<u2"), _encode_analog, _decode_analog, check_range(0, 1023))


PLAIN = {"bool": BOOL, "float": FLOAT, "analog": ANALOG}


def of_range(kind: type[Ranged]) -> Codec:
    """For ranged integers."""

    def encode(value: Any) -> int:
        if type(value) is kind:
            return int(value)
        return int(kind(value))

    def decode(kept: int) -> Ranged:
        return int.__new__(kind, kept)

    dtype = smallest(kind.min, kind.max)
    return Codec(kind, dtype, encode, decode, check_range(kind.min, kind.max))


def of_choice(kind: type[Choice]) -> Codec:
    """For named settings."""

    def encode(value: Any) -> int:
        return int(kind(value))

    return Codec(kind, np.dtype("u1"), encode, kind, check_range(0, len(kind) - 1))


def of_coordinate(kind: type[Numbered]) -> Codec:
    """For coordinates, kept as their enum."""

    def encode(value: Any) -> int:
        if type(value) is not kind:
            raise TypeError(f"a {kind.__name__} is needed, not {value!r}")
        return int(value.toEnum())

    return Codec(kind, smallest(0, kind.max), encode, kind.at, check_range(0, kind.max))


def _encode_label(value: Any) -> int:
    return int(SpikeLabel(value))


LABEL = Codec(SpikeLabel, np.dtype("<u2"), _encode_label, SpikeLabel, check_range(0, 0xFFFF))


def of_register(kind: type[Register]) -> Codec:
    """For registers within registers."""

    def encode(value: Any) -> np.ndarray:
        if type(value) is not kind:
            raise TypeError(f"a {kind.__name__} is needed, not {value!r}")
        return value._array

    return Codec(kind, kind.dtype, encode, kind.view, lambda array: None, kind)


def codec_of(kind: Any) -> Codec:
    """The way to keep values of `kind`, a type or one of `bool`, `float`, `analog`."""
    if isinstance(kind, str):
        return PLAIN[kind]
    if issubclass(kind, Register):
        return of_register(kind)
    if issubclass(kind, Choice):
        return of_choice(kind)
    if kind is SpikeLabel:
        return LABEL
    return of_range(kind) if issubclass(kind, Ranged) else of_coordinate(kind)


copyreg.pickle(Codec, lambda codec: (codec_of, (codec.kind,)))
