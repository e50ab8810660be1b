"""Which rows listen to an event."""

import numpy as np
import pytest

from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin import driver
from neckar.errors import ProgramError

EXCITATORY, INHIBITORY, BOTH = 1, 2, 3


@pytest.fixture
def drivers():
    """Driver 37 of the top hemisphere (bus 1, position 9) listens with its top row."""
    settings = Chip().array["synapse_driver_blocks"]["synapse_drivers"]
    settings["enable_receiver"][0, 37] = True
    settings["row_mode_top"][0, 37] = EXCITATORY
    return settings


def pulses(drivers, *, bus=1, row_select=9, label=5, hemisphere=0):
    buses = np.zeros((1, 2, 4), bool)
    buses[0, hemisphere, bus] = True
    return driver.pulse(drivers, buses, np.array([row_select]), np.array([label]))


def test_an_event_with_the_address_of_a_driver_pulses_its_two_rows(drivers):
    assert pulses(drivers).row.tolist() == [74, 75]


@pytest.mark.parametrize("other", [{"bus": 2}, {"row_select": 8}, {"hemisphere": 1}])
def test_an_event_elsewhere_pulses_nothing(drivers, other):
    assert pulses(drivers, **other).row.size == 0


def test_bits_outside_the_mask_are_not_compared(drivers):
    drivers["row_address_compare_mask"][0, 37] = 0b01000
    assert pulses(drivers, row_select=0b11111).row.size == 2
    assert pulses(drivers, row_select=0b10111).row.size == 0


def test_with_mask_0_all_drivers_of_the_bus_listen():
    drivers = Chip().array["synapse_driver_blocks"]["synapse_drivers"]
    drivers["enable_receiver"] = True
    drivers["row_mode_bottom"] = INHIBITORY
    drivers["row_address_compare_mask"] = 0
    assert pulses(drivers, row_select=17).row.size == 64


def test_without_its_receiver_a_driver_hears_nothing(drivers):
    drivers["enable_receiver"] = False
    assert pulses(drivers).row.size == 0
    assert not driver.modes(drivers).any()


def test_the_top_row_of_a_driver_is_the_odd_one(drivers):
    drivers["row_mode_bottom"][0, 37] = BOTH
    modes = driver.modes(drivers)
    assert modes[0, 75] == EXCITATORY
    assert modes[0, 74] == BOTH
    assert np.count_nonzero(modes) == 2
    assert driver.excites(modes[0, 74:76]).tolist() == [True, True]
    assert driver.inhibits(modes[0, 74:76]).tolist() == [True, False]


def test_a_driver_may_forward_only_the_highest_bit_of_the_label(drivers):
    assert pulses(drivers, label=37).label.tolist() == [37, 37]
    drivers["enable_address_out"] = False
    assert pulses(drivers, label=37).label.tolist() == [32, 32]


@pytest.mark.parametrize("name", ["enable_renewing", "enable_charge_sharing"])
def test_circuits_that_fail_on_silicon_are_refused_where_a_driver_listens(drivers, name):
    drivers["enable_stp"], drivers[name] = True, True
    with pytest.raises(ProgramError, match=f"driver 37: {name} does not work"):
        driver.check(drivers)
    drivers["enable_receiver"] = False
    driver.check(drivers)
