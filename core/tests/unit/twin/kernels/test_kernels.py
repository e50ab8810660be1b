"""The compiled loop against the reference, on every instruction set of this processor."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from neckar.brainscales2.twin import kernels
from neckar.brainscales2.twin.kernels import reference
from neckar.brainscales2.twin.kernels.gaussian import gaussian
from neckar.brainscales2.twin.kernels.state import Modulation
from neckar.units import ms, mV, nA, ns, pA, us

STEP = kernels.STEP

_kernel = pytest.importorskip("neckar.brainscales2.twin.kernels._kernel")
compiled = pytest.importorskip("neckar.brainscales2.twin.kernels.compiled")
PATHS = _kernel.paths()


FEATURES = {
    "leaky": {},
    "driven": {"current": 5 * nA},
    "exponential": {"exponential_current": 20 * pA, "threshold": 0.9, "pause": True},
    "adaptive": {"adaptation_conductance": 20e-9, "adaptation_increment": 1 * nA},
    "conductance": {"coba": 1.5},
    "fading": {"compliance": 0.6, "coba": 0.5},
    "noisy": {"noise": 0.5},
    "stiff": {"capacitance": 0.2e-12, "leak_saturation": 3e-6},
    "late": {"holdoff_time": 0.73 * us, "reset_time": 0.31 * us},
    "brief": {"reset_time": 0.04 * us, "reset_saturation": 20e-6},
    "hard": {"reset_time": 1.03 * us, "reset_saturation": 20e-6},
}
EVERYTHING = {
    **FEATURES["exponential"],
    **FEATURES["adaptive"],
    **FEATURES["conductance"],
    **FEATURES["noisy"],
    **FEATURES["late"],
    "current": 3 * nA,
}


def random_network(circuits, seed, n=40, **features):
    """One in three fires by itself."""
    return circuits.at_random(seed, n, 0.73, offset=5 * mV, floor=0.03, **features)


def assert_close(circuits, one, other, n_traces):
    late = circuits.assert_alike(one, other, n_traces)
    assert len(late) > 20
    assert np.abs(late).max() < 300 * ns


def plastic(f, n, seed=3, n_sources=6):
    """The same fan-out, and pulses of changing length besides."""
    chance = np.random.default_rng(seed)
    n_addresses = len(f.start) - 1
    n_pulses = 2 * n_addresses
    first = np.arange(n_pulses + 1) * 3
    modulation = Modulation(
        start=np.arange(0, n_pulses + 1, 2).astype(np.int32),
        source=chance.integers(0, n_sources, n_pulses).astype(np.int32),
        first=first.astype(np.int32),
        line=chance.integers(0, 2 * n, first[-1]).astype(np.int32),
        amplitude=chance.uniform(1, 5, first[-1]) * mV,
        charge=np.full(n_sources, 0.7),
        recover=chance.uniform(0.1, 0.9, n_sources),
        utilization=chance.uniform(0.2, 0.5, n_sources),
        rate=np.full(n_sources, 1 / (20 * us)),
        zero=np.full(n_sources, 0.8),
        slope=np.full(n_sources, 1.5),
    )
    return replace(f, modulation=modulation)


def test_compiled_follows_the_reference_with_pulses_of_changing_length(circuits, path):
    p, s, f, a, key = random_network(circuits, 1)
    f = plastic(f, len(s.v))
    s.pulse_volts, s.pulse_time = f.modulation.recover.copy(), np.zeros(6)
    mine, theirs = deepcopy(s), deepcopy(s)
    watch = circuits.watch(0, 7, 39)
    one = compiled.advance(p, mine, f, a, watch, 50 * us, key)
    other = reference.advance(p, theirs, f, a, watch, 50 * us, key)
    assert_close(circuits, one, other, n_traces=3)
    np.testing.assert_allclose(mine.pulse_volts, theirs.pulse_volts, atol=1 * mV)
    assert not np.allclose(mine.pulse_volts, s.pulse_volts, atol=1 * mV)


def test_a_modulation_that_points_elsewhere_is_refused(circuits):
    p, s, f, a, key = random_network(circuits, 1)
    f = plastic(f, len(s.v))
    with pytest.raises(ValueError, match="an entry for every source"):
        compiled.advance(p, s, f, a, circuits.watch(), 1 * us, key)
    s.pulse_volts = s.pulse_time = np.zeros(6)
    for name, match in (("source", "between 0 and s"), ("line", "between 0 and 2 n"),
                        ("start", "number of pulses"), ("first", "number of entries")):  # fmt: skip
        wrong = replace(f.modulation, **{name: getattr(f.modulation, name) + 10_000})
        with pytest.raises(ValueError, match=match):
            compiled.advance(p, s, replace(f, modulation=wrong), a, circuits.watch(), 1 * us, key)


@pytest.mark.parametrize("feature", [*FEATURES, "everything"])
def test_compiled_follows_the_reference(circuits, feature, path):
    features = EVERYTHING if feature == "everything" else FEATURES[feature]
    p, s, f, a, key = random_network(circuits, 1, **features)
    mine, theirs = deepcopy(s), deepcopy(s)
    watch = circuits.watch(0, 7, 39)
    one = compiled.advance(p, mine, f, a, watch, 50 * us, key)
    other = reference.advance(p, theirs, f, a, watch, 50 * us, key)
    assert_close(circuits, one, other, n_traces=3)
    assert mine.step == theirs.step == 500
    resting = (mine.reset_left == 0) & (theirs.reset_left == 0)
    assert np.quantile(np.abs(mine.v - theirs.v)[resting], 0.8) < 1 * mV


def test_paths_agree_with_each_other(circuits, monkeypatch):
    p, s, f, a, key = random_network(circuits, 2, **EVERYTHING)
    outcomes = []
    for name in PATHS:
        monkeypatch.setenv("NECKAR_CPU_PATH", name)
        outcomes.append(compiled.advance(p, deepcopy(s), f, a, circuits.watch(3), 70 * us, key))
    for outcome in outcomes[1:]:
        assert_close(circuits, outcome, outcomes[0], n_traces=1)


def test_same_input_gives_same_bits(circuits, path):
    p, s, f, a, key = random_network(circuits, 3, **EVERYTHING)
    one, same = (
        compiled.advance(p, deepcopy(s), f, a, circuits.watch(), 50 * us, key) for _ in range(2)
    )
    np.testing.assert_array_equal(one.spike_time, same.spike_time)
    np.testing.assert_array_equal(one.spike_neuron, same.spike_neuron)


@pytest.mark.parametrize("features", [{}, EVERYTHING], ids=["leaky", "everything"])
def test_pieces_give_the_same_as_the_whole(circuits, advance, features):
    p, s, f, a, key = random_network(circuits, 4, **features)
    whole, parts = deepcopy(s), deepcopy(s)
    one = advance(p, whole, f, a, circuits.watch(), 60 * us, key)
    times = []
    for begin in (0, 1.7, 1.8, 20, 43.1):
        end = {0: 1.7, 1.7: 1.8, 1.8: 20, 20: 43.1, 43.1: 60}[begin]
        now = (a.time >= begin * us) & (a.time < end * us)
        piece = replace(a, time=a.time[now], address=a.address[now])
        times.append(advance(p, parts, f, piece, circuits.watch(), (end - begin) * us, key))
    np.testing.assert_array_equal(
        np.concatenate([part.spike_time for part in times]), one.spike_time
    )
    for name in ("v", "w", "excitatory", "reset_left", "holdoff_left", "pending_time"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))


def test_a_neuron_does_not_depend_on_who_else_is_simulated(circuits, advance):
    n, some = 20, np.array([3, 17])
    chance = np.random.default_rng(5)
    potential, key = chance.uniform(0.75, 0.95, n), chance.integers(1, 2**63, n).astype(np.uint64)
    many = circuits.neurons(n, leak_potential=potential, noise=1.0)
    few = circuits.neurons(2, leak_potential=potential[some], noise=1.0)
    silent = circuits.arrivals(), circuits.watch(0), 50 * us
    all_of_them = advance(many, circuits.state(n), circuits.fanout(n), *silent, key)
    two_of_them = advance(few, circuits.state(2), circuits.fanout(2), *silent, key[some])
    for j, k in enumerate(some):
        np.testing.assert_array_equal(
            two_of_them.spike_time[two_of_them.spike_neuron == j],
            all_of_them.spike_time[all_of_them.spike_neuron == k],
        )


@pytest.mark.parametrize("features", [{}, EVERYTHING], ids=["leaky", "everything"])
def test_all_neurons_may_be_reset_at_once(circuits, path, features):
    n = 100
    potential = np.linspace(0.95, 1.0, n)
    changes = {name: value for name, value in features.items() if name != "coba"}
    p = circuits.neurons(n, leak_potential=potential, **changes)
    s, key = circuits.state(n, v=0.75), np.arange(1, n + 1).astype(np.uint64)
    mine, theirs = deepcopy(s), deepcopy(s)
    rest = circuits.fanout(n), circuits.arrivals(), circuits.watch(0, 40, 99), 20 * us, key
    assert_close(
        circuits, compiled.advance(p, mine, *rest), reference.advance(p, theirs, *rest), n_traces=3
    )
    np.testing.assert_allclose(mine.v, theirs.v, atol=2 * mV)


def test_chance_is_gaussian():
    numbers = np.concatenate(
        [gaussian(np.arange(1, 2001, dtype=np.uint64) * 0x9E3779B97F4A7C15, s) for s in range(500)]
    )
    assert abs(numbers.mean()) < 0.004
    assert numbers.var() == pytest.approx(1, abs=0.006)
    assert stats.kurtosis(numbers) == pytest.approx(0, abs=0.03)
    assert (np.abs(numbers) > 4).mean() == pytest.approx(2 * stats.norm.sf(4), rel=0.6)
    assert (np.abs(numbers) > 3).mean() == pytest.approx(2 * stats.norm.sf(3), rel=0.1)


def test_chance_is_independent_between_steps_and_neurons():
    keys = np.random.default_rng(0).integers(1, 2**63, 400).astype(np.uint64)
    numbers = np.array([gaussian(keys, s) for s in range(1000)])
    between_steps = np.corrcoef(numbers[:-1].ravel(), numbers[1:].ravel())[0, 1]
    between_neurons = np.corrcoef(numbers[:, :-1].ravel(), numbers[:, 1:].ravel())[0, 1]
    assert abs(between_steps) < 0.007
    assert abs(between_neurons) < 0.007


def test_noise_spreads_the_membrane_as_it_should(circuits, path):
    n = 512
    key = np.random.default_rng(6).integers(1, 2**63, n).astype(np.uint64)
    tau = 2.4e-12 * 0.3 / 75e-9
    wanted = 2 * mV
    p = circuits.neurons(n, noise=wanted * np.sqrt(2 / tau), threshold=np.inf)
    s = circuits.state(n)
    values = []
    for _ in range(20):
        compiled.advance(
            p, s, circuits.fanout(n), circuits.arrivals(), circuits.watch(0), 40 * us, key
        )
        values.append(s.v.copy())
    assert np.std(values) == pytest.approx(wanted, rel=0.03)
    assert np.mean(values) == pytest.approx(0.6, abs=0.1 * mV)


def test_bypass_gives_exactly_one_spike_for_every_event(circuits, advance):
    rows = [[(0, 10 * mV), (2, 10 * mV), (1, 0.0)], [(1, 5 * mV)], [(0, 1 * mV)]]
    f = circuits.fanout(2, rows, bypass=True, address_of=[-1, 2], delay=0.35 * us)
    times = np.array([1.23456, 1.3, 7.0, 7.0, 9.99]) * us
    a = circuits.arrivals(times, [0, 0, 0, 1, 1])
    s = circuits.state(2)
    o = advance(circuits.neurons(2), s, f, a, circuits.watch(), 20 * us, np.zeros(2, np.uint64))
    mine = o.spike_time[o.spike_neuron == 0]
    np.testing.assert_array_equal(mine, np.sort([*times[:3], *(times[3:] + 0.35 * us)]))
    np.testing.assert_array_equal(o.spike_time[o.spike_neuron == 1], times[3:])
    assert (s.excitatory == 0).all()


def test_jumps_change_nothing(circuits, advance):
    p = circuits.neurons(3, leak_potential=[0.5, 0.6, 0.7], adaptation_conductance=10e-9)
    f = circuits.fanout(3, [[(0, 30 * mV), (1, 200 * mV), (5, 20 * mV)]])
    a = circuits.arrivals([0.5 * us, 350.03 * us, 700 * us])
    results = []
    for watch in (circuits.watch(), circuits.watch(0)):  # who is watched does not jump
        s = circuits.state(3)
        o = advance(p, s, f, a, watch, 1.2 * ms, np.zeros(3, np.uint64))
        results.append((o.spike_time, s.v, s.w))
    assert len(results[0][0]) > 0
    for jumped, stepped, atol in zip(*results, (1 * ns, 20e-6, 1 * pA), strict=True):
        np.testing.assert_allclose(jumped, stepped, atol=atol, rtol=0)


def test_jumps_with_noise_end_where_steps_end_on_average(circuits):
    n, tau = 512, 2.4e-12 * 0.3 / 75e-9
    p = circuits.neurons(n, noise=1 * mV * np.sqrt(2 / tau))
    key = np.random.default_rng(8).integers(1, 2**63, n).astype(np.uint64)
    s = circuits.state(n)
    for _ in range(40):
        compiled.advance(
            p, s, circuits.fanout(n), circuits.arrivals(), circuits.watch(), 20 * ms, key
        )
    assert s.v.std() == pytest.approx(1 * mV, rel=0.1)
    assert s.step == 40 * 200_000


def test_a_neuron_above_threshold_fires_when_its_holdoff_ends(circuits, advance):
    p = circuits.neurons(
        1, reset_potential=0.95, v_max=1.0, reset_time=0.31 * us, holdoff_time=0.22 * us
    )
    o = advance(
        p, circuits.state(1, v=0.9), circuits.fanout(1), circuits.arrivals(), circuits.watch(),
        10 * us, np.zeros(1, np.uint64),
    )  # fmt: skip
    np.testing.assert_allclose(np.diff(o.spike_time), 0.53 * us, atol=1e-12)
    assert o.spike_time[0] == 0


def test_the_floor_of_a_line_is_a_wall(circuits, advance):
    p = circuits.neurons(1, excitatory=circuits.line(1, tau=10 * us, floor=50 * mV))
    f = circuits.fanout(1, [[(0, 30 * mV)]])
    s = circuits.state(1)
    a = circuits.arrivals(np.array([1.0, 1.2, 1.4, 1.6]) * us)
    o = advance(p, s, f, a, circuits.watch(0), 5 * us, np.zeros(1, np.uint64))
    line = o.traces[0].excitatory
    assert line.max() <= 50 * mV + 1e-7
    assert line[-1] == pytest.approx(50 * mV * np.exp(-0.34), rel=1e-3)


def test_synapses_fade_towards_the_floor_whether_they_pull_together_or_in_turn(circuits, advance):
    compliance, floor, pulse = 40 * mV, 100 * mV, 25 * mV
    slow = circuits.line(1, tau=1.0, floor=floor, compliance=compliance)
    p = circuits.neurons(1, excitatory=slow)

    def pulled(rows, times):
        f, s = circuits.fanout(1, rows), circuits.state(1)
        a = circuits.arrivals(np.array(times) * us)
        return advance(p, s, f, a, circuits.watch(0), 5 * us, np.zeros(1, np.uint64)).traces[0]

    charge = 6 * pulse
    expected = floor - compliance * np.exp(-(charge - (floor - compliance)) / compliance)
    in_turn = pulled([[(0, pulse)]], 1 + 0.2 * np.arange(6)).excitatory
    at_once = pulled([[(0, charge)]], [1.0]).excitatory
    assert in_turn[-1] == pytest.approx(expected, rel=1e-4)
    assert at_once[-1] == pytest.approx(expected, rel=1e-4)


def test_traces_have_knots_at_steps_spikes_and_releases(circuits, advance):
    p = circuits.neurons(1, leak_potential=1.0)
    s = circuits.state(1, step=50)
    o = advance(
        p, s, circuits.fanout(1), circuits.arrivals(), circuits.watch(0), 30 * us,
        np.zeros(1, np.uint64),
    )  # fmt: skip
    trace = o.traces[0]
    assert len(trace.time) == 301 + 2 * len(o.spike_time)
    assert (np.diff(trace.time) > 0).all()
    np.testing.assert_allclose(np.interp(o.spike_time, trace.time, trace.v), 0.8, atol=1e-6, rtol=0)


def test_knots_are_kept_where_somebody_looks_and_where_spikes_bend_the_trace(circuits, advance):
    p, s, f, a, key = random_network(circuits, seed=5, current=5 * nA)
    everywhere, somewhere = circuits.watch(0, 3), circuits.watch(0, 3)
    is_seen = np.random.default_rng(2).random(501) < 0.1
    some = replace(somewhere, steps=is_seen)
    full = advance(p, deepcopy(s), f, a, everywhere, 50 * us, key)
    sparse = advance(p, deepcopy(s), f, a, some, 50 * us, key)
    np.testing.assert_array_equal(sparse.spike_time, full.spike_time)
    assert len(full.spike_time) > 10
    ends = STEP * np.flatnonzero(is_seen)
    for all_of_it, part in zip(full.traces, sparse.traces, strict=True):
        is_kept = np.isin(all_of_it.time, part.time)
        on_grid = np.isclose(all_of_it.time / STEP, np.rint(all_of_it.time / STEP), atol=1e-6)
        assert is_kept[~on_grid].all()
        np.testing.assert_allclose(all_of_it.time[is_kept & on_grid], ends, rtol=0, atol=1e-12)
        for name in ("v", "w", "excitatory", "inhibitory"):
            np.testing.assert_array_equal(getattr(part, name), getattr(all_of_it, name)[is_kept])


def test_steps_that_are_watched_must_be_all_that_there_are(circuits):
    with pytest.raises(ValueError, match="steps has 4 entries; 11 are expected"):
        compiled.advance(
            circuits.neurons(1), circuits.state(1), circuits.fanout(1), circuits.arrivals(),
            replace(circuits.watch(0), steps=np.ones(4, bool)), 1 * us, np.zeros(1, np.uint64),
        )  # fmt: skip


def test_waits_of_bypassed_circuits_cost_nothing(circuits):
    n, n_events = 512, 3000
    rows = [[(k, 10 * mV)] for k in range(n)]
    p = circuits.neurons(n)
    a = circuits.arrivals(np.sort(np.random.default_rng(9).uniform(0, 10, n_events)), 5)
    s = circuits.state(n)
    o = compiled.advance(
        p, s, circuits.fanout(n, rows, bypass=True), a, circuits.watch(), 10.0,
        np.zeros(n, np.uint64),
    )  # fmt: skip
    np.testing.assert_array_equal(o.spike_time, a.time)
    assert s.step == 100_000_000


def test_more_than_2_to_the_31_steps_are_possible(circuits):
    p = circuits.neurons(1, reset_time=1.03 * us)
    s = circuits.state(1)
    a = circuits.arrivals([299.9999])
    compiled.advance(
        p, s, circuits.fanout(1, [[(0, 300 * mV)]]), a, circuits.watch(), 300.0,
        np.zeros(1, np.uint64),
    )  # fmt: skip
    assert s.step == 3_000_000_000
    f = circuits.fanout(1, [[(0, 900 * mV)]])
    a = circuits.arrivals(300 + np.array([10.0, 30.0]) * us)
    o = compiled.advance(p, s, f, a, circuits.watch(), 1 * ms, np.zeros(1, np.uint64))
    assert len(o.spike_time) > 0
    np.testing.assert_array_less(o.spike_time, 300 + 60 * us)


def test_tables_that_point_nowhere_are_refused(circuits):
    f = circuits.fanout(2, [[(4, 1 * mV)]])
    with pytest.raises(ValueError, match="between 0 and 2 n - 1"):
        compiled.advance(
            circuits.neurons(2), circuits.state(2), f, circuits.arrivals(), circuits.watch(),
            1 * us, np.zeros(2, np.uint64),
        )  # fmt: skip


def test_an_unknown_path_names_the_possible_ones(monkeypatch):
    monkeypatch.setenv("NECKAR_CPU_PATH", "z80")
    with pytest.raises(ValueError, match=r"z80 is not possible here; possible: .*portable"):
        compiled.cpu_path()
