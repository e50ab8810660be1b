"""Circuits that hang together against analytic solutions and SciPy's."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from neckar.brainscales2.twin import kernels
from neckar.units import mV, nA, nS, pF, us

advance = kernels.advance


def traces(circuits, p, coupling, v, duration, fanout=None, arrivals=None):
    n = len(p.capacitance)
    outcome = advance(
        p,
        circuits.state(n, v=v),
        fanout or circuits.fanout(n),
        arrivals or circuits.arrivals(),
        circuits.watch(*range(n)),
        duration,
        np.zeros(n, np.uint64),
        coupling,
    )
    length = min(len(trace.v) for trace in outcome.traces)
    return outcome, np.array([trace.v[:length] for trace in outcome.traces])


def passive(circuits, n, **changes):
    """Nearly linear membranes that do not fire."""
    changes = {"leak_saturation": 100e-6, "leak_linear": 1000.0, "leak_potential": 0.5, **changes}
    return circuits.neurons(n, threshold=np.inf, **changes)


@pytest.mark.parametrize("conductance", [20 * nS, 300 * nS, 5000 * nS])
def test_two_compartments_answer_with_two_poles(circuits, conductance):
    c = np.array([2.4, 1.1]) * pF
    g = np.array([100, 150]) * nS
    p = passive(
        circuits, 2, capacitance=c, leak_saturation=g * 1000, current=np.array([30 * nA, 0])
    )
    outcome, v = traces(circuits, p, circuits.coupled(2, [(0, 1, conductance)]), 0.5, 100 * us)
    matrix = np.diag(g) + conductance * np.array([[1, -1], [-1, 1]])
    end = np.linalg.solve(matrix, [30 * nA, 0])
    a = -matrix / c[:, None]
    wanted = 0.5 + np.array([end - expm(a * t) @ end for t in outcome.traces[0].time]).T
    assert np.abs(v - wanted).max() < 0.002 * end.max()


def cable(circuits, n, conductance):
    return circuits.coupled(n, [(k, k + 1, conductance) for k in range(n - 1)])


@pytest.mark.parametrize("conductance", [30 * nS, 300 * nS, 3000 * nS])
def test_a_cable_of_ten_attenuates_as_scipy_says(circuits, conductance):
    """An event at one end: saturating leaks and input, heights along the cable."""
    n, tau, amplitude = 10, 3 * us, 60 * mV
    p = circuits.neurons(
        n, threshold=np.inf, capacitance=2.4 * pF, excitatory=circuits.line(n, tau=tau)
    )
    f = circuits.fanout(n, [[(0, amplitude)]])
    outcome, v = traces(
        circuits,
        p,
        cable(circuits, n, conductance),
        0.6,
        60 * us,
        f,
        circuits.arrivals([2.03 * us]),
    )

    def derivative(t, v):
        s = amplitude * np.exp(-(t - 2.03 * us) / tau) * (t >= 2.03 * us)
        i = p.leak_saturation * np.tanh((p.leak_potential - v) / p.leak_linear)
        i[0] += p.excitatory.saturation[0] * np.tanh(s / p.excitatory.linear[0])
        i[1:] += conductance * (v[:-1] - v[1:])
        i[:-1] += conductance * (v[1:] - v[:-1])
        return i / p.capacitance

    solution = solve_ivp(
        derivative, (0, 60 * us), np.full(n, 0.6), method="LSODA", rtol=1e-8, atol=1e-10,
        max_step=0.05 * us, t_eval=outcome.traces[0].time[:-1],
    )  # fmt: skip
    wanted = solution.y.max(axis=1) - 0.6
    assert (np.diff(wanted) < 0).all()
    np.testing.assert_allclose(v.max(axis=1) - 0.6, wanted, rtol=0.01, atol=1e-6)
    assert np.abs(v[:, :-1] - solution.y).max() < 0.005 * wanted[0]


def test_capacitance_adds_when_circuits_are_joined(circuits):
    """Three leaks and capacitances, a current onto one of them."""
    p = passive(
        circuits, 3, capacitance=np.array([2.4, 0.5, 1.1]) * pF,
        leak_saturation=np.array([0, 100, 50]) * 1e-6, current=np.array([20, 0, 0]) * nA,
    )  # fmt: skip
    outcome, v = traces(circuits, p, circuits.coupled(3, nodes=[0, 0, 0]), 0.5, 100 * us)
    time = outcome.traces[0].time
    wanted = 0.5 + 20 * nA / (150 * nS) * (1 - np.exp(-time * 150 * nS / (4 * pF)))
    assert np.abs(v - wanted).max() < 0.002 * (wanted[-1] - 0.5)


@pytest.mark.parametrize("conductance", [50e-6, 5e-3, 1.0])
def test_a_stiff_link_is_as_good_as_a_common_membrane(circuits, conductance):
    """From 40 ns down to picoseconds; firing and reset included."""
    p = circuits.neurons(2, leak_potential=[0.95, 0.75], capacitance=np.array([2.0, 1.2]) * pF)
    p.threshold[1] = np.inf
    linked, _ = traces(circuits, p, circuits.coupled(2, [(0, 1, conductance)]), 0.6, 200 * us)
    joined, _ = traces(circuits, p, circuits.coupled(2, nodes=[0, 0]), 0.6, 200 * us)
    assert len(joined.spike_time) > 5
    intervals = np.diff(linked.spike_time)[:5], np.diff(joined.spike_time)[:5]
    np.testing.assert_allclose(*intervals, rtol=0.01 if conductance < 1e-3 else 1e-3)


def test_however_stiff_the_link_nothing_swings(circuits):
    p = passive(circuits, 3, capacitance=0.2 * pF, leak_saturation=np.array([1e-3, 0, 0]))
    for conductance in np.geomspace(1e-9, 1, 10):
        _, v = traces(circuits, p, cable(circuits, 3, conductance), [0.5, 0.5, 0.9], 20 * us)
        assert (np.diff(v[2]) <= 1e-6).all()
        assert v.max() <= 0.9 + 1e-6
        assert v.min() >= 0.5 - 1e-6
