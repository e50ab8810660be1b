"""Neurons that nothing reaches are followed apart: those at rest do not wait for the others.

The inner loop jumps when all of its neurons are at rest. Where no event arrives and nobody hears
the other, one call for those that have come to rest and one for the others say the same, for chance
belongs to a neuron and a step. Of those that fire regularly what repeats is counted (`regular`).
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from neckar.brainscales2.twin.execution import states
from neckar.brainscales2.twin.execution.regular import Rhythm, find_rhythm, go_on
from neckar.brainscales2.twin.execution.setting import take
from neckar.brainscales2.twin.kernels import STEP, advance
from neckar.brainscales2.twin.kernels.rest import find_rest
from neckar.brainscales2.twin.kernels.state import (
    Arrivals,
    Coupling,
    Fanout,
    Neurons,
    Outcome,
    State,
    Watch,
)
from neckar.brainscales2.twin.kernels.traces import Traces

_Way = Callable[[Neurons, State, int, np.ndarray], Outcome]

_NO_ARRIVALS = Arrivals(time=np.empty(0), address=np.empty(0, np.int32))
_NOBODY = Watch(neurons=np.empty(0, np.int64))
_WORTH = 10_000  # steps from which on two calls are faster than one
_PIECE = 5_000  # steps after which it is asked who has come to rest


def is_possible(
    fanout: Fanout, state: State, arrivals: Arrivals, watch: Watch, coupling: Coupling | None
) -> bool:
    """Whether nothing reaches any of these neurons, and nobody looks at one."""
    n_events = arrivals.time.size + state.pending_time.size
    return n_events + watch.neurons.size == 0 and coupling is None and _is_unheard(fanout)


def _is_unheard(fanout: Fanout) -> bool:
    return fanout.modulation is None and bool((fanout.address_of < 0).all())


def advance_apart(
    neurons: Neurons, state: State, n_steps: int, noise_key: np.ndarray, piece: int = _PIECE
) -> Outcome:
    """As `advance`, for neurons that nothing reaches.

    After a piece of time those at rest, those that fire regularly and all others go their own ways.
    Others that have no noise are looked at again after a longer piece.
    """
    if n_steps < max(_WORTH, 2 * piece):
        return _advance(neurons, state, n_steps, noise_key)
    begun = _advance(neurons, state, piece, noise_key)
    noise = np.where(noise_key != 0, neurons.noise, 0.0)
    is_free = (state.reset_left == 0) & (state.holdoff_left == 0)
    is_quiet = find_rest(neurons, state, noise).reached & is_free
    rhythm = find_rhythm(neurons, state, noise, begun)
    is_other = ~is_quiet
    is_other[rhythm.which] = False
    may_settle = is_quiet.any() or rhythm.which.size or (noise == 0).any()
    left = n_steps - piece
    if is_quiet.all() or not may_settle:
        return _joined(begun, _advance(neurons, state, left, noise_key))
    moved = [begun]
    for which, how in (
        (np.flatnonzero(is_quiet), _advance),
        (rhythm.which, partial(_repeat, rhythm)),
        (np.flatnonzero(is_other), partial(advance_apart, piece=2 * piece)),
    ):
        if which.size:
            moved.append(_of_some(how, which, neurons, state, left, noise_key))
    state.step += left
    return _joined(*moved)


def _of_some(
    how: _Way, which: np.ndarray, neurons: Neurons, state: State, n_steps: int, key: np.ndarray
) -> Outcome:
    """Some of the neurons go on in a way of their own."""
    some = states.pick(state, which)
    outcome = how(take(neurons, which), some, n_steps, key[which])
    states.put(state, some, which)
    return _as_of_all(outcome, which)


def _repeat(
    rhythm: Rhythm, neurons: Neurons, state: State, n_steps: int, noise_key: np.ndarray
) -> Outcome:
    return go_on(neurons, state, rhythm, n_steps)


def _advance(neurons: Neurons, state: State, n_steps: int, noise_key: np.ndarray) -> Outcome:
    silence = states.silence(noise_key.size)
    return advance(neurons, state, silence, _NO_ARRIVALS, _NOBODY, n_steps * STEP, noise_key)


def _as_of_all(outcome: Outcome, which: np.ndarray) -> Outcome:
    neuron = which[outcome.spike_neuron].astype(np.int32)
    return Outcome(spike_time=outcome.spike_time, spike_neuron=neuron, traces=Traces.of_nobody())


def _joined(*outcomes: Outcome) -> Outcome:
    time = np.concatenate([each.spike_time for each in outcomes])
    neuron = np.concatenate([each.spike_neuron for each in outcomes])
    order = np.argsort(time, kind="stable")
    return Outcome(spike_time=time[order], spike_neuron=neuron[order], traces=Traces.of_nobody())
