"""The emulated chip as a whole."""

from dataclasses import replace

import numpy as np
import pytest

from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import FPGA_CYCLE
from neckar.brainscales2.program import (
    Configure,
    Program,
    Read,
    SampleCADC,
    SampleMADC,
    SendSpikes,
    Write,
)
from neckar.brainscales2.twin.chip import Twin
from neckar.brainscales2.twin.noise import Noise
from neckar.brainscales2.twin.variation import Spread
from neckar.errors import ProgramError
from neckar.units import ms, us

QUIET = Twin(noise=Noise.none())
VALID = slice(240, None)  # MADC samples after the first 8 us


def play(*instructions, on=QUIET):
    return on.open().run(Program(instructions=instructions)).entries[0]


def time_of(spikes, entry):
    """Chip time of spikes since the last timer reset, s."""
    return (spikes["chip_time"].astype(float) - entry.timer_resets[-1]) * FPGA_CYCLE


# --- events ---


def test_one_spike_into_a_neuron_in_bypass_gives_one_spike(relays, settled, spikes, until):
    sent = np.arange(1, 100) * us
    entry = play(*settled(relays), SendSpikes(entries=(spikes(sent, 3),)), until(0.2 * ms))
    assert entry.spikes["label"].tolist() == [3] * 99
    late = time_of(entry.spikes, entry) - sent
    assert np.ptp(late) < 20e-9
    assert 0.2 * us < late.mean() < 1 * us


def test_every_label_reaches_its_own_neuron_only(relays, settled, spikes, until):
    labels = np.arange(64)
    sent = spikes(np.arange(1, 65) * us, labels)
    entry = play(*settled(relays), SendSpikes(entries=(sent,)), until(0.1 * ms))
    lane = labels // 32
    assert entry.spikes["label"].tolist() == (lane << 14 | lane << 8 | labels).tolist()


def test_spikes_of_ten_seconds_pass_a_neuron_in_bypass_one_by_one(relays, settled, spikes, until):
    sent = np.sort(np.random.default_rng(0).uniform(0, 10, 20_000))
    entry = play(*settled(relays), SendSpikes(entries=(spikes(sent, 3),)), until(10.0))
    assert entry.spikes.size == sent.size
    assert entry.dropped_in == entry.dropped_out == 0


def test_64_spikes_at_once_pass_64_neurons_in_bypass(relays, settled, spikes, until):
    sent = spikes(np.full(64, 10 * us), np.arange(64))
    entry = play(*settled(relays), SendSpikes(entries=(sent,)), until(0.1 * ms))
    assert np.unique(entry.spikes["label"]).size == entry.spikes.size == 64


def test_nothing_is_recorded_while_recording_is_off(relays, settled, spikes, until, record):
    entry = play(
        *settled(relays),
        SendSpikes(entries=(spikes([1 * us, 51 * us, 101 * us], 3),)),
        until(40 * us),
        record(False),
        until(80 * us),
        record(True),
        until(0.2 * ms),
    )
    assert entry.spikes.size == 2


def test_a_closed_crossbar_lets_nothing_through(relays, settled, spikes, until):
    relays.array["crossbar"]["nodes"]["target"] = 1
    sent = spikes([1 * us], 3)
    entry = play(*settled(relays), SendSpikes(entries=(sent,)), until(0.1 * ms))
    assert entry.spikes.size == 0


def test_events_may_be_looped_back_to_the_fpga(quiet, open_node, settled, spikes, until):
    open_node(quiet, 10, 10)
    sent = spikes([1 * us], 2 << 14 | 99)
    entry = play(*settled(quiet), SendSpikes(entries=(sent,)), until(0.1 * ms))
    assert entry.spikes["label"].tolist() == [2 << 14 | 99]
    assert entry.spikes["fpga_time"][0] > entry.spikes["chip_time"][0]


def test_a_saturated_link_loses_events_and_counts_them(relays, settled, spikes, until):
    n = 20_000
    sent = spikes(np.zeros(n), 3)
    entry = play(*settled(relays), SendSpikes(entries=(sent,)), until(0.5 * ms))
    assert entry.dropped_in > 0
    assert entry.spikes.size + entry.dropped_in == n


