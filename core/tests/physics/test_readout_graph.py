"""What pads and the MADC show of circuits inside the chip, against the circuits' equations."""

import numpy as np
import pytest

from neckar.brainscales2.calibration.readout import on_pad
from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.datasheet import FPGA_CYCLE
from neckar.brainscales2.program import Read, SampleMADC
from neckar.brainscales2.twin.chip import Twin
from neckar.units import ms, nA, us

DRIVER, NEURON = 12, 6  # of the upper half; the neuron is on an even column
READY = 12 * us  # the first samples of the MADC are not valid
HALF_LSB = 0.5 / p.MADC_LSB_PER_VOLT


def volts(entry):
    """Time since the last timer reset, s, and volts of the samples that are valid."""
    time = (entry.madc["chip_time"].astype(float) - entry.timer_resets[-1]) * FPGA_CYCLE
    shown = (entry.madc["value"].astype(float) - p.MADC_AT_ZERO_LSB) / p.MADC_LSB_PER_VOLT
    return time[time > READY], shown[time > READY]


def watched(synapses, chip, end, *instructions, twin=None):
    """Play something while the MADC samples."""
    until = synapses.until
    with (twin or Twin.ideal()).open() as session:
        on = SampleMADC(enable=True)
        entry = synapses.play(session, *synapses.settled(chip), on, *instructions, until(end))
    return volts(entry)


@pytest.fixture
def plastic(synapses):
    """One driver makes short-term plasticity and is on the MADC."""
    chip = synapses.array()
    block = chip.array["synapse_driver_blocks"]
    driver = block["synapse_drivers"][0, DRIVER]
    driver["enable_stp"], driver["enable_recovery"], driver["enable_readout"] = True, True, True
    driver["utilization"] = 5
    block["stp"]["enable_recovery_clock"], block["stp"]["recovery_clock_speed"] = True, 6
    block["stp_v_charge_0"], block["stp_v_recover_0"] = 350, 60
    block["stp_i_bias_readout"] = 500
    chip.array["readout_chain"]["input_mux"][0]["synapse_driver_debug"][0] = True
    return chip


def test_a_driver_shows_how_events_charge_its_memory_and_how_it_recovers(plastic, synapses):
    sent = np.array([30, 42, 47, 80]) * us
    events = synapses.spikes(sent, synapses.address(2 * DRIVER + 1, label=7))
    time, shown = watched(synapses, plastic, 150 * us, events)
    code = lambda x: p.CAPMEM_VOLT_AT_ZERO + p.CAPMEM_VOLT_PER_CODE * x  # noqa: E731
    u, tau = p.STP_UTILIZATION + 5 * p.STP_UTILIZATION_PER_CODE, p.STP_RECOVERY_TICKS * 2**7 / 250e6
    v, last, expected = code(60), 0.0, np.full(time.size, code(60))
    for now in sent + 0.39 * us:  # from the FPGA to the driver
        v = code(60) + (v - code(60)) * np.exp(-(now - last) / tau)
        v, last = v + u * (code(350) - v), now
        later = time > now
        expected[later] = code(60) + (v - code(60)) * np.exp(-(time[later] - now) / tau)
    error = np.abs(shown - p.STP_READOUT_SHIFT - expected)
    assert np.quantile(error, 0.99) < 2 * HALF_LSB
    assert np.ptp(shown) > 0.2


def test_a_driver_in_hagen_mode_shows_its_dac(plastic, synapses):
    driver = plastic.array["synapse_driver_blocks"]["synapse_drivers"][0, DRIVER]
    driver["enable_hagen_modulation"], driver["enable_hagen_dac"] = True, True
    driver["enable_address_out"] = False
    levels = []
    for activation in (4, 20):
        event = synapses.spikes([20 * us], synapses.address(2 * DRIVER + 1, label=activation))
        time, shown = watched(synapses, plastic, 60 * us, event)
        levels.append(shown[time > 30 * us].mean())
    assert levels[1] - levels[0] == pytest.approx(16 * p.HAGEN_STEP, abs=2 * HALF_LSB)


