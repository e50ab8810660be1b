"""Cells of several circuits, from their shape to registers and back from events."""

import numpy as np
import pytest

from neckar.brainscales2.mapping.check import check
from neckar.brainscales2.mapping.configure import configure
from neckar.brainscales2.mapping.occupation import occupation
from neckar.brainscales2.mapping.place import place
from neckar.brainscales2.mapping.resolve import resolve
from neckar.brainscales2.mapping.route import route
from neckar.brainscales2.mapping.topology import place_and_route
from neckar.brainscales2.recording import MADC_SAMPLE, SPIKE, CADCSamples, Entry, Recording
from neckar.errors import RuleError
from neckar.network import (
    Circuit,
    Compartments,
    Network,
    Place,
    Population,
    Probe,
    Projection,
    SpikeTimes,
)
from neckar.run import Snippet, prepare

CHAIN = (((0, 0), (1, 0)), ((2, 0),))  # two compartments, three circuits in a row
TALL = (((0, 0), (0, 1)),)


def cells(
    name: str, size: int, circuits: tuple[tuple[Place, ...], ...] = CHAIN, **parameters: list
) -> Population:
    given = {key: np.array(values) for key, values in parameters.items()}
    return Population(name=name, size=size, cell=Compartments(circuits=circuits, parameters=given))


def points(name: str, size: int) -> Population:
    return Population(name=name, size=size, cell=Circuit(parameters={}))


def host(size: int) -> Population:
    return Population(name="host", size=size, cell=SpikeTimes(times=(np.zeros(0),) * size))


def connect(source: str, target: str, at: int = 0, to: int = 0, size: int = 1) -> Projection:
    return Projection(
        name=f"{source} to {target}",
        source=source,
        target=target,
        receptor="excitatory",
        pre=np.arange(size),
        post=np.arange(size),
        weight_code=np.full(size, 7),
        source_compartment=at,
        target_compartment=to,
    )


def look(compartment: int, variable: str = "v", cell: int = 0, device: str = "madc") -> Probe:
    return Probe(
        population="n",
        cells=np.array([cell]),
        variable=variable,  # type: ignore[arg-type]
        device=device,  # type: ignore[arg-type]
        compartment=compartment,
    )


