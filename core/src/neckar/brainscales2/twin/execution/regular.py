"""Neurons that fire regularly: what repeats is counted instead of followed.

Without noise, nothing but the phase distinguishes one interval from the next once lines have faded.
The inner loop takes steps on a grid, which leaves 1e-6 of an interval open; so much is uncertain of
the mean of several, and of all that follow from it.
"""

from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.twin.execution import states
from neckar.brainscales2.twin.execution.setting import take
from neckar.brainscales2.twin.kernels import STEP, advance
from neckar.brainscales2.twin.kernels.membrane import Point, move
from neckar.brainscales2.twin.kernels.state import Arrivals, Neurons, Outcome, State, Watch
from neckar.brainscales2.twin.kernels.traces import Traces

_NO_ARRIVALS = Arrivals(time=np.empty(0), address=np.empty(0, np.int32))
_NOBODY = Watch(neurons=np.empty(0, np.int64))
_FEWEST, _MOST = 8, 64  # intervals that have to be alike
_ALIKE = 0.01 * STEP
_FADED = 1e-9  # V, of lines
_CLEAR = 1.5 * STEP  # at least so long until a spike, or the end of a reset


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """Neurons that fire regularly, (m,) places, with the last spike and the interval of each, s."""

    which: np.ndarray
    last: np.ndarray
    interval: np.ndarray


def find_rhythm(neurons: Neurons, state: State, noise: np.ndarray, seen: Outcome) -> Rhythm:
    """Who has fired regularly in a piece of time that ends now, and may go on by multiplication.

    Args:
        neurons: the constants.
        state: now.
        noise: V / sqrt(s), zero where there is none.
        seen: what happened in that piece.
    """
    is_simple = (noise == 0) & (neurons.adaptation_conductance == 0)
    is_simple &= neurons.adaptation_increment == 0
    is_simple &= np.maximum(np.abs(state.excitatory), np.abs(state.inhibitory)) < _FADED
    order = np.argsort(seen.spike_neuron, kind="stable")
    time = seen.spike_time[order]
    first = np.searchsorted(seen.spike_neuron[order], np.arange(noise.size + 1))
    found = [
        (int(k), float(time[first[k + 1] - 1]), _interval(time[first[k] : first[k + 1]]))
        for k in np.flatnonzero(is_simple & (np.diff(first) > _FEWEST))
    ]
    which, last, interval = _columns([each for each in found if each[2] > 0])
    is_clear = _is_clear(state, which, last + interval)
    return Rhythm(which=which[is_clear], last=last[is_clear], interval=interval[is_clear])


def _columns(found: list[tuple[int, float, float]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    places, last, interval = np.array(found).reshape(-1, 3).T
    return places.astype(int), last, interval


def _interval(time: np.ndarray) -> float:
    """The mean of the last intervals, s, of as many as are alike; 0 if too few are."""
    for n in (_MOST, _FEWEST):
        last = time[-n - 1 :]
        if last.size > n and np.ptp(np.diff(last)) < _ALIKE:
            return float(last[-1] - last[0]) / n
    return 0.0


def _is_clear(state: State, which: np.ndarray, next_spike: np.ndarray) -> np.ndarray:
    """Whether nothing happens to a neuron for a little more than a step."""
    reset, holdoff = state.reset_left[which], state.holdoff_left[which]
    free_for = next_spike - state.step * STEP
    until = np.where(reset > 0, reset, np.where(holdoff > 0, holdoff, free_for))
    return np.asarray(until > _CLEAR)


def go_on(neurons: Neurons, state: State, rhythm: Rhythm, n_steps: int) -> Outcome:
    """As `advance`, for neurons that all fire regularly."""
    begin = state.step * STEP
    n_whole = np.floor(n_steps * STEP / rhythm.interval).astype(int)
    left = n_steps - n_whole * rhythm.interval / STEP
    n_left = np.floor(left).astype(int)
    _move_within_step(neurons, state, (left - n_left) * STEP)
    times, fired = [_multiples(rhythm, n_whole)], [np.repeat(np.arange(n_whole.size), n_whole)]
    now = begin + n_steps * STEP - n_left * STEP  # of every neuron
    for bit in range(int(n_left.max(initial=0)).bit_length()):
        mine = np.flatnonzero(n_left >> bit & 1)
        outcome = _advance(neurons, state, mine, 1 << bit)
        times.append(outcome.spike_time - begin + now[mine][outcome.spike_neuron])
        fired.append(mine[outcome.spike_neuron])
        now[mine] += (1 << bit) * STEP
    state.step += n_steps
    time, neuron = np.concatenate(times), np.concatenate(fired).astype(np.int32)
    order = np.argsort(time, kind="stable")
    return Outcome(spike_time=time[order], spike_neuron=neuron[order], traces=Traces.of_nobody())


def _multiples(rhythm: Rhythm, n_whole: np.ndarray) -> np.ndarray:
    """The next spikes of every neuron, so many of each."""
    ends = np.cumsum(n_whole)
    number = np.arange(1, n_whole.sum() + 1) - np.repeat(ends - n_whole, n_whole)
    return np.repeat(rhythm.last, n_whole) + number * np.repeat(rhythm.interval, n_whole)


def _move_within_step(neurons: Neurons, state: State, length: np.ndarray) -> None:
    """By less than a step in which nothing happens."""
    point = Point(state.v, state.w, state.excitatory, state.inhibitory)
    is_reset, silence = state.reset_left > 0, np.zeros(length.size)
    length = np.maximum(length, 1e-6 * STEP)
    after, _ = move(neurons, point, length, is_reset, neurons.v_max, silence)
    state.v[:], state.w[:] = after.v, after.w
    state.excitatory[:], state.inhibitory[:] = after.excitatory, after.inhibitory
    states.pass_time(state, length)


def _advance(neurons: Neurons, state: State, which: np.ndarray, n_steps: int) -> Outcome:
    """Some neurons, all from the same step on."""
    some = states.pick(state, which)
    quiet = np.zeros(which.size, np.uint64)
    silence = states.silence(which.size)
    outcome = advance(
        take(neurons, which), some, silence, _NO_ARRIVALS, _NOBODY, n_steps * STEP, quiet
    )
    states.put(state, some, which)
    return outcome
