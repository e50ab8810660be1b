"""The same yardstick as in test_silicon.py, for everything between a script and its results."""

from pathlib import Path

import numpy as np
import pytest

from neckar.frontends import pynn

EVENTS = {"excitatory": [0.01, 0.05, 0.07, 0.09, 0.1], "inhibitory": [0.03]}


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


def recorded(name):
    path = Path(__file__).parent / "silicon" / f"{name}.csv"
    return np.loadtxt(path, delimiter=",", skiprows=1, unpack=True)


def traced(cells, runtime):
    cells.record(["v", "spikes"])
    pynn.run(runtime)
    segment = cells.get_data().segments[-1]
    signal = segment.irregularlysampledsignals[0]
    spikes = 1e3 * segment.spiketrains[0].magnitude
    pynn.end()
    return 1e3 * signal.times.magnitude, signal.magnitude[:, 0], spikes


def test_a_silent_neuron_is_read_like_the_recorded_one():
    pynn.setup()
    cell = pynn.cells.HXNeuron(
        leak_v_leak=700, leak_i_bias=1022, membrane_capacitance_capacitance=63
    )
    _, reading, spikes = traced(pynn.Population(1, cell), 0.2)
    assert reading.mean() == pytest.approx(374, abs=15)
    assert 1.3 < reading.std() < 2.0
    assert spikes.size == 0


def test_ten_neurons_with_their_leaks_above_threshold_fire_like_the_recorded_ones():
    pynn.setup()
    cell = pynn.cells.HXNeuron(
        leak_v_leak=1000,
        leak_i_bias=200,
        threshold_enable=True,
        threshold_v_threshold=300,
        reset_v_reset=400,
        reset_i_bias=1022,
        membrane_capacitance_capacitance=63,
        refractory_period_refractory_time=255,
    )
    cells = pynn.Population(10, cell)
    cells.record(["v", "spikes"])
    pynn.run(0.1)
    segment = cells.get_data().segments[-1]
    pynn.end()
    intervals = [1e3 * np.diff(train.magnitude) for train in segment.spiketrains]
    readings = [signal.magnitude for signal in segment.irregularlysampledsignals]
    assert np.mean([each.mean() for each in intervals]) == pytest.approx(6.0, abs=1.0)
    assert max(each.std() for each in intervals) < 0.11
    assert np.mean([np.percentile(each, 99.5) for each in readings]) == pytest.approx(408, abs=25)
    assert np.mean([np.percentile(each, 0.5) for each in readings]) == pytest.approx(230, abs=25)


def test_postsynaptic_potentials_stack_like_the_recorded_ones():
    pynn.setup(initial_config=pynn.helper.chip_from_nightly())
    neuron = pynn.Population(1, pynn.cells.HXNeuron(threshold_enable=False))
    for receptor, times in EVENTS.items():
        source = pynn.Population(1, pynn.cells.SpikeSourceArray(spike_times=times))
        synapse = pynn.synapses.StaticSynapse(weight=63 if receptor == "excitatory" else -63)
        pynn.Projection(source, neuron, pynn.AllToAllConnector(), synapse, receptor_type=receptor)
    time, reading, _ = traced(neuron, 0.2)
    grid = np.arange(2, 198, 0.1)
    silicon, twin = np.interp(grid, *recorded("psp_stacking")), np.interp(grid, time, reading)
    assert np.corrcoef(silicon, twin)[0, 1] > 0.98
    first, before = twin[(grid > 15) & (grid < 29)], twin[grid < 9]
    assert 30 < np.percentile(first, 90) - before.mean() < 60