def test_circuits_of_a_cell_lie_side_by_side() -> None:
    placement = place(Network(populations=(cells("n", 2), points("p", 1))))
    assert placement.circuits["n"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert placement.neurons["n"].tolist() == [0, 2, 3, 5]  # first circuits, cell by cell
    assert placement.neurons["p"].tolist() == [6]


def test_a_cell_takes_the_first_place_where_it_fits_and_leaves_the_rest_to_others() -> None:
    network = Network(populations=(points("a", 1), cells("n", 1), points("b", 2)))
    placement = place(network, [1, 2, 0, 300, 9])
    assert placement.neurons["a"].tolist() == [1]
    assert placement.circuits["n"].tolist() == [[2, 3, 4]]
    assert placement.neurons["b"].tolist() == [0, 300]


def test_shapes_of_two_rows_begin_in_the_top_one() -> None:
    placement = place(Network(populations=(cells("n", 1, TALL),)), [300, 7])
    assert placement.circuits["n"].tolist() == [[7, 256 + 7]]


def test_shapes_do_not_span_the_halves_of_the_chip() -> None:
    placement = place(Network(populations=(cells("n", 1),)), [126, 254, 125])
    assert placement.circuits["n"].tolist() == [[125, 126, 127]]


def test_what_fits_nowhere_is_named() -> None:
    row = (tuple((column, 0) for column in range(100)),)
    network = Network(populations=(cells("n", 5, row), points("p", 3)))
    with pytest.raises(RuleError, match=r"n: no place .* 503 neuron circuits .* \(n 500, p 3\)"):
        place(network)


def test_parameters_reach_every_circuit() -> None:
    given = [[1.9, 2, 3], [4, 5, 6]]
    network = Network(populations=(cells("n", 2, leak_v_leak=given),))
    placement = place(network, [300, 5])
    registers = configure(network, placement, route(network, placement)).registers
    neurons = registers["neuron_block"]["atomic_neurons"]
    assert neurons["leak"]["v_leak"][[300, 301, 302, 5, 6, 7]].tolist() == [1, 2, 3, 4, 5, 6]


def test_synapses_reach_the_first_circuit_of_the_compartment() -> None:
    network = Network(
        populations=(host(2), cells("n", 2)),
        projections=(connect("host", "n", to=1, size=2),),
    )
    placement, routing = place_and_route(network)
    assert routing.synapses.column.tolist() == [2, 5]
    registers = configure(network, placement, routing).registers
    weights = registers["synapse_blocks"]["matrix"]["weights"]
    assert np.flatnonzero(weights.any(axis=(0, 1))).tolist() == [2, 5]


def test_compartments_send_their_own_spikes() -> None:
    network = Network(
        populations=(cells("n", 2), points("p", 2)),
        projections=(connect("n", "p", at=1, size=2),),
    )
    placement, routing = place_and_route(network)
    assert np.flatnonzero(routing.neuron_sends).tolist() == [2, 5]
    registers = configure(network, placement, routing).registers
    events = registers["neuron_block"]["atomic_neurons"]["event_routing"]
    assert np.flatnonzero(events["enable_digital"]).tolist() == [2, 5]


def test_networks_that_differ_in_compartments_are_routed_anew() -> None:
    first, second = (
        Network(populations=(host(1), cells("n", 1)), projections=(connect("host", "n", to=k),))
        for k in (0, 1)
    )
    assert place_and_route(first)[1].synapses.column.tolist() == [0]
    assert place_and_route(second)[1].synapses.column.tolist() == [2]


def test_probes_look_at_the_first_circuit_of_a_compartment() -> None:
    network = Network(populations=(cells("n", 1),), probes=(look(1, "exc_synin"),))
    (mapped,) = prepare([Snippet(network=network, duration=1e-4)])
    assert mapped.takes[0][0] == 2
    readout = mapped.config.registers["neuron_block"]["atomic_neurons"]["readout"]
    assert readout["source"][[0, 1, 2]].tolist() == [0, 0, 1]


def test_results_are_named_by_cell_and_compartment() -> None:
    network = Network(
        populations=(cells("n", 2),),
        probes=(look(1, "spikes", cell=1), look(0), look(1)),
    )
    mapped = prepare([Snippet(network=network, duration=1e-3)])
    address = int(mapped[0].routing.neuron_address[5])
    label = address | (5 // 32 << 8)
    entry = Entry(
        spikes=np.array([(label, 1125, 1125)], dtype=SPIKE),
        madc=np.array([(400, 0, 1250, 1250), (500, 0, 1260, 1260)], dtype=MADC_SAMPLE),
        cadc=CADCSamples(time=np.zeros(0), value=np.zeros((0, 512))),
        reads=(),
        timer_resets=np.array([1000]),
        dropped_in=0,
        dropped_out=0,
    )
    recording = Recording(entries=(entry,))
    (snippet,) = resolve(mapped, [recording] * len(mapped[0].takes)).snippets
    assert snippet.spikes["n"][1, 1].tolist() == [pytest.approx(1e-6)]
    samples = snippet.samples["n", "v", "madc"]
    assert samples[0, 0].value.tolist() == [400, 500]
    assert samples[0, 1].value.tolist() == [400, 500]


def test_all_circuits_count_as_taken() -> None:
    network = Network(populations=(points("p", 1), cells("n", 2)))
    (mapped,) = prepare([Snippet(network=network, duration=0)])
    assert np.count_nonzero(occupation(mapped).neurons == 1) == 6


def test_different_compartments_may_show_different_voltages() -> None:
    check(Network(populations=(cells("n", 1),), probes=(look(0), look(1, "adaptation"))))
    with pytest.raises(RuleError, match="cannot both be recorded"):
        check(Network(populations=(cells("n", 1),), probes=(look(1), look(1, "adaptation"))))


@pytest.mark.parametrize(
    ("population", "message"),
    [
        (cells("n", 1, ((),)), "compartment 0 has no circuit"),
        (cells("n", 1, ()), "have no compartments"),
        (cells("n", 1, (((0, 0),), ((0, 0),))), r"several circuits lie at \(0, 0\)"),
        (cells("n", 1, (((0, 0), (0, 2)),)), "span 3 rows; the chip has 2"),
        (cells("n", 2, leak_v_leak=[1, 2]), "each of the 2 cells and 3 circuits"),
        (cells("n", 1, leak_v_leak=[[1, 2, 2000]]), "leak_v_leak = 2000 lies outside"),
    ],
)
def test_impossible_cells_are_refused(population: Population, message: str) -> None:
    with pytest.raises(RuleError, match=message):
        check(Network(populations=(population,)))


def test_compartments_that_do_not_exist_are_refused() -> None:
    populations = (host(1), cells("n", 1))
    with pytest.raises(RuleError, match="no compartment 2 in the cells of n, which have 2"):
        check(Network(populations=populations, projections=(connect("host", "n", to=2),)))
    with pytest.raises(RuleError, match="no compartment 1 in the cells of host, which have 1"):
        check(Network(populations=populations, projections=(connect("host", "n", at=1),)))
    with pytest.raises(RuleError, match="recording: there is no compartment 5"):
        check(Network(populations=populations, probes=(look(5),)))
