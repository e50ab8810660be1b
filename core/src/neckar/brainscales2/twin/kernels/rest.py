"""Which neurons have nothing to do until the next event, and where they then are."""

from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.twin.kernels.membrane import Point, faded
from neckar.brainscales2.twin.kernels.state import Neurons, State, SynapticInput
from neckar.brainscales2.twin.kernels.together import Group

_AT_REST = 20e-6  # V, a hundredth of an ADC step
_TYPICAL, _FAR = 4, 8  # standard deviations of the noise
_SLOWEST = 1e-3  # 1/s
_LARGEST_EXPONENT = 50.0


@dataclass(frozen=True, kw_only=True)
class Rest:
    """Where neurons settle; arrays of shape (n,).

    Args:
        v: V, and likewise w, A.
        rate: 1/s, at which v returns to it.
        deviation: V, standard deviation of v by the noise.
        reached: whether the neuron is there, as far as noise allows, and cannot fire.
    """

    v: np.ndarray
    w: np.ndarray
    rate: np.ndarray
    deviation: np.ndarray
    reached: np.ndarray


def find_rest(p: Neurons, state: State, noise: np.ndarray) -> Rest:
    """Newton's method from where the neurons are.

    Args:
        p: the constants.
        state: the variables.
        noise: V / sqrt(s), zero where there is none.
    """
    v, settled = state.v.copy(), np.zeros(len(state.v), dtype=bool)
    for _ in range(8):
        current, g = _settled_current(p, v)
        rate = g / p.capacitance
        on_rail = ((v >= p.v_max) & (current >= 0)) | ((v <= p.v_min) & (current <= 0))
        floating = rate < _SLOWEST
        held = on_rail | (floating & (current == 0) & (noise == 0))
        step = np.where(settled | held | floating, 0.0, current / np.where(floating, 1.0, g))
        v = np.clip(v + step, p.v_min, p.v_max)
        settled |= held | (~floating & (np.abs(step) < 1e-3 * _AT_REST))

    rate = np.maximum(rate, 0.0)
    deviation = np.where(rate > 0, noise / np.sqrt(2 * np.where(rate > 0, rate, 1.0)), 0.0)
    w = p.adaptation_conductance * (v - p.adaptation_potential)
    reached = settled & (state.reset_left == 0) & (state.holdoff_left == 0)
    reached &= _cannot_fire(p, v + _AT_REST + _FAR * deviation, on_rail | (rate == 0))
    reached &= np.abs(state.v - v) <= _AT_REST + _TYPICAL * deviation
    reached &= _lines(p, state) <= _AT_REST * rate * p.capacitance + 1e-18
    reached &= np.abs(state.w - w) <= (
        _AT_REST * rate * p.capacitance + p.adaptation_conductance * _TYPICAL * deviation + 1e-18
    )
    return Rest(v=v, w=w, rate=rate, deviation=deviation, reached=reached)


def find_rest_together(p: Neurons, group: Group, point: Point, noise: np.ndarray) -> Rest | None:
    """The same for a group; none if it has no rest away from the rails."""
    v, node = np.empty(len(group.links)), group.node
    v[node] = point.v
    capacitance = np.bincount(node, p.capacitance)
    for _ in range(8):
        current, g = (np.bincount(node, part) for part in _settled_current(p, v[node]))
        matrix = np.diag(g) + group.links
        rate = _slowest_rate(matrix, g, capacitance)
        if rate < _SLOWEST:
            return None
        step = np.linalg.solve(matrix, current - group.links @ v)
        v += step
        if (np.abs(step) < 1e-3 * _AT_REST).all():
            return _rest_at(p, group, point, noise, v, rate)
    return None


def _slowest_rate(matrix: np.ndarray, g: np.ndarray, capacitance: np.ndarray) -> float:
    """No faster than the slowest mode: 1 / the largest row sum of the inverse of C^-1 (g + L).

    That inverse has no negative entry where no current grows with v; where one does, 0.
    """
    if (g < 0).any():
        return 0.0
    slowness = np.linalg.solve(matrix + np.diag(_SLOWEST * capacitance), capacitance)
    return float(1 / slowness.max() - _SLOWEST)


def _rest_at(
    p: Neurons, group: Group, point: Point, noise: np.ndarray, v: np.ndarray, rate: float
) -> Rest:
    node, outflow = group.node, (group.links @ v)[group.node]
    v = v[node]
    capacitance = np.bincount(node, p.capacitance)
    kick = np.sqrt(np.bincount(node, (noise * p.capacitance) ** 2)) / capacitance
    deviation = np.full(len(v), kick.max() / np.sqrt(2 * rate))
    w = p.adaptation_conductance * (v - p.adaptation_potential)
    reach = v + _AT_REST + _FAR * deviation
    uphill = np.bincount(node, _settled_current(p, reach)[0])[node] - outflow
    small = _AT_REST * rate * capacitance[node] + 1e-18
    reached = (p.threshold > np.minimum(reach, p.v_max)) | (p.threshold > p.v_max)
    reached &= (p.exponential_current == 0) | (uphill < 0)
    reached &= (v < p.v_max) & (v > p.v_min)
    reached &= np.abs(point.v - v) <= _AT_REST + _TYPICAL * deviation
    reached &= _lines(p, point) <= small
    reached &= np.abs(point.w - w) <= small + p.adaptation_conductance * _TYPICAL * deviation
    return Rest(v=v, w=w, rate=np.full(len(v), rate), deviation=deviation, reached=reached)


def _settled_current(p: Neurons, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The current at v when lines and adaptation have settled, and its negative derivative."""
    leak = np.tanh((p.leak_potential - v) / p.leak_linear)
    exc, slope_exc = _input(p.excitatory, v)
    inh, slope_inh = faded(p, v, *_input(p.inhibitory, v))
    on = p.exponential_current > 0
    slope = np.where(on, p.exponential_slope, 1.0)
    exponent = np.minimum((v - p.exponential_potential) / slope, _LARGEST_EXPONENT)
    upswing = p.exponential_current * np.exp(np.where(on, exponent, 0.0))
    current = p.leak_saturation * leak + p.current + exc - inh + upswing
    current -= p.adaptation_conductance * (v - p.adaptation_potential)
    g = p.leak_saturation / p.leak_linear * (1 - leak**2) - slope_exc + slope_inh - upswing / slope
    return current, g + p.adaptation_conductance


def _input(line: SynapticInput, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    linear = np.where(line.linear > 0, line.linear, np.inf)
    i = line.saturation * np.tanh(line.offset / linear)
    factor = 1 + line.coba * (line.reversal - v)
    return i * np.maximum(factor, 0), np.where(factor > 0, -i * line.coba, 0.0)


def _cannot_fire(p: Neurons, reach: np.ndarray, held: np.ndarray) -> np.ndarray:
    safe = (p.threshold > np.minimum(reach, p.v_max)) | (p.threshold > p.v_max)
    falls_back = held | (p.exponential_current == 0) | (_settled_current(p, reach)[0] < 0)
    return safe & falls_back


def _lines(p: Neurons, state: State | Point) -> np.ndarray:
    """The current that the lines still cause, at most."""
    return _line(p.excitatory, state.excitatory, state.v) + _line(
        p.inhibitory, state.inhibitory, state.v
    )


def _line(line: SynapticInput, s: np.ndarray, v: np.ndarray) -> np.ndarray:
    linear = np.where(line.linear > 0, line.linear, np.inf)
    return line.saturation * s / linear * (1 + np.abs(line.coba * (line.reversal - v)))