def test_a_spike_travels_from_neuron_to_neuron_on_the_chip(
    relays, settled, spikes, until, open_node
):
    """Neuron 40 (output 1, label 0x128) feeds neuron 41 through bus 1."""
    open_node(relays, 1, 1)
    driver = relays.array["synapse_driver_blocks"]["synapse_drivers"]
    number = (1 << 2) * 4 + 1
    driver["enable_receiver"][0, number], driver["row_mode_top"][0, number] = True, 1
    matrix = relays.array["synapse_blocks"]["matrix"]
    matrix["weights"][0, 2 * number + 1, 41], matrix["labels"][0, 2 * number + 1, 41] = 63, 40
    entry = play(*settled(relays), SendSpikes(entries=(spikes([1 * us], 40),)), until(0.1 * ms))
    assert (entry.spikes["label"] & 255).tolist() == [40, 41]
    delay = np.diff(time_of(entry.spikes, entry))
    assert 0.1 * us < delay[0] < 2 * us


def test_a_ring_of_neurons_keeps_a_spike_alive(relays, settled, spikes, until, open_node):
    open_node(relays, 0, 0)
    relays.array["synapse_blocks"]["matrix"]["labels"][0, 1, :32] = (np.arange(32) - 1) % 32
    entry = play(*settled(relays), SendSpikes(entries=(spikes([1 * us], 0),)), until(50 * us))
    neurons = entry.spikes["label"] & 31
    assert neurons.size > 64
    assert np.all(np.diff(neurons.astype(int)) % 32 == 1)


# --- background sources ---


def background(chip, open_node, **settings):
    """Source 1 reaches the FPGA by itself."""
    open_node(chip, 13, 9)
    source = chip.array["background_spike_sources"]
    for name, value in {"enable": True, "period": 2500, **settings}.items():
        source[name][1] = value


def test_a_regular_source_fires_every_period(quiet, settled, until, open_node):
    background(quiet, open_node, neuron_label=0x55)
    entry = play(*settled(quiet), until(1 * ms))
    assert entry.spikes.size == pytest.approx(100, abs=1)
    assert set(np.diff(entry.spikes["chip_time"])) == {1250}
    assert set(entry.spikes["label"]) == {1 << 14 | 0x55}


def test_a_source_that_is_switched_on_waits_one_period(quiet, settled, until, open_node):
    background(quiet, open_node, enable=False)
    off = ChipConfig.of(quiet)
    background(quiet, open_node)
    entry = play(
        *settled(quiet, wait=1 * ms),
        Configure(config=off),
        until(100 * us),
        Configure(config=ChipConfig.of(quiet)),
        until(200 * us),
    )
    times = time_of(entry.spikes, entry)
    assert times[times > 50 * us][0] == pytest.approx(110 * us, abs=0.2 * us)


def test_a_random_source_has_its_rate(quiet, settled, until, open_node):
    background(quiet, open_node, enable_random=True, rate=128, period=500, mask=15)
    entry = play(*settled(quiet), until(100 * ms))
    expected = 250e6 / 500 * 128 / 255 * 0.1
    assert entry.spikes.size == pytest.approx(expected, abs=4 * expected**0.5)
    assert np.unique(entry.spikes["label"]).size == 16


# --- sampling ---


def test_the_madc_brings_29_samples_per_microsecond(leaky, settled, until):
    entry = play(*settled(leaky), SampleMADC(enable=True), until(1 * ms), SampleMADC(enable=False))
    assert entry.madc.size == pytest.approx(29412, abs=3)
    entry = replace(entry, madc=entry.madc[VALID])
    spacing = np.diff(entry.madc["chip_time"].astype(int))
    assert set(spacing) == {4, 5}
    assert 200 < entry.madc["value"].min() < 250
    assert 350 < entry.madc["value"].max() < 400  # neuron 0 of the default chip fires early


