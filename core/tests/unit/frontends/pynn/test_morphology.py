import copy
from typing import Any

import numpy as np
import pytest
from pyNN.errors import InvalidDimensionsError, NonExistentParameterError
from pyNN.random import RandomDistribution

from neckar.brainscales2.chip.coordinates import CompartmentOnLogicalNeuron
from neckar.brainscales2.chip.registers import Chip
from neckar.frontends import pynn
from neckar.frontends.pynn.morphology import (
    Compartment,
    McCircuitParameters,
    McNeuronBase,
    SharedLineConnection,
    create_mc_neuron,
)

LINE = SharedLineConnection(start=0, stop=1, row=0)


def soma(**parameters: Any) -> Compartment:
    return Compartment(positions=[0], label="soma", connect_shared_line=[0], **parameters)


def dendrite(**parameters: Any) -> Compartment:
    return Compartment(
        positions=[1, 2], label="dendrite", connect_conductance=[(1, 200)], **parameters
    )


def ball_and_stick(
    first: Compartment | None = None, second: Compartment | None = None, *, single: bool = False
) -> type[McNeuronBase]:
    return create_mc_neuron(
        "BallAndStick",
        [first or soma(), second or dendrite()],
        [LINE],
        single_active_circuit=single,
    )


def registers() -> np.ndarray:
    """Neuron circuits as they are configured now."""
    pynn.run(None, pynn.RunCommand.PREPARE)
    ((_, mapped),) = pynn.simulator.state.mapped.parts
    return mapped.config.registers["neuron_block"]["atomic_neurons"]


def numbered() -> Chip:
    """A chip whose circuits have their own number as leak potential and a large leak."""
    chip = Chip()
    neurons = chip.array["neuron_block"]["atomic_neurons"]
    neurons["leak"]["v_leak"] = np.arange(512)
    neurons["leak"]["i_bias"] = 700
    neurons["membrane_capacitance"]["capacitance"] = 63
    neurons["threshold"]["enable"] = True
    return chip


# --- parts ---------------------------------------------------------------------------------


def test_a_compartment_knows_its_parts() -> None:
    part = dendrite(leak_v_leak=3)
    assert (part.positions, part.size, part.label) == ([1, 2], 2, "dendrite")
    assert (part.connect_shared_line, part.connect_conductance) == ([], [(1, 200)])
    assert part.parameters == {"leak_v_leak": 3}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"positions": 0}, "positions: a sequence"),
        ({"positions": "01"}, "positions: a sequence"),
        ({"positions": [0.5]}, "positions: integers"),
        ({"positions": [0, 0]}, "positions: .* equal"),
        ({"label": None}, "a string is needed"),
        ({"connect_shared_line": 0}, "connect_shared_line: a sequence"),
        ({"connect_shared_line": [[0, 0]]}, "connect_shared_line: integers"),
        ({"connect_shared_line": [2]}, r"names \[2\], the compartment has circuits at \[0, 1\]"),
        ({"connect_conductance": 0}, "connect_conductance: a sequence"),
        ({"connect_conductance": [(1, 100), (1, 200)]}, "connect_conductance: .* equal"),
        ({"connect_conductance": [(2, 100)]}, r"names \[2\]"),
        ({"connect_conductance": ([0], 100)}, "tuples"),
        ({"connect_conductance": [(1, 2, 3)]}, "tuples"),
    ],
)
def test_wrong_parts_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        Compartment(**({"positions": [0, 1], "label": "soma"} | changes))


def test_positions_in_use_cannot_be_taken_away() -> None:
    part = dendrite()
    with pytest.raises(TypeError, match=r"lack \[1\], which connect_conductance uses"):
        part.positions = [2, 3]


# --- types ---------------------------------------------------------------------------------


def test_a_type_has_labels() -> None:
    cell = ball_and_stick()
    assert cell.__name__ == "BallAndStick"
    assert cell.get_labels() == ["soma", "dendrite"]
    assert cell.get_label(CompartmentOnLogicalNeuron(1)) == "dendrite"
    assert cell.get_compartment_ids(["dendrite"]) == [CompartmentOnLogicalNeuron(1)]
    with pytest.raises(KeyError):
        cell.get_label(CompartmentOnLogicalNeuron(2))
    with pytest.raises(ValueError, match=r"axon.*there are.*soma"):
        cell.get_compartment_ids(["axon"])


