"""What wires of the readout do to the neurons that they touch: hold, join, or feed a current.

Synaptic lines that hang together without a voltage are one line. With the capacitance C, the
conductance G = C / tau and the rest of each of them, and a current I from outside,

    sum of C dV/dt = sum of G (rest - V) + I
    an event that moves one line by dV moves all of them by C dV / sum of C

Membranes that hang together are one node (`kernels.state.Coupling`). A voltage reaches a membrane
through the resistance R of its switch, which is added to its leak: I = (V - v) / R.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.datasheet import N_NEURONS
from neckar.brainscales2.twin.kernels.state import Fanout, Neurons, SynapticInput

_FOR_EVER = 1e3  # s
_STRAIGHT = 1e3  # V, linear range of a resistance


@dataclass(frozen=True, kw_only=True, eq=False)
class Shared:
    """Synaptic lines of one kind that are one line.

    Args:
        neurons: whose lines they are.
        share: of each in the capacitance of all.
        rest: of each alone, V.
        level: where all of them rest together, V.
        tau: of all together, s.
    """

    neurons: np.ndarray
    share: np.ndarray
    rest: np.ndarray
    level: float
    tau: float


def share(
    neurons: np.ndarray, tau: np.ndarray, capacitance: np.ndarray, rest: np.ndarray, ampere: float
) -> Shared:
    """Make one line of several; `tau` (s), `capacitance` (F) and `rest` (V) are of each."""
    conductance = capacitance / tau
    return Shared(
        neurons=neurons,
        share=capacitance / capacitance.sum(),
        rest=rest,
        level=float((conductance @ rest + ampere) / conductance.sum()),
        tau=float(capacitance.sum() / conductance.sum()),
    )


def together(line: SynapticInput, shared: Shared) -> SynapticInput:
    """The lines while they are one: deflections count from where all rest together."""
    tau, offset, floor = line.tau.copy(), line.offset.copy(), line.floor.copy()
    tau[shared.neurons] = shared.tau
    offset[shared.neurons] += shared.rest - shared.level
    floor[shared.neurons] += shared.level - shared.rest
    return replace(line, tau=tau, offset=offset, floor=floor)


def held(line: SynapticInput, neurons: np.ndarray) -> SynapticInput:
    """The lines while a voltage holds some of them: these stay where they are."""
    tau = line.tau.copy()
    tau[neurons] = _FOR_EVER
    return replace(line, tau=tau)


def clamped(analog: Neurons, neurons: np.ndarray, volts: float) -> Neurons:
    """Membranes on a voltage. The leak is replaced by its straight line there and the switch."""
    switch = 1 / p.STIMULUS_RESISTANCE
    slope = analog.leak_saturation[neurons] / analog.leak_linear[neurons]
    drive = np.tanh((analog.leak_potential[neurons] - volts) / analog.leak_linear[neurons])
    saturation, linear, potential = (
        getattr(analog, f"leak_{name}").copy() for name in ("saturation", "linear", "potential")
    )
    potential[neurons] = volts + analog.leak_saturation[neurons] * drive / (switch + slope)
    saturation[neurons], linear[neurons] = (switch + slope) * _STRAIGHT, _STRAIGHT
    return replace(analog, leak_saturation=saturation, leak_linear=linear, leak_potential=potential)


def fed(analog: Neurons, neurons: np.ndarray, ampere: float) -> Neurons:
    """Membranes on one wire, into which a current flows."""
    current = analog.current.copy()
    current[neurons] += ampere / neurons.size
    return replace(analog, current=current)


def spread(fanout: Fanout, neurons: np.ndarray, lines: Sequence[Shared | None]) -> Fanout:
    """Events that pull one of several shared lines pull all of them.

    Args:
        fanout: for `neurons`.
        neurons: that are simulated, ascending.
        lines: shared lines, excitatory and inhibitory.
    """
    matrix = _mixing(neurons, lines)
    if matrix is None:
        return fanout
    start, line, amplitude = _mixed(fanout.start, fanout.line, fanout.amplitude, matrix)
    modulation = fanout.modulation
    if modulation is not None:
        first, place, volts = _mixed(
            modulation.first, modulation.line, modulation.amplitude, matrix
        )
        modulation = replace(modulation, first=first, line=place, amplitude=volts)
    return replace(fanout, start=start, line=line, amplitude=amplitude, modulation=modulation)


def _mixing(neurons: np.ndarray, lines: Sequence[Shared | None]) -> csr_array | None:
    """How much each line moves when an event moves another one alone, (2 n, 2 n)."""
    place = np.full(N_NEURONS, -1)
    place[neurons] = np.arange(neurons.size)
    mixing = np.eye(2 * neurons.size)
    for number, shared in enumerate(lines):
        if shared is not None:
            here = place[shared.neurons] >= 0
            at = place[shared.neurons[here]] + number * neurons.size
            mixing[np.ix_(at, at)] = shared.share[here][:, None]
    is_plain = np.array_equal(mixing, np.eye(2 * neurons.size))
    return None if is_plain else csr_array(mixing)


def _mixed(
    start: np.ndarray, line: np.ndarray, amplitude: np.ndarray, mixing: csr_array
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    entries = csr_array((amplitude, line, start), shape=(start.size - 1, mixing.shape[0]))
    mixed = (entries @ mixing).tocsr()
    mixed.sort_indices()
    return mixed.indptr.astype(np.int32), mixed.indices.astype(np.int32), mixed.data
