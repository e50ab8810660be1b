"""What the ADCs bring back from a program."""

from dataclasses import replace

import numpy as np
import pytest

from neckar.brainscales2.calibration.readout import on_pad
from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip.datasheet import FPGA_CYCLE
from neckar.brainscales2.program import (
    Read,
    SampleCADC,
    SampleMADC,
    Write,
)
from neckar.brainscales2.twin.chip import Twin
from neckar.units import ms, us

VALID = slice(240, None)  # MADC samples after the first 8 us


def test_the_madc_brings_29_samples_per_microsecond(leaky, settled, until, play):
    entry = play(*settled(leaky), SampleMADC(enable=True), until(1 * ms), SampleMADC(enable=False))
    assert entry.madc.size == pytest.approx(29412, abs=3)
    entry = replace(entry, madc=entry.madc[VALID])
    spacing = np.diff(entry.madc["chip_time"].astype(int))
    assert set(spacing) == {4, 5}
    assert 200 < entry.madc["value"].min() < 250
    assert 350 < entry.madc["value"].max() < 400  # neuron 0 of the default chip fires early


def test_madc_samples_are_lost_while_recording_is_off(leaky, settled, until, record, play):
    entry = play(
        *settled(leaky), SampleMADC(enable=True), until(50 * us), record(False), until(100 * us)
    )
    assert entry.madc.size == pytest.approx(50 / 0.034, abs=3)


def test_two_channels_alternate(leaky, settled, until, play):
    readout = leaky.array["neuron_block"]["atomic_neurons"]["readout"][6]
    readout["enable_amplifier"] = readout["enable_buffered_access"] = True
    leaky.array["readout_chain"]["input_mux"]["neuron_even"][1, 0] = True
    leaky.array["readout_chain"]["dynamic_mux"]["input_select_length"] = 1
    entry = play(*settled(leaky), SampleMADC(enable=True), until(100 * us))
    assert set(entry.madc["channel"][::2]) == {0}
    assert set(entry.madc["channel"][1::2]) == {1}
    firing, silent = (entry.madc["value"][VALID][k::2].astype(int) for k in (0, 1))
    assert np.ptp(firing) > 100 > 50 > np.ptp(silent)


def test_the_madc_can_be_run_by_hand(leaky, settled, until, play):
    leaky.array["readout_chain"]["madc"]["number_of_samples"] = 1000

    def control(**names):
        return Write(coordinate=c.MADCControlOnDLS(), register=r.MADCControl(**names))

    entry = play(
        *settled(leaky),
        control(wake_up=True),
        until(50 * us),
        control(start_recording=True),
        until(51 * us),
        control(),
        until(200 * us),
    )
    assert entry.madc.size == pytest.approx(1000, abs=2)


def control(**names):
    return Write(coordinate=c.MADCControlOnDLS(), register=r.MADCControl(**names))


def with_debug_line(chip):
    chain = chip.array["readout_chain"]
    chain["pad_mux"]["debug_to_pad"][0] = chain["input_mux"]["debug_plus"][0] = True
    chain["input_mux"]["neuron_even"] = chain["input_mux"]["neuron_odd"] = False
    return chip


@pytest.mark.parametrize("volts", [0.2, 0.6, 1.1])
def test_the_madc_measures_a_voltage_of_the_board(leaky, settled, until, volts, play):
    ideal = Twin.ideal()
    see = SampleMADC(enable=True), until(20 * us)
    entry = play(*settled(with_debug_line(leaky)), *on_pad(volts), *see, on=ideal)
    assert np.abs(entry.madc["value"][VALID].astype(int) - (50 + 528 * volts)).max() <= 1


def test_the_first_samples_after_a_long_pause_are_not_valid(leaky, settled, until, play, time_of):
    pauses = []
    for end in (120 * us, 5 * ms):
        first = SampleMADC(enable=True), until(100 * us), SampleMADC(enable=False)
        again = until(end), SampleMADC(enable=True), until(end + 50 * us)
        entry = play(*settled(with_debug_line(leaky)), *on_pad(0.6), *first, *again)
        time = time_of(entry.madc, entry)
        pauses.append(entry.madc["value"][time > 110 * us].astype(int))
    assert np.ptp(pauses[0]) <= 2
    assert pauses[1][0] < 200
    assert np.ptp(pauses[1][120:]) <= 2