def test_what_a_driver_remembers_outlives_a_program(plastic, synapses):
    event = synapses.spikes([20 * us], synapses.address(2 * DRIVER + 1, label=7))
    plastic.array["synapse_driver_blocks"]["stp"]["enable_recovery_clock"] = False
    with Twin.ideal().open() as session:
        play, until = synapses.play, synapses.until
        play(session, *synapses.settled(plastic), event, until(60 * us))
        entry = play(session, *synapses.settled(plastic), SampleMADC(enable=True), until(30 * us))
    recovered = p.CAPMEM_VOLT_AT_ZERO + p.CAPMEM_VOLT_PER_CODE * 60
    moved = (p.STP_UTILIZATION + 5 * p.STP_UTILIZATION_PER_CODE) * p.CAPMEM_VOLT_PER_CODE * 290
    expected = p.STP_READOUT_SHIFT + recovered + moved
    assert volts(entry)[1].mean() == pytest.approx(expected, abs=2 * HALF_LSB)


def test_the_ramp_of_the_cadc_rises_for_each_conversion(synapses):
    chip = synapses.array()
    chip.array["cadc_readout_chains"]["ramp"]["enable"] = True
    chip.array["cadc_readout_chains"]["ramp"]["dead_time"] = 40
    chain = chip.array["readout_chain"]
    chain["pad_mux"][0]["cadc_v_ramp_mux"][1] = chain["pad_mux"][0]["cadc_v_ramp_mux_to_pad"] = True
    chain["pad_mux"][0]["debug_to_pad"] = chain["input_mux"][0]["debug_plus"] = True
    look = Read(coordinate=c.CADCSampleRowOnDLS(), ticket=0)
    time, shown = watched(synapses, chip, 150 * us, synapses.until(20 * us), look)
    step, length = p.CADC_STEP_PER_CODE * 350, 296 / p.CADC_CLOCK
    start = p.CADC_START_PER_CODE * 120 + p.CADC_START_SHIFT
    rising = shown > start + 3 * HALF_LSB
    begin = 20 * us + 100 / 250e6  # after the reset
    assert time[rising].min() == pytest.approx(begin, abs=0.05 * us)
    assert np.ptp(time[rising]) == pytest.approx(length, abs=0.1 * us)
    inside = (time > begin) & (time < begin + length)
    straight = start + step * p.CADC_CLOCK * (time[inside] - begin)
    assert np.abs(shown[inside] - straight).max() < 8e-9 * p.CADC_CLOCK * step + 2 * HALF_LSB
    assert shown[~rising].max() == pytest.approx(start, abs=4 * HALF_LSB)


@pytest.fixture
def membrane(synapses):
    """The membrane of a neuron is on the MADC, and reaches a stimulus line."""
    chip = synapses.array()
    neuron = chip.array["neuron_block"]["atomic_neurons"][NEURON]
    neuron["leak"]["v_leak"], neuron["leak"]["i_bias"] = 800, 400
    neuron["membrane_capacitance"]["capacitance"] = 63
    neuron["readout"]["enable_amplifier"] = neuron["readout"]["enable_buffered_access"] = True
    neuron["readout"]["enable_unbuffered_access"] = True
    chip.array["readout_chain"]["input_mux"][0]["neuron_even"][0] = True
    return chip


def test_a_current_of_the_dac_charges_a_membrane_against_its_leak(membrane, synapses):
    dac = membrane.array["readout_chain"]["current_dac"]
    dac["enable_current"], dac["current"], dac["i_bias"] = True, 51, 200
    at_rest = watched(synapses, membrane, 60 * us)[1].mean()
    dac["connect_neuron_stimulus"][0] = True
    moved = watched(synapses, membrane, 60 * us)[1].mean()
    saturation = p.LEAK_SATURATION_PER_CODE * 400
    expected = p.LEAK_LINEAR * np.arctanh(40 * nA / saturation)
    assert moved - at_rest == pytest.approx(expected, abs=2 * HALF_LSB)


def test_membranes_on_one_stimulus_line_are_one(membrane, synapses):
    neurons = membrane.array["neuron_block"]["atomic_neurons"]
    neurons[NEURON + 1] = neurons[NEURON]
    neurons["leak"]["v_leak"][NEURON + 1] = 600
    neurons["leak"]["i_bias"][NEURON + 1] = 400
    neurons["readout"]["enable_unbuffered_access"][NEURON + 1] = False
    alone = watched(synapses, membrane, 60 * us)[1].mean()
    neurons["readout"]["enable_unbuffered_access"][NEURON + 1] = True
    joined = watched(synapses, membrane, 60 * us)[1].mean()
    apart = p.LEAK_FOLLOWER_GAIN * p.CAPMEM_VOLT_PER_CODE * 200
    assert alone - joined == pytest.approx(apart / 2, abs=3 * HALF_LSB)


