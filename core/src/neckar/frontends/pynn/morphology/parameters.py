"""One value for every circuit of a neuron of several compartments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from pyNN.errors import InvalidDimensionsError
from pyNN.parameters import ArrayParameter


class McCircuitParameters(ArrayParameter):
    """A parameter of one cell, circuit by circuit.

    Args:
        value: for every compartment a list with one value per circuit.
    """

    value: np.ndarray

    def __init__(self, value: Iterable[Any]) -> None:
        if isinstance(value, McCircuitParameters):
            value = value.value
        parts = [np.asarray(part) for part in value]
        self.value = np.empty(len(parts), dtype=object)
        for number, part in enumerate(parts):
            self.value[number] = part

    def max(self) -> Any:
        """Largest value of all circuits."""
        return np.max([np.max(part) for part in self.value])

    def __eq__(self, other: object) -> Any:
        if isinstance(other, McCircuitParameters):
            return np.bool_(_equal(self.value, other.value))
        if isinstance(other, np.ndarray) and other.size and isinstance(other[0], type(self)):
            return np.array([_equal(self.value, each.value) for each in other])
        return False

    __hash__ = None  # type: ignore[assignment]


class _Values(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, McCircuitParameters)


class OfOneCell(metaclass=_Values):
    """Type of a parameter for PyNN: a number or `McCircuitParameters`, never made of a list.

    Were it `McCircuitParameters`, PyNN would take a list with one number per cell for one cell's.
    """


def _equal(one: np.ndarray, two: np.ndarray) -> bool:
    return len(one) == len(two) and all(map(np.array_equal, one, two))


def spread(value: Any, sizes: Sequence[int]) -> np.ndarray:
    """A value of one cell for every circuit, where compartments have `sizes` circuits.

    One number counts for all circuits; in `McCircuitParameters` one number may stand for all
    circuits of a compartment.
    """
    if not isinstance(value, McCircuitParameters):
        if np.ndim(value):
            raise InvalidDimensionsError(
                f"{value!r} for one cell; give one number, or McCircuitParameters with a list of "
                f"numbers for each of the {len(sizes)} compartments"
            )
        return np.full(sum(sizes), value)
    parts = value.value
    if len(parts) != len(sizes) or any(
        np.ndim(part) and np.shape(part) != (size,)
        for part, size in zip(parts, sizes, strict=False)
    ):
        given = [np.size(part) for part in parts]
        raise InvalidDimensionsError(
            f"McCircuitParameters with {given} values; the compartments have {list(sizes)} circuits"
        )
    both = zip(parts, sizes, strict=True)
    return np.concatenate([np.broadcast_to(part, size) for part, size in both])


def gather(values: np.ndarray, sizes: Sequence[int]) -> McCircuitParameters:
    """The inverse: values of all circuits of one cell, sorted by compartment."""
    return McCircuitParameters(np.split(values, np.cumsum(sizes)[:-1]))
