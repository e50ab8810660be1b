"""Spreads of what was wanted of a chip, and of what it does."""

import numpy as np
import pytest

from neckar.brainscales2.calibration.residual import Residual

RANDOM = np.random.default_rng(1)
ERROR = RANDOM.normal(0, 1, 512)


def test_what_neurons_shall_differ_by_is_no_spread():
    wanted = np.linspace(70, 120, 512)
    found = Residual.of("leak / CADC LSB", wanted, wanted + 5 * ERROR, wanted + ERROR)
    assert found.wanted == pytest.approx(95)
    assert found.after.std() == pytest.approx(ERROR.std())
    assert found.ratio == pytest.approx(0.2)
    assert found.after.mean() == pytest.approx(95 + ERROR.mean())


def test_neurons_that_nothing_is_known_of_are_counted_and_left_out():
    after = np.where(np.arange(512) < 3, np.inf, 10 + ERROR)
    found = Residual.of("tau_mem / us", 10.0, np.where(np.arange(512) < 9, np.nan, after), after)
    assert (found.before.size, found.after.size, found.n_missing) == (503, 509, 3)
    assert str(found).endswith("(3 not measured)")
    assert "not measured" not in str(Residual.of("leak", 80.0, ERROR, ERROR))
