import numpy as np
import pytest

from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.chip.shared_cells import CELLS_PER_BLOCK
from neckar.brainscales2.twin import capmem
from neckar.brainscales2.twin.variation import Spread

IDEAL = capmem.cells(0, Spread.none())


def config(code=0, part="leak", field="v_leak"):
    chip = Chip()
    chip.array["neuron_block"]["atomic_neurons"][part][field] = code
    return ChipConfig.of(chip)


def test_codes_are_those_of_the_registers():
    chip = Chip()
    chip.array["neuron_block"]["atomic_neurons"]["leak"]["v_leak"] = np.arange(512)
    chip.array["synapse_blocks"]["i_bias_dac"] = [[1, 2], [3, 4]]
    codes = capmem.codes(ChipConfig.of(chip))
    np.testing.assert_array_equal(codes["leak.v_leak"], np.arange(512))
    np.testing.assert_array_equal(codes["synapse_bias"], [1, 2, 3, 4])


def test_a_cell_without_refresh_drains():
    assert capmem.codes(config(1023))["leak.v_leak"][0] == 0


@pytest.mark.parametrize(("code", "volts"), [(70, 0.15), (550, 1.05)])
def test_voltages_are_those_that_calibrations_rely_on(code, volts):
    codes = capmem.codes(config(code))
    assert capmem.voltage(codes, "leak.v_leak", IDEAL) == pytest.approx(volts, abs=1e-3)


def test_cells_move_exponentially():
    now, target = capmem.codes(config(100)), capmem.codes(config(900))
    tau = np.array([3e-3, 3e-3, 3e-3, 6e-3])  # of the four blocks
    after = capmem.settle(now, target, 3e-3, tau)["leak.v_leak"]
    assert after[:384] == pytest.approx(900 - 800 / np.e)
    assert after[384:] == pytest.approx(900 - 800 / np.e**0.5)
    assert capmem.settle(now, target, 20e-3, tau)["leak.v_leak"][0] == pytest.approx(900, abs=2)


def test_a_current_that_is_switched_off_is_off_on_every_chip():
    codes = capmem.codes(config(0, "leak", "i_bias"))
    assert np.all(capmem.current(codes, "leak.i_bias", capmem.cells(57, Spread())) == 0)


def test_cells_of_one_chip_differ():
    codes = capmem.codes(config(500, "leak", "i_bias"))
    drawn = capmem.current(codes, "leak.i_bias", capmem.cells(57, Spread()))
    assert drawn.std() / drawn.mean() == pytest.approx(Spread().capmem_current_gain, rel=0.2)


def test_a_block_shows_the_voltage_of_any_of_its_cells():
    setting = config(70)
    codes = capmem.codes(setting)
    neuron = 2 * CELLS_PER_BLOCK + 17
    assert capmem.output(setting, codes, neuron, IDEAL) == pytest.approx(0.15, abs=1e-3)
    assert capmem.output(setting, codes, 128, IDEAL) == pytest.approx(0.019, abs=1e-3)


def test_a_cell_that_gives_a_current_holds_a_voltage_too():
    setting = config(200, field="i_bias")
    codes = capmem.codes(setting)
    leak_bias, leak, default = 8 * 130 + 5, 5, 18 * 130 + 128  # the last is i_bias_readout_amp
    assert capmem.amperes(setting, codes, leak_bias, IDEAL) == pytest.approx(200e-9)
    assert capmem.output(setting, codes, leak_bias, IDEAL) == pytest.approx(0.394)
    assert capmem.amperes(setting, codes, leak, IDEAL) == 0
    assert capmem.amperes(setting, codes, default, IDEAL) == pytest.approx(110e-9)
