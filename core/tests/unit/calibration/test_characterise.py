"""Converters tell which voltages they read as what."""

import numpy as np
import pytest

from neckar.brainscales2.calibration import SPIKING, characterise_cadc, characterise_madc
from neckar.brainscales2.calibration.nightly import laboratory
from neckar.brainscales2.calibration.package_data import shipped
from neckar.brainscales2.calibration.target import lsb_per_volt, reading_of
from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.twin.variation import DEFAULT_SERIAL

CHIP = laboratory(DEFAULT_SERIAL)


def test_the_madc_is_straight_and_reads_as_the_datasheet_says():
    line = characterise_madc(CHIP)
    assert line.lsb_per_volt == pytest.approx(p.MADC_LSB_PER_VOLT, rel=0.03)
    assert line.offset_lsb == pytest.approx(p.MADC_AT_ZERO_LSB, abs=15)
    assert line.bend_lsb < 2
    assert line.volts(line.offset_lsb + line.lsb_per_volt * 0.5) == pytest.approx(0.5)


def test_channels_of_a_calibrated_cadc_read_alike():
    line = characterise_cadc(CHIP, shipped(CHIP.identifier, "spiking"))
    assert line.lsb_per_volt.shape == (2, 2, 256)
    wanted = lsb_per_volt(SPIKING.cadc_range_code)
    assert line.lsb_per_volt.mean() == pytest.approx(wanted, rel=0.02)
    at_middle = line.offset_lsb + 0.6 * line.lsb_per_volt
    assert at_middle.mean() == pytest.approx(reading_of(0.6, SPIKING.cadc_range_code), abs=1)
    assert at_middle.std() < 1
    assert np.median(line.bend_lsb) < 1
