"""The readout chain: which neuron an ADC sees, and when the MADC samples.

Two multiplexers, each open to the shared lines of even or odd columns of either hemisphere, feed
the MADC in turn. A neuron is on its line if its buffered access is on and its amplifier runs. The
CADC sees every neuron of its own column whose amplifier runs.
"""

from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.chip import wiring
from neckar.brainscales2.chip.datasheet import (
    MADC_FREQUENCY,
    N_NEURONS,
)

_CYCLES_PER_SAMPLE = 12  # of the MADC, plus sample_duration_adjust [haldls MADCConfig]

_NEURON = np.arange(N_NEURONS)
_IS_ODD = wiring.column_of_neuron(_NEURON) % 2 == 1
_HEMISPHERE = wiring.hemisphere_of_neuron(_NEURON)


@dataclass(frozen=True, kw_only=True)
class Channel:
    """What one input of the MADC is connected to: its number, and the neurons on the line."""

    number: int
    neurons: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How the MADC goes through its channels.

    Args:
        channels: in turn, the first one first.
        period: s from sample to sample.
        turn: how many samples of one channel before the next.
    """

    channels: tuple[Channel, ...]
    period: float
    turn: int

    def numbers(self, start: float, begin: float, end: float) -> np.ndarray:
        """Samples from `begin` until `end`, counted since sampling began at `start`; s."""
        first, last = (int(np.ceil((time - start) / self.period - 1e-6)) for time in (begin, end))
        return np.arange(max(first, 0), max(last, 0))

    def channel_of(self, number: np.ndarray) -> np.ndarray:
        """Position in `channels` of samples that were counted since the start."""
        return number // self.turn % len(self.channels)


def sampling(registers: np.ndarray) -> Sampling:
    """What the MADC does with this setting of the chip."""
    chain = registers["readout_chain"]
    dynamic, madc = chain["dynamic_mux"], chain["madc"]
    first = int(dynamic["initially_selected_input"])
    turn = int(dynamic["input_select_length"])
    order = (first, 1 - first) if turn else (first,)
    return Sampling(
        channels=tuple(_channel(registers, number) for number in order),
        period=_sample_period(madc),
        turn=max(turn, 1),
    )


def on_cadc(registers: np.ndarray) -> np.ndarray:
    """Neurons that their CADC channel sees, ascending."""
    readout = registers["neuron_block"]["atomic_neurons"]["readout"]
    causal = registers["cadc_readout_chains"]["channels_causal"]["enable_connect_neuron"]
    return np.flatnonzero(readout["enable_amplifier"] & causal.reshape(-1))


def source(registers: np.ndarray) -> np.ndarray:
    """What each neuron shows: 0 membrane, 1 and 2 its synaptic lines, 3 adaptation; (512,)."""
    return registers["neuron_block"]["atomic_neurons"]["readout"]["source"]


def _channel(registers: np.ndarray, number: int) -> Channel:
    mux = registers["readout_chain"]["input_mux"][number]
    is_open = np.where(_IS_ODD, mux["neuron_odd"][_HEMISPHERE], mux["neuron_even"][_HEMISPHERE])
    readout = registers["neuron_block"]["atomic_neurons"]["readout"]
    is_driven = readout["enable_buffered_access"] & readout["enable_amplifier"]
    return Channel(number=number, neurons=np.flatnonzero(is_open & is_driven))


def _sample_period(madc: np.ndarray) -> float:
    cycles = _CYCLES_PER_SAMPLE + int(madc["sample_duration_adjust"])
    if madc["enable_madc_clock_scaling"]:
        cycles *= 2 * (int(madc["clock_scale_value"]) + 1)
    return cycles / MADC_FREQUENCY
