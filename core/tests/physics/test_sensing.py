"""Correlation sensors accumulate always: before anybody connects them, and whatever is written."""

import numpy as np
import pytest

from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.coordinates.common import Enum
from neckar.brainscales2.chip.datasheet import (
    LATENCY_CROSSBAR_TO_SYNAPSE,
    LATENCY_FPGA_TO_CROSSBAR,
)
from neckar.brainscales2.program import Configure, Program, Read, SendSpikes, Write
from neckar.brainscales2.twin.chip import Twin
from neckar.brainscales2.twin.execution import sensing
from neckar.units import ms, us

ROW, COLUMN, LABEL = 1, 4, 7
STORE, RAMP = 40, 80
LSB = p.CADC_STEP_PER_CODE * 350
LATE = LATENCY_FPGA_TO_CROSSBAR + LATENCY_CROSSBAR_TO_SYNAPSE
AMPLITUDE, TAU = p.CORRELATION_AMPLITUDE_CODE / STORE, p.CORRELATION_TAU_CODE / RAMP
CHANNELS = ("channels_causal", "channels_acausal")


@pytest.fixture
def chip(synapses):
    """Neurons take resets; a row listens, sensors are connected."""
    chip = synapses.array()
    chains = chip.array["cadc_readout_chains"]
    chains["correlation"]["i_bias_store"], chains["correlation"]["i_bias_ramp"] = STORE, RAMP
    neurons = chip.array["neuron_block"]["atomic_neurons"]
    neurons["event_routing"]["analog_output"][:256] = 1
    neurons["refractory_period"]["refractory_time"] = 10
    chip.array["synapse_blocks"]["matrix"]["labels"][0] = LABEL
    connect(chip, True)
    return chip


def connect(chip, is_connected):
    for channel in CHANNELS:
        columns = chip.array["cadc_readout_chains"][channel]["enable_connect_correlation"]
        columns[0] = is_connected


def write(chip):
    return Configure(config=ChipConfig.of(chip))


def reading(ticket, row=ROW):
    where = c.CADCSampleRowOnDLS(c.SynapseRowOnSynram(row), c.SynramOnDLS.top)
    return Read(coordinate=where, ticket=ticket)


def post(column=COLUMN):
    neuron = c.AtomicNeuronOnDLS(Enum(column)).toNeuronResetOnDLS()
    return Write(coordinate=neuron, register=r.NeuronReset())


def pairs(synapses, n, first=0.2 * ms, apart=0.2 * ms):
    """Pulses of the row and, 2 µs later, of the column."""
    times = first + apart * np.arange(n)
    program = [synapses.spikes(times, synapses.address(ROW, LABEL))]
    for time in times:
        program += [synapses.until(time + LATE + 2 * us), post()]
    return [*program, synapses.until(times[-1] + 50 * us)]


def fallen(before, after, branch="causal", column=COLUMN):
    return float(before.array[branch][column]) - float(after.array[branch][column])


def of_pairs(n):
    return n * AMPLITUDE * np.exp(-2 * us / TAU) / LSB


@pytest.fixture
def empty(synapses, chip):
    """Reading of empty sensors."""
    return synapses.play(Twin.ideal().open(), *synapses.settled(chip), reading(0)).reads[0]


def test_what_happened_before_a_column_was_connected_is_read_in_a_later_program(
    synapses, chip, empty
):
    session = Twin.ideal().open()
    connect(chip, False)
    synapses.play(session, *synapses.settled(chip), *pairs(synapses, 20))
    connect(chip, True)
    found = synapses.play(session, write(chip), reading(0)).reads[0]
    assert fallen(empty, found) == pytest.approx(of_pairs(20), abs=1.5)


def test_what_happened_before_a_column_was_connected_is_read_in_the_same_program(
    synapses, chip, empty
):
    connect(chip, False)
    begin = synapses.settled(chip)
    connect(chip, True)
    program = *begin, *pairs(synapses, 20), write(chip), reading(0)
    found = synapses.play(Twin.ideal().open(), *program).reads[0]
    assert fallen(empty, found) == pytest.approx(of_pairs(20), abs=1.5)


def test_events_reach_sensors_while_nobody_records_anything(synapses, chip, empty):
    connect(chip, False)
    session = Twin.ideal().open()
    off = Write(coordinate=c.EventRecordingConfigOnFPGA(), register=r.EventRecordingConfig())
    synapses.play(session, *synapses.settled(chip), off, *pairs(synapses, 20))
    connect(chip, True)
    found = synapses.play(session, write(chip), reading(0)).reads[0]
    assert fallen(empty, found) == pytest.approx(of_pairs(20), abs=1.5)


