"""Networks larger than a chip."""

from dataclasses import replace

import numpy as np
import pytest

import neckar
from neckar.brainscales2.backends.twin import default
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.mapping.partition import partition
from neckar.errors import RuleError
from neckar.network import (
    Circuit,
    Compartments,
    Network,
    OnChipPoisson,
    Population,
    Probe,
    Projection,
    SpikeTimes,
)
from neckar.run import Injection, Results, Snippet
from neckar.units import ms, us

HOP = 0.15 * us  # from the crossbar over a bypassed neuron back to it
IN = 0.34 * us


def relays(name: str, size: int) -> Population:
    return Population(name=name, size=size, cell=Circuit(parameters={}))


def host(name: str, *trains: list[float]) -> Population:
    cell = SpikeTimes(times=tuple(np.array(train) for train in trains))
    return Population(name=name, size=len(trains), cell=cell)


def joined(source: str, target: str, pre: object, post: object, weight: int = 63) -> Projection:
    pre, post = np.broadcast_arrays(np.asarray(pre), np.asarray(post))
    return Projection(
        name=f"{source} to {target}",
        source=source,
        target=target,
        receptor="excitatory",
        pre=pre,
        post=post,
        weight_code=np.full(len(pre), weight),
    )


def spikes_of(population: str, cells: object) -> Probe:
    return Probe(population=population, cells=np.asarray(cells), variable="spikes")


def bypass() -> ChipConfig:
    return ChipConfig.of(Chip.default_neuron_bypass)


def chain(n: int, times: list[float]) -> Network:
    """The host, then n relays, then n more, one to one."""
    every = np.arange(n)
    return Network(
        populations=(host("in", times), relays("a", n), relays("b", n)),
        projections=(joined("in", "a", 0, every), joined("a", "b", every, every)),
        probes=(spikes_of("in", [0]), spikes_of("a", [3, n - 1]), spikes_of("b", [0, n - 1])),
    )


def run(what: object, **options: object) -> Results:
    return neckar.run(what, backend=default(), initial=bypass(), **options)


def test_a_network_that_fits_stays_whole() -> None:
    assert partition([chain(256, [])]) == ()


def test_pieces_hold_every_cell_once_and_senders_come_first() -> None:
    pieces = partition([chain(700, [])])
    assert sum(len(cells) for piece in pieces for cells in piece.cells.values()) == 1400
    for name in "ab":
        cells = np.concatenate([piece.cells.get(name, []) for piece in pieces])
        assert sorted(cells.tolist()) == list(range(700))
    place = {
        (name, int(cell)): k
        for k, piece in enumerate(pieces)
        for name, cells in piece.cells.items()
        for cell in cells
    }
    assert all(place["a", k] <= place["b", k] for k in range(700))


def test_spikes_of_one_execution_arrive_on_time_in_the_next() -> None:
    sent = np.array([0.1, 0.25, 0.4]) * ms
    spikes = run(chain(300, sent.tolist()), duration=0.5 * ms).spikes
    for name, cells, hops in (("in", (0,), 0), ("a", (3, 299), 1), ("b", (0, 299), 2)):
        assert sorted(spikes[name]) == sorted(cells)
        for cell in cells:
            late = hops * us  # volleys of 300 wait for each other
            assert spikes[name][cell] == pytest.approx(sent + IN + hops * HOP, abs=late)


def test_cells_in_a_loop_stay_together() -> None:
    n = 400
    every, next_one = np.arange(n), np.roll(np.arange(n), -1)
    ring = Network(
        populations=(relays("x", n), relays("ring", n)),
        projections=(joined("ring", "ring", every, next_one),),
    )
    pieces = partition([ring])
    assert [len(piece.cells["ring"]) for piece in pieces if "ring" in piece.cells] == [n]


def test_every_reason_is_told_if_a_network_cannot_be_divided() -> None:
    n = 600
    every, next_one = np.arange(n), np.roll(np.arange(n), -1)
    many = np.arange(300)
    network = Network(
        populations=(
            relays("ring", n),
            relays("other ring", n),
            host("host", *([[0.0]] * 300)),
            relays("crowded", 1),
        ),
        projections=(
            joined("ring", "ring", every, next_one),
            joined("other ring", "other ring", every, next_one),
            joined("host", "crowded", many, 0),
        ),
    )
    with pytest.raises(RuleError) as caught:
        run(network, duration=1 * ms)
    assert len(caught.value.violations) == 3
    for reason, name in zip(
        caught.value.violations, ("ring", "other ring", "crowded"), strict=True
    ):
        assert "cannot be divided" in reason
        assert name in reason


