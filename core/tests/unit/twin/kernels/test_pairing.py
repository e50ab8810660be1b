"""The compiled pairing of pulses against the one to be read, and that against counting pairs."""

from dataclasses import replace

import numpy as np
import pytest

from neckar.brainscales2.twin import correlation
from neckar.brainscales2.twin.kernels import pairing as specification
from neckar.brainscales2.twin.kernels.pairing import Occasions, Pairing, RowPulses
from neckar.units import ms, mV, us

compiled = pytest.importorskip("neckar.brainscales2.twin.kernels.compiled")


@pytest.fixture
def pairing():
    chance = np.random.default_rng(1)
    shape = (2, 512, 256)
    rate = chance.uniform(1, 3, shape).astype(np.float32) / np.float32(10 * us)
    return Pairing(
        amplitude=chance.uniform(1, 5, shape).astype(np.float32) * np.float32(mV),
        rate=rate,
        limit=6 * mV,
        leak=1 / (50 * ms),
        memory=20 / float(rate.min()),
        label=chance.integers(0, 3, (512, 256)).astype(np.uint8),
    )


@pytest.fixture
def pulses():
    """Address k pulses three rows with label k % 3."""
    chance = np.random.default_rng(2)
    return RowPulses(
        start=np.arange(0, 61, 3, dtype=np.int32),
        row=chance.integers(0, 512, 60).astype(np.int32),
        label=np.repeat(np.arange(20) % 3, 3).astype(np.int32),
    )


def occasions(seed=3, n=2000, duration=1 * ms):
    """Events and spikes on a grid of 0.1 µs; at the same time events come first."""
    chance = np.random.default_rng(seed)
    what = np.where(chance.random(n) < 0.5, chance.integers(0, 20, n), -1)
    what = np.where(what < 0, -1 - chance.integers(0, 512, n), what)
    time = np.round(chance.uniform(0, duration, n), 7)
    order = np.lexsort((what < 0, time))
    return Occasions(time=time[order], what=what[order].astype(np.int32))


def assert_same(mine, theirs):
    for name in ("causal", "acausal"):
        one, other = getattr(mine, name), getattr(theirs, name)
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-8)
    np.testing.assert_array_equal(mine.row_pulse, theirs.row_pulse)
    np.testing.assert_array_equal(mine.neuron_pulse, theirs.neuron_pulse)
    assert mine.time == theirs.time


@pytest.mark.parametrize("duration", [1 * ms, 20 * ms, 250 * ms])
def test_compiled_follows_the_specification(pairing, pulses, duration):
    mine = correlation.powered_up(0.0)
    theirs = mine.copy()
    seen = occasions(duration=duration)
    compiled.correlate(mine, pairing, pulses, seen)
    specification.correlate(theirs, pairing, pulses, seen)
    assert_same(mine, theirs)
    assert np.count_nonzero(mine.causal) > 1000
    if duration < 2 * ms:
        assert mine.acausal.max() == pytest.approx(6 * mV, rel=0.05)


def test_every_instruction_set_pairs_alike(pairing, pulses, monkeypatch):
    first, *others = compiled._kernel.paths()
    monkeypatch.setenv("NECKAR_CPU_PATH", first)
    mine = correlation.powered_up(0.0)
    compiled.correlate(mine, pairing, pulses, occasions())
    for path in others:
        monkeypatch.setenv("NECKAR_CPU_PATH", path)
        theirs = correlation.powered_up(0.0)
        compiled.correlate(theirs, pairing, pulses, occasions())
        assert_same(mine, theirs)


def test_it_does_not_matter_in_how_many_pieces_pulses_are_shown(pairing, pulses):
    once, often, seen = correlation.powered_up(0.0), correlation.powered_up(0.0), occasions()
    compiled.correlate(once, pairing, pulses, seen)
    for at in np.array_split(np.arange(seen.time.size), 37):
        piece = Occasions(time=seen.time[at], what=seen.what[at])
        compiled.correlate(often, pairing, pulses, piece)
    assert_same(once, often)


def test_pulses_pair_with_their_nearest_neighbours(pairing, pulses):
    """Counted synapse by synapse, without saturation and leakage."""
    free = replace(pairing, limit=np.inf, leak=0.0)
    seen, sensors = occasions(n=6000), correlation.powered_up(0.0)
    compiled.correlate(sensors, free, pulses, seen)
    for neuron in (3, 200, 300, 511):
        posts = seen.time[seen.what == -1 - neuron]
        for row in np.unique(pulses.row[pulses.row // 256 == neuron // 256])[:8]:
            at = row, neuron % 256
            hears = (pulses.row == row) & (pulses.label == pairing.label[at])
            addresses = np.repeat(np.arange(20), 3)[hears]
            rows = seen.time[np.isin(seen.what, addresses)]
            causal, acausal = (
                np.sum(free.amplitude[(k, *at)] * np.exp(-free.rate[(k, *at)] * late))
                for k, late in enumerate((_pairs(rows, posts), _pairs(posts, rows, "right")))
            )
            assert sensors.causal[at] == pytest.approx(causal, rel=1e-4, abs=1e-9)
            assert sensors.acausal[at] == pytest.approx(acausal, rel=1e-4, abs=1e-9)


def _pairs(firsts, seconds, tie="left"):
    """How much later each of `seconds` is than the last of `firsts`, if it is the next one."""
    side = {"left": "right", "right": "left"}[tie]
    place = np.searchsorted(firsts, seconds, side=side)
    is_next = np.diff(place, prepend=0) > 0
    return seconds[is_next] - firsts[place[is_next] - 1]


def test_numbers_that_point_elsewhere_are_refused(pairing, pulses):
    sensors, seen = correlation.powered_up(0.0), occasions()
    wrong = replace(seen, what=seen.what + 20)
    with pytest.raises(ValueError, match="addresses or -1 - neuron"):
        compiled.correlate(sensors, pairing, pulses, wrong)
    with pytest.raises(ValueError, match="must ascend"):
        compiled.correlate(sensors, pairing, pulses, replace(seen, time=-seen.time))
    for name in ("row", "start", "label"):
        bad = replace(pulses, **{name: getattr(pulses, name) + np.int32(512)})
        with pytest.raises(ValueError, match=f"pulses.{name}"):
            compiled.correlate(sensors, pairing, bad, seen)