def test_madc_samples_are_lost_while_recording_is_off(leaky, settled, until, record):
    entry = play(
        *settled(leaky), SampleMADC(enable=True), until(50 * us), record(False), until(100 * us)
    )
    assert entry.madc.size == pytest.approx(50 / 0.034, abs=3)


def test_two_channels_alternate(leaky, settled, until):
    readout = leaky.array["neuron_block"]["atomic_neurons"]["readout"][6]
    readout["enable_amplifier"] = readout["enable_buffered_access"] = True
    leaky.array["readout_chain"]["input_mux"]["neuron_even"][1, 0] = True
    leaky.array["readout_chain"]["dynamic_mux"]["input_select_length"] = 1
    entry = play(*settled(leaky), SampleMADC(enable=True), until(100 * us))
    assert set(entry.madc["channel"][::2]) == {0}
    assert set(entry.madc["channel"][1::2]) == {1}
    firing, silent = (entry.madc["value"][VALID][k::2].astype(int) for k in (0, 1))
    assert np.ptp(firing) > 100 > 50 > np.ptp(silent)


def test_the_madc_can_be_run_by_hand(leaky, settled, until):
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


def on_pad(volts):
    """A DAC of the board on the first pad."""
    mux = r.ShiftRegister.AnalogReadoutMux1Input, r.ShiftRegister.AnalogReadoutMux2Input
    switches, block = r.ShiftRegister(), r.DACChannelBlock()
    switches.select_analog_readout_mux_1_input = mux[0].readout_chain_0
    switches.select_analog_readout_mux_2_input = mux[1].mux_dac_25
    block.set_voltage(c.DACChannelOnBoard.mux_dac_25, volts)
    return (
        Write(coordinate=c.ShiftRegisterOnBoard(), register=switches),
        Write(coordinate=c.DACChannelBlockOnBoard(), register=block),
    )


def with_debug_line(chip):
    chain = chip.array["readout_chain"]
    chain["pad_mux"]["debug_to_pad"][0] = chain["input_mux"]["debug_plus"][0] = True
    chain["input_mux"]["neuron_even"] = chain["input_mux"]["neuron_odd"] = False
    return chip


@pytest.mark.parametrize("volts", [0.2, 0.6, 1.1])
def test_the_madc_measures_a_voltage_of_the_board(leaky, settled, until, volts):
    ideal = Twin.ideal()
    see = SampleMADC(enable=True), until(20 * us)
    entry = play(*settled(with_debug_line(leaky)), *on_pad(volts), *see, on=ideal)
    assert np.abs(entry.madc["value"][VALID].astype(int) - (50 + 528 * volts)).max() <= 1


def test_the_first_samples_after_a_long_pause_are_not_valid(leaky, settled, until):
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


def test_the_madc_sends_a_sawtooth_if_it_is_told_to(leaky, settled, until):
    madc = leaky.array["readout_chain"]["madc"]
    madc["enable_dummy_data"], madc["number_of_samples"] = True, 3000
    start = control(start_recording=True, enable_power_down_after_sampling=True)
    entry = play(*settled(leaky), control(wake_up=True), until(1 * ms), start, until(3 * ms))
    assert np.array_equal(entry.madc["value"], np.arange(3000) % 1024)


def test_answers_come_with_the_time_of_their_arrival(leaky, settled, until):
    read = [Read(coordinate=c.NullPayloadReadableOnFPGA(), ticket=k) for k in range(2)]
    entry = play(*settled(leaky), until(10 * us), read[0], until(30 * us), read[1], until(50 * us))
    since = entry.read_times - entry.timer_resets[-1]
    assert since * FPGA_CYCLE == pytest.approx([10 * us, 30 * us], abs=0.2 * us)


def test_samples_between_two_reads_lie_between_their_times(leaky, settled, until):
    read = [Read(coordinate=c.NullPayloadReadableOnFPGA(), ticket=k) for k in range(2)]
    see = SampleMADC(enable=True), until(100 * us)
    entry = play(*settled(leaky), read[0], *see, read[1])
    assert entry.read_times[0] <= entry.madc["chip_time"].min()
    assert entry.madc["chip_time"].max() <= entry.read_times[1]


