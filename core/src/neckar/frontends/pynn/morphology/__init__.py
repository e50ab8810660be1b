"""Neurons of several compartments, made of circuits that lie side by side."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from neckar.brainscales2.chip.coordinates import (
    AtomicNeuronOnLogicalNeuron,
    CompartmentOnLogicalNeuron,
    Enum,
    NeuronColumnOnLogicalNeuron,
    NeuronRowOnLogicalNeuron,
)
from neckar.brainscales2.chip.registers.multicompartment import Morphology
from neckar.frontends.pynn.morphology.neuron import McNeuronBase
from neckar.frontends.pynn.morphology.parameters import McCircuitParameters
from neckar.frontends.pynn.morphology.parts import Compartment, SharedLineConnection

__all__ = [
    "Compartment",
    "McCircuitParameters",
    "McNeuronBase",
    "SharedLineConnection",
    "create_mc_neuron",
]


def create_mc_neuron(
    name: str,
    compartments: Iterable[Compartment],
    connections: Iterable[SharedLineConnection] | None = None,
    single_active_circuit: bool = False,
) -> type[McNeuronBase]:
    """A cell type whose cells consist of compartments.

    Args:
        name: of the type.
        compartments: what the cells consist of.
        connections: where the shared line is closed between columns.
        single_active_circuit: only the first circuit of each compartment gets leak, capacitance
            and threshold.

    Raises:
        TypeError: something is no compartment or connection.
        RuntimeError: the circuits do not make up one neuron with distinct compartments.
    """
    parts = _all_of(Compartment, "compartments", compartments)
    lines = _all_of(SharedLineConnection, "connections", () if connections is None else connections)
    morphology = Morphology()
    by_id = {_add(morphology, part): part for part in parts}
    for start, stop, row in lines:
        morphology.connect_soma_line(
            NeuronColumnOnLogicalNeuron(start),
            NeuronColumnOnLogicalNeuron(stop),
            NeuronRowOnLogicalNeuron(row),
        )
    shape, neuron = morphology.done()
    members = {
        "compartments": by_id,
        "logical_compartments": shape,
        "logical_neuron": neuron,
        "single_active_circuit": single_active_circuit,
        "__doc__": f"Cells of {len(parts)} compartments: {', '.join(p.label for p in parts)}.",
    }
    return type(name, (McNeuronBase,), members)


def _all_of(kind: Any, name: str, values: Any) -> list[Any]:
    if not isinstance(values, Iterable) or isinstance(values, str | kind):
        raise TypeError(f"{name}: a sequence of {kind.__name__} is needed, not {values!r}")
    listed = list(values)
    for value in listed:
        if not isinstance(value, kind):
            raise TypeError(f"{name}: a {kind.__name__} is needed, not {value!r}")
    return listed


def _add(morphology: Morphology, compartment: Compartment) -> CompartmentOnLogicalNeuron:
    circuits = {p: AtomicNeuronOnLogicalNeuron(Enum(p)) for p in compartment.positions}
    index = morphology.create_compartment(circuits.values())
    for position in compartment.connect_shared_line:
        morphology.connect_to_soma(circuits[position])
    for position, _ in compartment.connect_conductance:
        morphology.connect_resistor_to_soma(circuits[position])
    return index
