"""Cell types whose cells consist of several compartments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from pyNN.errors import InvalidDimensionsError, NonExistentParameterError

from neckar import network
from neckar.brainscales2.chip.coordinates import CompartmentOnLogicalNeuron
from neckar.brainscales2.chip.coordinates.special import LogicalNeuronCompartments
from neckar.brainscales2.chip.registers import AtomicNeuron
from neckar.brainscales2.chip.registers.multicompartment import LogicalNeuron
from neckar.frontends.pynn.morphology.parameters import (
    McCircuitParameters,
    OfOneCell,
    gather,
    spread,
)
from neckar.frontends.pynn.morphology.parts import Compartment
from neckar.frontends.pynn.standardmodels.cells import codes, refused
from neckar.frontends.pynn.standardmodels.cells_base import (
    ConfiguredCellType,
    OutOfRangeError,
    untranslated,
)
from neckar.frontends.pynn.standardmodels.settings import (
    ANALOG_VARIABLES,
    FIELDS,
    NOT_CONFIGURABLE,
    get_values_of_atomic_neuron,
)

# The switches between circuits follow from the morphology.
SWITCHES = (
    "multicompartment_connect_soma",
    "multicompartment_connect_soma_right",
    "multicompartment_connect_right",
    "multicompartment_connect_vertical",
    "multicompartment_enable_conductance",
)
SILENT = get_values_of_atomic_neuron(AtomicNeuron(), NOT_CONFIGURABLE | {*SWITCHES})
# What the circuits beside the first one of a compartment are set to, so that they add nothing.
PASSIVE = {
    "leak_i_bias": 0,
    "leak_enable_division": True,
    "leak_enable_multiplication": False,
    "membrane_capacitance_capacitance": 0,
    "threshold_enable": False,
}


class McNeuronBase(ConfiguredCellType):
    """Base of cell types that `create_mc_neuron` makes, for neurons of several compartments.

    Parameters are named as those of `HXNeuron`, without the switches between circuits. A value is
    one number for all circuits or `McCircuitParameters` with one for each circuit.

    A subclass by hand needs the attributes `compartments`, `logical_neuron` and
    `logical_compartments`. With `single_active_circuit` only the first circuit of a compartment
    has leak, capacitance and threshold, unless parameters of the cell say otherwise.
    """

    recordable = ("spikes", *ANALOG_VARIABLES)
    receptor_types = ("excitatory", "inhibitory")
    units = dict.fromkeys(ANALOG_VARIABLES, "dimensionless")
    translations = untranslated(SILENT)

    compartments: Mapping[CompartmentOnLogicalNeuron, Compartment] = {}
    logical_neuron = LogicalNeuron()
    logical_compartments = LogicalNeuronCompartments()
    single_active_circuit = True

    _sizes: tuple[int, ...] = ()  # circuits of each compartment
    _given: Mapping[str, Mapping[int, np.ndarray]] = {}  # what compartments say: name -> number
    _circuits: tuple[tuple[network.Place, ...], ...] = ()
    _switches: Mapping[str, np.ndarray] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        shape = cls.logical_compartments.get_compartments()
        _refuse_mismatch(cls.compartments, shape, cls.logical_neuron)
        parts = list(cls.compartments.values())
        cls._sizes = tuple(part.size for part in parts)
        cls._given = _given(cls.__name__, parts)
        cls._circuits = tuple(
            tuple((int(c.x()), int(c.y())) for c in circuits) for circuits in shape.values()
        )
        cls._switches = _switches(cls.logical_neuron)
        cls.default_parameters = cls._defaults()

    @classmethod
    def _defaults(cls) -> dict[str, McCircuitParameters]:
        n_circuits = sum(cls._sizes)
        defaults = {}
        for name, value in SILENT.items():
            values = cls._amended(name, np.full((1, n_circuits), value))
            defaults[name] = gather(cls._soothed(name, values)[0], cls._sizes)
        return defaults

    @classmethod
    def _amended(cls, name: str, values: np.ndarray) -> np.ndarray:
        """Values of circuits, (size, n_circuits), overwritten by what compartments say."""
        for number, given in cls._given.get(name, {}).items():
            values[:, cls._part(number)] = given
        return values

    @classmethod
    def _soothed(cls, name: str, values: np.ndarray) -> np.ndarray:
        """The same with all circuits passive but the first of every compartment, if so wanted."""
        if cls.single_active_circuit and name in PASSIVE:
            values = values.copy()
            for number in range(len(cls._sizes)):
                values[:, cls._part(number)][:, 1:] = PASSIVE[name]
        return values

    @classmethod
    def _part(cls, number: int) -> slice:
        """Circuits of a compartment among those of all."""
        start = sum(cls._sizes[:number])
        return slice(start, start + cls._sizes[number])

    # --- compartments ----------------------------------------------------------------------

    @classmethod
    def get_default_values(cls) -> dict[str, float | bool]:
        """The settings of a silent circuit."""
        return dict(SILENT)

    @classmethod
    def get_labels(cls) -> list[str]:
        """Labels of all compartments."""
        return [compartment.label for compartment in cls.compartments.values()]

    @classmethod
    def get_label(cls, compartment_id: CompartmentOnLogicalNeuron) -> str:
        """Label of a compartment."""
        return cls.compartments[compartment_id].label

    @classmethod
    def get_compartment_ids(cls, labels: Sequence[str]) -> list[CompartmentOnLogicalNeuron]:
        """Compartments with one of these labels; several may share a label."""
        known = cls.get_labels()
        for label in labels:
            if label not in known:
                raise ValueError(f"no compartment has the label {label!r}; there are: {known}")
        return [
            index
            for label in labels
            for index, compartment in cls.compartments.items()
            if compartment.label == label
        ]

    def get_logical_neuron(self, cell_in_pop: int) -> LogicalNeuron:
        """All settings of a cell of the population."""
        neuron = self.logical_neuron.copy()
        parts = neuron.morphology.values()
        circuits = [circuit for part in parts for circuit in part][: sum(self._sizes)]
        for name in SILENT:
            member, attribute = FIELDS[name]
            values = codes(spread(self._values(name)[cell_in_pop], self._sizes))
            for circuit, value in zip(circuits, values, strict=True):
                circuit.array[member][attribute] = value
        return neuron

    # --- parameters ------------------------------------------------------------------------

    def get_schema(self) -> dict[str, type]:
        """One number or one `McCircuitParameters` per cell."""
        return dict.fromkeys(self.default_parameters, OfOneCell)

    def check(self, label: str, values: Mapping[str, np.ndarray]) -> None:
        """Codes lie within what their register holds, and there are as many as circuits."""
        broken = []
        for name, value in values.items():
            try:
                matrix = self._matrix(value)
            except InvalidDimensionsError as error:
                raise InvalidDimensionsError(f"{label}: {name}: {error}") from error
            if message := refused(matrix, *FIELDS[name]):
                broken.append(f"{name} {message}")
        if broken:
            raise OutOfRangeError(f"{label}: {'; '.join(broken)}")

    def _take_over(self, registers: np.ndarray) -> None:
        space = self.parameter_space._parameters
        for name in SILENT:
            if name not in self._chosen:
                member, attribute = FIELDS[name]
                values = registers[member][attribute][:, : sum(self._sizes)]
                values = self._amended(name, values.astype(type(SILENT[name])))
            elif name in PASSIVE and self.single_active_circuit:
                values = self._matrix(space[name])
            else:
                continue
            rows = self._soothed(name, values)
            space[name] = _objects(gather(row, self._sizes) for row in rows)

    def _values(self, name: str) -> np.ndarray:
        return np.asarray(self.parameter_space[name])

    def _matrix(self, values: np.ndarray) -> np.ndarray:
        """Values of some cells for every circuit, (n, n_circuits)."""
        return np.array([spread(value, self._sizes) for value in np.atleast_1d(values)])

    # --- mapping ---------------------------------------------------------------------------

    def skeleton(self, size: int) -> network.Compartments:
        """As many circuits in the same shape."""
        return network.Compartments(circuits=self._circuits, parameters={})

    def cell(self, label: str) -> network.Compartments:
        """All settings of all circuits; those that only continue a line are silent."""
        n_bridges = len(next(iter(self._switches.values()))) - sum(self._sizes)
        parameters = {}
        for name in SILENT:
            values = codes(self._matrix(self._values(name)).astype(type(SILENT[name])))
            silent = np.full((len(values), n_bridges), SILENT[name])
            parameters[name] = np.concatenate([values, silent], axis=1) if n_bridges else values
        n_cells = len(values)
        for name, switch in self._switches.items():
            parameters[name] = np.broadcast_to(switch, (n_cells, len(switch)))
        return network.Compartments(circuits=self._circuits, parameters=parameters)


def _refuse_mismatch(compartments: Any, shape: Any, neuron: LogicalNeuron) -> None:
    """A class by hand may lack one of the three, or they may differ."""
    if not compartments:
        raise RuntimeError("a neuron needs at least one compartment; is `compartments` set?")
    if len(neuron.morphology) < len(compartments):
        raise RuntimeError(
            f"`compartments` has {len(compartments)} compartments, `logical_neuron` "
            f"{len(neuron.morphology)}; is `logical_neuron` set?"
        )
    if len(shape) != len(neuron.morphology):
        raise RuntimeError(
            f"`logical_neuron` has {len(neuron.morphology)} compartments, `logical_compartments` "
            f"{len(shape)}; is `logical_compartments` set?"
        )


def _given(cell: str, compartments: Sequence[Compartment]) -> dict[str, dict[int, np.ndarray]]:
    """What compartments say about their circuits: name -> compartment -> one value per circuit."""
    given: dict[str, dict[int, np.ndarray]] = {}
    for number, compartment in enumerate(compartments):
        for name, value in _parameters(compartment):
            if name not in SILENT:
                raise NonExistentParameterError(name, cell, list(SILENT))
            if np.ndim(value) and np.shape(value) != (compartment.size,):
                raise RuntimeError(
                    f"{compartment}: {name} has {np.size(value)} values, the compartment "
                    f"{compartment.size} circuits"
                )
            given.setdefault(name, {})[number] = np.broadcast_to(value, compartment.size)
    return given


def _parameters(compartment: Compartment) -> Iterator[tuple[str, Any]]:
    """Parameters of a compartment, the biases of its conductances among them."""
    name = "multicompartment_i_bias_nmda"
    bias = np.array(np.broadcast_to(compartment.parameters.get(name, 0), compartment.size))
    for position, conductance in compartment.connect_conductance:
        bias[compartment.positions.index(position)] = conductance
    yield from (compartment.parameters | {name: bias}).items()


def _switches(neuron: LogicalNeuron) -> dict[str, np.ndarray]:
    """How the circuits of a cell are connected: name -> one switch per circuit."""
    circuits = [circuit for part in neuron.collapse_neuron().values() for circuit in part]
    return {
        name: np.array([bool(c.array[FIELDS[name][0]][FIELDS[name][1]]) for c in circuits])
        for name in SWITCHES
    }


def _objects(values: Iterable[Any]) -> np.ndarray:
    """An array of objects, not of what they contain."""
    listed = list(values)
    made = np.empty(len(listed), dtype=object)
    made[:] = listed
    return made
