"""Who is on the ADCs."""

from itertools import pairwise

import numpy as np
import pytest

from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin import readout

EVEN_TOP, ODD_TOP, ODD_BOTTOM = 4, 5, 256 + 7


@pytest.fixture
def registers():
    registers = Chip().array
    shown = registers["neuron_block"]["atomic_neurons"]["readout"]
    for neuron in (EVEN_TOP, ODD_TOP, ODD_BOTTOM):
        shown["enable_amplifier"][neuron] = True
        shown["enable_buffered_access"][neuron] = True
    return registers


def channels(registers):
    return [(c.number, c.neurons.tolist()) for c in readout.sampling(registers).channels]


def test_a_multiplexer_shows_the_neurons_of_the_lines_that_it_is_open_to(registers):
    mux = registers["readout_chain"]["input_mux"]
    assert channels(registers) == [(0, [])]
    mux["neuron_even"][0, 0] = True
    assert channels(registers) == [(0, [EVEN_TOP])]
    mux["neuron_odd"][0, 1] = True
    assert channels(registers) == [(0, [EVEN_TOP, ODD_BOTTOM])]


def test_a_neuron_without_amplifier_or_access_is_not_on_its_line(registers):
    registers["readout_chain"]["input_mux"]["neuron_odd"][0] = True
    shown = registers["neuron_block"]["atomic_neurons"]["readout"]
    shown["enable_amplifier"][ODD_TOP] = False
    shown["enable_buffered_access"][ODD_BOTTOM] = False
    assert channels(registers) == [(0, [])]


def test_two_inputs_take_turns_beginning_with_the_selected_one(registers):
    chain = registers["readout_chain"]
    chain["input_mux"]["neuron_even"][0, 0] = True
    chain["input_mux"]["neuron_odd"][1, 0] = True
    chain["dynamic_mux"]["input_select_length"] = 2
    chain["dynamic_mux"]["initially_selected_input"] = 1
    assert channels(registers) == [(1, [ODD_TOP]), (0, [EVEN_TOP])]
    turns = readout.sampling(registers).channel_of(np.arange(6))
    assert turns.tolist() == [0, 0, 1, 1, 0, 0]


def test_by_default_the_madc_takes_29_million_samples_per_second(registers):
    assert 1 / readout.sampling(registers).period == pytest.approx(29.41e6, rel=1e-3)


def test_the_clock_of_the_madc_can_be_divided(registers):
    registers["readout_chain"]["madc"]["enable_madc_clock_scaling"] = True
    registers["readout_chain"]["madc"]["clock_scale_value"] = 3
    assert readout.sampling(registers).period == pytest.approx(8 * 34e-9)


def test_samples_of_one_span_follow_those_of_the_last(registers):
    sampling = readout.sampling(registers)
    edges = np.linspace(0, 3e-6, 7)
    numbers = [sampling.numbers(0.1e-6, a, b) for a, b in pairwise(edges)]
    assert np.array_equal(np.concatenate(numbers), np.arange(86))


def test_the_cadc_sees_amplified_neurons_whose_channel_is_connected(registers):
    registers["cadc_readout_chains"]["channels_causal"]["enable_connect_neuron"][0] = True
    assert readout.on_cadc(registers).tolist() == [EVEN_TOP, ODD_TOP]