def test_a_setting_of_the_preamplifier_changes_what_the_madc_reads(leaky, settled, until, play):
    chip, see = with_debug_line(leaky), (SampleMADC(enable=True), until(20 * us))
    chip.array["readout_chain"]["madc_preamp"]["gain_cap_size"] = 10
    entry = play(*settled(chip), *on_pad(0.6), *see, on=Twin.ideal())
    expected = 50 + 528 * (0.769 + 1.5 * (0.6 - 0.769))
    assert np.abs(entry.madc["value"][VALID].astype(int) - expected).max() <= 1


def test_inputs_that_alternate_mix_in_a_short_sampling_window(leaky, settled, until, play):
    """What is left of a voltage on the first input shows on the second one, where there is none."""
    chain = with_debug_line(leaky).array["readout_chain"]
    chain["pad_mux"]["debug_to_pad"][1] = chain["input_mux"]["debug_minus"][1] = True
    chain["dynamic_mux"]["input_select_length"] = 1
    preamp = chain["madc_preamp"]
    preamp["sampling_window_end"] = preamp["sampling_window_start"] + 1
    entry = play(
        *settled(leaky), *on_pad(0.6), SampleMADC(enable=True), until(20 * us), on=Twin.ideal()
    )
    samples, left = entry.madc[VALID], np.exp(-2 / 1.4)
    shown = [samples["value"][samples["channel"] == k].mean() for k in (0, 1)]
    assert shown[0] == pytest.approx(50 + 528 * 0.6 / (1 + left), abs=1)
    assert shown[1] == pytest.approx(50 + 528 * 0.6 * left / (1 + left), abs=1)


def test_the_madc_sends_a_sawtooth_if_it_is_told_to(leaky, settled, until, play):
    madc = leaky.array["readout_chain"]["madc"]
    madc["enable_dummy_data"], madc["number_of_samples"] = True, 3000
    start = control(start_recording=True, enable_power_down_after_sampling=True)
    entry = play(*settled(leaky), control(wake_up=True), until(1 * ms), start, until(3 * ms))
    assert np.array_equal(entry.madc["value"], np.arange(3000) % 1024)


def test_answers_come_with_the_time_of_their_arrival(leaky, settled, until, play):
    read = [Read(coordinate=c.NullPayloadReadableOnFPGA(), ticket=k) for k in range(2)]
    entry = play(*settled(leaky), until(10 * us), read[0], until(30 * us), read[1], until(50 * us))
    since = entry.read_times - entry.timer_resets[-1]
    assert since * FPGA_CYCLE == pytest.approx([10 * us, 30 * us], abs=0.2 * us)


def test_samples_between_two_reads_lie_between_their_times(leaky, settled, until, play):
    read = [Read(coordinate=c.NullPayloadReadableOnFPGA(), ticket=k) for k in range(2)]
    see = SampleMADC(enable=True), until(100 * us)
    entry = play(*settled(leaky), read[0], *see, read[1])
    assert entry.read_times[0] <= entry.madc["chip_time"].min()
    assert entry.madc["chip_time"].max() <= entry.read_times[1]


def test_the_cadc_sees_a_voltage_of_the_board_where_it_is_connected(leaky, settled, until, play):
    pad = leaky.array["readout_chain"]["pad_mux"][0]
    pad["cadc_debug_causal_to_synapse_intermediate_mux"] = True
    pad["synapse_intermediate_mux_to_pad"] = True
    channels = leaky.array["cadc_readout_chains"]["channels_causal"]
    channels["enable_connect_debug"][0, 10:20] = True
    channels["enable_connect_neuron"][0, 10:20] = False
    values = []
    for volts in (0.3, 0.6):
        read = Read(coordinate=c.CADCSampleRowOnDLS(), ticket=0)
        entry = play(*settled(leaky), *on_pad(volts), read, on=Twin.ideal())
        values.append(entry.reads[0].array["causal"].astype(int))
    rise = values[1] - values[0]
    assert rise[10:20].min() > 40
    assert np.ptp(rise[10:20]) <= 1
    assert not rise[20:].any()


