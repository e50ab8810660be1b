"""What the inner loop sees: arrays and integers only, in SI units.

`n` counts the neurons that are simulated, which may be fewer than the chip has: circuits that
nobody observes and that cannot spike need no steps.
"""

from dataclasses import dataclass, field

import numpy as np

from neckar.brainscales2.twin.kernels.traces import Traces


@dataclass(frozen=True, kw_only=True)
class SynapticInput:
    """One synaptic input of every neuron; arrays of shape (n,).

    The line decays to rest, `tau ds/dt = -s`; events lower it, counted positive in `s`. The sinks
    of the synapses fade towards `floor`: a charge that would move a line by dq moves it by
    `ds = dq * min(1, (floor - s) / compliance)`. An OTA turns it into a current with the sign of
    the input:
    `i = saturation * tanh((s + offset) / linear) * max(0, 1 + coba * (reversal - v))`.
    """

    tau: np.ndarray  # s
    saturation: np.ndarray  # A, zero when the input is disabled
    linear: np.ndarray  # V
    offset: np.ndarray  # V
    floor: np.ndarray  # V
    compliance: np.ndarray  # V, 0 for a wall at the floor
    coba: np.ndarray  # 1/V, zero in current-based mode; sign included
    reversal: np.ndarray  # V


@dataclass(frozen=True, kw_only=True)
class Neurons:
    """What stays constant between two configurations; arrays of shape (n,).

    Membrane, in the order in which the chip's terms are listed in the documents:

        C dv/dt = leak_saturation * tanh((leak_potential - v) / leak_linear)
                + [resetting] reset_saturation * tanh((reset_potential - v) / reset_linear)
                + i_excitatory - i_inhibitory * min(1, v / compliance) + current
                + exponential_current * exp((v - exponential_potential) / exponential_slope)
                - w + noise

        adaptation_tau dw/dt = adaptation_conductance * (v - adaptation_potential) - w
        on a spike: w += adaptation_increment

    A spike happens when v reaches `threshold` from below while the neuron is neither resetting nor
    in hold-off. It is reset for `reset_time`, and cannot fire for `holdoff_time` after that. With
    `pause` the leak and exponential terms are off while it is being reset. v stays in
    [v_min, v_max]. Below `compliance` the transistor that draws the inhibitory current has too
    little voltage left; where that is 0, it never has.
    """

    capacitance: np.ndarray  # F
    leak_potential: np.ndarray  # V
    leak_saturation: np.ndarray  # A
    leak_linear: np.ndarray  # V
    reset_potential: np.ndarray  # V
    reset_saturation: np.ndarray  # A
    reset_linear: np.ndarray  # V
    threshold: np.ndarray  # V, inf when the comparator is off
    reset_time: np.ndarray  # s
    holdoff_time: np.ndarray  # s
    pause: np.ndarray  # bool
    current: np.ndarray  # A
    exponential_current: np.ndarray  # A, zero when disabled
    exponential_potential: np.ndarray  # V
    exponential_slope: np.ndarray  # V
    adaptation_conductance: np.ndarray  # S, zero when disabled
    adaptation_potential: np.ndarray  # V
    adaptation_increment: np.ndarray  # A
    adaptation_tau: np.ndarray  # s
    compliance: np.ndarray  # V
    noise: np.ndarray  # V / sqrt(s), standard deviation of the membrane's random walk
    v_min: np.ndarray  # V
    v_max: np.ndarray  # V
    excitatory: SynapticInput
    inhibitory: SynapticInput


