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
    assert not wires.line(registers, ("mux", 0)).is_driven


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


def test_a_buffer_that_drives_itself_is_refused(registers):
    registers["readout_chain"]["buffer_to_pad"]["enable"][0] = True
    pad(registers)["buffer_to_pad"][0] = pad(registers)["debug_to_pad"] = True
    mux(registers)["debug_plus"] = True
    with pytest.raises(ProgramError, match="drives its own input"):
        wires.check(registers, (None, None))


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
    with pytest.raises(ProgramError, match="lines of 2 neurons are joined"):
        wires.check(registers, (None, None))


def test_a_voltage_that_would_hold_a_membrane_is_refused(registers):
    registers["neuron_block"]["atomic_neurons"]["readout"]["enable_unbuffered_access"][9] = True
    pad(registers)["neuron_i_stim_mux"][0] = pad(registers)["neuron_i_stim_mux_to_pad"] = True
    wires.check(registers, (None, 0.7))
    with pytest.raises(ProgramError, match="forced onto the membrane of neuron 9"):
        wires.check(registers, DAC)


@pytest.mark.parametrize("name", ["capmem_i_out", "capmem_v_ref"])
def test_other_outputs_of_the_analog_memory_are_refused_where_the_madc_would_see_them(
    registers, name
):
    there = pad(registers)
    there[f"{name}_mux"][2] = there[f"{name}_mux_to_capmem_intermediate_mux"] = True
    there["capmem_intermediate_mux_to_pad"] = there["debug_to_pad"] = True
    wires.check(registers, (None, None))
    mux(registers)["debug_plus"] = True
    with pytest.raises(ProgramError, match="analog parameter memory is connected to readout multi"):
        wires.check(registers, (None, None))


def test_a_voltage_of_the_analog_memory_is_shown_where_its_block_is_connected(registers):
    there, blocks = pad(registers), registers["capmem"]["blocks"]
    there["capmem_v_out_mux"][2] = there["capmem_v_out_mux_to_capmem_intermediate_mux"] = True
    there["capmem_intermediate_mux_to_pad"] = there["debug_to_pad"] = True
    mux(registers)["debug_plus"] = True
    wire = ("mux", 0)
    assert not wires.line(registers, wire).is_driven
    blocks["debug_readout_enable"][2], blocks["debug_capmem_coord"][2] = True, 130 + 5
    assert wires.line(registers, wire).cells == (2 * 3120 + 130 + 5,)
    blocks["debug_capmem_coord"][2] = 12 * 130 + 5
    with pytest.raises(ProgramError, match="is a current, which cannot be shown"):
        wires.check(registers, (None, None))


def test_other_sources_without_a_model_are_refused(registers):
    mux(registers)["current_dac"] = True
    wires.check(registers, (None, None))
    registers["readout_chain"]["current_dac"]["enable_current"] = True
    with pytest.raises(ProgramError, match="current DAC"):
        wires.check(registers, (None, None))
    mux(registers)["current_dac"] = False
    mux(registers)["synapse_driver_debug"][1] = True
    with pytest.raises(ProgramError, match="debug line of the synapse drivers"):
        wires.check(registers, (None, None))
