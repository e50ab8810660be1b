"""Hands the arrays of `state.py` to the C++ that follows `reference.py`."""

import os

import numpy as np

from neckar.brainscales2.twin.kernels import _kernel
from neckar.brainscales2.twin.kernels.grid import steps_in
from neckar.brainscales2.twin.kernels.pairing import Occasions, Pairing, RowPulses, Sensors
from neckar.brainscales2.twin.kernels.state import (
    Arrivals,
    Coupling,
    Fanout,
    Neurons,
    Outcome,
    State,
    Watch,
)
from neckar.brainscales2.twin.kernels.traces import KNOT, Traces


def cpu_path() -> str:
    """The instruction set in use: the best there is, or what NECKAR_CPU_PATH asks for."""
    wanted = os.environ.get("NECKAR_CPU_PATH")
    available = _kernel.paths()
    if wanted is None:
        return available[0]
    if wanted not in available:
        raise ValueError(
            f"NECKAR_CPU_PATH = {wanted} is not possible here; "
            f"possible: {', '.join(available)}, reference"
        )
    return wanted


def advance(
    neurons: Neurons,
    state: State,
    fanout: Fanout,
    arrivals: Arrivals,
    watch: Watch,
    duration: float,
    noise_key: np.ndarray,
    coupling: Coupling | None = None,
) -> Outcome:
    """See `reference.advance`."""
    n_steps = steps_in(duration)
    spike_time, spike_neuron, knots, counts, *after = _kernel.run(
        neurons, state, fanout, arrivals, watch, coupling, n_steps, noise_key, cpu_path()
    )
    state.step += n_steps
    state.v[:], state.w[:], state.excitatory[:], state.inhibitory[:] = after[:4]
    state.reset_left[:], state.holdoff_left[:] = after[4:6]
    state.pending_time, state.pending_address = after[6:8]
    state.pulse_volts, state.pulse_time = after[8:]
    return Outcome(
        spike_time=spike_time,
        spike_neuron=spike_neuron,
        traces=Traces(knots.view(KNOT), counts),
    )


def correlate(sensors: Sensors, pairing: Pairing, pulses: RowPulses, occasions: Occasions) -> None:
    """See `pairing.correlate`."""
    _kernel.correlate(sensors, pairing, pulses, occasions, cpu_path())
