"""The same yardstick as in test_silicon.py, for everything between a script and its results."""

from pathlib import Path

import numpy as np
import pytest

from neckar.frontends import pynn

EVENTS = {"excitatory": [0.01, 0.05, 0.07, 0.09, 0.1], "inhibitory": [0.03]}


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


def extremes(receptor, weights):
    """Highest or lowest reading after one input of each weight, as in the tutorial (`ts_06`)."""
    found = np.empty((8, weights.size))
    for row, place in zip(found, range(0, 512, 64), strict=True):
        pynn.setup(neuronPermutation=[place], initial_config=pynn.helper.chip_from_nightly())
        cell = pynn.Population(1, pynn.cells.HXNeuron())
        cell.set(threshold_enable=False)
        cell.record("v")
        source = pynn.Population(1, pynn.cells.SpikeSourceArray(spike_times=[0.5]))
        synapse = pynn.synapses.StaticSynapse(weight=0)
        projection = pynn.Projection(
            source, cell, pynn.AllToAllConnector(), synapse, receptor_type=receptor
        )
        for k, weight in enumerate(weights):
            projection.set(weight=weight if receptor == "excitatory" else -weight)
            pynn.run(1)
            signal = cell.get_data().segments[-1].irregularlysampledsignals[0]
            row[k] = signal.max() if receptor == "excitatory" else signal.min()
            pynn.reset()
        pynn.end()
    return found.mean(axis=0)


def slope(weights, readings, lowest, highest):
    among = (weights >= lowest) & (weights <= highest)
    return np.polyfit(weights[among], readings[among], 1)[0]


def test_excitation_grows_with_the_weight_as_recorded():
    weights, silicon, _ = recorded("dynamic_range")
    twin = extremes("excitatory", weights.astype(int))
    for lowest, highest in ((0, 96), (0, 288), (192, 288)):
        wanted = slope(weights, silicon, lowest, highest)
        assert slope(weights, twin, lowest, highest) == pytest.approx(wanted, rel=0.25)


def test_inhibition_grows_with_the_weight_and_saturates_as_recorded():
    """Below a third of a volt the transistor that draws the current has too little left."""
    weights, _, silicon = recorded("dynamic_range")
    twin = extremes("inhibitory", weights.astype(int))
    assert slope(weights, twin, 0, 128) == pytest.approx(slope(weights, silicon, 0, 128), rel=0.25)
    assert abs(slope(weights, twin, 192, 288)) < 0.45 * abs(slope(weights, twin, 0, 128))
    assert twin[-1] - twin[0] == pytest.approx(silicon[-1] - silicon[0], rel=0.15)
    assert twin[-1] == pytest.approx(silicon[-1], abs=20)
