"""The compiled pairing of pulses against the one to be read."""

from dataclasses import replace

import numpy as np
import pytest

from neckar.brainscales2.twin import correlation
from neckar.brainscales2.twin.kernels import pairing as specification
from neckar.brainscales2.twin.kernels.pairing import Occasions, Pairing, RowPulses
from neckar.units import mV, us

compiled = pytest.importorskip("neckar.brainscales2.twin.kernels.compiled")


@pytest.fixture
def pairing():
    chance = np.random.default_rng(1)
    shape = (2, 512, 256)
    return Pairing(
        amplitude=chance.uniform(1, 5, shape).astype(np.float32) * np.float32(mV),
        rate=chance.uniform(1, 3, shape).astype(np.float32) / np.float32(10 * us),
        limit=6 * mV,
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


@pytest.fixture
def occasions():
    chance = np.random.default_rng(3)
    what = np.where(chance.random(2000) < 0.5, chance.integers(0, 20, 2000), -1)
    what = np.where(what < 0, -1 - chance.integers(0, 512, 2000), what)
    return Occasions(time=np.sort(chance.uniform(0, 1e-3, 2000)), what=what.astype(np.int32))


def test_compiled_follows_the_specification(pairing, pulses, occasions):
    mine = correlation.powered_up(0.0)
    theirs = mine.copy()
    compiled.correlate(mine, pairing, pulses, occasions)
    specification.correlate(theirs, pairing, pulses, occasions)
    for name in ("causal", "acausal"):
        one, other = getattr(mine, name), getattr(theirs, name)
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-8)
        assert np.count_nonzero(one) > 1000
        assert one.max() == pytest.approx(6 * mV)
    np.testing.assert_array_equal(mine.row_pulse, theirs.row_pulse)
    np.testing.assert_array_equal(mine.neuron_pulse, theirs.neuron_pulse)


def test_numbers_that_point_elsewhere_are_refused(pairing, pulses, occasions):
    sensors = correlation.powered_up(0.0)
    wrong = replace(occasions, what=occasions.what + 20)
    with pytest.raises(ValueError, match="addresses or -1 - neuron"):
        compiled.correlate(sensors, pairing, pulses, wrong)
    for name in ("row", "start"):
        bad = replace(pulses, **{name: getattr(pulses, name) + np.int32(512)})
        with pytest.raises(ValueError, match=f"pulses.{name}"):
            compiled.correlate(sensors, pairing, bad, occasions)