@pytest.mark.parametrize("what", ["labels", "amp_calibs", "driver"])
def test_pairs_count_as_the_chip_was_when_they_happened(synapses, chip, empty, what):
    session = Twin.ideal().open()
    synapses.play(session, *synapses.settled(chip), *pairs(synapses, 20))
    matrix = chip.array["synapse_blocks"]["matrix"]
    drivers = chip.array["synapse_driver_blocks"]["synapse_drivers"]
    if what == "driver":
        drivers["enable_receiver"] = False
    else:
        matrix[what][0] = 3
    synapses.play(session, *synapses.settled(chip), *pairs(synapses, 10))
    found = synapses.play(session, reading(0)).reads[0]
    later = 1 - 3 * p.CORRELATION_AMPLITUDE_TRIM if what == "amp_calibs" else 0
    assert fallen(empty, found) == pytest.approx(of_pairs(20 + 10 * later), abs=1.5)


def test_a_pulse_before_a_change_pairs_with_one_after_it(synapses, chip, empty):
    """The second pulse counts as the chip is when it comes."""
    n, program = 20, []
    times = 0.2 * ms + 0.2 * ms * np.arange(n)
    elsewhere = c.SynapseLabelRowOnDLS(c.SynapseRowOnSynram(100), c.SynramOnDLS.top)
    for k, time in enumerate(times):
        labels = r.SynapseLabelRow()
        labels.array["values"] = k % 5
        program += [synapses.until(time + LATE), Write(coordinate=elsewhere, register=labels)]
        program += [synapses.until(time + LATE + 2 * us), post()]
    sent = synapses.spikes(times, synapses.address(ROW, LABEL))
    session = Twin.ideal().open()
    begin = synapses.settled(chip)
    found = synapses.play(session, *begin, sent, *program, reading(0)).reads[0]
    assert fallen(empty, found) == pytest.approx(of_pairs(n), abs=1.5)


def test_it_does_not_matter_when_pulses_are_paired(synapses, chip, monkeypatch):
    found = []
    for most in (sensing._MOST, 5):
        monkeypatch.setattr(sensing, "_MOST", most)
        session = Twin.ideal().open()
        program = *synapses.settled(chip), *pairs(synapses, 40, apart=0.03 * ms), reading(0)
        found.append(synapses.play(session, *program).reads[0].array)
    np.testing.assert_array_equal(*found)


def test_every_entry_of_a_batch_has_its_own(synapses, chip, empty):
    one, two = (
        synapses.spikes(times, synapses.address(ROW, LABEL)).entries[0]
        for times in ([0.2 * ms] * 1, 0.2 * ms + 0.2 * ms * np.arange(20))
    )
    posts = [step for step in pairs(synapses, 20) if not isinstance(step, SendSpikes)]
    both = SendSpikes(entries=(one, two))
    program = Program(instructions=(*synapses.settled(chip), both, *posts, reading(0)))
    entries = Twin.ideal().open().run(program).entries
    few, many = (fallen(empty, entry.reads[0]) for entry in entries)
    assert many == pytest.approx(of_pairs(20), abs=1.5)
    assert few < 3


def test_neurons_that_nobody_hears_pulse_sensors_that_are_read_later(synapses, chip, empty):
    """Bypassed neurons fire whenever an event reaches them; none of it leaves the chip."""
    connect(chip, False)
    routing = chip.array["neuron_block"]["atomic_neurons"]["event_routing"]
    routing["enable_bypass_excitatory"][COLUMN] = True
    matrix = chip.array["synapse_blocks"]["matrix"]
    matrix["weights"][0, 3, COLUMN] = 63
    times = 0.2 * ms + 0.2 * ms * np.arange(20)
    sent = synapses.spikes(
        np.sort(np.concatenate([times, times + 2 * us])),
        np.tile([synapses.address(ROW, LABEL), synapses.address(3, LABEL)], 20),
    )
    columns = r.ColumnCorrelationRow()
    columns.array["values"]["enable_internal_causal"] = True
    where = c.ColumnCorrelationRowOnDLS(Enum(0))
    program = *synapses.settled(chip), reading(0), sent, synapses.until(5 * ms)
    program = *program, Write(coordinate=where, register=columns), reading(1)
    found = synapses.play(Twin.ideal().open(), *program).reads[1]
    assert fallen(empty, found) == pytest.approx(of_pairs(20), rel=0.1, abs=1.5)


