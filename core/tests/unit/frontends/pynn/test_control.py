import numpy as np
import pytest

from neckar.brainscales2.chip.registers import Chip
from neckar.errors import RuleError
from neckar.frontends import pynn

PREPARE, APPEND, EXECUTE = pynn.RunCommand


def network(weight: int = 63) -> tuple[pynn.Population, pynn.Population, pynn.Projection]:
    """One source that drives two neurons in bypass mode."""
    pynn.setup(enable_neuron_bypass=True)
    target = pynn.Population(2, pynn.cells.HXNeuron(), label="output")
    source = pynn.Population(1, pynn.cells.SpikeSourceArray(spike_times=[0.01]), label="input")
    projection = pynn.Projection(
        source, target, pynn.AllToAllConnector(), pynn.synapses.StaticSynapse(weight=weight)
    )
    return source, target, projection


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"neuronPermutation": [8, 8, 8]}, ValueError),
        ({"neuronPermutation": range(513)}, OverflowError),
        ({"neuronPermutation": [512]}, OverflowError),
        ({"neuronPermutation": [-1]}, TypeError),
        ({"neuronPermutation": [1.5]}, TypeError),
        ({"backgroundPermutation": [4]}, OverflowError),
        ({"backgroundPermutation": [1, 1]}, ValueError),
        ({"foo": True}, KeyError),
        ({"min_delay": 2, "max_delay": 1}, Exception),
        ({"injected_config": object()}, TypeError),
        ({"injected_readout": {1}}, TypeError),
        ({"injected_calib_target": object()}, TypeError),
    ],
)
def test_setup_refuses_and_keeps_the_experiment(parameters: dict, error: type) -> None:
    before = pynn.simulator.state
    with pytest.raises(error):
        pynn.setup(**parameters)
    assert pynn.simulator.state is before


@pytest.mark.parametrize("permutation", [[0, 3, 6], range(512), np.array([5, 2])])
def test_setup_takes_permutations(permutation: object) -> None:
    pynn.setup(neuronPermutation=permutation)
    assert pynn.simulator.active().neuron_permutation == tuple(permutation)


def test_setup_and_end_may_come_twice() -> None:
    pynn.setup()
    pynn.setup()
    assert pynn.simulator.active().id_counter == 0
    pynn.end()
    pynn.end()
    assert pynn.simulator.state is None


def test_queries_answer_like_pynn() -> None:
    assert pynn.get_current_time() == 0
    assert pynn.get_time_step() == 3.4e-5
    assert (pynn.get_min_delay(), pynn.get_max_delay()) == (0, 0)
    assert (pynn.num_processes(), pynn.rank()) == (1, 0)
    assert pynn.list_standard_models() == [
        pynn.cells.HXNeuron,
        pynn.cells.CalibHXNeuronCuba,
        pynn.cells.CalibHXNeuronCoba,
    ]


def test_bypass_replaces_the_initial_config() -> None:
    pynn.setup(enable_neuron_bypass=True, initial_config=Chip())
    assert pynn.simulator.active().initial_config == Chip.default_neuron_bypass


@pytest.mark.parametrize(
    ("runtime", "command", "error"),
    [
        (None, APPEND, ValueError),
        (None, EXECUTE, ValueError),
        (-1, EXECUTE, ValueError),
        (float("nan"), APPEND, ValueError),
        (float("inf"), EXECUTE, ValueError),
        (1, "EXECUTE", ValueError),
    ],
)
def test_run_refuses_what_makes_no_sense(runtime: float, command: object, error: type) -> None:
    with pytest.raises(error):
        pynn.run(runtime, command)
    assert pynn.get_current_time() == 0


def test_a_second_run_needs_a_reset() -> None:
    network()
    pynn.run(0.02)
    with pytest.raises(RuntimeError, match="reset"):
        pynn.run(0.02)
    assert pynn.get_current_time() == 0.02
    pynn.reset()
    assert pynn.get_current_time() == 0
    pynn.run(0.02)


def test_an_empty_network_runs() -> None:
    pynn.run(0.1)
    pynn.reset()
    pynn.Population(2, pynn.cells.HXNeuron())
    pynn.run(0.1)


def test_too_many_neurons_name_population_and_limit_and_change_nothing() -> None:
    crowd = pynn.Population(513, pynn.cells.HXNeuron(), label="crowd")
    ring = pynn.FromListConnector([(k, (k + 1) % 513) for k in range(513)])
    pynn.Projection(crowd, crowd, ring, pynn.synapses.StaticSynapse(weight=1))
    with pytest.raises(RuleError, match=r"(?s)crowd.*512"):
        pynn.run(0.1)
    assert pynn.get_current_time() == 0
    assert not pynn.simulator.active().running


