import numpy as np
import pytest

from neckar.brainscales2.calibration.bisect import bisect, falling


def test_every_circuit_gets_the_code_nearest_to_what_it_should_do():
    gain = np.array([0.5, 1.0, 2.0])
    codes = bisect(lambda code: gain * code, 100.4, 3)
    np.testing.assert_array_equal(codes, [201, 100, 50])


def test_measures_that_fall_are_turned_around():
    assert bisect(falling(lambda code: 1000 / np.maximum(code, 1)), -10.0, 1)[0] == 100


@pytest.mark.parametrize(("wanted", "code"), [(-5, 0), (5000, 1022)])
def test_what_cannot_be_reached_is_approached(wanted, code):
    assert bisect(lambda code: code, wanted, 1)[0] == code
