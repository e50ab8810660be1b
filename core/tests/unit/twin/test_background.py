"""On-chip spike sources."""

import numpy as np
import pytest

from neckar.brainscales2.chip.datasheet import BACKGROUND_FREQUENCY
from neckar.brainscales2.twin import background
from neckar.brainscales2.twin.background import Source
from neckar.errors import ProgramError

REGISTERS = np.dtype(
    [
        ("enable", "?"),
        ("enable_random", "?"),
        ("period", "u2"),
        ("rate", "u1"),
        ("seed", "u4"),
        ("mask", "u1"),
        ("neuron_label", "u2"),
    ]
)


def settings(**values):
    registers = np.zeros(1, REGISTERS)
    for name, value in {"enable": True, "period": 1000, "rate": 255, **values}.items():
        registers[name] = value
    return registers[0]


def emitted(registers, until, source=None):
    return background.emit(source or background.switch(Source(), registers, 0.0), registers, until)


def test_the_first_spike_of_a_regular_source_comes_one_full_period_after_it_was_switched_on():
    registers = settings(period=500)
    source = background.switch(Source(), registers, 1e-3)
    _, emission = background.emit(source, registers, 1e-3 + 7e-6)
    assert emission.time == pytest.approx(1e-3 + np.array([2e-6, 4e-6, 6e-6]), abs=1e-12)


def test_a_random_source_has_the_mean_rate_that_its_registers_say():
    registers = settings(enable_random=True, rate=100)
    _, emission = emitted(registers, 1.0)
    expected = BACKGROUND_FREQUENCY / 1000 * 100 / 255
    assert emission.time.size == pytest.approx(expected, abs=4 * np.sqrt(expected))


def test_intervals_of_a_random_source_scatter_like_those_of_a_poisson_process():
    _, emission = emitted(settings(enable_random=True, rate=3, period=100), 1.0)
    interval = np.diff(emission.time)
    assert interval.std() / interval.mean() == pytest.approx(1.0, abs=0.03)
    following = np.corrcoef(interval[:-1], interval[1:])[0, 1]
    assert abs(following) < 4 / np.sqrt(interval.size)


def test_rate_0_never_fires_and_rate_255_always_does():
    _, never = emitted(settings(enable_random=True, rate=0), 0.01)
    _, always = emitted(settings(enable_random=True, rate=255), 0.01)
    assert never.time.size == 0
    assert always.time.size == 2499


def test_masked_bits_of_the_label_are_random_and_the_others_stay():
    registers = settings(enable_random=True, neuron_label=0x1248, mask=0x07)
    _, emission = emitted(registers, 0.1)
    counts = np.bincount(emission.label - 0x1248)
    assert counts.size == 8
    assert counts.min() > 0.9 * counts.mean()
    assert set(emission.label) == set(background.labels(registers))


def test_a_regular_source_sends_one_label_whatever_its_mask():
    registers = settings(neuron_label=0x1248, mask=0x07)
    _, emission = emitted(registers, 0.01)
    assert set(emission.label) == {0x1248} == set(background.labels(registers))


def test_going_on_continues_the_same_sequence():
    registers = settings(enable_random=True, rate=80, mask=255)
    _, whole = emitted(registers, 0.02)
    source, first = emitted(registers, 0.007)
    _, second = emitted(registers, 0.02, source)
    assert np.array_equal(np.concatenate([first.time, second.time]), whole.time)
    assert np.array_equal(np.concatenate([first.label, second.label]), whole.label)


def test_skipping_leads_to_where_listening_leads():
    registers = settings(enable_random=True, rate=80)
    start = background.switch(Source(), registers, 0.0)
    listened, _ = background.emit(start, registers, 0.123)
    assert background.skip(start, registers, 0.123) == listened


def test_only_the_edge_to_on_loads_the_seed():
    registers = settings(enable_random=True, seed=5)
    running, _ = emitted(registers, 1e-3)
    again = settings(enable_random=True, seed=6)
    assert background.switch(running, again, 1e-3) == running
    off = background.switch(running, settings(enable=False), 1e-3)
    assert background.switch(off, again, 1e-3).register != running.register


def test_different_seeds_give_different_spikes_and_seed_0_is_as_good_as_any():
    trains = [emitted(settings(enable_random=True, rate=100, seed=s), 0.01)[1] for s in (0, 1)]
    assert all(800 < train.time.size < 1200 for train in trains)
    assert not np.array_equal(*(train.time[:800] for train in trains))


def test_an_enabled_source_without_a_period_is_refused():
    registers = np.zeros(8, REGISTERS)
    registers["enable"][3] = True
    with pytest.raises(ProgramError, match="background source 3: enabled with period 0"):
        background.check(registers)
