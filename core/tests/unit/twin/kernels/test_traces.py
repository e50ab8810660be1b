"""Traces of many neurons are read at once."""

import numpy as np
import pytest

from neckar.brainscales2.twin.kernels.traces import KNOT, Traces


def knots(times):
    random = np.random.default_rng(len(times))
    made = np.zeros(len(times), KNOT)
    made["time"] = times
    for name in ("v", "w", "excitatory", "inhibitory"):
        made[name] = random.normal(size=len(times))
    return made


GRID = np.arange(20.0)
BENT = np.sort(np.append(GRID, [3.3, 3.4]))
TIMES = np.array([-1.0, 0.0, 0.4, 3.0, 3.35, 11.99, 19.0, 25.0])


@pytest.mark.parametrize(
    "parts", [[GRID] * 3, [GRID, BENT, GRID], [GRID, GRID + 0.1, GRID], [BENT], [np.zeros(1)] * 2]
)
def test_each_neuron_shows_its_variable_between_its_knots(parts):
    traces = Traces.of([knots(part) for part in parts])
    which = np.arange(len(parts))[::-1]
    names = ["w", "v", "inhibitory"][: len(parts)]
    values = traces.at(which, names, TIMES)
    for column, (k, name) in enumerate(zip(which, names, strict=True)):
        trace = traces[k]
        expected = np.interp(TIMES, trace.time, getattr(trace, name))
        np.testing.assert_allclose(values[:, column], expected, rtol=1e-12, atol=1e-12)


def test_pieces_of_time_become_one():
    whole = [knots(GRID), knots(BENT)]
    early, late = [part[:7] for part in whole], [part[7:] for part in whole]
    joined = Traces.joined([Traces.of(early), Traces.of(late)])
    for one, other in zip(joined.parts(), whole, strict=True):
        np.testing.assert_array_equal(one, other)


def test_of_nobody_there_is_nothing():
    nobody = Traces.of_nobody()
    assert not list(nobody)
    assert nobody.at(np.empty(0, int), [], TIMES).shape == (TIMES.size, 0)