def test_the_cadc_sees_a_cell_of_the_analog_memory_through_its_debug_line(
    leaky, settled, until, play
):
    pad = leaky.array["readout_chain"]["pad_mux"][0]
    pad["capmem_v_out_mux"][2] = pad["capmem_v_out_mux_to_capmem_intermediate_mux"] = True
    pad["capmem_intermediate_mux_to_pad"] = pad["synapse_intermediate_mux_to_pad"] = True
    pad["cadc_debug_causal_to_synapse_intermediate_mux"] = True
    leaky.array["capmem"]["blocks"]["debug_readout_enable"][2] = True
    leaky.array["capmem"]["blocks"]["debug_capmem_coord"][2] = 128  # stp_v_charge_0
    channels = leaky.array["cadc_readout_chains"]["channels_causal"]
    channels["enable_connect_debug"][1, 30] = True
    channels["enable_connect_neuron"][1, 30] = False
    values = []
    for code in (200, 400):
        leaky.array["synapse_driver_blocks"]["stp_v_charge_0"][1, 0] = code
        read = Read(coordinate=c.CADCSampleRowOnDLS(c.Enum(256)), ticket=0)
        entry = play(*settled(leaky), read, on=Twin.ideal())
        values.append(int(entry.reads[0].array["causal"][30]))
    assert values[1] - values[0] > 60


def test_the_cadc_shows_what_is_there_once_it_is_ready(leaky, settled, play):
    """It waits `reset_wait` cycles of 4 ns before it looks."""
    ramp = leaky.array["cadc_readout_chains"]["ramp"]
    volts = []
    for wait in (5, 255):
        ramp["reset_wait"] = wait
        reset = Write(coordinate=c.NeuronResetOnDLS(c.Enum(5)), register=r.NeuronReset())
        read = Read(coordinate=c.CADCSampleRowOnDLS(), ticket=0)
        neuron = leaky.array["neuron_block"]["atomic_neurons"][5]
        neuron["threshold"]["enable"], neuron["reset"]["enable_multiplication"] = False, True
        entry = play(*settled(leaky), reset, read, on=Twin.ideal())
        volts.append(int(entry.reads[0].array["causal"][5]))
    assert volts[1] < volts[0] - 20


def test_a_buffered_read_of_the_cadc_shows_the_instant_of_the_trigger(leaky, settled, until, play):
    def quad(buffered, row=0):
        enum = ((buffered * 2 + 0) * 256 + row) * 64 + 32  # columns 1, 3, 5, 7
        return c.CADCSampleQuadOnDLS(c.Enum(enum))

    reads = (quad(0), quad(1), quad(0), quad(1))
    at = (0, 3 * us, 5 * us, 8 * us)
    program = [
        part
        for k, (coordinate, time) in enumerate(zip(reads, at, strict=True))
        for part in (until(time), Read(coordinate=coordinate, ticket=k))
    ]
    entry = play(*settled(leaky), *program)
    first, again, later, last = (answer.array["samples"][2] for answer in entry.reads)
    assert first == again != later == last


def test_an_unconfigured_ramp_of_the_cadc_does_not_rise_and_counts_to_the_end(
    leaky, settled, until, play
):
    ramp = leaky.array["cadc_readout_chains"]["ramp"]
    ramp["i_slope"] = ramp["v_offset"] = 0
    leaky.array["neuron_block"]["atomic_neurons"]["threshold"]["enable"] = False
    entry = play(*settled(leaky), Read(coordinate=c.CADCSampleRowOnDLS(), ticket=0))
    assert entry.reads[0].array["causal"][5] == 255


def test_the_cadc_reads_all_columns_again_and_again(leaky, settled, until, play):
    entry = play(*settled(leaky), SampleCADC(n_samples=50, period_cycles=213), until(0.2 * ms))
    assert entry.cadc.value.shape == (50, 512)
    assert set(np.diff(entry.cadc.time)) == {213}
    firing = entry.cadc.value[:, 5].astype(int)
    assert np.ptp(firing) > 40
    assert np.ptp(entry.cadc.value[:, 6].astype(int)) == 0


def test_a_read_of_the_cadc_shows_the_membrane_as_it_is(leaky, settled, until, play):
    leaky.array["neuron_block"]["atomic_neurons"]["threshold"]["enable"] = False
    leaky.array["cadc_readout_chains"]["channels_acausal"]["enable_connect_neuron"] = True
    entry = play(
        *settled(leaky),
        SampleCADC(n_samples=1, period_cycles=250),
        until(10 * us),
        Read(coordinate=c.CADCSampleRowOnDLS(), ticket=0),
        Read(coordinate=c.CADCSamplesOnDLS(), ticket=1),
    )
    row, both = entry.reads
    assert row.array["causal"][5] == entry.cadc.value[0, 5] > 50
    assert np.array_equal(both.array["causal"][0], row.array["causal"])
