"""Routings are read back from the registers by an interpreter that shares no code with them."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from neckar.brainscales2.mapping.configure import awaken, configure
from neckar.brainscales2.mapping.place import Placement, place
from neckar.brainscales2.mapping.route import route
from neckar.brainscales2.mapping.routing import Routing
from neckar.errors import RuleError
from neckar.network import Circuit, Network, OnChipPoisson, Population, Projection, SpikeTimes

Line = tuple[int, int]  # neuron circuit and receptor


# The interpreter: what the manual says about events, in plain loops.


def crossbar() -> list[tuple[int, int]]:
    """Input and output of every node, by its number."""
    nodes = []
    for source in range(20):
        for output in range(12):
            neuron = source < 8 and output % 4 == source % 4
            lane = 8 <= source < 12 and (output < 8 or output == source)
            background = source >= 12 and output in (source - 12, 8 + (source - 12) % 4)
            if neuron or lane or background:
                nodes.append((source, output))
    return nodes


NODES = crossbar()


def outputs_of(registers: np.ndarray, source: int, label: int) -> set[int]:
    nodes = registers["crossbar"]["nodes"]
    return {
        output
        for number, (entry, output) in enumerate(NODES)
        if entry == source and label & int(nodes["mask"][number]) == int(nodes["target"][number])
    }


def heard(registers: np.ndarray, source: int, label: int) -> Counter[Line]:
    """Weight that an event puts on each line."""
    found: Counter[Line] = Counter()
    for output in outputs_of(registers, source, label):
        if (
            output < 8
            and registers["synapse_driver_blocks"]["padi_bus"]["enable_spl1"][
                output // 4, output % 4
            ]
        ):
            for hemisphere, row, mode in rows(registers, output, label):
                matrix = registers["synapse_blocks"]["matrix"][hemisphere]
                columns = np.flatnonzero(
                    (matrix["labels"][row] == label % 64) & (matrix["weights"][row] > 0)
                )
                for column in columns:
                    line = (hemisphere * 256 + int(column), mode - 1)
                    found[line] += int(matrix["weights"][row, column])
    return found


def rows(registers: np.ndarray, bus: int, label: int) -> Iterator[tuple[int, int, int]]:
    hemisphere = bus // 4
    drivers = registers["synapse_driver_blocks"]["synapse_drivers"][hemisphere]
    for driver in range(bus % 4, 128, 4):
        mask = int(drivers["row_address_compare_mask"][driver])
        if not drivers["enable_receiver"][driver] or (label >> 6 & 31) & mask != driver // 4 & mask:
            continue
        for row, side in ((2 * driver + 1, "top"), (2 * driver, "bottom")):
            if mode := int(drivers[f"row_mode_{side}"][driver]):
                assert mode < 3
                yield hemisphere, row, mode


def events_of(
    network: Network, placement: Placement, routing: Routing, registers: np.ndarray
) -> Iterator[tuple[str, int, list[tuple[int, int]]]]:
    """Population, cell and the events (crossbar input, label) that one spike of it makes."""
    sources = registers["background_spike_sources"]
    neurons = registers["neuron_block"]["atomic_neurons"]["event_routing"]
    for population in network.populations:
        for cell in range(population.size):
            match population.cell:
                case SpikeTimes():
                    labels = routing.host_labels[population.name][cell].tolist()
                    events = [(8 + (label >> 14), label & 0x3FFF) for label in labels if label >= 0]
                case Circuit():
                    circuit = int(placement.neurons[population.name][cell])
                    output = circuit % 256 // 32
                    address = int(neurons["address"][circuit])
                    is_sent = bool(neurons["enable_digital"][circuit])
                    events = [(output, output << 8 | address)] if is_sent else []
                case _:
                    mine = [
                        b.source for b in routing.backgrounds if b.population == population.name
                    ]
                    events = [
                        (12 + source, int(sources["neuron_label"][source]) | cell)
                        for source in mine
                        if sources["mask"][source] & cell == cell
                    ]
                    assert len(events) == len(mine)
            yield population.name, cell, events


def wanted(network: Network, placement: Placement) -> dict[tuple[str, int], Counter[Line]]:
    found: dict[tuple[str, int], Counter[Line]] = {}
    for projection in network.projections:
        receptor = ["excitatory", "inhibitory"].index(projection.receptor)
        connections = zip(projection.pre, projection.post, projection.weight_code, strict=True)
        for pre, post, weight in connections:
            line = (int(placement.neurons[projection.target][post]), receptor)
            found.setdefault((projection.source, int(pre)), Counter())[line] += int(weight)
    return found


def assert_connected_as_wanted(network: Network, permutation: list[int] | None = None) -> Routing:
    placement = place(network, permutation)
    routing = route(network, placement)
    config = awaken(configure(network, placement, routing), network, routing)
    expected = wanted(network, placement)
    for name, cell, events in events_of(network, placement, routing, config.registers):
        found: Counter[Line] = Counter()
        for source, label in events:
            found += heard(config.registers, source, label)
        assert found == +expected.get((name, cell), Counter()), (name, cell)
    assert_phantoms_are_silent(network, routing, config.registers)
    assert_every_synapse_has_its_place(routing)
    return routing


def assert_phantoms_are_silent(network: Network, routing: Routing, registers: np.ndarray) -> None:
    """A background source draws more labels than its population has cells."""
    for background in routing.backgrounds:
        for draw in range(network[background.population].size, background.mask + 1):
            assert not heard(registers, 12 + background.source, background.label | draw)


def assert_every_synapse_has_its_place(routing: Routing) -> None:
    s = routing.synapses
    places = set(zip(s.hemisphere.tolist(), s.row.tolist(), s.column.tolist(), strict=True))
    assert len(places) == len(s.row)


# Networks.


def neurons(name: str, size: int) -> Population:
    return Population(name=name, size=size, cell=Circuit(parameters={}))


def host(name: str, size: int) -> Population:
    return Population(name=name, size=size, cell=SpikeTimes(times=(np.zeros(0),) * size))


def poisson(name: str, size: int) -> Population:
    return Population(name=name, size=size, cell=OnChipPoisson(rate=1e3, seed=5))


def projection(
    source: str, target: str, matrix: np.ndarray, receptor: str = "excitatory", weight: int = 63
) -> Projection:
    pre, post = np.nonzero(matrix)
    return Projection(
        name=f"{source} -> {target}",
        source=source,
        target=target,
        receptor=receptor,  # type: ignore[arg-type]
        pre=pre,
        post=post,
        weight_code=np.full(len(pre), weight),
    )


@st.composite
def networks(draw: st.DrawFn) -> Network:
    populations = []
    kinds = {"n": (neurons, 3, 170), "h": (host, 3, 150), "p": (poisson, 3, 200)}
    for kind, (make, most, largest) in kinds.items():
        for number in range(draw(st.integers(1 if kind == "n" else 0, most))):
            populations.append(make(f"{kind}{number}", draw(st.integers(1, largest))))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    projections = []
    for _ in range(draw(st.integers(0, 8))):
        source = draw(st.sampled_from(populations))
        target = draw(st.sampled_from([p for p in populations if not p.is_source]))
        shape = (source.size, target.size)
        # About two connections per target, so that most of these networks fit.
        matrix = rng.random(shape) < draw(st.floats(0, 4)) / source.size
        receptor = draw(st.sampled_from(["excitatory", "inhibitory"]))
        made = projection(source.name, target.name, matrix, receptor)
        made.weight_code[:] = rng.integers(
            0, draw(st.sampled_from([1, 63, 63, 200])), len(made.pre)
        )
        projections.append(made)
    order = rng.permutation(len(populations))
    return Network(populations=tuple(populations[k] for k in order), projections=tuple(projections))


@settings(max_examples=60, deadline=None)
@given(network=networks(), seed=st.none() | st.integers(0, 2**32))
def test_every_spike_reaches_its_synapses_and_no_others(network: Network, seed: int | None) -> None:
    order = None if seed is None else np.random.default_rng(seed).permutation(512).tolist()
    try:
        assert_connected_as_wanted(network, order)
    except RuleError:
        assume(False)


def test_a_recurrent_network_of_the_whole_chip_fits() -> None:
    rng = np.random.default_rng(1)
    assert_connected_as_wanted(
        Network(
            populations=(neurons("all", 512),),
            projections=(projection("all", "all", rng.random((512, 512)) < 0.1),),
        )
    )


@pytest.mark.parametrize("source", [neurons, host])
def test_two_hundred_and_fifty_six_rows_are_enough_for_as_many_sources(source) -> None:
    everything = np.ones((256, 256))
    populations = (neurons("n", 256),) if source is neurons else (neurons("n", 256), host("h", 256))
    network = Network(
        populations=populations,
        projections=(projection(populations[-1].name, "n", everything),),
    )
    routing = route(network, place(network))
    assert np.count_nonzero(routing.row_mode[0]) == 256
    assert np.count_nonzero(routing.row_mode[1]) == 0


def test_one_to_one_connections_of_64_sources_share_one_row() -> None:
    network = Network(
        populations=(neurons("n", 64), host("h", 64)),
        projections=(projection("h", "n", np.eye(64)),),
    )
    routing = assert_connected_as_wanted(network)
    assert np.count_nonzero(routing.row_mode) == 1


def test_rows_needed_are_the_largest_in_degree_per_receptor() -> None:
    degree = np.tril(np.ones((5, 5)))  # target k has 5 - k sources
    network = Network(
        populations=(neurons("n", 5), host("h", 5)),
        projections=(
            projection("h", "n", degree),
            projection("h", "n", np.eye(5), "inhibitory"),
        ),
    )
    routing = assert_connected_as_wanted(network)
    assert Counter(routing.row_mode.ravel().tolist())[1] == 5
    assert Counter(routing.row_mode.ravel().tolist())[2] == 1


def test_a_strong_connection_is_split_over_synapses_of_one_column() -> None:
    network = Network(
        populations=(neurons("n", 1), host("h", 1)),
        projections=(projection("h", "n", np.ones((1, 1)), weight=288),),
    )
    placement = place(network)
    routing = assert_connected_as_wanted(network)
    synapses = routing.synapses.of(0)
    matrix = configure(network, placement, routing).registers["synapse_blocks"]["matrix"]
    codes = matrix["weights"][synapses.hemisphere, synapses.row, synapses.column]
    assert codes.tolist() == [63, 63, 63, 63, 36]
    assert set(synapses.column.tolist()) == {0}


def test_parallel_connections_are_synapses_of_their_own() -> None:
    once = projection("h", "n", np.ones((1, 1)), weight=10)
    network = Network(populations=(neurons("n", 1), host("h", 1)), projections=(once, once))
    routing = assert_connected_as_wanted(network)
    assert len(set(routing.synapses.row.tolist())) == 2


def test_a_source_that_fills_a_hemisphere_is_sent_over_several_buses() -> None:
    network = Network(
        populations=(neurons("n", 1), host("h", 1)),
        projections=(projection("h", "n", np.ones((1, 1)), weight=63 * 256),),
    )
    routing = assert_connected_as_wanted(network)
    assert np.sum(routing.host_labels["h"] >= 0) == 4


def test_spikes_for_both_hemispheres_are_sent_once() -> None:
    network = Network(
        populations=(neurons("n", 512), host("h", 64)),
        projections=(projection("h", "n", np.ones((64, 512))),),
    )
    routing = route(network, place(network))
    assert np.all(np.sum(routing.host_labels["h"] >= 0, axis=1) == 1)


def test_a_poisson_population_takes_one_source_on_each_hemisphere_it_reaches() -> None:
    network = Network(
        populations=(neurons("n", 300), poisson("p", 256), poisson("q", 3)),
        projections=(
            projection("p", "n", np.eye(256, 300) + np.eye(256, 300, 44)),
            projection("q", "n", np.eye(3, 300)),
        ),
    )
    routing = assert_connected_as_wanted(network)
    assert {(b.population, b.source) for b in routing.backgrounds} == {
        ("p", 0),
        ("p", 4),
        ("q", 1),
    }


def test_the_background_permutation_says_which_buses_come_first() -> None:
    network = Network(
        populations=(neurons("n", 1), poisson("p", 1), poisson("q", 1)),
        projections=(
            projection("p", "n", np.ones((1, 1))),
            projection("q", "n", np.ones((1, 1))),
        ),
    )
    routing = route(network, place(network), [2, 0, 1, 3])
    assert {b.population: b.source for b in routing.backgrounds} == {"p": 2, "q": 0}


def test_too_many_rows_are_refused_with_the_names_of_the_projections() -> None:
    network = Network(
        populations=(neurons("n", 1), host("h", 257)),
        projections=(projection("h", "n", np.ones((257, 1))),),
    )
    with pytest.raises(RuleError, match="h -> n: no room for 2 synapse rows on the top hemisphere"):
        route(network, place(network))


def test_too_many_poisson_populations_are_refused_by_name() -> None:
    names = [f"p{k}" for k in range(5)]
    network = Network(
        populations=(neurons("n", 1), *(poisson(name, 1) for name in names)),
        projections=tuple(projection(name, "n", np.ones((1, 1))) for name in names),
    )
    with pytest.raises(RuleError, match="p4: all 4 background sources"):
        route(network, place(network))


def test_a_network_without_connections_needs_nothing() -> None:
    network = Network(populations=(neurons("n", 2), host("h", 2)))
    routing = route(network, place(network))
    assert not routing.driver_listens.any()
    assert np.all(routing.host_labels["h"] == -1)
