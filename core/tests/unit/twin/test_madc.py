"""What settings of the MADC do to its samples."""

import numpy as np
import pytest

from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin.madc import converter, cycles

VOLTS = np.array([0.2, 0.8, 0.4, 0.4, 0.9])


@pytest.fixture
def registers():
    return Chip().array


def amplified(registers, volts=VOLTS, last=0.0):
    return converter(registers).amplified(volts, last)


def test_nothing_changes_with_the_settings_that_every_chip_starts_with(registers):
    volts, held = amplified(registers)
    assert np.array_equal(volts, VOLTS)
    assert held == 0.9
    assert converter(registers).lost_bits == 0


def test_a_smaller_gain_capacitor_amplifies_more_about_the_reference(registers):
    registers["readout_chain"]["madc_preamp"]["gain_cap_size"] = 10  # of 31, over 32 fixed ones
    reference = 0.019 + 1.875e-3 * 400
    assert amplified(registers)[0] == pytest.approx(reference + 1.5 * (VOLTS - reference))


def test_another_reference_shifts_all_readings(registers):
    registers["readout_chain"]["madc_preamp"]["v_ref"] = 500
    assert amplified(registers)[0] == pytest.approx(VOLTS - 0.1875)


def test_the_reference_of_the_pseudo_differential_converter_takes_over(registers):
    pseudo = registers["readout_chain"]["pseudo_diff_converter"]
    pseudo["v_ref"], pseudo["buffer_bias"] = 300, 500
    assert np.array_equal(amplified(registers)[0], VOLTS)
    pseudo["enable_reference"][1] = True
    assert amplified(registers)[0] == pytest.approx(VOLTS + 0.1875)


def test_a_short_window_leaves_part_of_the_last_sample(registers):
    preamp = registers["readout_chain"]["madc_preamp"]
    preamp["sampling_window_end"] = 4  # 2 ns after it began
    left = np.exp(-2 / 1.4)
    expected, last = [], 0.5
    for volt in VOLTS:
        last = volt + (last - volt) * left
        expected.append(last)
    volts, held = amplified(registers, last=0.5)
    assert volts == pytest.approx(expected)
    assert held == pytest.approx(last)
    preamp["i_bias"] = 250
    assert converter(registers).memory == pytest.approx(np.exp(-2 / 2.1))


@pytest.mark.parametrize("part", ["madc_preamp", "dynamic_mux"])
def test_without_a_current_nothing_is_sampled(registers, part):
    registers["readout_chain"][part]["i_bias"] = 0
    assert amplified(registers)[0].tolist() == [0] * 5


def test_readings_are_counted_in_the_converters_own_reference(registers):
    registers["readout_chain"]["madc"]["in_500na"] = 250
    volts = amplified(registers)[0]
    assert 50 + 528 * volts == pytest.approx(2 * (50 + 528 * VOLTS))


def test_a_conversion_that_is_cut_short_loses_its_last_bits(registers):
    adc = registers["readout_chain"]["madc"]
    assert cycles(adc) == 17
    adc["conversion_cycles_offset"] = 3
    assert cycles(adc) == 8
    assert converter(registers).lost_bits == 2
