"""Neurons of several circuits: which switches connect them, and what they make up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from neckar.brainscales2.chip.coordinates import (
    AtomicNeuronOnLogicalNeuron,
    CompartmentOnLogicalNeuron,
)
from neckar.brainscales2.chip.coordinates.special import (
    LogicalNeuronCompartments,
    LogicalNeuronOnDLS,
)

_MODULE = "neckar.brainscales2.chip.registers"
Place = tuple[int, int]  # column, row
_SHARED = (
    "excitatory_input",
    "inhibitory_input",
    "leak",
    "reset",
    "threshold",
    "constant_current",
    "membrane_capacitance",
    "adaptation",
    "exponential",
    "event_routing",
    "readout",
    "refractory_period",
    "bayesian",
)
_OWN = ("enable_conductance_division", "enable_conductance_multiplication", "i_bias_nmda")


def _types() -> Any:
    from neckar.brainscales2.chip import registers

    return registers


def _place(circuit: Any) -> Place:
    return int(circuit.x()), int(circuit.y())


class LogicalNeuron:
    """Settings of all circuits of a neuron; the switches between them cannot be changed."""

    coordinate_type = LogicalNeuronOnDLS

    morphology: dict[Any, list[Any]]
    _switches: dict[Any, list[Any]]

    def __init__(self, switches: dict[Any, list[Any]] | LogicalNeuron | None = None) -> None:
        if isinstance(switches, LogicalNeuron):
            self._switches = _copied(switches._switches)
            self.morphology = _copied(switches.morphology)
        else:
            kind = _types().MCSafeAtomicNeuron
            self._switches = dict(switches or {})
            self.morphology = {i: [kind() for _ in part] for i, part in self._switches.items()}

    def at(self, compartment: Any, index: int) -> Any:
        """Settings of a circuit, a reference."""
        return self.morphology[compartment][index]

    def get_neuron(self, index: tuple[Any, int]) -> Any:
        """Settings of a circuit, by compartment and number."""
        return self.morphology[index[0]][index[1]]

    def set_neuron(self, index: tuple[Any, int], neuron: Any) -> None:
        """Replace the settings of a circuit."""
        self.morphology[index[0]][index[1]] = neuron

    def collapse_neuron(self) -> dict[Any, list[Any]]:
        """Complete settings of all circuits by compartment."""
        return {
            index: [_atomic(*both) for both in zip(part, self._switches[index], strict=True)]
            for index, part in self.morphology.items()
        }

    def copy(self) -> LogicalNeuron:
        """An independent neuron with the same settings."""
        return LogicalNeuron(self)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"LogicalNeuron({self.morphology})"


def _copied(parts: dict[Any, list[Any]]) -> dict[Any, list[Any]]:
    return {index: [circuit.copy() for circuit in part] for index, part in parts.items()}


def _atomic(neuron: Any, switches: Any) -> Any:
    made = _types().AtomicNeuron()
    for part in _SHARED:
        made.array[part] = neuron.array[part]
    made.multicompartment = switches
    for field in _OWN:
        made.array["multicompartment"][field] = neuron.array["multicompartment"][field]
    return made


class Morphology:
    """Builds a neuron of several circuits, switch by switch."""

    def __init__(self) -> None:
        self._switches: dict[Place, Any] = {}
        self._compartments: list[list[Place]] = []

    def _at(self, place: Place) -> Any:
        if place not in self._switches:
            self._switches[place] = _types().AtomicNeuron.Multicompartment()
        return self._switches[place]

    def at(self, circuit: Any) -> Any:
        """The switches of a circuit."""
        return self._at(_place(circuit)).copy()

    __getitem__ = at

    def connect_to_soma(self, circuit: Any) -> None:
        """Connect a circuit to the somatic line, without resistance."""
        switches = self._at(_place(circuit))
        if switches.enable_conductance:
            raise RuntimeError(
                f"{circuit} already has a connection to the somatic line via conductance."
            )
        switches.connect_soma = True

    def connect_resistor_to_soma(self, circuit: Any) -> None:
        """Connect a circuit to the somatic line, through a conductance."""
        switches = self._at(_place(circuit))
        if switches.connect_soma:
            raise RuntimeError(
                f"{circuit} already has a connection to the somatic line via direct switch."
            )
        switches.enable_conductance = True

    def connect_soma_line(self, start: Any, end: Any, row: Any) -> None:
        """Close the somatic line from column `start` to column `end` of a row."""
        for column in range(int(start), int(end)):
            self._at((column, int(row))).connect_soma_right = True
        self._at((int(end), int(row)))

    def create_compartment(self, circuits: Iterable[Any]) -> Any:
        """Connect the membranes of neighbouring circuits; returns the number of the compartment."""
        places = [_place(circuit) for circuit in circuits]
        if not places:
            raise RuntimeError("At least one neuron must be in a compartment.")
        for index, other in enumerate(self._compartments):
            if taken := set(places) & set(other):
                raise RuntimeError(f"Neurons {sorted(taken)} are already in compartment {index}.")
        if _reachable(places[0], lambda p: _beside(p, places)) != set(places):
            raise RuntimeError("Compartment is not made up of a contiguous block of neurons.")
        for x, y in places:
            self._at((x, y))
            if (x + 1, y) in places:
                self._at((x, y)).connect_right = True
            if (x, 1 - y) in places:
                self._at((x, y)).connect_vertical = True
        self._compartments.append(places)
        return CompartmentOnLogicalNeuron(len(self._compartments) - 1)

    def done(self) -> tuple[LogicalNeuronCompartments, LogicalNeuron]:
        """Shape and settings of the neuron; refuses what is no single neuron."""
        compartments = self._all_compartments()
        if not self._is_one(compartments):
            raise RuntimeError(
                "LogicalNeuron can't be constructed since it is not contiguous! "
                f"Compartments are {compartments}."
            )
        named = {CompartmentOnLogicalNeuron(i): part for i, part in enumerate(compartments)}
        shape = {i: [AtomicNeuronOnLogicalNeuron(*p) for p in part] for i, part in named.items()}
        switches = {i: [self._at(p).copy() for p in part] for i, part in named.items()}
        self._switches, self._compartments = {}, []
        return LogicalNeuronCompartments(shape), LogicalNeuron(switches)

    def _all_compartments(self) -> list[list[Place]]:
        """Those that were created, and what else is connected without resistance."""
        found = list(self._compartments)
        for index, part in enumerate(found):
            if _reachable(part[0], self._joined) != set(part):
                raise RuntimeError(
                    f"Compartment with index {index} is larger than on construction. Make sure "
                    "that it is not connected via the somatic line to another compartment "
                    "while not using a conductance."
                )
        rest = sorted(set(self._switches) - {place for part in found for place in part})
        while rest:
            part = sorted(_reachable(rest[0], self._joined))
            found.append(part)
            rest = [place for place in rest if place not in part]
        return found

    def _joined(self, place: Place) -> Iterator[Place]:
        """Circuits that share the membrane with this one."""
        x, y = place
        here = self._switches[place]
        for other, switch in (((x + 1, y), here), ((x - 1, y), self._switches.get((x - 1, y)))):
            if other in self._switches and switch is not None and switch.connect_right:
                yield other
        below = self._switches.get((x, 1 - y))
        if here.connect_vertical and below is not None and below.connect_vertical:
            yield x, 1 - y
        if here.connect_soma:
            yield from (p for p in self._line(place) if self._switches[p].connect_soma)

    def _line(self, place: Place) -> set[Place]:
        """Circuits on the same piece of the somatic line."""

        def beside(at: Place) -> Iterator[Place]:
            x, y = at
            if self._switches[at].connect_soma_right and (x + 1, y) in self._switches:
                yield x + 1, y
            left = self._switches.get((x - 1, y))
            if left is not None and left.connect_soma_right:
                yield x - 1, y

        return _reachable(place, beside)

    def _is_one(self, compartments: list[list[Place]]) -> bool:
        """Whether the somatic line connects all compartments."""
        owner = {place: part[0] for part in compartments for place in part}

        def beside(first: Place) -> Iterator[Place]:
            part = next(part for part in compartments if part[0] == first)
            for place in filter(self._touches_line, part):
                yield from (owner[p] for p in self._line(place) if self._touches_line(p))

        return not compartments or len(_reachable(compartments[0][0], beside)) == len(compartments)

    def _touches_line(self, place: Place) -> bool:
        """Connected to the somatic line, or there only to continue it."""
        at = self._switches[place]
        is_bridge = at.connect_soma_right and not (at.connect_right or at.connect_vertical)
        return bool(at.connect_soma or at.enable_conductance or is_bridge)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Morphology({self._switches})"


def _beside(place: Place, places: list[Place]) -> list[Place]:
    x, y = place
    return [p for p in ((x - 1, y), (x + 1, y), (x, 1 - y)) if p in places]


def _reachable(start: Place, beside: Any) -> set[Place]:
    """Everything that can be reached from `start` over neighbours."""
    found, open_places = {start}, [start]
    while open_places:
        for place in beside(open_places.pop()):
            if place not in found:
                found.add(place)
                open_places.append(place)
    return found


for _kind in (LogicalNeuron, Morphology):
    _kind.__module__ = _MODULE
