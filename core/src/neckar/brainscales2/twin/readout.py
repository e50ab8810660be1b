"""The readout chain: what an ADC sees, and when the MADC samples.

Two multiplexers feed the MADC in turn; each is open to shared lines of the neurons, to debug lines
and through them to the pads (`wires`). A neuron is on its line if its buffered access is on and its
amplifier runs. The CADC sees every neuron of its own column whose amplifier runs, and the debug
line of the CADC where a channel is connected to it.
"""

from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.chip.datasheet import FPGA_FREQUENCY, MADC_FREQUENCY
from neckar.brainscales2.chip.sections import Sections
from neckar.brainscales2.twin import wires
from neckar.brainscales2.twin.board import NOTHING, Pads
from neckar.brainscales2.twin.madc import Converter, converter
from neckar.brainscales2.twin.madc import cycles as n_cycles
from neckar.brainscales2.twin.switches import CADC_DEBUG
from neckar.brainscales2.twin.wires import NOBODY, Line

CAUSAL, ACAUSAL = 0, 1
_CHANNELS = ("channels_causal", "channels_acausal")


@dataclass(frozen=True, kw_only=True)
class Channel:
    """What one input of the MADC is connected to.

    Args:
        number: of the multiplexer.
        line: what drives the wire that it sees; None if it sees none.
        unit: what is on the wire whose current it sees; None if it sees none.
    """

    number: int
    line: Line | None
    unit: Line | None = None

    @property
    def neurons(self) -> np.ndarray:
        """Those that drive either of them."""
        lines = [line.neurons for line in (self.line, self.unit) if line is not None]
        return np.unique(np.concatenate([np.empty(0, int), *lines]))


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How the MADC goes through its channels.

    Args:
        channels: in turn, the first one first.
        period: s from sample to sample.
        turn: how many samples of one channel before the next.
        is_dummy: the MADC sends a sawtooth instead of what it sees.
        converter: what it makes of the volts that it sees.
    """

    channels: tuple[Channel, ...]
    period: float
    turn: int
    is_dummy: bool
    converter: Converter

    def numbers(self, start: float, begin: float, end: float) -> np.ndarray:
        """Samples from `begin` until `end`, counted since sampling began at `start`; s."""
        first, last = (int(np.ceil((time - start) / self.period - 1e-6)) for time in (begin, end))
        return np.arange(max(first, 0), max(last, 0))

    def channel_of(self, number: np.ndarray) -> np.ndarray:
        """Position in `channels` of samples that were counted since the start."""
        return number // self.turn % len(self.channels)


def sampling(registers: Sections, board: Pads = NOTHING) -> Sampling:
    """What the MADC does with this setting of the chip, and of the board beside it."""
    chain = registers["readout_chain"]
    dynamic, madc = chain["dynamic_mux"], chain["madc"]
    first = int(dynamic["initially_selected_input"])
    turn = int(dynamic["input_select_length"])
    order = (first, 1 - first) if turn else (first,)
    return Sampling(
        channels=tuple(_channel(registers, number, board) for number in order),
        period=_sample_period(madc),
        turn=max(turn, 1),
        is_dummy=bool(madc["enable_dummy_data"]),
        converter=converter(registers),
    )


def samples_in_cycles(registers: Sections) -> float:
    """FPGA cycles that the configured number of samples takes."""
    madc = registers["readout_chain"]["madc"]
    return int(madc["number_of_samples"]) * _sample_period(madc) * FPGA_FREQUENCY


def wake_up_in_cycles(registers: Sections) -> int:
    """FPGA cycles after which a MADC that was told to wake up is ready."""
    wait = int(registers["readout_chain"]["madc"]["powerup_wait_value"])
    return int(np.ceil(wait * FPGA_FREQUENCY / MADC_FREQUENCY))


def on_cadc(registers: Sections, channel: int = CAUSAL) -> np.ndarray:
    """Neurons that their CADC channel sees, ascending."""
    is_connected = registers["cadc_readout_chains"][_CHANNELS[channel]]["enable_connect_neuron"]
    return np.flatnonzero(wires.amplifies(registers) & is_connected.reshape(-1))


def on_cadc_debug(registers: Sections, board: Pads, channel: int) -> tuple[np.ndarray, Line]:
    """Columns whose channel of the CADC sees the debug line, and what drives it."""
    channels = registers["cadc_readout_chains"][_CHANNELS[channel]]
    columns = np.flatnonzero(channels["enable_connect_debug"])
    if not columns.size:
        return columns, NOBODY
    return columns, wires.line(registers, (CADC_DEBUG[channel], 0), board)


def source(registers: Sections) -> np.ndarray:
    """What each neuron shows: 0 membrane, 1 and 2 its synaptic lines, 3 adaptation; (512,)."""
    return registers["neuron_block"]["atomic_neurons"]["readout"]["source"]


def _channel(registers: Sections, number: int, board: Pads) -> Channel:
    """An input, if it is connected up to the converter; its amplifiers lie on the way."""
    chain = registers["readout_chain"]
    inputs, crossbar = chain["madc_input_crossbar"], chain["madc_debug_crossbar"]
    is_amplified = inputs["connect_madc_preamp"] and crossbar["connect_preamp_to_madc"]
    line, unit = None, None
    if is_amplified and inputs["connect_dynamic_mux"] and chain["dynamic_mux"]["enable_amplifiers"]:
        line = wires.line(registers, ("mux", number), board)
    elif is_amplified and inputs["connect_pad_mux"]:
        line = wires.line(registers, ("debug_plus", 0), board)
    if is_amplified and inputs["connect_source_measure_unit"]:
        unit = wires.on_unit(registers, board)
    return Channel(number=number, line=line, unit=unit)


def _sample_period(madc: np.ndarray) -> float:
    cycles = n_cycles(madc)
    if madc["enable_madc_clock_scaling"]:
        cycles *= 2 * (int(madc["clock_scale_value"]) + 1)
    return cycles / MADC_FREQUENCY
