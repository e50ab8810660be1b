"""Correlation sensors: windows of spike timing, saturation, resets, spread, reading."""

import numpy as np
import pytest

from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip.coordinates.common import Enum
from neckar.brainscales2.chip.datasheet import (
    LATENCY_CROSSBAR_TO_SYNAPSE,
    LATENCY_FPGA_TO_CROSSBAR,
)
from neckar.brainscales2.program import Read, Write
from neckar.brainscales2.twin.chip import Twin
from neckar.units import us

ROW, COLUMN, LABEL = 1, 4, 7
LSB = p.CADC_STEP_PER_CODE * 350
LATE = LATENCY_FPGA_TO_CROSSBAR + LATENCY_CROSSBAR_TO_SYNAPSE
APART = 500 * us
FIRST = 200 * us  # after the first reading


def sensing(synapses, store=70, ramp=80, columns=slice(None)):
    """Sensors of the top array are connected; neurons take resets."""
    chip = synapses.array(columns=columns)
    chains = chip.array["cadc_readout_chains"]
    chains["correlation"]["i_bias_store"], chains["correlation"]["i_bias_ramp"] = store, ramp
    for channel in ("channels_causal", "channels_acausal"):
        chains[channel]["enable_connect_correlation"][0] = True
    chip.array["synapse_blocks"]["matrix"]["labels"][0, ROW] = LABEL
    neurons = chip.array["neuron_block"]["atomic_neurons"]
    neurons["event_routing"]["analog_output"][:256] = 1
    neurons["refractory_period"]["refractory_time"] = 10
    return chip


def reset_neuron(column=COLUMN):
    neuron = c.AtomicNeuronOnDLS(Enum(column)).toNeuronResetOnDLS()
    return Write(coordinate=neuron, register=r.NeuronReset())


def pairs(synapses, delay, n, label=LABEL):
    """Pairs of a pulse of the row and, `delay` later, one of the neuron; far apart."""
    first = FIRST + APART * np.arange(n)
    program = [synapses.spikes(first, synapses.address(ROW, label))]
    for time in first:
        program += [synapses.until(time + LATE + delay), reset_neuron()]
    return [*program, synapses.until(first[-1] + 100 * us)]


def readings(*tickets, row=ROW):
    where = c.CADCSampleRowOnDLS(c.SynapseRowOnSynram(row), c.SynramOnDLS.top)
    return [Read(coordinate=where, ticket=ticket) for ticket in tickets]


def stored(synapses, chip, *program, on=None, row=ROW):
    """By how many LSB the causal and acausal readings of a row fall during a program: (2, 256)."""
    session = (on or Twin.ideal()).open()
    entry = synapses.play(
        session,
        *synapses.settled(chip),
        *readings(0, row=row),
        *program,
        *readings(1, row=row),
    )
    before, after = (
        np.stack([read.array["causal"], read.array["acausal"]]).astype(float)
        for read in entry.reads
    )
    return before - after


def test_empty_sensors_read_about_200(synapses):
    chip = sensing(synapses)
    entry = synapses.play(Twin.ideal().open(), *synapses.settled(chip), *readings(0))
    assert np.all(np.abs(entry.reads[0].array["causal"].astype(int) - 200) < 3)


@pytest.mark.parametrize(("store", "ramp"), [(70, 80), (35, 80), (70, 40)])
def test_the_window_is_exponential_with_the_set_amplitude_and_time_constant(synapses, store, ramp):
    chip, n = sensing(synapses, store, ramp), 60
    amplitude, tau = p.CORRELATION_AMPLITUDE_CODE / store, p.CORRELATION_TAU_CODE / ramp
    for delay in np.array([0.5, 2, 5, 10]) * us:
        causal, acausal = stored(synapses, chip, *pairs(synapses, delay, n))[:, COLUMN]
        assert causal * LSB / n == pytest.approx(
            amplitude * np.exp(-delay / tau), rel=0.03, abs=1.2 * LSB / n
        )
        rare = n * amplitude * np.exp(-(APART - delay) / tau)
        assert acausal == pytest.approx(rare / LSB, abs=1)
    for delay in np.array([0.5, 2, 5, 10]) * us:
        causal, acausal = stored(synapses, chip, *pairs(synapses, -delay, n))[:, COLUMN]
        assert acausal * LSB / n == pytest.approx(
            amplitude * np.exp(-delay / tau), rel=0.03, abs=1.2 * LSB / n
        )
        assert causal <= 1