def test_the_cadc_sees_a_voltage_of_the_board_where_it_is_connected(leaky, settled, until):
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


def test_the_cadc_sees_a_cell_of_the_analog_memory_through_its_debug_line(leaky, settled, until):
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


def test_the_cadc_shows_what_is_there_once_it_is_ready(leaky, settled):
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


def test_a_buffered_read_of_the_cadc_shows_the_instant_of_the_trigger(leaky, settled, until):
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
    leaky, settled, until
):
    ramp = leaky.array["cadc_readout_chains"]["ramp"]
    ramp["i_slope"] = ramp["v_offset"] = 0
    leaky.array["neuron_block"]["atomic_neurons"]["threshold"]["enable"] = False
    entry = play(*settled(leaky), Read(coordinate=c.CADCSampleRowOnDLS(), ticket=0))
    assert entry.reads[0].array["causal"][5] == 255


def test_the_cadc_reads_all_columns_again_and_again(leaky, settled, until):
    entry = play(*settled(leaky), SampleCADC(n_samples=50, period_cycles=213), until(0.2 * ms))
    assert entry.cadc.value.shape == (50, 512)
    assert set(np.diff(entry.cadc.time)) == {213}
    firing = entry.cadc.value[:, 5].astype(int)
    assert np.ptp(firing) > 40
    assert np.ptp(entry.cadc.value[:, 6].astype(int)) == 0


def test_a_read_of_the_cadc_shows_the_membrane_as_it_is(leaky, settled, until):
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


# --- counters and commands ---


def test_spike_counters_count_from_their_reset(leaky, settled, until):
    neuron = c.AtomicNeuronOnDLS(c.Enum(5))
    entry = play(
        *settled(leaky),
        until(100 * us),
        Write(coordinate=neuron.toSpikeCounterResetOnDLS(), register=r.SpikeCounterReset()),
        until(300 * us),
        Read(coordinate=neuron.toSpikeCounterReadOnDLS(), ticket=0),
    )
    times = time_of(entry.spikes, entry)
    expected = np.count_nonzero((times > 100 * us) & (times < 300 * us))
    assert int(entry.reads[0].count) == pytest.approx(expected, abs=1)
    assert 20 < expected < 50


def test_counters_count_what_nobody_records(leaky, settled, until, record):
    neuron = c.AtomicNeuronOnDLS(c.Enum(5))
    entry = play(
        *settled(leaky),
        record(False),
        Write(coordinate=neuron.toSpikeCounterResetOnDLS(), register=r.SpikeCounterReset()),
        until(20 * ms),
        Read(coordinate=neuron.toSpikeCounterReadOnDLS(), ticket=0),
    )
    assert entry.spikes.size <= 1
    assert bool(entry.reads[0].overflow)


def test_event_counters_of_the_crossbar_count_inputs_and_outputs(relays, settled, spikes, until):
    relays.array["crossbar"]["outputs"]["enable_event_counter"] = True
    entry = play(
        *settled(relays),
        SendSpikes(entries=(spikes(np.arange(1, 11) * us, 3),)),
        until(0.1 * ms),
        Read(coordinate=c.CrossbarOutputOnDLS(0), ticket=0),
        Read(coordinate=c.CrossbarOutputOnDLS(8), ticket=1),
        Read(coordinate=c.CrossbarOutputOnDLS(9), ticket=2),
        Write(coordinate=c.CrossbarOutputOnDLS(0), register=r.CrossbarOutputEventCounter()),
        Read(coordinate=c.CrossbarOutputOnDLS(0), ticket=3),
    )
    assert [int(read.value) for read in entry.reads] == [10, 10, 0, 0]


