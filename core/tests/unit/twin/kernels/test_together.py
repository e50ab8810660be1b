"""Circuits that hang together: the compiled loop against the reference, and what both promise."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest

from neckar.brainscales2.twin.kernels import reference
from neckar.units import ms, mV, nA, nS, ns, pA, pF, us

compiled = pytest.importorskip("neckar.brainscales2.twin.kernels.compiled")
QUIET = np.zeros(64, np.uint64)


FEATURES = {
    "leaky": {},
    "exponential": {"exponential_current": 20 * pA, "threshold": 0.9, "pause": True},
    "adaptive": {"adaptation_conductance": 20e-9, "adaptation_increment": 1 * nA},
    "conductance": {"coba": 1.5},
    "fading": {"compliance": 0.6, "coba": 0.5},
    "noisy": {"noise": 0.5},
    "stiff": {"capacitance": 0.2e-12, "leak_saturation": 3e-6},
    "late": {"holdoff_time": 0.73 * us, "reset_time": 0.31 * us},
}


@pytest.fixture(scope="module")
def shapes(circuits):
    """A chain of pairs, a star, a ring, one membrane of three, and circuits that stand alone."""
    return circuits.coupled(
        24,
        nodes=[0, 0, 2, 2, 4, 4, *range(6, 15), 15, 15, 15, *range(18, 24)],
        links=[
            (0, 2, 300 * nS), (3, 4, 80 * nS),
            (7, 8, 100 * nS), (7, 9, 2000 * nS), (7, 10, 50e-6),
            (11, 12, 60 * nS), (12, 13, 60 * nS), (13, 14, 60 * nS), (14, 11, 60 * nS),
        ],
        leads=[(19, 20), (19, 21)],
    )  # fmt: skip


def random_network(circuits, seed, n=24, **features):
    """Some fire by themselves, and events reach all."""
    p, *others = circuits.at_random(seed, n, 0.78, **features)
    p.threshold[[1, 3, 16, 20, 21]] = np.inf
    return p, *others


@pytest.fixture(scope="module")
def by_the_reference(circuits, shapes):
    """What the reference says, once per feature."""
    said = {}

    def outcome(feature):
        if feature not in said:
            p, s, f, a, key = random_network(circuits, 1, **FEATURES[feature])
            watch = circuits.watch(*range(24))
            said[feature] = reference.advance(p, s, f, a, watch, 25 * us, key, shapes)
        return said[feature]

    return outcome


@pytest.mark.parametrize("feature", FEATURES)
def test_compiled_follows_the_reference(circuits, shapes, by_the_reference, feature, path):
    p, s, f, a, key = random_network(circuits, 1, **FEATURES[feature])
    one = compiled.advance(p, s, f, a, circuits.watch(*range(24)), 25 * us, key, shapes)
    other = by_the_reference(feature)
    assert len(other.spike_time) > 3
    circuits.assert_alike(one, other, n_traces=24, part=0.9)


@pytest.mark.parametrize("feature", ["leaky", "exponential", "noisy"])
def test_pieces_give_the_same_as_the_whole(circuits, shapes, feature):
    p, s, f, a, key = random_network(circuits, 4, **FEATURES[feature])
    whole, parts = deepcopy(s), deepcopy(s)
    one = compiled.advance(p, whole, f, a, circuits.watch(), 60 * us, key, shapes)
    times = []
    for begin, end in ((0, 1.7), (1.7, 20), (20, 43.1), (43.1, 60)):
        now = (a.time >= begin * us) & (a.time < end * us)
        piece = replace(a, time=a.time[now], address=a.address[now])
        length = (end - begin) * us
        times.append(compiled.advance(p, parts, f, piece, circuits.watch(), length, key, shapes))
    spikes = np.concatenate([part.spike_time for part in times])
    np.testing.assert_allclose(spikes, one.spike_time, atol=1 * ns, rtol=0)
    np.testing.assert_allclose(parts.v, whole.v, atol=0.1 * mV)


def test_circuits_that_stand_alone_notice_nothing(circuits, shapes, advance):
    p, s, f, a, key = random_network(circuits, 5)
    f = replace(f, address_of=np.full(24, -1, np.int32))
    together, alone = deepcopy(s), deepcopy(s)
    advance(p, together, f, a, circuits.watch(), 40 * us, key, shapes)
    advance(p, alone, f, a, circuits.watch(), 40 * us, key)
    single = [6, 18, 22, 23]
    np.testing.assert_array_equal(together.v[single], alone.v[single])


def test_a_membrane_of_several_circuits_is_one_of_their_sum(circuits, advance):
    """Two equal halves fire as the whole does, upswing and adaptation included."""
    features = {
        "leak_potential": 0.85, "exponential_current": 0.5 * nA, "exponential_potential": 0.72,
        "threshold": 0.9, "adaptation_increment": 3 * nA, "adaptation_conductance": 30e-9,
        "current": 70 * nA,
    }  # fmt: skip
    whole = circuits.neurons(1, **features)
    spread = {k: features[k] / 2 for k in ("exponential_current", "current")}
    spread["adaptation_increment"] = features["adaptation_increment"] / 2
    spread["adaptation_conductance"] = features["adaptation_conductance"] / 2
    halves = circuits.neurons(
        2, **features | spread, capacitance=1.2 * pF, leak_saturation=75 * nA / 2,
        reset_saturation=1e-6 / 2,
    )  # fmt: skip
    one = advance(
        whole, circuits.state(1), circuits.fanout(1), circuits.arrivals(), circuits.watch(),
        200 * us, QUIET[:1],
    )  # fmt: skip
    both = advance(
        halves, circuits.state(2), circuits.fanout(2), circuits.arrivals(), circuits.watch(),
        200 * us, QUIET[:2], circuits.coupled(2, nodes=[0, 0]),
    )  # fmt: skip
    assert len(one.spike_time) > 5
    for k in range(2):
        mine = both.spike_time[both.spike_neuron == k]
        np.testing.assert_allclose(mine, one.spike_time, atol=20 * ns, rtol=0)


def test_charge_is_kept_when_membranes_are_joined(circuits, advance):
    p = circuits.neurons(2, capacitance=[2 * pF, 1 * pF], leak_saturation=0)
    s = circuits.state(2, v=[0.3, 0.6])
    advance(
        p, s, circuits.fanout(2), circuits.arrivals(), circuits.watch(), 0.1 * us, QUIET[:2],
        circuits.coupled(2, nodes=[0, 0]),
    )  # fmt: skip
    np.testing.assert_allclose(s.v, 0.4, atol=1e-6)


def test_followers_fire_with_their_leader_and_rest_as_long(circuits, advance):
    p = circuits.neurons(3, leak_potential=[0.9, 0.6, 0.6], reset_time=[2 * us, 5 * us, 5 * us])
    p.threshold[1:] = np.inf
    o = advance(
        p, circuits.state(3), circuits.fanout(3), circuits.arrivals(), circuits.watch(0, 1),
        100 * us, QUIET[:3], circuits.coupled(3, leads=[(0, 1)]),
    )  # fmt: skip
    times = [o.spike_time[o.spike_neuron == k] for k in range(3)]
    assert len(times[0]) > 3
    np.testing.assert_array_equal(times[0], times[1])
    assert len(times[2]) == 0
    v = o.traces[1].v
    assert v.min() < 0.5
    lowest = o.traces[1].time[np.argmin(v)] - times[0]
    assert lowest[lowest > 0].min() == pytest.approx(2 * us, abs=0.1 * us)


def test_jumps_change_nothing(circuits):
    p = circuits.neurons(
        3, leak_potential=[0.5, 0.6, 0.7], leak_saturation=[75 * nA, 0, 75 * nA],
        adaptation_conductance=[10e-9, 0, 0],
    )  # fmt: skip
    f = circuits.fanout(3, [[(0, 30 * mV), (1, 200 * mV), (5, 20 * mV)]])
    a = circuits.arrivals([0.5 * us, 350.03 * us, 700 * us])
    results = []
    for watch in (circuits.watch(), circuits.watch(0)):  # who is watched does not jump
        s = circuits.state(3)
        pair = circuits.coupled(3, [(0, 1, 200 * nS)])
        o = compiled.advance(p, s, f, a, watch, 1.2 * ms, QUIET[:3], pair)
        results.append((o.spike_time, s.v, s.w))
    assert len(results[0][0]) > 0
    for jumped, stepped, atol in zip(*results, (1 * ns, 40e-6, 1 * pA), strict=True):
        np.testing.assert_allclose(jumped, stepped, atol=atol, rtol=0)


def test_noise_adds_up_as_it_should(circuits):
    """On a common membrane, on linked ones, and through jumps."""
    n, tau, wanted = 512, 2.4e-12 * 0.3 / 75e-9, 2 * mV
    key = np.random.default_rng(6).integers(1, 2**63, n).astype(np.uint64)
    p = circuits.neurons(n, noise=wanted * np.sqrt(2 / tau), threshold=np.inf)
    nodes = np.arange(n)
    nodes[1:256:2] -= 1
    links = [(k, k + 1, 50e-6) for k in range(256, 512, 2)]
    for watch in (circuits.watch(0), circuits.watch()):
        s, values = circuits.state(n), []
        for _ in range(20):
            compiled.advance(
                p, s, circuits.fanout(n), circuits.arrivals(), watch, 80 * us, key,
                circuits.coupled(n, links, nodes),
            )  # fmt: skip
            values.append(s.v.copy())
        deviation = np.std(values, axis=0)
        for half in (deviation[:256], deviation[256:]):
            assert np.sqrt((half**2).mean()) == pytest.approx(wanted / np.sqrt(2), rel=0.06)


def test_waits_cost_nothing(circuits):
    n = 64
    s = circuits.state(n)
    compiled.advance(
        circuits.neurons(n), s, circuits.fanout(n), circuits.arrivals(), circuits.watch(), 10.0,
        QUIET, circuits.coupled(n, [(k, k + 1, 300 * nS) for k in range(n - 1)]),
    )  # fmt: skip
    assert s.step == 100_000_000
    np.testing.assert_allclose(s.v, 0.6, atol=1e-5)


def test_couplings_that_point_nowhere_are_refused(circuits):
    with pytest.raises(ValueError, match="links of coupling must lie between 0 and n - 1"):
        compiled.advance(
            circuits.neurons(2), circuits.state(2), circuits.fanout(2), circuits.arrivals(),
            circuits.watch(), 1 * us, QUIET[:2], circuits.coupled(2, [(0, 2, 1 * nS)]),
        )  # fmt: skip
