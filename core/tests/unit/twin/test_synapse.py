import numpy as np
import pytest

from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin import capmem, synapse
from neckar.brainscales2.twin.variation import Spread
from neckar.units import mV


def chip(weight=63, bias=600, mode=1, small=False):
    chip = Chip()
    chip.array["synapse_blocks"]["matrix"]["weights"] = weight
    chip.array["synapse_blocks"]["i_bias_dac"] = bias
    drivers = chip.array["synapse_driver_blocks"]["synapse_drivers"]
    drivers["row_mode_top"] = drivers["row_mode_bottom"] = mode
    drivers["enable_receiver"] = True
    for line in ("excitatory", "inhibitory"):
        neurons = chip.array["neuron_block"]["atomic_neurons"][f"{line}_input"]
        neurons["enable_small_capacitance"] = small
        rows = chip.array["neuron_block"]["current_rows"]["values"]
        rows[f"enable_synaptic_current_{line}"] = True
    return chip


def amplitude(chip, spread=None, serial=57):
    config = ChipConfig.of(chip)
    return synapse.amplitude(config, capmem.codes(config), serial, spread or Spread.none())


def test_a_full_weight_pulls_its_line_by_twelve_millivolts():
    assert amplitude(chip()) == pytest.approx(12 * mV)


@pytest.mark.parametrize(
    ("settings", "factor"),
    [
        ({"weight": 21}, 1 / 3),
        ({"bias": 300}, 1 / 2),
        ({"small": True}, 1 / 0.58),
        ({"weight": 0}, 0),
    ],
)
def test_deflection_is_proportional_to_weight_bias_and_inverse_capacitance(settings, factor):
    assert amplitude(chip(**settings)) == pytest.approx(factor * 12 * mV)


@pytest.mark.parametrize(("mode", "line"), [(1, "excitatory"), (2, "inhibitory")])
def test_a_row_meets_the_capacitance_and_the_switch_of_its_own_line(mode, line):
    made = chip(mode=mode)
    rows = made.array["neuron_block"]["current_rows"]["values"]
    rows[f"enable_synaptic_current_{line}"][0, 3] = False
    made.array["neuron_block"]["atomic_neurons"][f"{line}_input"]["enable_small_capacitance"][
        300
    ] = True
    drawn = amplitude(made)
    assert np.all(drawn[0, :, 3] == 0)
    assert drawn[1, :, 300 - 256] == pytest.approx(12 * mV / 0.58)
    assert drawn[0, :, 4] == pytest.approx(12 * mV)


def test_synapses_differ_by_themselves_and_by_their_drivers():
    drawn = amplitude(chip(), Spread())[0, :, :128]
    of_drivers = drawn.reshape(128, 2, 128).mean(axis=(1, 2))
    assert drawn.std() / drawn.mean() == pytest.approx(np.hypot(0.05, 0.03), rel=0.1)
    assert of_drivers.std() / of_drivers.mean() == pytest.approx(0.03, rel=0.2)


def test_the_pattern_does_not_depend_on_the_weights():
    full, half = amplitude(chip(60), Spread()), amplitude(chip(30), Spread())
    np.testing.assert_allclose(full, 2 * half, rtol=1e-6)
