"""The network of the benchmark: 512 neurons of one chip, 10 % random recurrence, mismatch on.

What the twin and its peers share is drawn here once: potentials, time constants, weights. The
peers get linear leaks and instantaneous resets, which is less work than what the chip does.
"""

from dataclasses import dataclass, replace

import numpy as np

N = 512
CONNECTED = 0.1
INHIBITORY = 0.2


@dataclass(frozen=True, kw_only=True)
class Network:
    """One draw; arrays of shape (N,) in SI units and hardware time.

    Args:
        adex: exponential and adaptation on.
        source: of every synapse, and likewise target and weight (A, negative if inhibitory).
    """

    adex: bool
    capacitance: np.ndarray
    leak_potential: np.ndarray
    leak_conductance: np.ndarray
    threshold: np.ndarray
    tau_exc: np.ndarray
    tau_inh: np.ndarray
    source: np.ndarray
    target: np.ndarray
    weight: np.ndarray
    reset_potential: float = 0.5
    refractory: float = 2e-6
    delay: float = 1e-6
    exponential_slope: float = 0.02
    exponential_potential: float = 0.80
    adaptation_conductance: float = 20e-9
    adaptation_increment: float = 1e-9
    adaptation_tau: float = 100e-6


def draw(adex: bool) -> Network:
    """The same network every time."""
    chance = np.random.default_rng(2026)

    def around(value: float, spread: float) -> np.ndarray:
        return value * (1 + spread * chance.standard_normal(N))

    source, target = np.nonzero(chance.random((N, N)) < CONNECTED)
    inhibitory = chance.random(N) < INHIBITORY
    network = Network(
        adex=adex,
        capacitance=around(2.4e-12, 0.02),
        leak_potential=around(0.77, 0.05),
        leak_conductance=around(250e-9, 0.15),
        threshold=around(0.80, 0.03),
        tau_exc=around(5e-6, 0.1),
        tau_inh=around(5e-6, 0.1),
        source=source,
        target=target,
        weight=np.where(inhibitory[source], -13.2e-9, 3.3e-9),
    )
    if not adex:
        return network
    return replace(
        network, leak_potential=network.leak_potential + 0.02, threshold=np.full(N, 0.95)
    )
