"""References and refresh of the analog memory."""

import numpy as np
import pytest

from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin import capmem, refresh
from neckar.brainscales2.twin.variation import Spread

IDEAL = capmem.cells(0, Spread.none())


@pytest.fixture
def chip():
    chip = Chip()
    chip.array["neuron_block"]["atomic_neurons"]["leak"]["v_leak"] = 400
    chip.array["neuron_block"]["atomic_neurons"]["leak"]["i_bias"] = 200
    chip.array["synapse_driver_blocks"]["stp_v_recover_0"] = 300
    chip.array["synapse_driver_blocks"]["stp_i_ramp"] = 500
    return chip


def volts(chip):
    return capmem.voltage(capmem.codes(ChipConfig.of(chip)), "leak.v_leak", IDEAL)


def current(chip):
    return capmem.current(capmem.codes(ChipConfig.of(chip)), "leak.i_bias", IDEAL)


def test_nothing_changes_with_the_settings_that_every_chip_starts_with(chip):
    memory = chip.array["capmem"]
    assert refresh.is_nominal(memory)
    assert refresh.settling(memory) == pytest.approx(3e-3)
    codes = np.arange(8.0).reshape(2, 4)
    assert refresh.voltages(memory, codes) == pytest.approx(codes)
    assert refresh.currents(memory, codes) == pytest.approx(codes)


def test_voltages_and_currents_follow_the_reference_current(chip):
    before = volts(chip)[0], current(chip)[0]
    chip.array["capmem"]["reference_generator"]["reference_control"] = 5
    assert volts(chip) == pytest.approx(before[0] / 2)
    assert current(chip) == pytest.approx(before[1] / 2)


def test_a_slope_of_one_block_changes_that_block_alone(chip):
    generator = chip.array["capmem"]["reference_generator"]
    before = volts(chip)
    generator["capmem_slope"][2] = 22
    after = volts(chip)
    assert after[256:384] == pytest.approx(2 * before[256:384] - 0.019)
    assert np.array_equal(np.delete(after, np.s_[256:384]), np.delete(before, np.s_[256:384]))
    shared = capmem.codes(ChipConfig.of(chip))
    assert shared["stp_v_recover_0"].round(6).tolist() == [300, 300, 600, 300]
    assert shared["stp_i_ramp"].tolist() == [500, 500, 1000, 500]


def test_without_a_reference_the_memory_gives_nothing(chip):
    generator = chip.array["capmem"]["reference_generator"]
    generator["enable_internal_reference"] = False
    assert volts(chip) == pytest.approx(0)
    assert not current(chip).any()
    generator["enable_reference_input"] = True
    assert current(chip) == pytest.approx(200)


def test_more_resistance_in_the_cells_gives_less_current(chip):
    chip.array["capmem"]["blocks"]["current_cell_res"][0] = 24  # over 8 that are always there
    assert current(chip)[:128] == pytest.approx(100)
    assert current(chip)[128:] == pytest.approx(200)


@pytest.mark.parametrize(
    ("name", "value", "times"),
    [
        ("pulse_b", 10, 1 / 2),
        ("pause_counter", 0, 131072 / 195840),
        ("prescale_pause", 6, (131072 + 8 * 64768) / 195840),
        ("sub_counter", 8, (65536 + 64768) / 195840),
    ],
)
def test_cells_settle_the_faster_the_longer_they_are_connected(chip, name, value, times):
    chip.array["capmem"]["blocks"][name][1] = value
    expected = 3e-3 * np.array([1, times, 1, 1])
    assert refresh.settling(chip.array["capmem"]) == pytest.approx(expected)


def test_boosted_pulses_settle_faster(chip):
    blocks = chip.array["capmem"]["blocks"]
    blocks["boost_factor"], blocks["boost_a"], blocks["boost_b"] = 3, 4, 5
    assert refresh.settling(chip.array["capmem"]) == pytest.approx(3e-3)
    blocks["enable_boost"] = True
    assert refresh.settling(chip.array["capmem"]) == pytest.approx(1.5e-3)


def test_cells_that_are_never_connected_drain(chip):
    chip.array["capmem"]["blocks"]["pulse_b"][0] = 4  # where it begins
    chip.array["capmem"]["blocks"]["v_global_bias"][1] = 0
    held = capmem.codes(ChipConfig.of(chip))["leak.v_leak"].reshape(4, 128)[:, 0]
    assert held.tolist() == [0, 0, 400, 400]