def test_a_shared_label_names_several_compartments() -> None:
    second = dendrite()
    second.label = "soma"
    assert len(ball_and_stick(soma(), second).get_compartment_ids(["soma"])) == 2


@pytest.mark.parametrize(
    ("compartments", "connections"),
    [(soma(), None), ("soma", None), ([0], None), ([soma()], LINE), ([soma()], [(0, 1, 0)])],
)
def test_a_type_is_made_of_compartments_and_connections(
    compartments: Any, connections: Any
) -> None:
    with pytest.raises(TypeError, match="needed, not"):
        create_mc_neuron("Wrong", compartments, connections)


def test_impossible_morphologies_are_refused() -> None:
    with pytest.raises(RuntimeError, match="contiguous"):
        create_mc_neuron("Apart", [soma(), dendrite()])
    shorted = dendrite()
    shorted.connect_shared_line, shorted.connect_conductance = [1], []
    with pytest.raises(RuntimeError, match="larger than on construction"):
        ball_and_stick(soma(), shorted)
    twice = dendrite()
    twice.positions = [0, 1, 2]
    with pytest.raises(RuntimeError, match="already in compartment 0"):
        ball_and_stick(soma(), twice)
    both = dendrite()
    both.connect_shared_line = [1]
    with pytest.raises(RuntimeError, match="already has a connection"):
        ball_and_stick(soma(), both)


def test_parameters_of_compartments_are_checked() -> None:
    with pytest.raises(NonExistentParameterError, match="leak_potential"):
        ball_and_stick(soma(leak_potential=3))
    with pytest.raises(NonExistentParameterError):
        ball_and_stick(soma(multicompartment_connect_right=True))
    with pytest.raises(RuntimeError, match="leak_v_leak has 3 values, the compartment 2 circuits"):
        ball_and_stick(soma(), dendrite(leak_v_leak=[1, 2, 3]))


def test_a_type_by_hand_needs_all_attributes() -> None:
    whole = ball_and_stick()
    with pytest.raises(RuntimeError, match="`compartments` set"):
        type("Hollow", (McNeuronBase,), {})
    with pytest.raises(RuntimeError, match="`logical_neuron` set"):
        type("Hollow", (McNeuronBase,), {"compartments": whole.compartments})
    members = {"compartments": whole.compartments, "logical_neuron": whole.logical_neuron}
    with pytest.raises(RuntimeError, match="`logical_compartments` set"):
        type("Hollow", (McNeuronBase,), members)


# --- parameters ----------------------------------------------------------------------------


def test_parameters_have_one_value_per_circuit() -> None:
    cell = ball_and_stick(soma(leak_v_leak=[1]), dendrite(leak_v_leak=[2, 3]))
    wanted = McCircuitParameters([[1], [2, 3]])
    for size in (1, 4):
        population = pynn.Population(size, cell())
        assert population.get("leak_v_leak") == wanted
        bias = McCircuitParameters([[0], [200, 0]])
        assert population.get(["leak_v_leak", "multicompartment_i_bias_nmda"]) == [wanted, bias]
    assert pynn.Population(1, cell(leak_v_leak=100)).get("leak_v_leak") == 100


def test_parameters_are_set_for_all_or_some_cells() -> None:
    population = pynn.Population(2, ball_and_stick()())
    one, two = McCircuitParameters([[1], [2, 3]]), McCircuitParameters([4, [5, 6]])
    population.set(leak_v_leak=one)
    assert population.get("leak_v_leak") == one
    population.set(leak_v_leak=np.array([one, two]))
    assert np.all(population.get("leak_v_leak") == np.array([one, two]))
    population[1:2].set(leak_v_leak=7)
    assert population[1:2].get("leak_v_leak") == 7
    assert population[0:1].get("leak_v_leak") == one
    population.set(leak_v_leak=[8, 9])
    assert population.get("leak_v_leak").tolist() == [8, 9]
    assert registers()["leak"]["v_leak"][:6].tolist() == [8, 8, 8, 9, 9, 9]
    population[0].leak_v_leak = one
    assert population[0].leak_v_leak == one