def test_a_bus_that_is_offered_too_much_loses_events_and_counts_them(
    relays, settled, spikes, until
):
    sent = spikes(np.repeat(np.arange(2000), 2) * FPGA_CYCLE, 3)
    entry = play(
        *settled(relays),
        SendSpikes(entries=(sent,)),
        until(0.1 * ms),
        Read(coordinate=c.CrossbarInputOnDLS(8), ticket=0),
        Read(coordinate=c.CrossbarInputOnDLS(9), ticket=1),
    )
    assert [int(read.value) for read in entry.reads] == [entry.dropped_in, 0]
    assert 1000 < entry.dropped_in < 2000


def test_an_event_can_be_put_onto_a_bus_by_hand(relays, settled, until):
    """Past the crossbar, and past the switch that opens the bus to it."""
    relays.array["synapse_driver_blocks"]["padi_bus"]["enable_spl1"] = False
    event = r.PADIEvent(event_address=9)
    event.fire_bus[c.PADIBusOnPADIBusBlock(0)] = True
    elsewhere = r.PADIEvent(event_address=9, row_select_address=1)
    elsewhere.fire_bus[c.PADIBusOnPADIBusBlock(0)] = True
    entry = play(
        *settled(relays),
        until(10 * us),
        Write(coordinate=c.PADIEventOnDLS(0), register=event),
        Write(coordinate=c.PADIEventOnDLS(0), register=elsewhere),
        Write(coordinate=c.PADIEventOnDLS(1), register=event),
        until(50 * us),
        Write(coordinate=c.PADIEventOnDLS(0), register=event),
        until(100 * us),
    )
    assert entry.spikes["label"].tolist() == [9, 9]
    assert time_of(entry.spikes, entry) == pytest.approx([10.15 * us, 50.15 * us], abs=20e-9)


def test_a_neuron_can_be_reset_from_outside(leaky, settled, until):
    leaky.array["neuron_block"]["atomic_neurons"]["threshold"]["enable"] = False
    entry = play(
        *settled(leaky),
        SampleMADC(enable=True),
        until(50 * us),
        Write(
            coordinate=c.AtomicNeuronOnDLS(c.Enum(5)).toNeuronResetOnDLS(),
            register=r.NeuronReset(),
        ),
        until(100 * us),
    )
    madc = entry.madc[VALID]
    value, cycles = madc["value"].astype(int), time_of(madc, entry)
    lowest = cycles[np.argmin(value)]
    assert lowest == pytest.approx(52 * us, abs=0.3 * us)
    assert entry.spikes.size == 0


# --- time ---


def test_the_membrane_goes_on_from_snippet_to_snippet(leaky, settled, until):
    leaky.array["neuron_block"]["atomic_neurons"]["threshold"]["enable"] = False
    low = r.Chip(leaky)
    low.array["neuron_block"]["atomic_neurons"]["leak"]["v_leak"][5] = 800
    entry = play(
        *settled(leaky),
        SampleMADC(enable=True),
        until(50 * us),
        Configure(config=ChipConfig.of(low)),
        until(10 * ms),
    )
    value = entry.madc["value"][VALID].astype(int)
    assert np.abs(np.diff(value)).max() <= 2
    assert value[:100].mean() - value[-100:].mean() > 50


def test_cells_of_the_analog_memory_take_milliseconds_to_settle(leaky, settled, until):
    leaky.array["neuron_block"]["atomic_neurons"]["threshold"]["enable"] = False
    entry = play(*settled(leaky, wait=1 * us), SampleMADC(enable=True), until(20 * ms))
    value = entry.madc["value"].astype(int)
    at = [value[round(t / 34e-9)] for t in (0.1 * ms, 3 * ms, 19 * ms)]
    assert at[0] < at[1] < at[2]
    assert at[2] - at[1] > 20


def test_waiting_unobserved_ends_where_watching_ends(leaky, settled, until):
    leaky.array["neuron_block"]["atomic_neurons"]["threshold"]["enable"] = False
    watched = (*settled(leaky), SampleMADC(enable=True), until(5 * ms))
    waited = (*settled(leaky), until(4.9 * ms), SampleMADC(enable=True), until(5 * ms))
    ends = [play(*instructions).madc["value"][-100:] for instructions in (watched, waited)]
    assert np.array_equal(*ends)


