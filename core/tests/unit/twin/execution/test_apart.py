"""Neurons that nothing reaches are followed apart."""

import numpy as np
import pytest

from neckar.brainscales2.twin.execution.apart import advance_apart, is_possible
from neckar.brainscales2.twin.kernels import advance
from neckar.units import V, ms, mV

N_STEPS = 200_000


@pytest.fixture(scope="module")
def moved(circuits):
    """32 neurons of which every fourth fires, followed together and apart; they start at 0.6 V."""
    n, tau = 32, 2.4e-12 * 0.3 / 75e-9
    noise = 1 * mV * np.sqrt(2 / tau)
    neurons = circuits.neurons(
        n, leak_potential=np.where(np.arange(n) % 4, 0.65, 0.9), noise=noise, holdoff_time=3e-6
    )
    key = np.random.default_rng(2).integers(1, 2**63, n).astype(np.uint64)
    together, own = circuits.state(n), circuits.state(n)
    silent = circuits.fanout(n), circuits.arrivals(), circuits.watch()
    whole = advance(neurons, together, *silent, N_STEPS * 1e-7, key)
    return (whole, together), (advance_apart(neurons, own, N_STEPS, key), own)


def test_whoever_fires_fires_as_among_the_others(moved):
    (whole, together), (parts, own) = moved
    assert whole.spike_time.size > 1000
    assert np.array_equal(parts.spike_time, whole.spike_time)
    assert np.array_equal(parts.spike_neuron, whole.spike_neuron)
    for name in ("v", "reset_left", "holdoff_left"):
        assert np.array_equal(getattr(own, name)[::4], getattr(together, name)[::4])


def test_whoever_rests_is_where_noise_leaves_it(moved):
    _, (_, own) = moved
    resting = own.v[np.arange(own.v.size) % 4 > 0]
    assert resting.mean() == pytest.approx(0.65 * V, abs=0.8 * mV)
    assert resting.std() == pytest.approx(1 * mV, rel=0.5)
    assert own.step == N_STEPS


def test_neurons_that_hear_or_show_anything_are_followed_together(circuits):
    heard = circuits.fanout(2, [[(0, 10 * mV)]], address_of=[0, -1])
    silent = circuits.fanout(2, [[(0, 10 * mV)]])
    state, nothing, nobody = circuits.state(2), circuits.arrivals(), circuits.watch()
    assert is_possible(silent, state, nothing, nobody, None)
    assert not is_possible(heard, state, nothing, nobody, None)
    assert not is_possible(silent, state, circuits.arrivals([1 * ms]), nobody, None)
    assert not is_possible(silent, state, nothing, circuits.watch(1), None)
