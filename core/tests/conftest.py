"""Circuits to try the inner loop on."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from neckar.brainscales2.twin.kernels.state import (
    Arrivals,
    Coupling,
    Fanout,
    Neurons,
    Outcome,
    State,
    SynapticInput,
    Watch,
)
from neckar.units import mV, nA, ns, pA, us

_LINE = {
    "tau": 5e-6,
    "saturation": 500e-9,
    "linear": 75e-3,
    "offset": 0.0,
    "floor": 0.9,
    "compliance": 0.0,
    "coba": 0.0,
    "reversal": 0.0,
}
_NEURON = {
    "capacitance": 2.4e-12,
    "leak_potential": 0.6,
    "leak_saturation": 75e-9,
    "leak_linear": 0.3,
    "reset_potential": 0.4,
    "reset_saturation": 1e-6,
    "reset_linear": 0.3,
    "threshold": 0.8,
    "reset_time": 2e-6,
    "holdoff_time": 0.0,
    "current": 0.0,
    "exponential_current": 0.0,
    "exponential_potential": 0.7,
    "exponential_slope": 0.02,
    "adaptation_conductance": 0.0,
    "adaptation_potential": 0.6,
    "adaptation_increment": 0.0,
    "adaptation_tau": 50e-6,
    "compliance": 0.0,
    "noise": 0.0,
    "v_min": 0.0,
    "v_max": 1.2,
}


def _filled(n: int, nominal: dict[str, float], changes: dict[str, Any]) -> dict[str, np.ndarray]:
    return {
        name: np.broadcast_to(np.asarray(changes.get(name, value), dtype=float), n).copy()
        for name, value in nominal.items()
    }


def line(n: int, **changes: Any) -> SynapticInput:
    return SynapticInput(**_filled(n, _LINE, changes))


def neurons(n: int, **changes: Any) -> Neurons:
    excitatory = changes.pop("excitatory", line(n))
    inhibitory = changes.pop("inhibitory", line(n))
    pause = np.full(n, changes.pop("pause", False))
    assert set(changes) <= set(_NEURON)
    return Neurons(
        **_filled(n, _NEURON, changes), pause=pause, excitatory=excitatory, inhibitory=inhibitory
    )


def state(n: int, v: Any = 0.6, step: int = 0) -> State:
    return State(
        step=step,
        v=np.broadcast_to(np.asarray(v, dtype=float), n).copy(),
        w=np.zeros(n),
        excitatory=np.zeros(n),
        inhibitory=np.zeros(n),
        reset_left=np.zeros(n),
        holdoff_left=np.zeros(n),
        pending_time=np.empty(0),
        pending_address=np.empty(0, dtype=np.int32),
    )


def fanout(
    n: int, rows: Any = (), *, address_of: Any = -1, delay: float = 1e-6, bypass: Any = False
) -> Fanout:
    """Rows: for every address the pairs (line, amplitude)."""
    entries = [entry for row in rows for entry in row]
    return Fanout(
        start=np.cumsum([0, *(len(row) for row in rows)]).astype(np.int32),
        line=np.array([where for where, _ in entries], dtype=np.int32),
        amplitude=np.array([amplitude for _, amplitude in entries], dtype=float),
        address_of=np.broadcast_to(np.asarray(address_of, dtype=np.int32), n).copy(),
        delay=delay,
        bypass=np.broadcast_to(np.asarray(bypass, dtype=bool), n).copy(),
    )


def arrivals(time: Any = (), address: Any = 0) -> Arrivals:
    time = np.asarray(time, dtype=float)
    return Arrivals(
        time=time, address=np.broadcast_to(np.asarray(address, np.int32), time.shape).copy()
    )


def watch(*k: int) -> Watch:
    return Watch(neurons=np.array(k, dtype=int))


def coupled(n: int, links: Any = (), nodes: Any = None, leads: Any = ()) -> Coupling:
    """Circuits 0 .. n - 1; links are (first, second, conductance)."""
    first, second, conductance = zip(*links, strict=True) if links else ((), (), ())
    leader, follower = zip(*leads, strict=True) if leads else ((), ())
    return Coupling(
        node=np.array(range(n) if nodes is None else nodes, dtype=np.int32),
        first=np.array(first, dtype=np.int32),
        second=np.array(second, dtype=np.int32),
        conductance=np.array(conductance, dtype=float),
        leader=np.array(leader, dtype=np.int32),
        follower=np.array(follower, dtype=np.int32),
    )


def at_random(
    seed: int, n: int, leak: float, offset: float = 0.0, floor: float = 0.9, **features: Any
) -> tuple[Neurons, State, Fanout, Arrivals, np.ndarray]:
    """Neurons of mixed habits, some of them firing by themselves, their wiring and their noise.

    Args:
        seed: of all chance.
        n: how many neurons.
        leak: V, around which leak potentials lie.
        offset: V, standard deviation of the inputs' offsets.
        floor: V, of lines; synapses fade over its second half.
        features: constants of all neurons; `coba` of both inputs, in either direction.
    """
    chance = np.random.default_rng(seed)

    def around(value: float) -> Any:
        return value * (1 + 0.1 * chance.standard_normal(n).clip(-2, 2))

    def offsets() -> dict[str, Any]:
        return {"offset": offset * chance.standard_normal(n)} if offset else {}

    coba = features.pop("coba", 0.0)
    inputs = {
        name: line(
            n,
            tau=around(4 * us),
            **offsets(),
            floor=floor,
            compliance=floor / 2,
            coba=sign * coba,
            reversal=reversal,
        )
        for name, sign, reversal in (("excitatory", 1, 1.2), ("inhibitory", -1, 0.3))
    }
    changes = {"leak_potential": around(leak), "leak_saturation": around(75 * nA), **features}
    p = neurons(n, **inputs, **changes)
    rows = [
        [(int(k), float(chance.uniform(1, 5) * mV)) for k in chance.choice(2 * n, 8)]
        for _ in range(n + 5)
    ]
    addresses = np.where(chance.random(n) < 0.5, np.arange(n), -1)
    f = fanout(n, rows, address_of=addresses, delay=0.83 * us)
    times = np.sort(chance.uniform(0, 60 * us, 150))
    events = arrivals(times, chance.integers(0, n + 5, 150))
    key = chance.integers(1, 2**63, n).astype(np.uint64)
    return p, state(n, v=chance.uniform(0.4, 0.7, n)), f, events, key


def assert_alike(one: Outcome, other: Outcome, n_traces: int, part: float = 0.95) -> np.ndarray:
    """The same spikes, and `part` of the same traces; how late spikes of the first are, s."""
    assert len(one.spike_time) == pytest.approx(len(other.spike_time), abs=1)
    late = np.array(
        [
            mine - theirs
            for k in np.unique(other.spike_neuron)
            for mine, theirs in zip(
                one.spike_time[one.spike_neuron == k],
                other.spike_time[other.spike_neuron == k],
                strict=False,  # the last one may just have been too late
            )
        ]
    )
    # A membrane that only just reaches its threshold makes more of a difference than there was.
    assert np.quantile(np.abs(late), 0.8) < 10 * ns
    for k in range(n_traces):
        a, b = one.traces[k], other.traces[k]
        for name, atol in (("v", 1 * mV), ("excitatory", 0.1 * mV), ("w", 20 * pA)):
            difference = np.interp(b.time, a.time, getattr(a, name)) - getattr(b, name)
            # A spike a nanosecond earlier or later is a large difference for a nanosecond.
            assert np.quantile(np.abs(difference), part) < atol
    return late


@pytest.fixture(scope="session")
def circuits() -> SimpleNamespace:
    """How to make neurons, lines, states, fan-outs, arrivals and so on with few words."""
    made = (line, neurons, state, fanout, arrivals, watch, coupled, at_random, assert_alike)
    return SimpleNamespace(**{make.__name__: make for make in made})