@dataclass(kw_only=True)
class State:
    """What changes; arrays of shape (n,). `time` counts from the power-up of the chip.

    Args:
        step: number of grid steps done since power-up; time = step * STEP.
        v: membrane, V.
        w: adaptation current, A.
        excitatory: deflection of the line, V, and likewise inhibitory.
        reset_left: s until the reset ends, 0 when not resetting.
        holdoff_left: s after the reset until the neuron may fire.
        pending_time: s, when events on their way arrive, ascending, absolute.
        pending_address: which address they carry.
        pulse_volts: what the sources of `Fanout.modulation` remember, (s,) V.
        pulse_time: s, since when they have held that.
    """

    step: int
    v: np.ndarray
    w: np.ndarray
    excitatory: np.ndarray
    inhibitory: np.ndarray
    reset_left: np.ndarray
    holdoff_left: np.ndarray
    pending_time: np.ndarray
    pending_address: np.ndarray
    pulse_volts: np.ndarray = field(default_factory=lambda: np.empty(0))
    pulse_time: np.ndarray = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True, kw_only=True)
class Modulation:
    """Synapses whose pulses have a length that depends on what their driver saw before.

    An address pulses some sources, a source its synapses. Each of the `s` sources remembers a
    voltage V, which an event uses and then moves:

        length = clip(slope * (zero - V), 0, 1)
        V += utilization * (charge - V)
        between events: dV/dt = rate * (recover - V)

    Args:
        start: (n_addresses + 1,) int32, the pulses of address k are `start[k]:start[k + 1]`.
        source: (n_pulses,) int32.
        first: (n_pulses + 1,) int32, where in `line` and `amplitude` each pulse begins.
        line: (n_entries,) int32, as in `Fanout`.
        amplitude: (n_entries,) float, V for a pulse of length 1.
        charge, recover, zero: (s,) V.
        utilization: (s,)
        rate: (s,) 1/s.
        slope: (s,) 1/V.
    """

    start: np.ndarray
    source: np.ndarray
    first: np.ndarray
    line: np.ndarray
    amplitude: np.ndarray
    charge: np.ndarray
    recover: np.ndarray
    utilization: np.ndarray
    rate: np.ndarray
    zero: np.ndarray
    slope: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Fanout:
    """What an event does when it arrives: a sparse matrix, address by line.

    The entries of address k are `start[k]:start[k + 1]`. `line` is the neuron for its excitatory
    and n + neuron for its inhibitory input; `amplitude` the deflection in volts.

    Args:
        start: (n_addresses + 1,) int32.
        line: (n_entries,) int32.
        amplitude: (n_entries,) float.
        address_of: (n,) int32, address that a spike of this neuron triggers, -1 for none.
        delay: s from a spike to the arrival of its event at the synapses.
        bypass: (n,) bool, neurons that fire once for every event that reaches them, and do
            nothing else with it.
        modulation: what the event does besides, with pulses of changing length; nobody in bypass.
    """

    start: np.ndarray
    line: np.ndarray
    amplitude: np.ndarray
    address_of: np.ndarray
    delay: float
    bypass: np.ndarray
    modulation: Modulation | None = None


@dataclass(frozen=True, kw_only=True)
class Coupling:
    """How circuits hang together.

    Circuits of one node share a membrane, whose capacitance and current are the sums of theirs. A
    link adds `conductance * (v[second] - v[first])` to the current of `first`, and takes it from
    that of `second`. When a leader fires its followers fire, too, and are reset as long as it is.

    Args:
        node: (n,) int32, the lowest circuit on the same membrane.
        first, second: (n_links,) int32, the circuits that a link connects.
        conductance: (n_links,) S.
        leader, follower: (n_pairs,) int32.
    """

    node: np.ndarray
    first: np.ndarray
    second: np.ndarray
    conductance: np.ndarray
    leader: np.ndarray
    follower: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Arrivals:
    """Events from outside: absolute `time` (s, ascending) and `address` (int32)."""

    time: np.ndarray
    address: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Whose state is written down, and when; all four variables are kept.

    Args:
        neurons: which, (m,) int.
        steps: at the beginning and after which steps, (n_steps + 1,) bool; always if empty.
    """

    neurons: np.ndarray
    steps: np.ndarray = field(default_factory=lambda: np.empty(0, bool))


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What happened: spikes in the order of their absolute time (s), and the traces."""

    spike_time: np.ndarray
    spike_neuron: np.ndarray
    traces: Traces
