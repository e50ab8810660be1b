"""Registers and arrays of them as views of packed structured NumPy arrays.

A register is a 0-d structured array with named fields. Asking it for a part gives a view, so
`chip.neuron_block.atomic_neurons[neuron].leak.v_leak = 5` writes into the one buffer of `chip`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from operator import index
from typing import Any, ClassVar, Self

import numpy as np

from neckar.brainscales2.chip.coordinates.base import Numbered

_MOST_SHOWN = 32  # values of an array that are written out


class Choice(IntEnum):
    """One of several named settings."""

    def __str__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


@dataclass(frozen=True)
class Codec:
    """How one value is kept in an array.

    Args:
        kind: type of the value, or `bool`, `float`, `analog`.
        dtype: how it is kept.
        encode: from what users give to what is kept; checks.
        decode: from what is kept to what users get.
        check: raises for the first of many numbers that may not be kept.
        register: the class, where the value is a register itself.
    """

    kind: Any
    dtype: np.dtype[Any]
    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]
    check: Callable[[np.ndarray], None]
    register: type[Register] | None = None


class Register:
    """A register: named fields in a structured array."""

    __slots__ = ("_array",)
    _array: np.ndarray
    dtype: ClassVar[np.dtype[Any]]
    coordinate_type: ClassVar[type[Any] | None] = None
    fields: ClassVar[dict[str, Field]] = {}
    arguments: ClassVar[tuple[str, ...]] = ()
    _default: ClassVar[np.ndarray]

    def __init__(self, *args: Any, **names: Any) -> None:
        if len(args) == 1 and type(args[0]) is type(self):
            self._array = duplicate(args[0]._array)
            return
        self._array = duplicate(self._default)
        if len(args) > len(self.arguments):
            raise TypeError(f"{type(self).__name__} takes at most {len(self.arguments)} arguments")
        for name, value in (*zip(self.arguments, args, strict=False), *names.items()):
            if name not in self.fields:
                raise TypeError(f"{type(self).__name__} has no field called {name!r}")
            setattr(self, name, value)

    @classmethod
    def view(cls, array: np.ndarray) -> Self:
        """The register that `array` holds; changes go into `array`."""
        made = cls.__new__(cls)
        made._array = array
        return made

    @classmethod
    def from_array(cls, array: np.ndarray) -> Self:
        """A register with the contents of `array`."""
        return cls.view(np.array(array, dtype=cls.dtype))

    @property
    def array(self) -> np.ndarray:
        """Its contents, 0-d, structured; changes go into the register."""
        return self._array

    def copy(self) -> Self:
        """An independent register with the same contents."""
        return self.view(duplicate(self._array))

    def __copy__(self) -> Self:
        return self.copy()

    def __deepcopy__(self, memo: object) -> Self:
        return self.copy()

    def __getstate__(self) -> bytes:
        return self._array.tobytes()

    def __setstate__(self, state: bytes) -> None:
        self._array = np.frombuffer(bytearray(state), self.dtype, 1 if state else 0)
        self._array = self._array.reshape(()) if state else np.zeros((), self.dtype)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and are_same(other._array, self._array)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        parts = (f"{name}={_short(getattr(self, name))}" for name in self.fields)
        return f"{type(self).__name__}({', '.join(parts)})"


def duplicate(array: np.ndarray) -> np.ndarray:
    """A copy, byte by byte: copying field by field is slow for many fields."""
    if array.nbytes == 0:
        return array.copy()
    return np.ndarray(array.shape, array.dtype, bytearray(array.tobytes()))


def are_same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether the bytes are the same."""
    if one.nbytes != other.nbytes or one.nbytes == 0:
        return one.nbytes == other.nbytes
    return np.array_equal(np.frombuffer(one, "u1"), np.frombuffer(other, "u1"))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 200 else f"<{type(value).__name__}>"


