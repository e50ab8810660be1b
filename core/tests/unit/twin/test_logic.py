"""Logic between refractory states."""

import numpy as np
import pytest

import neckar
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin import logic
from neckar.brainscales2.twin.chip import Twin
from neckar.brainscales2.twin.logic import AND, LOCAL, MULLER_C, XNOR, Logic, Memory
from neckar.network import Circuit, Network, Population, Probe, Projection, SpikeTimes
from neckar.units import us

LENGTH = 10 * us


def pair(operation: int, *, is_posting: bool = True) -> Logic:
    """Neuron 0 drives the line of neuron 1, both are refractory for 10 us."""
    return Logic(
        operation=np.array([LOCAL, operation]),
        is_asking=np.array([False, operation != LOCAL]),
        is_posting=np.array([True, is_posting]),
        length=np.full(2, LENGTH),
        masters=(np.zeros(0, int), np.array([0])),
    )


def outputs(
    made: Logic, remote: list[float], own: list[float], cuts: tuple[float, ...] = (100.0,)
) -> tuple[list[float], list[float]]:
    """Times in us at which neuron 1 sends, and its column is pulsed; the time runs in pieces."""
    memory = Memory.empty(2)
    begin, sent, posts = 0.0, [], []
    for end in cuts:
        time = np.array([*remote, *own])
        neuron = np.array([0] * len(remote) + [1] * len(own))
        inside = (begin <= time) & (time < end)
        order = np.argsort(time[inside], kind="stable")
        spikes = time[inside][order] * us, neuron[inside][order]
        for found, kept in zip(
            made.outputs(spikes, begin * us, end * us, memory), (sent, posts), strict=True
        ):
            kept += (found[0][found[1] == 1] / us).tolist()
        begin = end
    return sent, posts


CASES = [
    (LOCAL, [5, 50], [20, 52], [20, 52]),
    (AND, [5, 50], [20, 52], [52]),
    (AND, [5, 50], [12, 48], [12, 50]),
    (XNOR, [5, 50], [12, 80], [12, 22, 60, 90]),
    (MULLER_C, [5, 18], [12, 24], [12]),
    (MULLER_C, [5, 50], [12, 52], [12, 52]),
]


@pytest.mark.parametrize(("operation", "remote", "own", "wanted"), CASES)
def test_outputs_follow_both_states(operation, remote, own, wanted):
    assert outputs(pair(operation), remote, own)[0] == pytest.approx(wanted)


@pytest.mark.parametrize(("operation", "remote", "own", "wanted"), CASES)
def test_it_does_not_matter_in_how_many_pieces_the_time_runs(operation, remote, own, wanted):
    cuts = (7.0, 14.0, 19.0, 21.5, 23.0, 51.0, 55.0, 61.0, 100.0)
    assert outputs(pair(operation), remote, own, cuts)[0] == pytest.approx(wanted)


def test_columns_are_pulsed_by_the_output_or_by_the_line():
    assert outputs(pair(AND), [5, 50], [12])[1] == pytest.approx([12])
    assert outputs(pair(AND, is_posting=False), [5, 50], [12])[1] == pytest.approx([5, 50])


def host(name: str, *trains: list[float]) -> Population:
    return Population(
        name=name, size=len(trains), cell=SpikeTimes(times=tuple(np.array(t) * us for t in trains))
    )


def joined(source: str, target: str, pre: list[int], post: list[int]) -> Projection:
    return Projection(
        name=f"{source} to {target}",
        source=source,
        target=target,
        receptor="excitatory",
        pre=np.array(pre),
        post=np.array(post),
        weight_code=np.full(len(pre), 63),
    )


def spikes(operation: int) -> dict[int, np.ndarray]:
    """Of three relays: 0 drives the line of 1, which does logic; 2 hears 1."""
    switches = {
        "bayesian_enable_master": [True, False, False],
        "bayesian_connect_fire_to_right": [True, False, False],
        "bayesian_operation": [LOCAL, operation, LOCAL],
        "refractory_period_refractory_time": [150, 150, 0],
    }
    parameters = {name: np.array(values) for name, values in switches.items()}
    network = Network(
        populations=(
            host("in", [10, 200], [10.6, 300]),
            Population(name="relays", size=3, cell=Circuit(parameters=parameters)),
        ),
        projections=(joined("in", "relays", [0, 1], [0, 1]), joined("relays", "relays", [1], [2])),
        probes=(Probe(population="relays", cells=np.arange(3), variable="spikes"),),
    )
    bypass = ChipConfig.of(Chip.default_neuron_bypass)
    return neckar.run(network, duration=0.4e-3, backend=Twin(), initial=bypass).spikes["relays"]


@pytest.mark.parametrize(("operation", "wanted"), [(LOCAL, [10.6, 300]), (AND, [10.6])])
def test_what_logic_makes_leaves_the_chip_and_reaches_other_neurons(operation, wanted):
    found = spikes(operation)
    assert found[0] / us == pytest.approx([10, 200], abs=0.6)
    assert found[1] / us == pytest.approx(wanted, abs=0.6)
    assert found[2] == pytest.approx(found[1] + 0.15 * us, abs=0.3 * us)


def test_an_exclusive_or_answers_when_its_inputs_agree_again():
    found = spikes(XNOR)
    length = 1.2  # 150 cycles
    wanted = [10.6, 10.6 + length, 200 + length, 300 + length]
    assert (found[1] - found[0][0]) / us + 10 == pytest.approx(wanted, abs=0.2)
    assert found[2] == pytest.approx(found[1] + 0.15 * us, abs=0.3 * us)


def test_the_defaults_ask_for_nothing():
    settings = Chip().array["neuron_block"]["atomic_neurons"]
    assert not logic.is_asked(settings)
    assert not logic.posts_otherwise(settings)
