"""The coordinates that are no number: spike labels and neurons of several circuits."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from neckar.brainscales2.chip.coordinates.base import Coordinate, Enum, Ranged


class SpikeLabel(Coordinate):
    """16 bits that travel with an event: [15:14] lane, [13:0] neuron label, parts of it below."""

    __slots__ = ("_value",)
    min: ClassVar[int] = 0
    max: ClassVar[int] = 0xFFFF
    lowest: ClassVar[int] = 0
    size: ClassVar[int] = 0x10000
    seed: ClassVar[int] = zlib.crc32(b"SpikeLabel")
    PADILabel: ClassVar[type[Ranged]]

    def __init__(self, value: Any = 0) -> None:
        value = int(value)
        if not 0 <= value <= self.max:
            raise OverflowError(f"range overflow: {value} > max({self.max})")
        self._value = value

    def value(self) -> int:
        """As a plain integer."""
        return self._value

    def toEnum(self) -> Enum:
        """Its place in the order of all labels."""
        return Enum(self._value)

    def __int__(self) -> int:
        return self._value

    __index__ = __int__

    def __bool__(self) -> bool:
        return self._value != 0

    def __hash__(self) -> int:
        return self._value ^ self.seed

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Coordinate):
            return type(other) is SpikeLabel and other._value == self._value
        return bool(other == self._value)

    def __lt__(self, other: Any) -> bool:
        return self._value < int(other)

    def __le__(self, other: Any) -> bool:
        return self._value <= int(other)

    def __gt__(self, other: Any) -> bool:
        return self._value > int(other)

    def __ge__(self, other: Any) -> bool:
        return self._value >= int(other)

    def __add__(self, other: Any) -> SpikeLabel:
        return SpikeLabel(self._value + int(other))

    def __sub__(self, other: Any) -> SpikeLabel:
        return SpikeLabel(self._value - int(other))

    def __mul__(self, other: Any) -> SpikeLabel:
        return SpikeLabel(self._value * int(other))

    def __mod__(self, other: Any) -> SpikeLabel:
        return SpikeLabel(self._value % int(other))

    def __truediv__(self, other: Any) -> SpikeLabel:
        return SpikeLabel(self._value // int(other))

    def __reduce__(self) -> Any:
        return SpikeLabel, (self._value,)

    def __repr__(self) -> str:
        return f"SpikeLabel({self._value})"


# name of a part: lowest bit, number of bits, type
LABEL_PARTS = {
    "spl1_address": (14, 2, "SPL1Address"),
    "neuron_label": (0, 14, "NeuronLabel"),
    "padi_label": (0, 10, "PADILabel"),
    "row_select_address": (6, 5, "PADIRowSelectAddress"),
    "synapse_label": (0, 6, "SynapseLabel"),
    "neuron_backend_address_out": (0, 8, "NeuronBackendAddressOut"),
    "neuron_event_output": (8, 3, "NeuronEventOutputOnDLS"),
}


def label_part(lowest: int, bits: int, kind: type[Any]) -> property:
    """A property of a spike label: some of its bits, typed."""
    mask = (1 << bits) - 1

    def get(self: SpikeLabel) -> Any:
        return kind(Enum(self._value >> lowest & mask))

    def put(self: SpikeLabel, part: Any) -> None:
        part = kind(part) if issubclass(kind, Ranged) else part
        self._value = self._value & ~(mask << lowest) & 0xFFFF | int(part.toEnum()) << lowest

    return property(get, put)


class LogicalNeuronCompartments:
    """Shape of a neuron of several circuits: places of the circuits of each compartment."""

    def __init__(self, compartments: Mapping[Any, Sequence[Any]] | None = None) -> None:
        self._compartments = {
            index: list(circuits) for index, circuits in sorted((compartments or {}).items())
        }
        circuits = [c for compartment in self._compartments.values() for c in compartment]
        if len(set(circuits)) != len(circuits):
            raise RuntimeError("Multiple compartments contain the same neuron(s).")

    def get_compartments(self) -> dict[Any, list[Any]]:
        """Circuits by compartment."""
        return {index: list(circuits) for index, circuits in self._compartments.items()}

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._compartments == self._compartments

    def __hash__(self) -> int:
        return hash(tuple((i, tuple(c)) for i, c in self._compartments.items()))

    def __repr__(self) -> str:
        return f"LogicalNeuronCompartments({self._compartments})"


class LogicalNeuronOnDLS:
    """A neuron of several circuits, placed on the chip."""

    def __init__(self, compartments: Any = None, anchor: Any = None) -> None:
        from neckar.brainscales2.chip.coordinates import COORDINATES

        circuit = COORDINATES["AtomicNeuronOnDLS"]
        self._compartments: dict[Any, list[Any]] = {}
        if compartments is None:
            return
        if isinstance(compartments, LogicalNeuronOnDLS):
            self._compartments = compartments.get_placed_compartments()
            return
        parts = compartments.get_compartments()
        cells = [c for circuits in parts.values() for c in circuits]
        if not cells:
            return
        left, top = min(int(c.x()) for c in cells), min(int(c.y()) for c in cells)
        width = max(int(c.x()) for c in cells) - left
        height = max(int(c.y()) for c in cells) - top
        x, y = int(anchor.x()), int(anchor.y())
        if y + height > 1 or x // 128 != (x + width) // 128:
            raise RuntimeError(
                "LogicalNeuron anchor results in placement of compartments outside of neuron grid."
            )
        for index, circuits in parts.items():
            self._compartments[index] = [
                circuit(int(c.x()) - left + x, int(c.y()) - top + y) for c in circuits
            ]

    def get_placed_compartments(self) -> dict[Any, list[Any]]:
        """Circuits on the chip by compartment."""
        return {index: list(circuits) for index, circuits in self._compartments.items()}

    def get_atomic_neurons(self) -> list[Any]:
        """All circuits, compartment after compartment."""
        return [c for circuits in self._compartments.values() for c in circuits]

    def _key(self) -> tuple[Any, ...]:
        return tuple((index, tuple(c)) for index, c in self._compartments.items())

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._compartments == self._compartments

    def __lt__(self, other: LogicalNeuronOnDLS) -> bool:
        return self._key() < other._key()

    def __gt__(self, other: LogicalNeuronOnDLS) -> bool:
        return self._key() > other._key()

    def __le__(self, other: LogicalNeuronOnDLS) -> bool:
        return self._key() <= other._key()

    def __ge__(self, other: LogicalNeuronOnDLS) -> bool:
        return self._key() >= other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"LogicalNeuronOnDLS({self._compartments})"
