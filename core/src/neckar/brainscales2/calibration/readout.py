"""Calibrate the CADC: the ramp of every quadrant, then the digital offset of every channel.

A DAC of the board puts known voltages onto the debug line, which all channels are connected to.
"""

import numpy as np

from neckar.brainscales2.calibration.bench import Bench
from neckar.brainscales2.calibration.bisect import bisect, falling
from neckar.brainscales2.calibration.procedure import (
    CADC_BIASES,
    FIRST_SLOPE_CODE,
    OFFSETS_LSB,
    READOUT_ROUNDS,
)
from neckar.brainscales2.calibration.target import HIGHEST_LSB, LOWEST_LSB, ends_of
from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip.datasheet import N_HEMISPHERES
from neckar.brainscales2.program import Read, Write

CHANNELS = ("channels_causal", "channels_acausal")
_SEARCH_READS, _LEVEL_READS = 2, 20
_Switches = r.ShiftRegister


def calibrate_readout(
    bench: Bench, range_code: tuple[float, float], levels_channels: bool = True
) -> None:
    """Make the voltages of two codes read 20 and 220, on all channels or in the mean."""
    _connect(bench)
    low, high = ends_of(range_code)
    _write_ramp(bench, "i_slope", np.full(4, FIRST_SLOPE_CODE))
    for _ in range(READOUT_ROUNDS):
        _search(bench, "v_offset", low, LOWEST_LSB)
        _search(bench, "i_slope", high, HIGHEST_LSB)
    if not levels_channels:
        return
    middle = (LOWEST_LSB + HIGHEST_LSB) / 2
    excess = converted(bench, (low + high) / 2, _LEVEL_READS) - middle
    for name, each in zip(CHANNELS, excess, strict=True):
        offset = np.clip(-np.rint(each), *OFFSETS_LSB).astype(int)
        bench.chip.array["cadc_readout_chains"][name]["offset"] = offset


def _connect(bench: Bench) -> None:
    """Every channel to its neuron, with the biases of the original."""
    chains = bench.chip.array["cadc_readout_chains"]
    chains["ramp"]["enable"] = True
    for name, code in CADC_BIASES.items():
        chains["ramp"][name] = code
    for name in CHANNELS:
        chains[name]["enable_connect_neuron"] = True
    bench.write("readout.enable_amplifier", True)


def _search(bench: Bench, name: str, volts: float, wanted_lsb: float) -> None:
    """Both a later start and a steeper ramp lower the mean reading of a quadrant."""

    def measure(code: np.ndarray) -> np.ndarray:
        _write_ramp(bench, name, code)
        return converted(bench, volts, _SEARCH_READS)[0].reshape(4, -1).mean(axis=1)

    _write_ramp(bench, name, bisect(falling(measure), -wanted_lsb, 4))


def _write_ramp(bench: Bench, name: str, code: np.ndarray) -> None:
    bench.chip.array["cadc_readout_chains"]["ramp"][name] = code.reshape(N_HEMISPHERES, 2)


def converted(bench: Bench, volts: float, n: int) -> np.ndarray:
    """Mean readings of all channels at this voltage on their debug line, (2, 2, 256).

    Indexed by causal and acausal, hemisphere and column.
    """
    probe = bench.aside()
    pad = probe.chip.array["readout_chain"]["pad_mux"][0]
    for name in ("causal", "acausal"):
        channels = probe.chip.array["cadc_readout_chains"][f"channels_{name}"]
        channels["enable_connect_neuron"], channels["enable_connect_debug"] = False, True
        pad[f"cadc_debug_{name}_to_synapse_intermediate_mux"] = True
    pad["synapse_intermediate_mux_to_pad"] = True
    reads = (Read(coordinate=c.CADCSamplesOnDLS(), ticket=k) for k in range(n))
    samples = probe.play(*on_pad(volts), *reads, *off_pad()).reads
    return np.mean([[s.array["causal"], s.array["acausal"]] for s in samples], axis=0)


def on_pad(volts: float) -> tuple[Write, Write]:
    """A DAC of the board on the first pad."""
    switches, block = _Switches(), r.DACChannelBlock()
    switches.select_analog_readout_mux_1_input = _Switches.AnalogReadoutMux1Input.readout_chain_0
    switches.select_analog_readout_mux_2_input = _Switches.AnalogReadoutMux2Input.mux_dac_25
    block.set_voltage(c.DACChannelOnBoard.mux_dac_25, volts)
    return _switched(switches), Write(coordinate=c.DACChannelBlockOnBoard(), register=block)


def off_pad() -> tuple[Write]:
    """The board leaves the pads alone."""
    return (_switched(_Switches()),)


def _switched(switches: r.ShiftRegister) -> Write:
    return Write(coordinate=c.ShiftRegisterOnBoard(), register=switches)