def test_only_synapses_with_the_label_and_neurons_with_a_pulse_store_anything(synapses):
    chip = sensing(synapses)
    both = stored(synapses, chip, *pairs(synapses, 1 * us, 40))
    assert both[0, COLUMN] > 15
    both[:, COLUMN] = 0
    assert np.all(np.abs(both) <= 1)
    assert np.all(np.abs(stored(synapses, chip, *pairs(synapses, 1 * us, 40, label=8))) <= 1)


def test_the_weight_of_a_synapse_does_not_matter(synapses):
    chip = sensing(synapses)
    without = stored(synapses, chip, *pairs(synapses, 1 * us, 40))[0, COLUMN]
    chip.array["synapse_blocks"]["matrix"]["weights"] = 63
    assert stored(synapses, chip, *pairs(synapses, 1 * us, 40))[0, COLUMN] == without


def test_nearest_neighbours_are_paired_once(synapses):
    """Rows pulse at 0, 8 and 30 µs, the neuron at 10 and 14 µs."""
    chip, n = sensing(synapses), 40
    amplitude, tau = p.CORRELATION_AMPLITUDE_CODE / 70, p.CORRELATION_TAU_CODE / 80
    first = FIRST + APART * np.arange(n)
    sent = np.sort(np.concatenate([first, first + 8 * us, first + 30 * us]))
    program = [synapses.spikes(sent, synapses.address(ROW, LABEL))]
    for time in first:
        for late in (10 * us, 14 * us):
            program += [synapses.until(time + LATE + late), reset_neuron()]
    program.append(synapses.until(first[-1] + 100 * us))
    causal, acausal = stored(synapses, chip, *program)[:, COLUMN] * LSB / n
    assert causal == pytest.approx(amplitude * np.exp(-2 * us / tau), abs=1.2 * LSB / n)
    assert acausal == pytest.approx(amplitude * np.exp(-16 * us / tau), abs=1.2 * LSB / n)


def test_stores_saturate(synapses):
    chip = sensing(synapses, store=10)
    full = p.CORRELATION_RANGE / LSB
    some, more, most = (
        stored(synapses, chip, *pairs(synapses, 1 * us, n))[0, COLUMN] for n in (10, 60, 90)
    )
    assert some < more / 2
    assert more == pytest.approx(full, abs=2)
    assert most == pytest.approx(full, abs=2)


def test_a_reset_empties_its_synapses_only(synapses):
    chip = sensing(synapses)
    for row, left in ((ROW, 0), (ROW + 1, 20)):
        where = c.CorrelationResetRowOnDLS(c.SynapseRowOnSynram(row), c.SynramOnDLS.top)
        empty = Write(coordinate=where, register=r.CorrelationResetRow())
        after = stored(synapses, chip, *pairs(synapses, 1 * us, 40), empty)[0, COLUMN]
        assert after == pytest.approx(left, abs=1.2) or (left and after > 15)


