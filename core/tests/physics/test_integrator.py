"""Neurons of the hagen calibration integrate their input as the recorded one does."""

from pathlib import Path

import numpy as np
import pytest

from neckar.brainscales2.calibration.nightly import nightly
from neckar.brainscales2.twin.chip import Twin
from neckar.frontends import pynn

EXCITATORY = [1, 3, 4, 5, 7, 8, 9, 10, 15, 17, 18, 19]
INHIBITORY = [2, 6, 16]
N_NEURONS = 6


def level(time, reading, at):
    return reading[(at - 0.25 < time) & (time < at + 0.1)].mean()


def steps(time, reading, events):
    """From shortly before the events arrive until the next may; us, LSB."""
    return np.array([level(time, reading, t + 1.1) - level(time, reading, t + 0.1) for t in events])


@pytest.fixture(scope="module")
def recorded():
    path = Path(__file__).parent / "silicon" / "integrator.csv"
    return np.loadtxt(path, delimiter=",", skiprows=1, unpack=True)


def emulated():
    """Traces of some neurons, one for each."""
    pynn.setup(initial_config=nightly(Twin().serial, "hagen"))
    cells = pynn.Population(N_NEURONS, pynn.cells.HXNeuron())
    for events, sign, receptor in ((EXCITATORY, 1, "excitatory"), (INHIBITORY, -1, "inhibitory")):
        source = pynn.cells.SpikeSourceArray(spike_times=np.array(events) / 1e3)
        pynn.Projection(
            pynn.Population(1, source),
            cells,
            pynn.AllToAllConnector(),
            synapse_type=pynn.synapses.StaticSynapse(weight=sign * 63),
            receptor_type=receptor,
        )
    cells.record("v")
    pynn.run(50e-3)
    signals = cells.get_data().segments[-1].irregularlysampledsignals
    pynn.end()
    return [(1e3 * s.times.magnitude, s.magnitude[:, 0]) for s in signals]


def test_events_step_the_membrane_as_recorded_and_it_does_not_decay(recorded):
    up, down = (steps(*recorded, events).mean() for events in (EXCITATORY, INHIBITORY))
    assert up == pytest.approx(7, abs=1)
    traces = emulated()
    assert np.mean([steps(*t, EXCITATORY).mean() for t in traces]) == pytest.approx(up, abs=2.5)
    assert np.mean([steps(*t, INHIBITORY).mean() for t in traces]) == pytest.approx(down, abs=2.5)
    drift = [abs(level(*t, 45) - level(*t, 25)) for t in [recorded, *traces]]
    assert max(drift) < 12