def test_a_permutation_that_leaves_circuits_out_takes_more_executions() -> None:
    some = range(511, 211, -2)
    pieces = partition([chain(200, [])], some)
    assert [sum(map(len, piece.cells.values())) for piece in pieces] == [150, 150, 100]
    sent = np.array([0.1, 0.4]) * ms
    spikes = run(chain(200, sent.tolist()), duration=0.5 * ms, neuron_permutation=some).spikes
    assert sorted(spikes["b"]) == [0, 199]
    for times in spikes["b"].values():
        assert times == pytest.approx(sent + IN + 2 * HOP, abs=2 * us)


def test_everything_that_forbids_a_division_is_said_at_once() -> None:
    n, every = 600, np.arange(600)
    cell = Circuit(parameters={"multicompartment_connect_right": np.arange(20) == 7})
    network = Network(
        populations=(relays("ring", n), Population(name="pair", size=20, cell=cell)),
        projections=(joined("ring", "ring", every, np.roll(every, 1)),),
    )
    with pytest.raises(RuleError) as caught:
        partition([network], has_registers=True)
    whole, switches, registers, loop = caught.value.violations
    assert "620 neurons are needed" in whole
    assert "pair: multicompartment_connect_right" in switches
    assert "registers of your own" in registers
    assert "600 of ring reach each other" in loop


def test_sources_on_the_chip_play_the_same_to_all_executions() -> None:
    n = 600
    network = Network(
        populations=(
            Population(name="noise", size=1, cell=OnChipPoisson(rate=20e3, seed=7)),
            relays("a", n),
        ),
        projections=(joined("noise", "a", 0, np.arange(n)),),
        probes=(spikes_of("noise", [0]), spikes_of("a", [0, n - 1])),
    )
    spikes = run(network, duration=2 * ms).spikes
    noise = spikes["noise"][0]
    assert 10 < len(noise) < 100
    for cell in (0, n - 1):
        assert spikes["a"][cell][: len(noise)] == pytest.approx(noise + HOP, abs=3 * us)


def test_snippets_and_samples_of_all_executions_come_back_under_their_names() -> None:
    network = chain(400, [0.1 * ms, 0.3 * ms])
    seen = Probe(population="b", cells=np.array([1, 399]), variable="v")
    watched = Network(
        populations=network.populations,
        projections=network.projections,
        probes=(*network.probes, seen),
    )
    snippet = Snippet(network=watched, duration=0.2 * ms)
    first, second = run([snippet, snippet]).snippets
    assert [len(part.spikes["b"][399]) for part in (first, second)] == [1, 1]
    for part in (first, second):
        samples = part.samples["b", "v", "madc"]
        assert sorted(samples) == [1, 399]
        assert all(part.begin <= s.time[0] < s.time[-1] < part.end for s in samples.values())


def test_registers_of_the_user_need_a_single_execution() -> None:
    from neckar.brainscales2.chip.coordinates import SpikeCounterReadOnDLS
    from neckar.brainscales2.program import Read

    read = Read(coordinate=SpikeCounterReadOnDLS(), ticket=0)
    with pytest.raises(RuleError, match="executions"):
        run(chain(300, []), duration=1 * ms, injection=Injection(after=(read,)))


def test_circuits_that_switches_join_are_not_divided() -> None:
    cell = Circuit(parameters={"multicompartment_connect_right": np.arange(513) == 7})
    network = Network(populations=(Population(name="a", size=513, cell=cell),))
    with pytest.raises(RuleError) as caught:
        neckar.run(network, duration=1e-4, backend=default())
    too_many, why = caught.value.violations
    assert "513 neurons are needed" in too_many
    assert "a: multicompartment_connect_right" in why


