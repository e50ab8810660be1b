import neo
import numpy as np
import pytest
import quantities as pq

from neckar.frontends import pynn

VARIABLES = ("v", "exc_synin", "inh_synin", "adaptation")
PADS = [f"pad_{k}{mode}" for k in (0, 1) for mode in ("", "_buffered", "_unbuffered")]


def neurons(size: int = 2, label: str = "output") -> pynn.Population:
    return pynn.Population(size, pynn.cells.HXNeuron(leak_v_leak=500, leak_i_bias=500), label=label)


@pytest.mark.parametrize("device", ["madc", "cadc", *PADS])
@pytest.mark.parametrize("variable", VARIABLES)
def test_every_variable_can_be_recorded_with_every_device(variable: str, device: str) -> None:
    population = neurons(1)
    population.record(variable, device=device)
    (probe,) = population.recorder.probes()
    assert (probe.variable, probe.cells.tolist()) == (variable, [0])


@pytest.mark.parametrize("device", ["pad_2", "pad_0_un_buffered", "scope"])
def test_unknown_devices_are_refused(device: str) -> None:
    with pytest.raises(ValueError, match="output"):
        neurons().record("v", device=device)


def test_unknown_variables_are_refused() -> None:
    with pytest.raises(RuntimeError, match="Unknown variable"):
        neurons().record("gsyn")
    with pytest.raises(RuntimeError, match="Unknown variable"):
        pynn.Population(1, pynn.cells.SpikeSourceArray()).record("v")


def test_only_one_analog_variable_per_neuron() -> None:
    population = neurons(2)
    population[0:1].record("v")
    population[1:2].record("adaptation")
    with pytest.raises(ValueError, match="output: cell 0"):
        population.record("inh_synin")
    population.record(None)
    with pytest.raises(ValueError, match="v and inh_synin"):
        population.record(["v", "inh_synin"])
    assert not list(population.recorder.probes())


def test_a_pad_shows_one_neuron() -> None:
    population = neurons(2)
    with pytest.raises(ValueError, match="pad_0"):
        population.record("v", device="pad_0")
    population[0:1].record("v", device="pad_0")
    with pytest.raises(ValueError, match="pad_0"):
        population[1:2].record("v", device="pad_0")
    population[0:1].record("v", device="madc")


def test_what_the_converters_cannot_do_is_refused() -> None:
    with pytest.raises(NotImplementedError, match="sampling_interval"):
        neurons().record("v", sampling_interval=0.1)
    with pytest.raises(RuntimeError, match="locations"):
        neurons().record("v", locations=["dendrite"])


def test_none_ends_recording_of_the_whole_population() -> None:
    population, other = neurons(3), neurons(1, "other")
    population.record(["spikes", "v"])
    other.record("v")
    population[0:1].record(None)
    assert not list(population.recorder.probes())
    assert len(list(other.recorder.probes())) == 1


def test_signals_are_genuine_neo_objects() -> None:
    population = neurons(2)
    population[1:2].record("v")
    population.record("spikes")
    pynn.run(0.05)
    block = population.get_data()
    assert (block.name, block.annotations["simulator"]) == ("output", "HX")
    segment = block.segments[0]
    assert segment.name == "segment000"
    (signal,) = segment.irregularlysampledsignals
    assert isinstance(signal, neo.IrregularlySampledSignal)
    assert (signal.dtype, signal.shape[1], signal.name) == (np.float32, 1, "v")
    assert signal.units == pq.dimensionless
    assert signal.times.units == pq.ms
    assert signal.base.magnitude.ndim >= 1
    assert 0 <= float(signal.times[0]) < float(signal.times[-1]) <= 0.05
    assert 25 < signal.shape[0] / 0.05e3 < 31
    assert signal.annotations == {
        "device": "madc",
        "source_ids": [1],
        "source_locations": ["unlabeled"],
        "source_population": "output",
        "source_compartments": [0],
    }
    assert signal.array_annotations["channel_index"].tolist() == [1]
    trains = segment.spiketrains
    assert [train.annotations["source_id"] for train in trains] == [0, 1]
    assert trains[0].annotations == {
        "source_population": "output",
        "source_id": 0,
        "source_location": "unlabeled",
        "source_compartment": 0,
        "source_index": 0,
    }
    assert trains[0].base is not None
    assert (trains[0].t_start, trains[0].t_stop) == (0 * pq.ms, 0.05 * pq.ms)