def test_a_neuron_that_nobody_followed_is_at_rest_when_somebody_looks(leaky, settled, until):
    silent = r.Chip(leaky)
    neurons = silent.array["neuron_block"]["atomic_neurons"]
    neurons["threshold"]["enable"] = False
    session = QUIET.open()
    session.run(Program(instructions=settled(silent)))
    looked = session.run(Program(instructions=(SampleMADC(enable=True), until(20 * us)))).entries[0]
    value = looked.madc["value"][VALID].astype(int)
    assert np.ptp(value) <= 1
    assert value[0] > 300


def test_the_state_of_the_chip_outlives_a_program(leaky, settled, until):
    session = QUIET.open()
    first = session.run(Program(instructions=(*settled(leaky), until(1 * ms))))
    second = session.run(Program(instructions=(until(1 * ms),)))
    counts = [recording.entries[0].spikes.size for recording in (first, second)]
    assert counts[0] > 100
    assert counts[1] == pytest.approx(counts[0], abs=2)


# --- chance ---


def recorded(twin, instructions, n_runs=1):
    session = twin.open()
    return [session.run(Program(instructions=instructions)) for _ in range(n_runs)][-1].entries


def same(a, b):
    return all(
        x.spikes.tobytes() == y.spikes.tobytes() and x.madc.tobytes() == y.madc.tobytes()
        for x, y in zip(a, b, strict=True)
    )


@pytest.fixture
def firing(leaky, settled, until):
    return (*settled(leaky), SampleMADC(enable=True), until(0.2 * ms))


def test_without_noise_two_runs_are_the_same_bit_by_bit(firing):
    assert same(recorded(QUIET, firing), recorded(QUIET, firing))


def test_with_noise_a_seed_repeats_and_another_does_not(firing):
    twins = Twin(seed=1), Twin(seed=1), Twin(seed=2)
    a, b, other = (recorded(twin, firing) for twin in twins)
    assert same(a, b)
    assert not same(a, other)


def test_trials_of_one_session_differ(firing):
    assert not same(recorded(Twin(), firing), recorded(Twin(), firing, n_runs=2))


def test_chips_differ(firing):
    twins = (Twin(serial=serial, noise=Noise.none()) for serial in (1, 2))
    assert not same(*(recorded(twin, firing) for twin in twins))


def batch(relays, settled, spikes, until, n_entries):
    sets = tuple(spikes([(k + 1) * us, 60 * us], k) for k in range(n_entries))
    return *settled(relays), SendSpikes(entries=sets), until(0.1 * ms)


def test_batch_entries_do_not_depend_on_threads(relays, settled, spikes, until):
    instructions = batch(relays, settled, spikes, until, 5)
    one, many = (recorded(Twin(threads=n), instructions) for n in (1, 4))
    assert same(one, many)
    assert [entry.spikes.size for entry in one] == [2] * 5


def test_an_entry_does_not_depend_on_how_many_follow(leaky, settled, spikes, until):
    def instructions(n_entries):
        sets = tuple(spikes([], 0) for _ in range(n_entries))
        listen = SendSpikes(entries=sets), SampleMADC(enable=True)
        return *settled(leaky), *listen, until(0.1 * ms)

    few, many = (recorded(Twin(), instructions(n)) for n in (2, 4))
    assert same(few, many[:2])
    assert not same(many[:1], many[1:2])


# --- the rest ---


def test_a_program_that_cannot_be_played_leaves_the_chip_as_it_was(leaky, settled, until):
    session = QUIET.open()
    session.run(Program(instructions=settled(leaky)))
    bad = r.Chip()
    bad.array["neuron_block"]["atomic_neurons"]["bayesian"]["connect_fire_from_right"] = True
    with pytest.raises(ProgramError, match=r"bayesian\.connect_fire_from_right"):
        session.run(
            Program(
                instructions=(
                    Configure(config=ChipConfig.of(r.Chip())),
                    Configure(config=ChipConfig.of(bad)),
                )
            )
        )
    after = session.run(Program(instructions=(until(1 * ms),))).entries[0]
    assert after.spikes.size > 100


