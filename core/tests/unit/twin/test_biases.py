"""Circuits without the currents that they need."""

import numpy as np
import pytest

from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.program import Configure, ProgramBuilder
from neckar.brainscales2.twin import capmem
from neckar.brainscales2.twin.chip import Twin

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


@pytest.mark.parametrize(("source", "cell"), [("dac", "synapse_bias"), ("ramp", "syn_i_bias_ramp")])
def test_synapses_without_an_inner_source_get_no_current(chip, source, cell):
    chip.array["cadc_readout_chains"]["correlation"]["i_bias_ramp"] = 80
    chip.array["capmem"]["synapse_bias_selection"][f"enable_internal_{source}_bias"][2] = False
    assert np.flatnonzero(capmem.codes(ChipConfig.of(chip))[cell] == 0).tolist() == [2]
