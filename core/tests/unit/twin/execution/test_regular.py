"""Neurons that fire regularly are followed for some intervals, and multiplied."""

import numpy as np
import pytest

from neckar.brainscales2.twin.execution.apart import advance_apart
from neckar.brainscales2.twin.execution.regular import find_rhythm
from neckar.brainscales2.twin.kernels import STEP, advance
from neckar.brainscales2.twin.kernels.rest import find_rest
from neckar.units import mV, ns, us

N, N_STEPS = 24, 300_007  # 30 ms


@pytest.fixture(scope="module")
def neurons(circuits):
    """Half of them rest, others fire every 5 to 30 us; some in an upswing."""
    upswing = np.where(np.arange(N) % 4 == 3, 1e-9, 0.0)
    return circuits.neurons(
        N,
        leak_potential=np.where(np.arange(N) % 3, 0.75 + 0.01 * np.arange(N), 0.6),
        exponential_current=upswing,
        exponential_potential=0.66,
        exponential_slope=0.02,
        holdoff_time=np.where(np.arange(N) % 2, 3e-6, 0.13e-6),
    )


@pytest.fixture(scope="module")
def moved(circuits, neurons):
    """Step by step, and apart."""
    key = np.zeros(N, np.uint64)
    together, own = circuits.state(N), circuits.state(N)
    silent = circuits.fanout(N), circuits.arrivals(), circuits.watch()
    whole = advance(neurons, together, *silent, N_STEPS * STEP, key)
    return (whole, together), (advance_apart(neurons, own, N_STEPS, key), own)


def test_every_spike_is_there_at_its_time(moved):
    (whole, _), (parts, _) = moved
    assert np.unique(whole.spike_neuron).size == N // 2
    assert np.all(np.diff(parts.spike_time) >= 0)
    for k in range(N):
        one, other = (each.spike_time[each.spike_neuron == k] for each in (whole, parts))
        assert other.size == one.size
        assert other == pytest.approx(one, abs=20 * ns, rel=0)


def test_neurons_are_left_where_they_would_be(moved):
    (_, together), (_, own) = moved
    assert own.step == together.step == N_STEPS
    assert own.v == pytest.approx(together.v, abs=2 * mV)
    for name in ("reset_left", "holdoff_left"):
        left = getattr(together, name)
        assert getattr(own, name) == pytest.approx(left, abs=20 * ns)


def rhythm_after(circuits, neurons, key, n_steps):
    state, silent = circuits.state(N), (circuits.fanout(N), circuits.arrivals(), circuits.watch())
    seen = advance(neurons, state, *silent, n_steps * STEP, key)
    noise = np.where(key != 0, neurons.noise, 0.0)
    assert find_rest(neurons, state, noise).reached.any()
    return find_rhythm(neurons, state, noise, seen)


def test_a_rhythm_is_an_interval_and_the_last_spike(circuits, neurons):
    rhythm = rhythm_after(circuits, neurons, np.zeros(N, np.uint64), 10_000)
    assert rhythm.which.size >= N // 3
    assert np.all(rhythm.last <= 10_000 * STEP)
    assert np.all(rhythm.last + rhythm.interval > 10_000 * STEP)
    assert np.all((rhythm.interval > 3 * us) & (rhythm.interval < 60 * us))


def test_noise_and_adaptation_leave_nothing_to_multiply(circuits, neurons):
    noisy = circuits.neurons(N, leak_potential=0.9, noise=0.3)
    key = np.arange(1, N + 1).astype(np.uint64)
    state = circuits.state(N)
    silent = circuits.fanout(N), circuits.arrivals(), circuits.watch()
    seen = advance(noisy, state, *silent, 10_000 * STEP, key)
    assert seen.spike_time.size
    assert find_rhythm(noisy, state, noisy.noise, seen).which.size == 0
    adapting = circuits.neurons(N, leak_potential=0.9, adaptation_increment=1e-9)
    assert find_rhythm(adapting, state, np.zeros(N), seen).which.size == 0
