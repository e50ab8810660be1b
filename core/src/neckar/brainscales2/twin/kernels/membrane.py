"""A piece of a neuron's time between two events, in closed form.

An exponential Rosenbrock-Euler step: with F = dv/dt at the start, J = dF/dv there, and the inputs
at their mean over the piece,

    v(t) = v + F (exp(J t) - 1) / J.

This is exact for a linear membrane, right to second order for any other, and relaxes when the
piece is much longer than the time constant. Line and adaptation decay exactly.
"""

from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.twin.kernels.grid import STEP
from neckar.brainscales2.twin.kernels.state import Neurons, SynapticInput

# An upswing by more than a factor of e^0.5 is taken as the exponential's alone.
STEEP = 0.5
# V: the exponential current may move v that far in a step; more makes no difference.
_MOST_IN_A_STEP = 100.0
_LONGEST_EXPONENT = 80.0


@dataclass
class Point:
    """The variables of some neurons; arrays."""

    v: np.ndarray
    w: np.ndarray
    excitatory: np.ndarray
    inhibitory: np.ndarray


@dataclass
class Motion:
    """How v moves: `v + change (1 - exp(-rate t)) / rate`.

    Or, in an upswing, the exponential and what is steady alone, beyond all bounds in finite time:
    `dv/dt = steady + (change - steady) exp((v - v0) slope)`.
    """

    change: np.ndarray  # V/s
    rate: np.ndarray  # 1/s
    steady: np.ndarray  # V/s
    slope: np.ndarray  # 1/V
    upswing: np.ndarray  # bool

    def time_to_rise(self, distance: np.ndarray) -> np.ndarray:
        """When v has risen by `distance`."""
        relaxing = _time_to_decay(distance / self.change, self.rate)
        slope = np.where(self.upswing, self.slope, 1.0)
        part = -np.expm1(-distance * slope) / slope
        rising = _time_to_decay(part / self.change, self.steady * slope)
        return np.where(self.upswing, rising, relaxing)

    def upswing_after(self, v: np.ndarray, length: np.ndarray, ceiling: np.ndarray) -> np.ndarray:
        """Where v is after `length`, at the ceiling at most."""
        slope = np.where(self.upswing, self.slope, 1.0)
        left = 1 - self.change * length * slope * mean_of_decay(self.steady * length * slope)
        arrived = (left <= np.exp(-(ceiling - v) * slope)) | ~self.upswing
        return np.where(arrived, ceiling, v - np.log(np.where(arrived, 1.0, left)) / slope)