def crowd(n_targets: int, n_sources: int, *times: float) -> Network:
    """Two groups of relays, each of which hears all sources of its own."""
    pre, post = (ends.ravel() for ends in np.mgrid[:n_sources, :n_targets])
    sides = [(host(f"in {k}", *([list(times)] * n_sources)), relays(k, n_targets)) for k in "ab"]
    return Network(
        populations=tuple(population for side in sides for population in side),
        projections=tuple(joined(f"in {k}", k, pre, post) for k in "ab"),
        probes=tuple(spikes_of(k, [0, n_targets - 1]) for k in "ab"),
    )


def test_too_few_synapse_rows_are_a_reason_to_divide() -> None:
    assert partition([crowd(5, 100)]) == ()
    first, second = partition([crowd(5, 200)])
    assert (list(first.cells), list(second.cells)) == (["a"], ["b"])
    spikes = run(crowd(5, 200, 0.1 * ms), duration=0.2 * ms).spikes
    assert all(len(spikes[k][cell]) > 0 for k in "ab" for cell in (0, 4))


def test_too_few_background_sources_are_a_reason_to_divide() -> None:
    every = np.arange(2)
    noises = [
        Population(name=str(k), size=2, cell=OnChipPoisson(rate=1e5, seed=k + 1)) for k in range(9)
    ]
    network = Network(
        populations=(*noises, relays("a", 2)),
        projections=tuple(joined(noise.name, "a", every, every) for noise in noises),
        probes=(spikes_of("a", every), *(spikes_of(noise.name, every) for noise in noises)),
    )
    assert len(partition([network])) > 1
    spikes = run(network, duration=1 * ms).spikes
    sent = sum(len(spikes[noise.name][0]) for noise in noises)
    assert sent / 2 < len(spikes["a"][0]) <= sent


def test_a_crowded_readout_is_no_reason_to_divide() -> None:
    shown = [
        Probe(population="a", cells=np.array([0]), variable="v", device="pad_0_buffered"),
        Probe(population="a", cells=np.array([2]), variable="v"),
    ]
    network = Network(populations=(relays("a", 3),), probes=tuple(shown))
    assert partition([network]) == ()
    with pytest.raises(RuleError, match="share a readout line"):
        run(network, duration=1 * ms)


def two_compartments(name: str, size: int) -> Population:
    cell = Compartments(
        circuits=(((0, 0),), ((1, 0),)),
        parameters={"refractory_period_refractory_time": np.full((size, 2), 9)},
    )
    return Population(name=name, size=size, cell=cell)


def test_cells_of_several_circuits_are_divided_between_cells() -> None:
    n = 200
    every = np.arange(n)
    network = Network(
        populations=(
            host("in", [0.1 * ms]),
            two_compartments("a", n),
            two_compartments("b", n),
        ),
        projections=(
            replace(joined("in", "a", np.zeros(n, int), every), target_compartment=1),
            replace(joined("a", "b", every, every), source_compartment=1, target_compartment=1),
        ),
        probes=(replace(spikes_of("b", [0, n - 1]), compartment=1),),
    )
    pieces = partition([network])
    n_circuits = [2 * sum(map(len, piece.cells.values())) for piece in pieces]
    assert sum(n_circuits) == 4 * n
    assert max(n_circuits) <= 512
    spikes = run(network, duration=0.2 * ms).spikes["b"]
    assert sorted(spikes) == [(0, 1), (n - 1, 1)]
    for times in spikes.values():
        assert times == pytest.approx([0.1 * ms + IN + 2 * HOP], abs=2 * us)


def test_a_cell_of_too_many_inputs_is_told_once_however_many_there_are() -> None:
    with pytest.raises(RuleError) as caught:
        run(crowd(30, 300), duration=1 * ms)
    assert len(caught.value.violations) == 2


def test_every_reason_includes_those_that_no_chip_of_any_size_would_mend() -> None:
    network = crowd(3, 300)
    wrong = replace(network.projections[0], weight_code=-network.projections[0].weight_code)
    with pytest.raises(RuleError) as caught:
        run(replace(network, projections=(wrong, network.projections[1])), duration=1 * ms)
    assert "is negative" in caught.value.violations[0]
    assert all("cannot be divided" in reason for reason in caught.value.violations[1:])