UNHEARD = Write(coordinate=c.EventRecordingConfigOnFPGA(), register=r.EventRecordingConfig())


def test_neurons_that_nobody_hears_pulse_connected_sensors_that_a_later_program_reads(
    synapses, chip, empty
):
    """Nothing is recorded or read in the program in which they fire."""
    routing = chip.array["neuron_block"]["atomic_neurons"]["event_routing"]
    routing["enable_bypass_excitatory"][COLUMN] = True
    chip.array["synapse_blocks"]["matrix"]["weights"][0, 3, COLUMN] = 63
    times = 0.2 * ms + 0.2 * ms * np.arange(20)
    sent = synapses.spikes(
        np.sort(np.concatenate([times, times + 2 * us])),
        np.tile([synapses.address(ROW, LABEL), synapses.address(3, LABEL)], 20),
    )
    session = Twin.ideal().open()
    synapses.play(session, *synapses.settled(chip), UNHEARD, sent, synapses.until(5 * ms))
    found = synapses.play(session, reading(0)).reads[0]
    assert fallen(empty, found) == pytest.approx(of_pairs(20), rel=0.1, abs=1.5)


def test_background_reaches_connected_sensors_that_a_later_program_reads(synapses, chip, empty):
    """A bypassed neuron answers every event of a source, until that is switched off."""
    routing = chip.array["neuron_block"]["atomic_neurons"]["event_routing"]
    routing["enable_bypass_excitatory"][COLUMN] = True
    chip.array["synapse_blocks"]["matrix"]["weights"][0, ROW, COLUMN] = 63
    chip.array["crossbar"]["nodes"]["target"] = 0
    bus = c.BackgroundSpikeSourceOnDLS(ROW // 2 % 4)
    on, off = r.BackgroundSpikeSource(), r.BackgroundSpikeSource()
    on.enable, on.period = True, 50_000
    on.neuron_label = c.NeuronLabel(synapses.address(ROW, LABEL) & 0x3FFF)
    program = [*synapses.settled(chip), UNHEARD, Write(coordinate=bus, register=on)]
    program = [*program, synapses.until(3 * ms)]
    last = [Write(coordinate=bus, register=off), reading(0)]
    together = synapses.play(Twin.ideal().open(), *program, *last).reads[0]
    session = Twin.ideal().open()
    synapses.play(session, *program)
    apart = synapses.play(session, *last).reads[0]
    assert fallen(empty, apart) >= fallen(empty, together) > 5


def test_random_trains_are_paired_as_one_would_by_hand(synapses, chip):
    chance = np.random.default_rng(5)
    rows, columns, n = (1, 9, 17), (4, 5, 200), 400
    times = np.sort(2 * ms + 8e-9 * chance.integers(0, round(4 * ms / 8e-9), n))
    row = chance.choice(rows, n)
    sent = synapses.spikes(times, np.array([synapses.address(k, LABEL) for k in row]))
    post_times = np.sort(2 * ms + 8e-9 * chance.integers(0, round(4 * ms / 8e-9), n))
    column = chance.choice(columns, n)
    program = []
    for time, k in zip(post_times, column, strict=True):
        program += [synapses.until(time), post(int(k))]
    before, after = ([reading(first + k, at) for k, at in enumerate(rows)] for first in (0, 3))
    program = *synapses.settled(chip), *before, sent, *program, synapses.until(7 * ms), *after
    reads = synapses.play(Twin.ideal().open(), *program).reads
    for k, at in enumerate(rows):
        for each in columns:
            pres, posts = times[row == at] + LATE, post_times[column == each]
            for branch, wanted in (
                ("causal", _paired(pres, posts)),
                ("acausal", _paired(posts, pres)),
            ):
                found = fallen(reads[k], reads[3 + k], branch, each)
                assert found == pytest.approx(wanted, abs=1.1), (at, each, branch)
                assert 5 < wanted < p.CORRELATION_RANGE / LSB


def _paired(firsts, seconds):
    """LSB of all pairs of nearest neighbours."""
    kinds = np.concatenate([np.zeros(firsts.size, int), np.ones(seconds.size, int)])
    times = np.concatenate([firsts, seconds])
    order = np.argsort(times, kind="stable")
    times, kinds = times[order], kinds[order]
    is_pair = np.diff(kinds) > 0
    return AMPLITUDE * np.exp(-np.diff(times)[is_pair] / TAU).sum() / LSB