def test_parameters_may_be_drawn_or_follow_from_the_index() -> None:
    population = pynn.Population(3, ball_and_stick()(leak_v_leak=[1, 2, 3]))
    assert population.get("leak_v_leak").tolist() == [1, 2, 3]
    population.set(leak_v_leak=lambda index: 100 + index)
    assert population.get("leak_v_leak").tolist() == [100, 101, 102]
    population.set(leak_v_leak=RandomDistribution("uniform", (1, 9)))
    assert registers()["leak"]["v_leak"][:9].min() >= 1


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (2000, OverflowError, "leak_v_leak = 2000"),
        (McCircuitParameters([[1]]), InvalidDimensionsError, r"\[1\] values.*\[1, 2\] circuits"),
        (McCircuitParameters([[1], [1, 2, 3]]), InvalidDimensionsError, r"\[1, 3\] values"),
    ],
)
def test_impossible_values_are_refused(value: Any, error: type, message: str) -> None:
    population = pynn.Population(1, ball_and_stick()())
    with pytest.raises(error, match=message):
        population.set(leak_v_leak=value)


def test_switches_between_circuits_are_no_parameters() -> None:
    with pytest.raises(NonExistentParameterError):
        pynn.Population(1, ball_and_stick()()).get("multicompartment_connect_soma")


def test_values_per_circuit_compare_by_content() -> None:
    value = McCircuitParameters([[1], [2, 3]])
    assert value == copy.deepcopy(value)
    assert value != McCircuitParameters([[1], [2, 4]])
    assert value != McCircuitParameters([[1]])
    assert value.max() == 3
    assert value.value[1][0] == 2
    assert McCircuitParameters(value.value + 1) == McCircuitParameters([[2], [3, 4]])


def test_switches_and_conductances_reach_the_registers() -> None:
    pynn.Population(2, ball_and_stick()())
    switches = registers()["multicompartment"]
    wanted = {
        "connect_soma": [0, 3],
        "connect_soma_right": [0, 3],
        "connect_right": [1, 4],
        "connect_vertical": [],
        "enable_conductance": [1, 4],
    }
    found = {name: np.flatnonzero(switches[name]).tolist() for name in wanted}
    assert found == wanted
    assert switches["i_bias_nmda"][:6].tolist() == [0, 200, 0, 0, 200, 0]


def test_circuits_that_only_continue_a_line_are_silent() -> None:
    cell = create_mc_neuron(
        "Far",
        [
            Compartment(positions=[0], label="a", connect_shared_line=[0], leak_i_bias=5),
            Compartment(positions=[2], label="b", connect_conductance=[(2, 9)], leak_i_bias=5),
        ],
        [SharedLineConnection(start=0, stop=2, row=0)],
    )
    assert len(cell.logical_compartments.get_compartments()) == 3
    pynn.Population(1, cell())
    neurons = registers()
    assert neurons["multicompartment"]["connect_soma_right"][:4].tolist() == [1, 1, 0, 0]
    assert neurons["leak"]["i_bias"][:4].tolist() == [5, 0, 5, 0]


def test_a_single_circuit_may_be_active_in_each_compartment() -> None:
    cell = ball_and_stick(soma(leak_i_bias=5), dendrite(leak_i_bias=6), single=True)
    pynn.Population(1, cell(threshold_v_threshold=4))
    leak = registers()["leak"]
    assert leak["i_bias"][:3].tolist() == [5, 6, 0]
    assert leak["enable_division"][:3].tolist() == [False, False, True]


def test_initial_settings_then_compartments_then_cells_then_set() -> None:
    pynn.setup(initial_config=numbered())
    second = dendrite(leak_v_leak=[50, 60], threshold_v_threshold=7)
    population = pynn.Population(2, ball_and_stick(soma(), second)(threshold_v_threshold=8))
    pynn.run(None, pynn.RunCommand.PREPARE)
    given = [McCircuitParameters([[first], [50, 60]]) for first in (0, 3)]
    assert np.all(population.get("leak_v_leak") == np.array(given))
    assert population.get("threshold_v_threshold") == 8
    population.set(leak_v_leak=9)
    assert registers()["leak"]["v_leak"][:7].tolist() == [9] * 6 + [6]


def test_what_is_set_before_mapping_wins_over_initial_settings() -> None:
    pynn.setup(initial_config=numbered())
    population = pynn.Population(1, ball_and_stick()())
    with pytest.raises(RuntimeError, match="PREPARE"):
        population.get("leak_v_leak")
    population.set(leak_v_leak=9)
    assert registers()["leak"]["v_leak"][:4].tolist() == [9, 9, 9, 3]
    assert population.get("leak_v_leak") == 9


