"""Voltages from the board."""

import pytest

from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.program import Program, Read, Write
from neckar.brainscales2.twin.execution.timeline import check
from neckar.brainscales2.twin.registers.file import Registers
from neckar.errors import ProgramError

Mux1 = r.ShiftRegister.AnalogReadoutMux1Input
Mux2 = r.ShiftRegister.AnalogReadoutMux2Input
Mux3 = r.ShiftRegister.AnalogReadoutMux3Input
DAC = c.DACChannelOnBoard.mux_dac_25


def switches(**names):
    register = r.ShiftRegister()
    for name, value in names.items():
        setattr(register, name, value)
    return Write(coordinate=c.ShiftRegisterOnBoard(), register=register)


def voltages(**volts):
    block = r.DACChannelBlock()
    for name, volt in volts.items():
        block.set_voltage(getattr(c.DACChannelOnBoard, name), volt)
    return Write(coordinate=c.DACChannelBlockOnBoard(), register=block)


def pads(*instructions):
    registers = Registers()
    for instruction in instructions:
        registers.apply(instruction)
    return registers.pads


@pytest.mark.parametrize("source", [Mux2.v_reset, Mux2.mux_dac_25])
def test_both_inputs_of_the_second_multiplexer_mean_the_same_dac(source):
    on = switches(
        select_analog_readout_mux_1_input=Mux1.readout_chain_1,
        select_analog_readout_mux_2_input=source,
    )
    first, second = pads(on, voltages(mux_dac_25=0.9))
    assert first is None
    assert second == pytest.approx(0.9, abs=1e-3)


def test_without_switches_the_pads_are_left_alone():
    assert pads(voltages(mux_dac_25=0.9)) == (None, None)


def test_each_pad_has_a_dac_of_its_own():
    on = switches(enable_dac_to_readout_0=True, enable_dac_to_readout_1=True)
    volts = voltages(ana_readout_debug_0=0.25, ana_readout_debug_1=0.5)
    assert pads(on, volts) == pytest.approx((0.25, 0.5), abs=1e-3)


def test_a_single_channel_of_the_block_can_be_written_and_read():
    registers = Registers()
    registers.apply(voltages(v_reset=1.0))
    registers.write(DAC, r.DACChannel(value=2048))
    assert registers.read(DAC).value == 2048
    block = registers.read(c.DACChannelBlockOnBoard())
    assert block.value[DAC] == 2048
    assert block.get_voltage(c.DACChannelOnBoard.v_reset) == pytest.approx(1.0, abs=1e-3)


def test_a_dac_that_is_switched_off_leaves_the_pad_alone():
    on = switches(
        select_analog_readout_mux_1_input=Mux1.readout_chain_0,
        select_analog_readout_mux_2_input=Mux2.mux_dac_25,
    )
    off = r.DACControl()
    off.array["enable_channel"][:] = False
    chip = Write(coordinate=c.DACOnBoard(0), register=off)
    assert pads(on, voltages(mux_dac_25=0.9), chip) == (None, None)


def test_sources_of_the_board_without_a_model_are_refused():
    with pytest.raises(ProgramError, match="mux_3"):
        check(Program(instructions=(switches(select_analog_readout_mux_3_input=Mux3.i_ref),)))


def test_what_is_no_register_cannot_be_written():
    with pytest.raises(ProgramError, match="is no coordinate of a register"):
        Registers().write(c.NeuronRowOnDLS(), r.DACChannel())
    assert check(Program(instructions=(Read(coordinate=DAC, ticket=0),))) is None