def test_a_population_larger_than_a_chip_runs_in_several_executions() -> None:
    pynn.setup(enable_neuron_bypass=True)
    source = pynn.Population(1, pynn.cells.SpikeSourceArray(spike_times=[0.1]))
    first, second = (pynn.Population(400, pynn.cells.HXNeuron()) for _ in range(2))
    synapse = pynn.synapses.StaticSynapse(weight=63)
    pynn.Projection(source, first, pynn.AllToAllConnector(), synapse)
    projection = pynn.Projection(first, second, pynn.OneToOneConnector(), synapse)
    second[[7, 399]].record(["spikes", "v"])
    pynn.run(0.3)
    segment = second.get_data().segments[0]
    assert [train.annotations["source_index"] for train in segment.spiketrains] == [7, 399]
    assert [len(train) for train in segment.spiketrains] == [1, 1]
    assert len(segment.irregularlysampledsignals) == 2
    assert pynn.get_backend_statistics().num_executions == 2
    assert all(len(synapses) == 1 for synapses in projection.placed_connections)


def test_too_many_rows_are_refused_before_anything_runs() -> None:
    _, _, projection = network()
    projection.set(weight=63 * 300)
    with pytest.raises(RuleError, match=r"(?s)input|output"):
        pynn.run(0.1)
    projection.set(weight=63)
    pynn.run(0.1)


def test_statistics_need_a_mapping() -> None:
    network()
    with pytest.raises(RuntimeError, match="PREPARE"):
        pynn.get_backend_statistics()
    pynn.run(None, PREPARE)
    statistics = pynn.get_backend_statistics()
    assert "MappedTopologyStatistics" in str(statistics)
    assert (statistics.num_neurons, statistics.num_synapses) == (2, 2)
    pynn.end()
    with pytest.raises(RuntimeError, match="setup"):
        pynn.get_backend_statistics()


def test_weights_change_between_snippets() -> None:
    source, target, projection = network(weight=0)
    source.set(spike_times=[0.01, 0.06, 0.11])
    target.record("spikes")
    pynn.run(0.05, APPEND)
    projection.set(weight=[63, 0])
    pynn.run(0.05, APPEND)
    projection.set(weight=[0, 63])
    pynn.run(0.05)
    trains = target.get_data("spikes").segments[0].spiketrains
    assert [len(train) for train in trains] == [0, 0, 1, 0, 0, 1]
    assert [train.annotations["source_index"] for train in trains] == [0, 1] * 3
    assert trains[2].t_start == 0.05
    assert 0.06 <= float(trains[2][0]) < 0.065


def test_execute_without_time_plays_what_was_appended() -> None:
    _, target, _ = network()
    target.record("spikes")
    pynn.run(0.05, APPEND)
    assert pynn.get_current_time() == 0.05
    pynn.run(None, EXECUTE)
    assert [len(train) for train in target.get_data().segments[0].spiketrains] == [1, 1]


def test_recording_to_a_file_is_written_at_the_end(tmp_path) -> None:
    import neo

    _, target, _ = network()
    path = tmp_path / "spikes.pkl"
    target.record("spikes", to_file=str(path))
    pynn.run(0.05)
    pynn.end()
    block = neo.io.PickleIO(filename=str(path)).read_block()
    assert [len(train) for train in block.segments[0].spiketrains] == [1, 1]


def test_a_session_can_serve_several_experiments() -> None:
    from neckar.brainscales2.backends import twin

    with twin.default().open() as session:
        for _ in range(2):
            pynn.setup(connection=session)
            pynn.Population(1, pynn.cells.HXNeuron())
            pynn.run(0.01)
            pynn.end()


def test_spikes_that_the_link_loses_are_reported(caplog: pytest.LogCaptureFixture) -> None:
    source, _, _ = network()
    source.set(spike_times=np.full(5000, 0.01))
    pynn.run(0.05)
    assert "lost" in caplog.text


def test_a_run_may_take_no_time() -> None:
    _, target, _ = network()
    target.record(["spikes", "v"])
    pynn.run(0)
    assert [len(train) for train in target.get_data().segments[0].spiketrains] == [0, 0]


def test_noise_goes_on_where_a_process_takes_the_chip_again() -> None:
    def trace() -> np.ndarray:
        pynn.setup()
        neuron = pynn.Population(1, pynn.cells.HXNeuron(leak_v_leak=500, leak_i_bias=500))
        neuron.record("v")
        pynn.run(0.02)
        return np.ravel(neuron.get_data().segments[0].irregularlysampledsignals[0].magnitude)

    first, second = trace(), trace()
    assert first.size > 400
    assert not np.array_equal(first, second)
    assert abs(first[100:].mean() - second[100:].mean()) < 3