def test_progress_is_told_up_to_the_end(leaky, settled, until):
    told = []
    play(*settled(leaky), until(100 * ms), on=replace(QUIET, progress=told.append))
    assert told == sorted(told)
    assert len(told) > 3
    assert told[-1] == pytest.approx(1.0)


def test_a_chip_is_named_by_what_calibrations_depend_on():
    assert Twin(serial=3, seed=1).identifier == Twin(serial=3, noise=Noise.none()).identifier
    assert Twin(serial=3).identifier != Twin(serial=4).identifier
    assert Twin.ideal().identifier == "twin-ideal"
    other = Twin(spread=replace(Spread(), synapse=0.1)).identifier
    assert other not in (Twin().identifier, Twin.ideal().identifier)


def test_a_reset_that_nobody_saw_is_over_when_it_should_be(leaky, settled, until):
    """Resets of 1 ms, first of a neuron that nobody follows, then of one with short resets."""
    neuron = leaky.array["neuron_block"]["atomic_neurons"][5]
    neuron["threshold"]["enable"] = neuron["event_routing"]["enable_digital"] = False
    neuron["readout"]["enable_amplifier"] = False
    neuron["refractory_period"]["input_clock"] = 0
    leaky.array["neuron_block"]["backends"]["clock_scale_slow"] = 9
    reset = Write(coordinate=c.NeuronResetOnDLS(c.Enum(5)), register=r.NeuronReset())
    with Twin.ideal().open() as session:
        session.run(Program(instructions=(*settled(leaky), reset, until(10 * ms))))
        neuron["readout"]["enable_amplifier"] = True
        neuron["refractory_period"]["refractory_time"] = 1
        read = Read(coordinate=c.CADCSampleRowOnDLS(), ticket=0)
        configure = Configure(config=ChipConfig.of(leaky))
        entry = session.run(Program(instructions=(configure, read))).entries[0]
        seen = int(entry.reads[0].array["causal"][5])
        neuron["readout"]["enable_amplifier"] = True
        entry = session.run(Program(instructions=(*settled(leaky), read))).entries[0]
    assert seen == pytest.approx(int(entry.reads[0].array["causal"][5]), abs=1)


def test_a_line_that_is_shown_is_remembered_though_its_amplifier_is_off(leaky, settled, until):
    """Events pull the line of 100 us; 100 us later it is still low, with nobody else to know."""
    event = r.PADIEvent()
    event.array["fire_bus"] = True
    neuron = leaky.array["neuron_block"]["atomic_neurons"][5]
    neuron["threshold"]["enable"] = neuron["event_routing"]["enable_digital"] = False
    neuron["leak"]["i_bias"] = 1000
    neuron["readout"]["source"] = 1
    neuron["excitatory_input"]["i_bias_tau"] = 2
    neuron["excitatory_input"]["enable_small_capacitance"] = False
    rows = leaky.array["neuron_block"]["current_rows"]["values"]
    rows["enable_synaptic_current_excitatory"] = True
    drivers = leaky.array["synapse_driver_blocks"]["synapse_drivers"]
    drivers["enable_receiver"], drivers["row_mode_top"] = True, 1
    leaky.array["synapse_driver_blocks"]["synapse_drivers"]["row_address_compare_mask"] = 0
    leaky.array["synapse_blocks"]["i_bias_dac"] = 600
    leaky.array["synapse_blocks"]["matrix"]["weights"] = 20
    fire = Write(coordinate=c.PADIEventOnDLS(), register=event)
    reads = [Read(coordinate=c.CADCSampleRowOnDLS(), ticket=k) for k in range(2)]
    program = (*settled(leaky), reads[0], until(1 * ms), fire, until(1.1 * ms), reads[1])
    before, after = (int(read.array["causal"][5]) for read in play(*program, on=Twin.ideal()).reads)
    assert after < before - 10
