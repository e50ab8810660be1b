"""Who drives which wire of the readout."""

import pytest

from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin import wires
from neckar.errors import ProgramError

NEURON = 4  # even column of the upper hemisphere
DAC = (0.7, None)


@pytest.fixture
def registers():
    registers = Chip().array
    shown = registers["neuron_block"]["atomic_neurons"]["readout"][NEURON]
    shown["enable_amplifier"] = shown["enable_buffered_access"] = True
    shown["source"] = 2
    return registers


def mux(registers, number=0):
    return registers["readout_chain"]["input_mux"][number]


def pad(registers, number=0):
    return registers["readout_chain"]["pad_mux"][number]


def driving(registers, wire=("mux", 0), board=DAC):
    line = wires.line(registers, wire, board)
    return line.neurons.tolist(), line.sources.tolist(), list(line.volts)


def test_a_wire_that_nothing_is_connected_to_is_not_driven(registers):
    assert not wires.line(registers, ("mux", 0)).n_driving


def test_a_voltage_of_the_board_comes_through_pad_and_debug_line(registers):
    mux(registers)["debug_plus"] = True
    assert driving(registers) == ([], [], [])
    pad(registers)["debug_to_pad"] = True
    assert driving(registers) == ([], [], [0.7])
    assert driving(registers, board=(None, 0.7)) == ([], [], [])


def test_the_second_pad_leads_to_the_other_debug_line(registers):
    mux(registers)["debug_minus"] = True
    pad(registers, 1)["debug_to_pad"] = True
    assert driving(registers, board=(None, 0.3)) == ([], [], [0.3])


def test_lines_that_a_multiplexer_joins_are_one_wire(registers):
    mux(registers, 1)["neuron_even"][0] = True
    assert driving(registers) == ([], [], [])
    for number in (0, 1):
        mux(registers, number)["neuron_odd"][1] = True
    assert driving(registers) == ([NEURON], [2], [])


def test_a_buffered_pad_shows_what_the_multiplexer_sees_and_nothing_flows_back(registers):
    mux(registers)["neuron_even"][0] = True
    registers["readout_chain"]["buffer_to_pad"]["enable"][0] = True
    pad(registers)["buffer_to_pad"][0] = True
    assert driving(registers, ("pad", 0), board=(None, None)) == ([NEURON], [2], [])
    assert driving(registers) == ([NEURON], [2], [])


def test_a_buffer_that_sees_its_own_output_adds_nothing_to_it(registers):
    registers["readout_chain"]["buffer_to_pad"]["enable"][0] = True
    pad(registers)["buffer_to_pad"][0] = pad(registers)["debug_to_pad"] = True
    mux(registers)["debug_plus"] = True
    assert driving(registers) == ([], [], [0.7])
    assert driving(registers, ("pad", 0)) == ([], [], [0.7])


def test_a_membrane_reaches_a_pad_without_a_buffer(registers):
    registers["neuron_block"]["atomic_neurons"]["readout"]["enable_unbuffered_access"][9] = True
    pad(registers)["neuron_i_stim_mux"][0] = pad(registers)["neuron_i_stim_mux_to_pad"] = True
    shown = [wires.DIRECT_MEMBRANE]
    assert driving(registers, ("pad", 0), board=(None, None)) == ([9], shown, [])


def test_the_line_of_one_column_can_be_looked_at_directly(registers):
    switches = registers["neuron_block"]["current_rows"]["values"]["enable_debug_inhibitory"]
    switches[1, 3] = True
    mux(registers)["synin_debug_inhibitory"] = True
    assert driving(registers, board=(None, None)) == ([259], [wires.DIRECT_INHIBITORY], [])
    switches[1, 4] = True
    shown = [wires.DIRECT_INHIBITORY] * 2
    assert driving(registers, board=(None, None)) == ([259, 260], shown, [])


def test_a_voltage_reaches_a_membrane_through_a_stimulus_line(registers):
    registers["neuron_block"]["atomic_neurons"]["readout"]["enable_unbuffered_access"][9] = True
    assert [on.neurons.tolist() for on in wires.on_stimulus_lines(registers)] == [[9]]
    pad(registers)["neuron_i_stim_mux"][0] = pad(registers)["neuron_i_stim_mux_to_pad"] = True
    (on,) = wires.on_stimulus_lines(registers, DAC)
    assert on.by.volts == (0.7,)


