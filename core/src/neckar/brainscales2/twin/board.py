"""The board beside the chip: DACs, and switches that put their voltages onto the readout pads."""

from collections.abc import Mapping
from typing import Any

from neckar.brainscales2.chip.coordinates import DACChannelOnBoard
from neckar.brainscales2.chip.registers import HAL

Pads = tuple[float | None, float | None]
"""Volts that the board puts onto each pad; None where it leaves the pad alone."""

NOTHING: Pads = (None, None)

SWITCHES = ("ShiftRegisterOnBoard", 0)
CHANNELS = ("DACChannelBlockOnBoard", 0)
ENABLES = ("DACControlBlockOnBoard", 0)

_DEBUG = (DACChannelOnBoard.ana_readout_debug_0, DACChannelOnBoard.ana_readout_debug_1)
_Mux1 = HAL["ShiftRegister"].AnalogReadoutMux1Input
_Mux2 = HAL["ShiftRegister"].AnalogReadoutMux2Input
_Mux3 = HAL["ShiftRegister"].AnalogReadoutMux3Input
_ON_MUX_2 = {  # the DAC of `v_reset` is the one called `mux_dac_25` [calix, which uses both names]
    _Mux2.v_reset: DACChannelOnBoard.mux_dac_25,
    _Mux2.mux_dac_25: DACChannelOnBoard.mux_dac_25,
    _Mux2.vdd_res_meas: DACChannelOnBoard.v_res_meas,
}


def pads(kept: Mapping[tuple[str, int], Any]) -> Pads:
    """What the board does to the pads while its registers, by type and enum, are these."""
    switches = kept.get(SWITCHES)
    if switches is None:
        return NOTHING
    first, second = (_volts(number, switches, kept) for number in (0, 1))
    return first, second


def wrong(switches: Any) -> str | None:
    """Why the board's switches cannot be set like this, if they cannot."""
    if switches.select_analog_readout_mux_3_input == _Mux3.off:
        return None
    return (
        "select_analog_readout_mux_3_input of ShiftRegister leads to sources of the board that are"
        " not modelled; switch it off and use mux_dac_25 of the second multiplexer"
    )


def _volts(number: int, switches: Any, kept: Mapping[tuple[str, int], Any]) -> float | None:
    """On one pad; two DACs on it fight on equal terms."""
    channels = []
    on_pad = (_Mux1.readout_chain_0, _Mux1.readout_chain_1)[number]
    if switches.select_analog_readout_mux_1_input == on_pad:
        channels.append(_ON_MUX_2.get(switches.select_analog_readout_mux_2_input))
    if (switches.enable_dac_to_readout_0, switches.enable_dac_to_readout_1)[number]:
        channels.append(_DEBUG[number])
    volts = [_dac(channel, kept) for channel in channels if channel is not None]
    driving = [volt for volt in volts if volt is not None]
    return sum(driving) / len(driving) if driving else None


def _dac(channel: Any, kept: Mapping[tuple[str, int], Any]) -> float | None:
    enables = kept.get(ENABLES)
    if enables is not None and not enables.enable[channel]:
        return None
    block = kept.get(CHANNELS)
    return 0.0 if block is None else float(block.get_voltage(channel))