def test_spikes_of_neurons_are_pulses(synapses):
    chip, n = sensing(synapses), 100
    neuron = chip.array["neuron_block"]["atomic_neurons"][COLUMN]
    neuron["event_routing"]["enable_bypass_excitatory"] = True
    neuron["event_routing"]["enable_digital"] = True
    matrix = chip.array["synapse_blocks"]["matrix"]
    matrix["weights"][0, 3, COLUMN], matrix["labels"][0, 3, COLUMN] = 63, LABEL
    first = FIRST + 50 * us * np.arange(n)
    sent = np.sort(np.concatenate([first, first + 3 * us]))
    labels = np.tile([synapses.address(ROW, LABEL), synapses.address(3, LABEL)], n)
    program = synapses.spikes(sent, labels), synapses.until(sent[-1] + 50 * us)
    causal, acausal = stored(synapses, chip, *program)[:, COLUMN] * LSB / n
    tau = p.CORRELATION_TAU_CODE / 80
    expected = p.CORRELATION_AMPLITUDE_CODE / 70 * np.exp(-3 * us / tau)
    assert causal == pytest.approx(expected, rel=0.05)
    assert acausal < 0.01 * expected + 1.2 * LSB / n


def test_what_is_stored_outlives_a_program(synapses):
    chip, session = sensing(synapses), Twin.ideal().open()
    play, setup = synapses.play, synapses.settled(chip)
    empty = play(session, *setup, *readings(0)).reads[0].array["causal"][COLUMN]
    play(session, *setup, *pairs(synapses, 1 * us, 40))
    later = play(session, *setup, *readings(0)).reads[0].array["causal"][COLUMN]
    assert int(empty) - int(later) > 15


def test_trim_bits_change_amplitude_and_time_constant(synapses):
    chip, n = sensing(synapses), 60
    matrix = chip.array["synapse_blocks"]["matrix"]
    plain = stored(synapses, chip, *pairs(synapses, 5 * us, n))[0, COLUMN]
    matrix["amp_calibs"][0, ROW, COLUMN] = 3
    less = stored(synapses, chip, *pairs(synapses, 5 * us, n))[0, COLUMN]
    matrix["amp_calibs"] = 0
    matrix["time_calibs"][0, ROW, COLUMN] = 3
    slow = stored(synapses, chip, *pairs(synapses, 5 * us, n))[0, COLUMN]
    assert less / plain == pytest.approx(1 - 3 * p.CORRELATION_AMPLITUDE_TRIM, abs=0.08)
    assert slow / plain == pytest.approx(np.exp(1 - 1 / 1.6), rel=0.08)


def test_synapses_differ_and_most_tell_before_from_after(synapses):
    chip = sensing(synapses)
    block = chip.array["neuron_block"]["atomic_neurons"]["event_routing"]
    block["enable_post_overwrite"][:256] = True
    blocks = [
        Write(coordinate=c.BlockPostPulseOnDLS(west_east), register=r.BlockPostPulse())
        for west_east in (0, 1)
    ]
    first = FIRST + APART * np.arange(100)
    program = [synapses.spikes(first, synapses.address(ROW, LABEL))]
    for time in first:
        program += [synapses.until(time + LATE + 2 * us), *blocks]
    program.append(synapses.until(first[-1] + 100 * us))
    causal, acausal = stored(synapses, chip, *program, on=Twin())
    assert np.mean(causal > acausal + 5) > 0.95
    assert 0.2 < causal.std() / causal.mean() < 0.6


def test_quads_read_the_same_as_rows(synapses):
    chip = sensing(synapses)
    entry = synapses.play(
        Twin.ideal().open(),
        *synapses.settled(chip),
        *pairs(synapses, 1 * us, 40),
        *readings(0),
        Read(coordinate=_quad_of(ROW, COLUMN), ticket=1),
    )
    row, quad = entry.reads
    assert quad.array["samples"][COLUMN // 2 % 4] == row.array["causal"][COLUMN]


def _quad_of(row, column):
    quad = c.SynapseQuadColumnOnDLS(column // 8 + 32 * (column % 2))
    enum = np.ravel_multi_index((0, 0, 0, row, int(quad)), (2, 2, 2, 256, 64))
    return c.CADCSampleQuadOnDLS(Enum(int(enum)))
