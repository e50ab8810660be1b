"""The inner loop against SciPy's solution of the same equations, dense and with events."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from neckar.brainscales2.twin import kernels
from neckar.units import ms, mV, nA, ns, us

QUIET = np.zeros(1, dtype=np.uint64)


def equations(p, resetting, arrived):
    """dv/dt and dw/dt of neuron 0; `arrived` holds (time, amplitude) of excitatory events."""
    one = {name: value[0] for name, value in vars(p).items() if isinstance(value, np.ndarray)}
    line = {name: value[0] for name, value in vars(p.excitatory).items()}

    def derivative(t, y):
        v, w = y
        s = sum(a * np.exp(-(t - since) / line["tau"]) for since, a in arrived if since <= t)
        i = one["leak_saturation"] * np.tanh((one["leak_potential"] - v) / one["leak_linear"])
        i += one["exponential_current"] * np.exp(
            (v - one["exponential_potential"]) / one["exponential_slope"]
        )
        i *= not (resetting and one["pause"])
        i += resetting * (
            one["reset_saturation"] * np.tanh((one["reset_potential"] - v) / one["reset_linear"])
        )
        i += line["saturation"] * np.tanh(s / line["linear"]) + one["current"] - w
        dw = one["adaptation_conductance"] * (v - one["adaptation_potential"]) - w
        return i / one["capacitance"], dw / one["adaptation_tau"]

    return derivative


def solve(p, v, duration, events=()):
    """Spike times and the dense trace, piece by piece between spikes, resets and events."""
    t, y, resetting, reset_end = 0.0, [v, 0.0], False, np.inf
    spikes, time, trace = [], [], []

    def crossing(t, y):
        return y[0] - p.threshold[0]

    crossing.terminal, crossing.direction = True, 1
    while t < duration:
        later = [since for since, _ in events if since > t]
        end = min([duration, reset_end, *later])
        arrived = [event for event in events if event[0] <= t]
        piece = solve_ivp(
            equations(p, resetting, arrived), (t, end), y, rtol=1e-10, atol=1e-13,
            max_step=0.2 * us, events=None if resetting else crossing,
        )  # fmt: skip
        time.append(piece.t)
        trace.append(piece.y[0])
        t, y = piece.t[-1], piece.y[:, -1].copy()
        if resetting:
            resetting = t < reset_end
            reset_end = reset_end if resetting else np.inf
        elif piece.status == 1:
            spikes.append(t)
            y[1] += p.adaptation_increment[0]
            resetting, reset_end = True, t + p.reset_time[0]
    return np.array(spikes), np.concatenate(time), np.concatenate(trace)


def play(circuits, p, v, duration, events=()):
    f = circuits.fanout(1, [[(0, amplitude)] for _, amplitude in events])
    a = circuits.arrivals([time for time, _ in events], np.arange(len(events)))
    return kernels.advance(p, circuits.state(1, v=v), f, a, circuits.watch(0), duration, QUIET)


def assert_traces_agree(outcome, time, trace, spikes):
    """Within 1 % of the swing, leaving out the last step before spikes."""
    swing = trace.max() - trace.min()
    away = np.ones(len(time), dtype=bool)
    for spike in spikes:
        away &= np.abs(time - spike) > 120 * ns
    mine = np.interp(time, outcome.traces[0].time, outcome.traces[0].v)
    assert np.abs(mine - trace)[away].max() < 0.01 * swing


LIF = {
    "over threshold": {"leak_potential": 0.9},
    "fast": {"leak_potential": 0.85, "leak_saturation": 800 * nA, "reset_saturation": 3e-6},
    "slow": {"leak_potential": 1.0, "leak_saturation": 20 * nA},
    "driven": {"current": 60 * nA},
}
ADEX = {
    "tonic": {"adaptation_increment": 0.0, "adaptation_conductance": 0.0},
    "adapting": {"adaptation_increment": 3 * nA, "adaptation_conductance": 30e-9},
    "bursting": {"adaptation_increment": 12 * nA, "reset_potential": 0.66, "reset_time": 1 * us},
}
ADEX_CELL = {
    "exponential_current": 0.5 * nA,
    "exponential_potential": 0.72,
    "exponential_slope": 0.02,
    "threshold": 0.9,
    "current": 70 * nA,
    "pause": True,
}


@pytest.mark.parametrize("name", LIF)
def test_lif_spikes_when_scipy_says_so(circuits, name):
    p = circuits.neurons(1, **LIF[name])
    outcome = play(circuits, p, 0.6, 300 * us)
    spikes, time, trace = solve(p, 0.6, 300 * us)
    assert len(spikes) > 3
    np.testing.assert_allclose(outcome.spike_time, spikes, atol=20 * ns, rtol=0)
    assert_traces_agree(outcome, time, trace, spikes)


@pytest.mark.parametrize("name", ADEX)
def test_adex_spikes_when_scipy_says_so(circuits, name):
    p = circuits.neurons(1, **{**ADEX_CELL, **ADEX[name]})
    outcome = play(circuits, p, 0.6, 300 * us)
    spikes, time, trace = solve(p, 0.6, 300 * us)
    assert len(spikes) > 3
    np.testing.assert_allclose(outcome.spike_time, spikes, atol=20 * ns, rtol=0)
    assert_traces_agree(outcome, time, trace, spikes)


def test_psps_have_the_right_shape_and_start(circuits):
    p = circuits.neurons(1, excitatory=circuits.line(1, tau=1.3 * us))
    events = [(time * us, 8 * mV) for time in (3.0, 10.034, 12.981, 13.05, 31.5)]
    outcome = play(circuits, p, 0.6, 60 * us, events)
    _, time, trace = solve(p, 0.6, 60 * us, events)
    mine = np.interp(time, outcome.traces[0].time, outcome.traces[0].v)
    assert np.abs(mine - trace).max() < 0.01 * (trace.max() - trace.min())


def test_a_spike_in_the_step_of_its_event_comes_on_time(circuits):
    p = circuits.neurons(1, excitatory=circuits.line(1, saturation=5e-6))
    events = [(3.062 * us, 60 * mV)]
    outcome = play(circuits, p, 0.795, 6 * us, events)
    spikes, *_ = solve(p, 0.795, 6 * us, events)
    np.testing.assert_allclose(outcome.spike_time[0], spikes[0], atol=5 * ns, rtol=0)


def test_rate_grows_with_the_current_up_to_the_refractory_limit(circuits):
    currents = np.geomspace(20 * nA, 200e-6, 60)
    n = len(currents)
    p = circuits.neurons(n, current=currents, v_max=1.5)
    outcome = kernels.advance(
        p, circuits.state(n), circuits.fanout(n), circuits.arrivals(), circuits.watch(),
        1 * ms, np.zeros(n, np.uint64),
    )  # fmt: skip
    rate = np.bincount(outcome.spike_neuron, minlength=n) / (1 * ms)
    assert rate[0] == 0
    assert (np.diff(rate) >= 0).all()
    assert rate[-1] == pytest.approx(1 / (2 * us), rel=0.01)


@pytest.mark.parametrize("saturation", [75 * nA, 1e-6, 20e-6])
def test_without_capacitance_the_membrane_relaxes_and_does_not_oscillate(circuits, saturation):
    p = circuits.neurons(
        1, capacitance=0.2e-12, leak_saturation=saturation, threshold=np.inf, leak_potential=0.7
    )
    v = play(circuits, p, 0.1, 20 * us).traces[0].v
    assert (np.diff(v) >= -1e-6).all()
    assert v[-1] == pytest.approx(0.7, abs=0.1 * mV)


@pytest.mark.parametrize("saturation", [0.6e-6, 1.2e-6])  # biases 500 and 1022
def test_inhibition_fades_near_ground_as_scipy_says(circuits, saturation):
    p = circuits.neurons(
        1, leak_potential=0.5, threshold=np.inf, compliance=0.3,
        inhibitory=circuits.line(1, saturation=saturation, linear=0.1),
    )  # fmt: skip
    tau, at, amplitude = p.inhibitory.tau[0], 2 * us, 60 * mV
    f = circuits.fanout(1, [[(1, amplitude)]])  # the second line is the inhibitory one
    outcome = kernels.advance(
        p, circuits.state(1, v=0.5), f, circuits.arrivals([at]), circuits.watch(0), 40 * us, QUIET
    )

    def derivative(t, v):
        leak = p.leak_saturation[0] * np.tanh((0.5 - v) / p.leak_linear[0])
        s = amplitude * np.exp(-(t - at) / tau)
        return (leak - saturation * np.tanh(s / 0.1) * np.minimum(1, v / 0.3)) / p.capacitance[0]

    trace = outcome.traces[0]
    after = (trace.time > at) & (trace.time < 40 * us)
    time, v = trace.time[after], trace.v[after]
    wanted = solve_ivp(derivative, (at, 40 * us), [0.5], rtol=1e-9, max_step=0.1 * us, t_eval=time)
    assert 0 < v.min() < 0.25
    assert np.abs(v - wanted.y[0]).max() < 0.01 * (0.5 - v.min())
