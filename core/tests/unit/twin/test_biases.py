"""Circuits without the currents that they need."""

import numpy as np
import pytest

from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.program import Configure, ProgramBuilder
from neckar.brainscales2.twin import adc, capmem, neuron
from neckar.brainscales2.twin.chip import Twin
from neckar.brainscales2.twin.noise import Noise, trial
from neckar.brainscales2.twin.variation import Spread

MS = 125_000  # cycles
NEURON = 200  # in the second block


def run(chip, *coordinates):
    """Configure, wait until the cells have settled, count spikes for 1 ms, read."""
    builder = ProgramBuilder().add(Configure(config=ChipConfig.of(chip))).block_until(40 * MS)
    builder.write(c.SpikeCounterResetOnDLS(c.Enum(COUNTER)), r.SpikeCounterReset())
    builder.block_until(41 * MS)
    for coordinate in coordinates:
        builder.read(coordinate)
    with Twin.ideal().open() as session:
        return session.run(builder.done()).entries[0].reads


COUNTER = int(c.AtomicNeuronOnDLS(c.Enum(NEURON)).toSpikeCounterReadOnDLS().toEnum())


@pytest.fixture
def chip():
    """A neuron that rests above its threshold, on the CADC."""
    made = r.Chip()
    neurons, chains = (
        made.array["neuron_block"]["atomic_neurons"],
        made.array["cadc_readout_chains"],
    )
    one = neurons[NEURON]
    one["leak"]["v_leak"], one["leak"]["i_bias"] = 900, 500
    one["reset"]["v_reset"], one["reset"]["i_bias"] = 400, 1022
    one["threshold"]["enable"], one["threshold"]["v_threshold"] = True, 300
    one["event_routing"]["analog_output"], one["event_routing"]["enable_digital"] = 1, True
    one["refractory_period"]["refractory_time"] = 100
    one["readout"]["enable_amplifier"] = True
    made.array["neuron_block"]["backends"]["enable_event_registers"] = True
    chains["channels_causal"]["enable_connect_neuron"][0, NEURON] = True
    chains["ramp"]["enable"] = True
    chains["ramp"]["v_offset"], chains["ramp"]["i_slope"] = 120, 350
    return made


def spikes(chip):
    (counter,) = run(chip, c.SpikeCounterReadOnDLS(c.Enum(COUNTER)))
    return int(counter.count)


def test_a_comparator_needs_its_current(chip):
    assert spikes(chip) > 10
    chip.array["neuron_block"]["i_bias_threshold_comparator"][1] = 0
    assert spikes(chip) == 0


def test_a_readout_amplifier_needs_its_current(chip):
    chip.array["neuron_block"]["atomic_neurons"]["threshold"]["enable"] = False
    (seen,) = run(chip, c.CADCSamplesOnDLS())
    chip.array["neuron_block"]["i_bias_readout_amp"][1] = 0
    (unseen,) = run(chip, c.CADCSamplesOnDLS())
    assert seen.array["causal"][0, NEURON] > 100
    assert unseen.array["causal"][0, NEURON] == unseen.array["causal"][0, NEURON + 1]


def test_a_block_of_the_analog_memory_that_is_off_holds_nothing(chip):
    chip.array["capmem"]["blocks"]["enable_capmem"][1] = False
    chip.array["neuron_block"]["atomic_neurons"]["leak"]["v_leak"] = 700
    held = capmem.codes(ChipConfig.of(chip))
    assert held["leak.v_leak"].reshape(4, 128)[:, 0].tolist() == [700, 0, 700, 700]
    assert held["cadc_slope"].tolist() == [350, 0, 350, 350]


def rest(chip, bias):
    chip.array["neuron_block"]["i_bias_leak_source_follower"] = bias
    config = ChipConfig.of(chip)
    made = neuron.fabricate(config, capmem.codes(config), 0, Spread.none(), Noise.none())
    return made.leak_potential[NEURON]


def test_a_source_follower_with_more_current_drops_more(chip):
    chip.array["neuron_block"]["atomic_neurons"]["leak"]["v_leak"] = 700
    assert rest(chip, 400) - rest(chip, 100) == pytest.approx(-0.1, abs=1e-3)


def test_synaptic_lines_are_read_through_a_follower_that_has_a_bias(chip):
    config = ChipConfig.of(chip)
    nominal = adc.amplifiers(capmem.codes(config), 0, Spread.none())
    assert adc.dropped(nominal, config) is nominal
    chip.array["neuron_block"]["i_bias_synin_drop"][1] = 75
    more = adc.dropped(nominal, ChipConfig.of(chip))
    nothing = np.zeros((1, 2))
    for source, expected in ((1, [0, 0.05]), (5, [0, 0])):
        shown = [
            adc.shown(each, np.array([0, NEURON]), np.full(2, source), *[nothing] * 4)[0]
            for each in (nominal, more)
        ]
        assert shown[1] - shown[0] == pytest.approx(expected)


def test_a_readout_amplifier_with_little_current_is_slow(chip):
    chip.array["neuron_block"]["i_bias_readout_amp"] = [110, 11, 220, 55]
    expected = np.repeat([0, 9, 0, 1], 128) * p.READOUT_SETTLING
    assert adc.lag(ChipConfig.of(chip)) == pytest.approx(expected)


def reading(volts=0.6, **ramp):
    chip = r.Chip()
    made = chip.array["cadc_readout_chains"]["ramp"]
    made["v_offset"], made["i_slope"] = 120, 350
    for name, value in ramp.items():
        made[name] = value
    config, random = ChipConfig.of(chip), trial(0, "cadc")
    codes, volts = capmem.codes(config), np.full((1, 512), volts)
    read = adc.convert(volts, config, codes, 0, Spread.none(), Noise.none(), random, 0)
    return read[0].astype(int)


def test_slow_comparators_of_the_cadc_count_further():
    nominal = reading(i_bias_comparator=1022, v_bias_buffer=400)
    assert np.array_equal(nominal, reading())
    slow = reading(i_bias_comparator=[[1022, 73], [1022, 1022]])
    assert slow[128:256] - nominal[128:256] == pytest.approx(26, abs=1)  # 13 * 4 ns of 2 ns each
    assert np.array_equal(np.delete(slow, np.s_[128:256]), np.delete(nominal, np.s_[128:256]))
    slow = reading(v_bias_buffer=40)
    assert slow - nominal == pytest.approx(18, abs=1)


def test_without_dead_time_channels_that_count_far_are_cut_off():
    high, low = 1.18, 0.6
    assert (reading(high) == reading(high, dead_time=12)).all()
    assert (reading(high) < 255).all()
    assert (reading(high, dead_time=0) == 255).all()
    assert (reading(low) == reading(low, dead_time=0)).all()


@pytest.mark.parametrize(("source", "cell"), [("dac", "synapse_bias"), ("ramp", "syn_i_bias_ramp")])
def test_synapses_without_an_inner_source_get_no_current(chip, source, cell):
    chip.array["cadc_readout_chains"]["correlation"]["i_bias_ramp"] = 80
    chip.array["capmem"]["synapse_bias_selection"][f"enable_internal_{source}_bias"][2] = False
    assert np.flatnonzero(capmem.codes(ChipConfig.of(chip))[cell] == 0).tolist() == [2]
