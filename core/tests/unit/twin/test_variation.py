from dataclasses import fields

import numpy as np
import pytest

from neckar.brainscales2.twin.noise import Noise, trial
from neckar.brainscales2.twin.variation import Spread, factors, offsets, stream


def test_a_place_on_a_chip_has_the_same_numbers_whenever_it_is_asked():
    first = stream(57, "neuron/leak").standard_normal(4)
    stream(57, "something/else").standard_normal(100)
    np.testing.assert_array_equal(first, stream(57, "neuron/leak").standard_normal(4))


def test_numbers_do_not_depend_on_the_process():
    """A hash that changed with the process would make a new chip of every run."""
    assert stream(57, "neuron/leak").integers(1000) == 308


@pytest.mark.parametrize(("serial", "path"), [(58, "a"), (57, "b")])
def test_other_chips_and_other_places_differ(serial, path):
    assert stream(57, "a").random() != stream(serial, path).random()


def test_factors_scatter_around_one_and_keep_signs():
    drawn = factors(1, "a", 0.2, 20_000)
    assert np.median(drawn) == pytest.approx(1, abs=0.01)
    assert np.std(np.log(drawn)) == pytest.approx(0.2, rel=0.03)
    assert drawn.min() > 0


def test_offsets_scatter_around_zero():
    drawn = offsets(1, "a", 5e-3, (100, 200))
    assert drawn.shape == (100, 200)
    assert drawn.std() == pytest.approx(5e-3, rel=0.03)


@pytest.mark.parametrize("none", [Spread.none(), Noise.none()])
def test_an_ideal_chip_has_nothing_of_anything(none):
    assert all(getattr(none, field.name) == 0 for field in fields(none))


def test_trials_are_named_by_the_seed_of_the_run():
    assert trial(1, "madc").random() == trial(1, "madc").random()
    assert trial(1, "madc").random() != trial(2, "madc").random()