def _time_to_decay(time: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """The t of which `time = (1 - exp(-rate t)) / rate`."""
    x = time * rate
    small = (np.abs(x) < 1e-6) | (x >= 1)
    return np.where(small, time, -np.log1p(-np.where(small, 0.5, x)) / np.where(small, 1.0, rate))


def mean_of_decay(x: np.ndarray) -> np.ndarray:
    """The mean of exp(-t) for t from 0 to x: `(1 - exp(-x)) / x`."""
    small = np.abs(x) < 1e-8
    x = np.where(small, 1.0, x)
    return np.where(small, 1.0, -np.expm1(-x) / x)


def tau_at_least(tau: np.ndarray) -> np.ndarray:
    """Time constants, none shorter than a sixteenth of a step."""
    return np.maximum(tau, STEP / 16)


def move(
    neurons: Neurons,
    point: Point,
    length: np.ndarray,
    resetting: np.ndarray,
    ceiling: np.ndarray,
    noise: np.ndarray,
) -> tuple[Point, Motion]:
    """Where neurons are `length` seconds later, and how they came there.

    Args:
        neurons: the constants.
        point: where they are.
        length: s, at most a step.
        resetting: whether the reset pulls.
        ceiling: V, where an upswing ends.
        noise: V, the Gaussian of the whole step, of which `length` gets its share.
    """
    p, v, capacitance = neurons, point.v, neurons.capacitance
    f = flow(p, point, length, resetting)
    # The tangent is right for small steps; only the secant ends where the pull ends.
    stiff = np.minimum((f.secant * length / capacitance) ** 4, 1)
    conductance = (1 - stiff) * f.tangent + stiff * f.secant + f.other
    change, rate = f.current / capacitance, (conductance - f.i_exponential * f.slope) / capacitance
    bend = f.i_exponential * f.slope**2 + (1 - stiff) * f.bend

    upswing = (f.slope > 0) & (-rate * length > STEEP) & (change > 0)
    motion = Motion(change, rate, change - f.i_exponential / capacitance, f.slope, upswing)
    v_end = _relaxed(v, motion, bend / capacitance, length, noise)
    v_end = np.where(upswing, motion.upswing_after(v, length, ceiling), v_end)
    return arrive(p, point, np.clip(v_end, p.v_min, p.v_max), length), motion


@dataclass
class Flow:
    """What flows onto the capacitance of a circuit at the start of a piece; arrays.

    Lines and adaptation are taken at their mean over the piece.
    """

    current: np.ndarray  # A, all of it
    i_exponential: np.ndarray  # A, part of it
    slope: np.ndarray  # 1/V, of the exponential; 0 where there is none
    tangent: np.ndarray  # S, of leak and reset
    secant: np.ndarray  # S, likewise
    bend: np.ndarray  # A/V^2, likewise
    other: np.ndarray  # S, of everything but leak, reset and exponential


def flow(p: Neurons, point: Point, length: np.ndarray, resetting: np.ndarray) -> Flow:
    """The currents of circuits, and how they change with v."""
    v, running = point.v, ~(resetting & p.pause)
    i_exc, slope_exc = _input(p.excitatory, point.excitatory, v, length)
    i_inh, slope_inh = faded(p, v, *_input(p.inhibitory, point.inhibitory, v, length))
    leak = _pull(p.leak_saturation, p.leak_potential, p.leak_linear, v).times(running)
    reset = _pull(p.reset_saturation, p.reset_potential, p.reset_linear, v).times(resetting)
    i_exponential = np.where(running, _exponential(p, v), 0.0)
    decay = mean_of_decay(length / tau_at_least(p.adaptation_tau))
    w_end = p.adaptation_conductance * (v - p.adaptation_potential)
    w_mean = w_end + (point.w - w_end) * decay
    on = p.exponential_current > 0
    return Flow(
        current=leak.current + reset.current + i_exc - i_inh + p.current + i_exponential - w_mean,
        i_exponential=i_exponential,
        slope=np.where(on, 1 / np.where(on, p.exponential_slope, 1.0), 0.0),
        tangent=leak.tangent + reset.tangent,
        secant=leak.secant + reset.secant,
        bend=leak.bend + reset.bend,
        other=-slope_exc + slope_inh + p.adaptation_conductance * (1 - decay),
    )


def arrive(p: Neurons, point: Point, v_end: np.ndarray, length: np.ndarray) -> Point:
    """The variables after a piece in which v went to `v_end`."""
    settled = p.adaptation_conductance * ((point.v + v_end) / 2 - p.adaptation_potential)
    return Point(
        v_end,
        settled + (point.w - settled) * np.exp(-length / tau_at_least(p.adaptation_tau)),
        point.excitatory * np.exp(-length / tau_at_least(p.excitatory.tau)),
        point.inhibitory * np.exp(-length / tau_at_least(p.inhibitory.tau)),
    )


def _input(
    line: SynapticInput, s: np.ndarray, v: np.ndarray, length: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The current of a synaptic input, and its derivative by v."""
    mean = s * mean_of_decay(length / tau_at_least(line.tau))
    linear = np.where(line.linear > 0, line.linear, np.inf)
    i = line.saturation * np.tanh((mean + line.offset) / linear)
    factor = 1 + line.coba * (line.reversal - v)
    return i * np.maximum(factor, 0), np.where(factor > 0, -i * line.coba, 0)


def faded(
    p: Neurons, v: np.ndarray, i: np.ndarray, slope: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What is left of an inhibitory current near ground, and its derivative by v."""
    fades = v < p.compliance
    per_volt = 1 / np.where(fades, p.compliance, 1.0)
    left = np.where(fades, np.maximum(v * per_volt, 0), 1.0)
    return i * left, slope * left + np.where(fades & (v > 0), i * per_volt, 0)


@dataclass
class _Pull:
    """A saturating conductance: its current, and how that changes with v."""

    current: np.ndarray
    tangent: np.ndarray  # conductance for small changes,
    secant: np.ndarray  # up to where it pulls,
    bend: np.ndarray  # second derivative of the current

    def times(self, on: np.ndarray) -> "_Pull":
        return _Pull(on * self.current, on * self.tangent, on * self.secant, on * self.bend)


def _pull(
    saturation: np.ndarray, potential: np.ndarray, linear: np.ndarray, v: np.ndarray
) -> _Pull:
    x = (potential - v) / linear
    tanh = np.tanh(x)
    small = np.abs(x) < 1e-8
    secant = np.where(small, 1.0, tanh / np.where(small, 1.0, x))
    g = saturation / linear
    tangent = g * (1 - tanh**2)
    return _Pull(saturation * tanh, tangent, g * secant, -2 * tangent * tanh / linear)


def _exponential(p: Neurons, v: np.ndarray) -> np.ndarray:
    on = p.exponential_current > 0
    current = np.where(on, p.exponential_current, 1.0)
    most = np.minimum(np.log(_MOST_IN_A_STEP * p.capacitance / (STEP * current)), _LONGEST_EXPONENT)
    x = (v - p.exponential_potential) / np.where(on, p.exponential_slope, 1.0)
    return np.where(on, current * np.exp(np.clip(x, -_LONGEST_EXPONENT, most)), 0.0)


def _relaxed(
    v: np.ndarray, motion: Motion, bend: np.ndarray, length: np.ndarray, noise: np.ndarray
) -> np.ndarray:
    y = np.maximum(motion.rate * length, -STEEP)
    # F'' makes an upswing faster, or a pull slower, than the linearised one: third order, and
    # what J adds to it. Upswings are completed to the series of -ln(1 - z), z = J t, which is what
    # an exponential alone does.
    faster = np.clip(bend * motion.change * length**2, -(STEEP**2), STEEP**2) / 6
    growing = np.maximum(-y, 0)
    faster *= np.maximum(1 - y, 0) + growing * (0.25 + 1.7 * growing)
    spread = np.sqrt(mean_of_decay(2 * y))
    distance = motion.change * length * (mean_of_decay(y) + faster) + noise * spread * (
        length / STEP
    )
    motion.rate = np.where(motion.upswing, motion.rate, y / length)
    motion.change = np.where(motion.upswing, motion.change, distance / (length * mean_of_decay(y)))
    return v + distance
