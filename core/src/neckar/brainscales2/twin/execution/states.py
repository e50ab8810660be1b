"""The variables of all neurons between two runs of the kernel."""

import numpy as np

from neckar.brainscales2.twin.kernels.state import Fanout, Neurons, State

_BY_NEURON = ("v", "w", "excitatory", "inhibitory", "reset_left", "holdoff_left")
_FIRST_MEMBRANE = 0.5  # V; forgotten before anybody looks


def powered_up(n: int, step: int) -> State:
    """Neurons of a chip that has just been switched on."""
    state = State(
        step=step,
        **{name: np.zeros(n) for name in _BY_NEURON},
        pending_time=np.empty(0),
        pending_address=np.empty(0, np.int32),
    )
    state.v[:] = _FIRST_MEMBRANE
    return state


def pick(state: State, neurons: np.ndarray) -> State:
    """Some of many neurons; events on their way come along."""
    return State(
        step=state.step,
        **{name: getattr(state, name)[neurons] for name in _BY_NEURON},
        pending_time=state.pending_time,
        pending_address=state.pending_address,
    )


def put(state: State, some: State, neurons: np.ndarray) -> None:
    """Put what `pick` took back into all of them."""
    for name in _BY_NEURON:
        getattr(state, name)[neurons] = getattr(some, name)


def pass_time(state: State, elapsed: np.ndarray) -> None:
    """Let resets and hold-offs go on for so many s, of neurons of which nothing else is known."""
    left = state.reset_left - np.maximum(elapsed, 0.0)
    state.holdoff_left[:] = np.maximum(0.0, state.holdoff_left + np.minimum(left, 0.0))
    state.reset_left[:] = np.maximum(0.0, left)


def fade(state: State, elapsed: np.ndarray, neurons: Neurons) -> None:
    """Let synaptic lines go for so many s without events; those that float keep most of it."""
    elapsed = np.maximum(elapsed, 0.0)
    state.excitatory[:] *= np.exp(-elapsed / neurons.excitatory.tau)
    state.inhibitory[:] *= np.exp(-elapsed / neurons.inhibitory.tau)


def copy(state: State) -> State:
    """A state that goes on from here."""
    return pick(state, np.arange(state.v.size))


def silence(n: int) -> Fanout:
    """No event reaches any of `n` neurons."""
    return Fanout(
        start=np.zeros(1, np.int32),
        line=np.empty(0, np.int32),
        amplitude=np.empty(0),
        address_of=np.full(n, -1, np.int32),
        delay=1e-6,
        bypass=np.zeros(n, bool),
    )