class TypedArray:
    """Some values of the same kind, counted by a coordinate. Parts are views."""

    __slots__ = ("_array", "_axes", "_codec")

    def __init__(self, codec: Codec, axes: tuple[Any, ...], array: np.ndarray) -> None:
        self._codec, self._axes, self._array = codec, axes, array

    @property
    def array(self) -> np.ndarray:
        """Its contents; changes go into the register."""
        return self._array

    @property
    def size(self) -> int:
        """How many there are along the first axis."""
        return len(self._array)

    def _place(self, at: Any) -> int:
        if type(at) is not int:
            axis = self._axes[0]
            if isinstance(at, Numbered) and type(at) is not axis:
                raise TypeError(f"counted by {axis.__name__}, not by {type(at).__name__}")
            at = int(at.toEnum()) if isinstance(at, Numbered) else index(at)
        if not 0 <= at < len(self._array):
            raise IndexError(f"there are {len(self._array)}, no number {at}")
        return int(at)

    def __getitem__(self, at: Any) -> Any:
        place = self._place(at)
        if len(self._axes) > 1:
            return TypedArray(self._codec, self._axes[1:], self._array[place])
        if self._codec.register is not None:
            return self._codec.register.view(self._array[place, ...])
        return self._codec.decode(self._array.item(place))

    def __setitem__(self, at: Any, value: Any) -> None:
        place = self._place(at)
        if len(self._axes) > 1:
            self[place].from_numpy(value)
        else:
            self._array[place] = self._codec.encode(value)

    at = get = __getitem__

    def set(self, at: Any, value: Any) -> None:
        """Same as `self[at] = value`."""
        self[at] = value

    def __len__(self) -> int:
        return len(self._array)

    def __iter__(self) -> Iterator[Any]:
        return (self[place] for place in range(len(self._array)))

    def fill(self, value: Any) -> None:
        """Put the same value everywhere."""
        if isinstance(value, (TypedArray, Sequence, np.ndarray)) and len(self._axes) > 1:
            self._array[...] = _plain(value, self._codec, self._axes[1:])
        else:
            self._array[...] = self._codec.encode(value)

    def to_numpy(self) -> np.ndarray:
        """The values as a plain array, independent of the register.

        Integers of more than a byte are as wide as in the original (64 bits), and signed: today's
        NumPy lets differences of unsigned ones wrap, which scripts for the original do not expect.
        """
        is_wide = self._array.dtype.kind in "iu" and self._array.itemsize > 1
        return self._array.astype(np.int64) if is_wide else self._array.copy()

    def from_numpy(self, values: Any) -> None:
        """Put values of an array or a list of the same shape."""
        self._array[...] = _plain(values, self._codec, self._axes, self._array.shape)

    def __eq__(self, other: object) -> Any:
        if isinstance(other, TypedArray):
            return np.array_equal(self._array, other._array)
        try:
            return bool(np.array_equal(self._array, np.asarray(other)))
        except (TypeError, ValueError):
            return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __copy__(self) -> TypedArray:
        return TypedArray(self._codec, self._axes, self._array.copy())

    def __deepcopy__(self, memo: object) -> TypedArray:
        return self.__copy__()

    def __reduce__(self) -> Any:
        return TypedArray, (self._codec, self._axes, self._array.copy())

    def __repr__(self) -> str:
        if self._codec.register is None and self._array.size <= _MOST_SHOWN:
            return f"TypedArray({self._array.tolist()})"
        kind = getattr(self._codec.kind, "__name__", self._codec.kind)
        return f"<{' x '.join(map(str, self._array.shape))} {kind}>"


def _plain(values: Any, codec: Codec, axes: tuple[Any, ...], shape: Any = None) -> np.ndarray:
    """Values as an array that may be kept."""
    if isinstance(values, TypedArray):
        array = values._array
    elif isinstance(values, np.ndarray) and values.dtype != object:
        array = values
    else:
        array = np.array([_element(value, codec, axes) for value in values])
    if shape is not None and array.shape != shape:
        raise ValueError(f"values have shape {array.shape}, needed is {shape}")
    if codec.register is None:
        codec.check(array)
    elif array.dtype != codec.dtype:
        raise TypeError(f"needed are {codec.register.__name__} registers")
    return array


def _element(value: Any, codec: Codec, axes: tuple[Any, ...]) -> Any:
    if len(axes) > 1:
        return _plain(value, codec, axes[1:])
    kept = codec.encode(value)
    return kept if codec.register is None else kept[()]


@dataclass(frozen=True)
class Field:
    """A named part of a register."""

    name: str
    codec: Codec
    axes: tuple[Any, ...]
    shape: tuple[int, ...]
    default: Any

    @property
    def dtype(self) -> tuple[Any, ...]:
        """As NumPy wants it."""
        return (self.name, self.codec.dtype, self.shape)

    def property(self) -> property:
        """The attribute of the register class."""
        if self.axes:
            return _array_property(self.name, self.codec, self.axes)
        if self.codec.register is not None:
            return _register_property(self.name, self.codec)
        return _value_property(self.name, self.codec)


def _value_property(name: str, codec: Codec) -> property:
    encode, decode = codec.encode, codec.decode

    def get(self: Register) -> Any:
        return decode(self._array[name].item())

    def put(self: Register, value: Any) -> None:
        self._array[name] = encode(value)

    return property(get, put)


def _register_property(name: str, codec: Codec) -> property:
    assert codec.register is not None
    view = codec.register.view

    def get(self: Register) -> Any:
        return view(self._array[name])

    def put(self: Register, value: Any) -> None:
        self._array[name] = codec.encode(value)

    return property(get, put)


def _array_property(name: str, codec: Codec, axes: tuple[Any, ...]) -> property:
    def get(self: Register) -> TypedArray:
        return TypedArray(codec, axes, self._array[name])

    def put(self: Register, value: Any) -> None:
        get(self).from_numpy(value)

    return property(get, put)