def test_snippets_follow_one_another_in_time() -> None:
    population = neurons(1)
    population.record("v")
    pynn.run(0.03, pynn.RunCommand.APPEND)
    population.record(None)
    pynn.run(0.02, pynn.RunCommand.APPEND)
    population.record("v")
    pynn.run(0.03, pynn.RunCommand.EXECUTE)
    first, second = population.get_data().segments[0].irregularlysampledsignals
    assert float(first.times[-1]) <= 0.03
    assert 0.05 <= float(second.times[0]) < 0.051
    assert abs(len(first) - len(second)) < 0.05 * len(first)


def test_runs_become_segments() -> None:
    population = neurons(1)
    population.record("v")
    for _ in range(3):
        pynn.run(0.01)
        assert population.get_data().segments[-1].irregularlysampledsignals
        pynn.reset()
    segments = population.get_data("v").segments
    assert [segment.name for segment in segments] == ["segment000", "segment001", "segment002"]
    assert all(len(segment.irregularlysampledsignals) == 1 for segment in segments)


def test_clear_drops_the_data_of_one_population_only() -> None:
    population, other = neurons(1), neurons(1, "other")
    for one in (population, other):
        one.record("v")
    pynn.run(0.01)
    assert len(population.get_data(clear=True).segments[0].irregularlysampledsignals) == 1
    pynn.reset()
    assert not population.get_data().segments
    assert len(other.get_data().segments) == 1
    pynn.run(0.01)
    assert len(population.get_data().segments[-1].irregularlysampledsignals) == 1
    assert len(other.get_data().segments) == 2


def test_a_filter_keeps_what_was_asked_for_in_all_segments() -> None:
    population = neurons(1)
    population.record(["v", "spikes"])
    pynn.run(0.01)
    pynn.reset()
    pynn.run(0.01)
    spikes, v = (population.get_data(name).segments for name in ("spikes", "v"))
    assert [(len(s.spiketrains), len(s.irregularlysampledsignals)) for s in spikes] == [(1, 0)] * 2
    assert [(len(s.spiketrains), len(s.irregularlysampledsignals)) for s in v] == [(0, 1)] * 2


def test_views_see_their_own_cells() -> None:
    population = neurons(3)
    population.record("spikes")
    pynn.run(0.01)
    trains = population[[0, 2]].get_data("spikes").segments[0].spiketrains
    assert [train.annotations["source_index"] for train in trains] == [0, 2]
    assert population.get_spike_counts() == {0: 0, 1: 0, 2: 0}


def test_sources_record_what_they_send_as_it_passes_the_crossbar() -> None:
    source = pynn.Population(2, pynn.cells.SpikeSourceArray(spike_times=[[0.01, 0.03], [0.2]]))
    source.record("spikes")
    pynn.run(0.05)
    trains = source.get_data().segments[0].spiketrains
    assert trains[0].magnitude == pytest.approx([0.01034, 0.03034])
    assert len(trains[1]) == 0


def test_madc_and_cadc_see_the_same_run() -> None:
    population = neurons(2)
    population[0:1].record("v", device="madc")
    population.record("v", device="cadc")
    pynn.run(0.1)
    signals = population.get_data().segments[0].irregularlysampledsignals
    assert [(s.annotations["device"], s.annotations["source_ids"]) for s in signals] == [
        ("madc", [0]),
        ("cadc", [0]),
        ("cadc", [1]),
    ]
    madc, cadc, _ = signals
    assert 10 < len(cadc) < len(madc)
    assert cadc.max() <= 255
