"""The benchmark's network on the twin's inner loop."""

import time
from dataclasses import dataclass

import numpy as np
from network import N, Network

from neckar.brainscales2.twin.kernels import STEP, compiled
from neckar.brainscales2.twin.kernels.state import (
    Arrivals,
    Fanout,
    Neurons,
    State,
    SynapticInput,
    Watch,
)

LEAK_LINEAR = 0.3
LINE_SATURATION, LINE_LINEAR = 500e-9, 75e-3


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Seconds of one core, and spikes of a neuron, per second of hardware time."""

    fastest: float
    median: float
    rate: float


def measure(network: Network, noise: float, n_pieces: int = 30) -> Timing:
    """Run pieces of 1 ms of hardware time after a warm-up, all spikes recorded."""
    neurons, fanout, state = _neurons(network, noise), _fanout(network), _state(network)
    key = np.random.default_rng(1).integers(1, 2**63, N).astype(np.uint64)
    nothing = Arrivals(time=np.empty(0), address=np.empty(0, dtype=np.int32))
    nobody, piece = Watch(neurons=np.empty(0, dtype=int)), round(1e-3 / STEP) * STEP
    seconds, n_spikes = [], 0
    compiled.advance(neurons, state, fanout, nothing, nobody, piece, key)
    for _ in range(n_pieces):
        begin = time.thread_time()
        outcome = compiled.advance(neurons, state, fanout, nothing, nobody, piece, key)
        seconds.append(time.thread_time() - begin)
        n_spikes += len(outcome.spike_time)
    return Timing(
        fastest=min(seconds) / piece,
        median=float(np.median(seconds)) / piece,
        rate=n_spikes / (n_pieces * piece * N),
    )


def _full(value: float) -> np.ndarray:
    return np.full(N, float(value))


def _line(tau: np.ndarray) -> SynapticInput:
    return SynapticInput(
        tau=tau,
        saturation=_full(LINE_SATURATION),
        linear=_full(LINE_LINEAR),
        offset=_full(0),
        floor=_full(0.9),
        compliance=_full(0.2),
        coba=_full(0),
        reversal=_full(0),
    )


def _neurons(network: Network, noise: float) -> Neurons:
    adex = float(network.adex)
    return Neurons(
        capacitance=network.capacitance,
        leak_potential=network.leak_potential,
        leak_saturation=network.leak_conductance * LEAK_LINEAR,
        leak_linear=_full(LEAK_LINEAR),
        reset_potential=_full(network.reset_potential),
        reset_saturation=_full(1e-6),
        reset_linear=_full(0.3),
        threshold=network.threshold,
        reset_time=_full(network.refractory),
        holdoff_time=_full(0),
        pause=np.full(N, network.adex),
        current=_full(0),
        # Such that it is g_leak * slope at its potential, as others write it.
        exponential_current=adex * network.leak_conductance * network.exponential_slope,
        exponential_potential=_full(network.exponential_potential),
        exponential_slope=_full(network.exponential_slope),
        adaptation_conductance=_full(adex * network.adaptation_conductance),
        adaptation_potential=network.leak_potential,
        adaptation_increment=_full(adex * network.adaptation_increment),
        adaptation_tau=_full(network.adaptation_tau),
        compliance=_full(0),
        noise=_full(noise),
        v_min=_full(0),
        v_max=_full(1.2),
        excitatory=_line(network.tau_exc),
        inhibitory=_line(network.tau_inh),
    )


def _state(network: Network) -> State:
    return State(
        step=0,
        v=np.random.default_rng(2).uniform(0.5, 0.8, N),
        **{name: np.zeros(N) for name in ("w", "excitatory", "inhibitory")},
        **{name: np.zeros(N) for name in ("reset_left", "holdoff_left")},
        pending_time=np.empty(0),
        pending_address=np.empty(0, dtype=np.int32),
    )


def _fanout(network: Network) -> Fanout:
    """Synapses are sorted by source already."""
    inhibitory = network.weight < 0
    amplitude = np.abs(network.weight) * LINE_LINEAR / LINE_SATURATION
    return Fanout(
        start=np.searchsorted(network.source, np.arange(N + 1)).astype(np.int32),
        line=(network.target + N * inhibitory).astype(np.int32),
        amplitude=amplitude,
        address_of=np.arange(N, dtype=np.int32),
        delay=network.delay,
        bypass=np.zeros(N, dtype=bool),
    )