def test_stimulus_lines_that_a_pad_joins_are_one(registers):
    readout = registers["neuron_block"]["atomic_neurons"]["readout"]
    readout["enable_unbuffered_access"][[9, 300]] = True
    assert [on.neurons.tolist() for on in wires.on_stimulus_lines(registers)] == [[9], [300]]
    pad(registers)["neuron_i_stim_mux"] = pad(registers)["neuron_i_stim_mux_to_pad"] = True
    assert [on.neurons.tolist() for on in wires.on_stimulus_lines(registers)] == [[9, 300]]


def test_an_amplifier_that_would_drive_a_membrane_is_refused(registers):
    registers["neuron_block"]["atomic_neurons"]["readout"]["enable_unbuffered_access"][9] = True
    pad(registers)["neuron_i_stim_mux"][0] = pad(registers)["neuron_i_stim_mux_to_pad"] = True
    mux(registers)["neuron_even"][0] = True
    registers["readout_chain"]["buffer_to_pad"]["enable"][0] = True
    pad(registers)["buffer_to_pad"][0] = True
    with pytest.raises(ProgramError, match="neuron 9 is connected directly"):
        wires.check(registers, (None, None))


def test_blocks_of_the_analog_memory_show_currents_and_references_where_they_are_told_to(registers):
    there, block = pad(registers), registers["capmem"]["blocks"][2]
    there["capmem_i_out_mux"][2] = there["capmem_i_out_mux_to_capmem_intermediate_mux"] = True
    there["capmem_intermediate_mux_to_pad"] = True
    wire = ("pad", 0)
    block["debug_readout_enable"], block["debug_capmem_coord"] = True, 12 * 130 + 5
    assert not wires.line(registers, wire).current_cells
    block["debug_i_out_select"] = 1
    assert wires.line(registers, wire).current_cells == (2 * 3120 + 12 * 130 + 5,)
    block["debug_i_out_select"] = 2
    assert wires.line(registers, wire).amperes == pytest.approx((11 * 20e-9,))
    there["capmem_v_ref_mux"][2] = there["capmem_v_ref_mux_to_capmem_intermediate_mux"] = True
    block["debug_v_ref_select"] = 1
    assert wires.line(registers, wire).volts == pytest.approx((0.019,))


def test_a_voltage_of_the_analog_memory_is_shown_where_its_block_is_connected(registers):
    there, blocks = pad(registers), registers["capmem"]["blocks"]
    there["capmem_v_out_mux"][2] = there["capmem_v_out_mux_to_capmem_intermediate_mux"] = True
    there["capmem_intermediate_mux_to_pad"] = there["debug_to_pad"] = True
    mux(registers)["debug_plus"] = True
    wire = ("mux", 0)
    assert not wires.line(registers, wire).n_driving
    blocks["debug_readout_enable"][2], blocks["debug_capmem_coord"][2] = True, 130 + 5
    assert wires.line(registers, wire).cells == (2 * 3120 + 130 + 5,)


def test_the_current_dac_gives_a_share_of_the_current_of_its_cell(registers):
    dac = registers["readout_chain"]["current_dac"]
    mux(registers)["current_dac"] = True
    dac["i_bias"], dac["current"] = 510, 100
    assert not wires.line(registers, ("mux", 0)).amperes
    dac["enable_current"] = True
    assert wires.line(registers, ("mux", 0)).amperes == pytest.approx((200e-9,))
    dac["sign"] = 1
    assert wires.line(registers, ("mux", 0)).amperes == pytest.approx((-200e-9,))


def test_drivers_are_seen_through_a_buffer_that_has_a_current(registers):
    block = registers["synapse_driver_blocks"]
    block["synapse_drivers"]["enable_readout"][1, 3] = True
    mux(registers)["synapse_driver_debug"][1] = True
    assert not wires.line(registers, ("mux", 0)).n_driving
    block["stp_i_bias_readout"][1] = 500
    assert wires.line(registers, ("mux", 0)).drivers == (131,)


def test_the_ramp_of_a_quadrant_reaches_a_pad(registers):
    pad(registers)["cadc_v_ramp_mux"][2] = pad(registers)["cadc_v_ramp_mux_to_pad"] = True
    assert wires.line(registers, ("pad", 0)).ramps == (2,)