def test_initial_settings_are_soothed_where_a_single_circuit_is_active() -> None:
    pynn.setup(initial_config=numbered())
    pynn.Population(1, ball_and_stick(single=True)(membrane_capacitance_capacitance=40))
    neurons = registers()
    assert neurons["leak"]["i_bias"][:4].tolist() == [700, 700, 0, 700]
    assert neurons["membrane_capacitance"]["capacitance"][:4].tolist() == [40, 40, 0, 63]
    assert neurons["threshold"]["enable"][:4].tolist() == [True, True, False, True]


def test_all_settings_of_a_cell_are_known() -> None:
    population = pynn.Population(2, ball_and_stick()(leak_v_leak=4))
    population[1:2].set(leak_v_leak=McCircuitParameters([[1], [2, 3]]))
    neuron = population.celltype.get_logical_neuron(1).collapse_neuron()
    dendrite_circuits = neuron[CompartmentOnLogicalNeuron(1)]
    assert [int(circuit.leak.v_leak) for circuit in dendrite_circuits] == [2, 3]
    assert dendrite_circuits[0].multicompartment.connect_right


# --- connections and recordings ------------------------------------------------------------


def test_projections_name_compartments() -> None:
    cells = pynn.Population(2, ball_and_stick()())
    source = pynn.Population(1, pynn.cells.SpikeSourceArray(spike_times=[0.01]))
    to = pynn.Projection(source, cells, pynn.AllToAllConnector(location_selector="dendrite"))
    back = pynn.Projection(
        cells, cells, pynn.OneToOneConnector(source_location_selector="dendrite")
    )
    assert (int(to.pre_compartment), int(to.post_compartment)) == (0, 1)
    assert (int(back.pre_compartment), int(back.post_compartment)) == (1, 0)
    pynn.run(None, pynn.RunCommand.PREPARE)
    columns = [int(synapse.synapse_on_row) for (synapse,) in to.placed_connections]
    assert columns == [1, 4]


def test_unknown_or_ambiguous_compartments_cannot_be_connected() -> None:
    second = dendrite()
    second.label = "soma"
    cells = pynn.Population(1, ball_and_stick(soma(), second)())
    points = pynn.Population(1, pynn.cells.HXNeuron())
    for target, label, message in (
        (cells, "axon", "axon"),
        (cells, "soma", "2 compartments have the label"),
        (points, "soma", "no labeled locations"),
    ):
        with pytest.raises(ValueError, match=message):
            pynn.Projection(points, target, pynn.AllToAllConnector(location_selector=label))


def test_compartments_are_recorded_by_label() -> None:
    cells = pynn.Population(2, ball_and_stick()())
    cells.record("v")
    cells.record(["exc_synin", "spikes"], locations=["dendrite"])
    probes = [
        (probe.variable, probe.compartment, probe.cells.tolist())
        for probe in cells.recorder.probes()
    ]
    assert probes == [("spikes", 1, [0, 1]), ("v", 0, [0, 1]), ("exc_synin", 1, [0, 1])]
    with pytest.raises(ValueError, match="cell 0 at 1 already shows"):
        cells.record("v", locations=["dendrite"])
    with pytest.raises(ValueError, match="axon"):
        cells.record("v", locations=["axon"])


def test_a_cell_is_found_on_the_chip_by_its_id() -> None:
    pynn.setup(neuronPermutation=[5, 300])
    cells = pynn.Population(2, ball_and_stick()())
    neuron = pynn.simulator.state.neuron_placement.id2logicalneuron(cells[1])
    assert [int(circuit.toEnum()) for circuit in neuron.get_atomic_neurons()] == [300, 301, 302]


def test_switches_of_point_neurons_reach_their_circuits() -> None:
    circuits = pynn.Population(4, pynn.cells.HXNeuron())
    pynn.PopulationView(circuits, np.arange(0, 4, 2)).set(multicompartment_connect_right=True)
    pynn.PopulationView(circuits, [1]).set(
        multicompartment_enable_conductance=True,
        multicompartment_enable_conductance_division=True,
        multicompartment_connect_soma_right=True,
        multicompartment_i_bias_nmda=600,
    )
    circuits[2].multicompartment_connect_soma = True
    switches = registers()["multicompartment"]
    assert switches["connect_right"][:5].tolist() == [True, False, True, False, False]
    assert switches["connect_soma"][:5].tolist() == [False, False, True, False, False]
    for name in ("enable_conductance", "enable_conductance_division", "connect_soma_right"):
        assert np.flatnonzero(switches[name]).tolist() == [1]
    assert switches["i_bias_nmda"][:3].tolist() == [0, 600, 0]
