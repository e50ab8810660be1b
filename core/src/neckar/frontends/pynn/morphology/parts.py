"""What a neuron of several compartments is made of."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable
from numbers import Integral
from typing import Any

SharedLineConnection = namedtuple("SharedLineConnection", ["start", "stop", "row"])
SharedLineConnection.__doc__ = "The shared line of `row` is closed from column start to stop."


class Compartment:
    """Neuron circuits whose membranes are connected without resistance.

    Circuits are named by their position in the neuron: column, plus 128 in the second row.

    Args:
        positions: of its circuits, which must be neighbours; the first one stands for the
            compartment.
        label: by which connectors and recordings find it.
        connect_shared_line: circuits with a direct connection to the shared line.
        connect_conductance: circuits that reach the shared line through a conductance, each with
            the bias of that conductance.
        **parameters: of its circuits, named as those of `HXNeuron`; one value, or one per circuit.
    """

    def __init__(
        self,
        *,
        positions: Iterable[int],
        label: str | None = None,
        connect_shared_line: Iterable[int] | None = None,
        connect_conductance: Iterable[tuple[int, int]] | None = None,
        **parameters: Any,
    ) -> None:
        self._positions: list[int] = []
        self._shared_line: list[int] = []
        self._conductance: list[tuple[int, int]] = []
        self.positions = positions
        self.label = label  # type: ignore[assignment]
        if connect_shared_line is not None:
            self.connect_shared_line = connect_shared_line
        if connect_conductance is not None:
            self.connect_conductance = connect_conductance
        self.parameters = parameters

    @property
    def size(self) -> int:
        """How many circuits it has."""
        return len(self._positions)

    @property
    def positions(self) -> list[int]:
        """Of its circuits in the neuron."""
        return self._positions

    @positions.setter
    def positions(self, positions: Iterable[int]) -> None:
        positions = _integers("positions", positions)
        for name, used in (
            ("connect_shared_line", self._shared_line),
            ("connect_conductance", [position for position, _ in self._conductance]),
        ):
            if lost := set(used) - set(positions):
                raise TypeError(f"positions lack {sorted(lost)}, which {name} uses")
        self._positions = positions

    @property
    def label(self) -> str:
        """By which it is found."""
        return self._label

    @label.setter
    def label(self, label: str) -> None:
        if not isinstance(label, str):
            raise TypeError(f"label of a compartment: a string is needed, not {label!r}")
        self._label = label

    @property
    def connect_shared_line(self) -> list[int]:
        """Positions with a direct connection to the shared line."""
        return self._shared_line

    @connect_shared_line.setter
    def connect_shared_line(self, positions: Iterable[int]) -> None:
        positions = _integers("connect_shared_line", positions)
        self._refuse_strangers("connect_shared_line", positions)
        self._shared_line = positions

    @property
    def connect_conductance(self) -> list[tuple[int, int]]:
        """Positions that reach the shared line through a conductance, and its bias."""
        return self._conductance

    @connect_conductance.setter
    def connect_conductance(self, connections: Iterable[tuple[int, int]]) -> None:
        name = "connect_conductance"
        pairs = _listed(name, connections)
        for pair in pairs:
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise TypeError(f"{name}: tuples (position, conductance) are needed, not {pair!r}")
        self._refuse_strangers(name, _integers(name, [position for position, _ in pairs]))
        self._conductance = pairs

    def _refuse_strangers(self, name: str, positions: list[int]) -> None:
        if strangers := set(positions) - set(self._positions):
            raise TypeError(
                f"{name} names {sorted(strangers)}, the compartment has circuits at "
                f"{self._positions}"
            )

    def __repr__(self) -> str:
        return f"Compartment(positions={self._positions}, label={self._label!r})"


def _listed(name: str, values: Any) -> list[Any]:
    if not isinstance(values, Iterable) or isinstance(values, str):
        raise TypeError(f"{name}: a sequence is needed, not {values!r}")
    return list(values)


def _integers(name: str, values: Any) -> list[int]:
    numbers = _listed(name, values)
    for number in numbers:
        if not isinstance(number, Integral) or isinstance(number, bool):
            raise TypeError(f"{name}: integers are needed, not {number!r}")
    if len(set(numbers)) < len(numbers):
        raise TypeError(f"{name}: {numbers} has entries that are equal")
    return [int(number) for number in numbers]