def test_a_voltage_of_the_board_holds_a_membrane(membrane, synapses):
    pad = membrane.array["readout_chain"]["pad_mux"][0]
    pad["neuron_i_stim_mux"][0] = pad["neuron_i_stim_mux_to_pad"] = True
    time, shown = watched(synapses, membrane, 60 * us, synapses.until(30 * us), *on_pad(0.5))
    assert shown[time < 30 * us].mean() > 0.7
    late = shown[time > 33 * us].mean()
    rest = p.LEAK_FOLLOWER_GAIN * (p.CAPMEM_VOLT_AT_ZERO + p.CAPMEM_VOLT_PER_CODE * 800)
    rest += p.LEAK_FOLLOWER_SHIFT
    leak = p.LEAK_SATURATION_PER_CODE * 400 * np.tanh((rest - 0.5) / p.LEAK_LINEAR)
    assert late == pytest.approx(0.5 + leak * p.STIMULUS_RESISTANCE, abs=1.5e-3)


@pytest.fixture
def unit():
    """Switch the unit that measures currents on, with nothing else on the MADC."""

    def unit(chip):
        chain = chip.array["readout_chain"]
        chain["madc_input_crossbar"]["connect_source_measure_unit"] = True
        chain["madc_input_crossbar"]["connect_dynamic_mux"] = False
        made = chain["source_measure_unit"]
        made["connect_neuron_stimulus"][0] = True
        made["buffer_i_bias"] = made["amp_i_bias"] = 500
        made["test_voltage"] = 260
        return made

    return unit


def ampere(shown, n_cycles=5):
    reference = p.CAPMEM_VOLT_AT_ZERO + p.CAPMEM_VOLT_PER_CODE * 400
    return (shown.mean() - reference) * p.CURRENT_CAPACITANCE * 500e6 / n_cycles


def test_the_unit_measures_what_a_membrane_gives_at_a_voltage(membrane, synapses, unit):
    unit(membrane)
    measured = ampere(watched(synapses, membrane, 60 * us)[1])
    level = p.CAPMEM_VOLT_AT_ZERO + p.CAPMEM_VOLT_PER_CODE * 260
    rest = p.LEAK_FOLLOWER_GAIN * (p.CAPMEM_VOLT_AT_ZERO + p.CAPMEM_VOLT_PER_CODE * 800)
    rest += p.LEAK_FOLLOWER_SHIFT
    expected = p.LEAK_SATURATION_PER_CODE * 400 * np.tanh((rest - level) / p.LEAK_LINEAR)
    assert measured == pytest.approx(expected, rel=0.01, abs=2 * nA)


@pytest.mark.parametrize("window", [5, 10])
def test_the_unit_measures_a_cell_of_the_analog_memory(synapses, unit, window):
    chip = synapses.array()
    unit(chip)["sampling_window_end"] = 9 + window
    chain, block = chip.array["readout_chain"], chip.array["capmem"]["blocks"][3]
    block["debug_readout_enable"], block["debug_i_out_select"] = True, 1
    block["debug_capmem_coord"] = 8 * 130 + 17
    chip.array["neuron_block"]["atomic_neurons"]["leak"]["i_bias"][3 * 128 + 17] = 400
    pad = chain["pad_mux"][1]
    pad["capmem_i_out_mux"][3] = pad["capmem_i_out_mux_to_capmem_intermediate_mux"] = True
    pad["capmem_intermediate_mux_to_pad"] = True
    pad["neuron_i_stim_mux"][0] = pad["neuron_i_stim_mux_to_pad"] = True
    measured = ampere(watched(synapses, chip, 30 * us)[1], window)
    assert measured == pytest.approx(400 * nA, rel=0.01)


def test_a_current_on_a_wire_that_nobody_holds_ends_at_a_rail(synapses):
    chip = synapses.array()
    chain = chip.array["readout_chain"]
    chain["input_mux"][0]["current_dac"] = True
    dac = chain["current_dac"]
    dac["enable_current"], dac["current"], dac["i_bias"] = True, 255, 1000
    assert watched(synapses, chip, 30 * us)[1].max() > 1.8
    dac["sign"] = 1
    assert np.abs(watched(synapses, chip, 30 * us)[1]).max() < 2 * HALF_LSB
    chain["pad_mux"][0]["debug_to_pad"] = chain["input_mux"][0]["debug_plus"] = True
    shown = watched(synapses, chip, 1 * ms, *on_pad(0.5))[1]
    assert shown.mean() == pytest.approx(0.5 - 1e-6 * p.READOUT_RESISTANCE, abs=HALF_LSB)
