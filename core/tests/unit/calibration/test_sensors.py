"""Correlation sensors as measured, held against what the chip is made of."""

import numpy as np
import pytest

from neckar.brainscales2.calibration import (
    Sensing,
    calibrate_sensors,
    nightly,
    verify_sensors,
)
from neckar.brainscales2.calibration.nightly import laboratory
from neckar.brainscales2.calibration.package_data import shipped
from neckar.brainscales2.calibration.target import lsb_per_volt
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.twin import capmem, correlation
from neckar.brainscales2.twin.variation import DEFAULT_SERIAL, Spread
from neckar.units import us

CHIP = laboratory(DEFAULT_SERIAL)


def actual(calibration):
    """Amplitudes in LSB and time constants in s of both branches, (2, 512, 256)."""
    config = ChipConfig.of(calibration.chip)
    pairing = correlation.pairing(config, capmem.codes(config), DEFAULT_SERIAL, Spread())
    scale = lsb_per_volt(calibration.target.cadc_range_code)
    return pairing.amplitude * scale, 1 / pairing.rate


def by_quadrant(values):
    """Medians, (4,)."""
    return np.median(values.reshape(2, 256, 2, 128), axis=(1, 3)).reshape(4)


@pytest.fixture(scope="module")
def plain():
    return calibrate_sensors(CHIP, Sensing(), start=nightly(DEFAULT_SERIAL))


@pytest.fixture(scope="module")
def trimmed():
    target = Sensing(amplitude_lsb=0.8, tau=8 * us, branch="causal", trims=True)
    return calibrate_sensors(CHIP, target, start=nightly(DEFAULT_SERIAL))


def test_the_shipped_sensors_are_what_is_measured_today(plain):
    """Otherwise: `python bench/ship_calibrations.py`."""
    chips = shipped(CHIP.identifier, "correlation"), plain.chip
    assert chips[0].neuron_block == chips[1].neuron_block
    one, other = (chip.array["cadc_readout_chains"]["correlation"] for chip in chips)
    for name in ("i_bias_store", "i_bias_ramp"):
        np.testing.assert_allclose(one[name].astype(int), other[name].astype(int), atol=2)


class InterruptedHereError(Exception):
    pass


def test_an_interrupted_calibration_goes_on_where_it_was(plain, tmp_path):
    told = []

    def stop(fraction, name):
        told.append(name)
        if len(told) == 3:
            raise InterruptedHereError

    start = nightly(DEFAULT_SERIAL)
    with pytest.raises(InterruptedHereError):
        calibrate_sensors(CHIP, Sensing(), stop, start, tmp_path)
    assert list(tmp_path.iterdir())
    told.clear()
    found = calibrate_sensors(CHIP, Sensing(), lambda _, name: told.append(name), start, tmp_path)
    assert told == ["currents", "done"]
    assert not list(tmp_path.iterdir())
    one, other = (each.chip.array["cadc_readout_chains"]["correlation"] for each in (found, plain))
    np.testing.assert_allclose(
        one["i_bias_ramp"].astype(int), other["i_bias_ramp"].astype(int), atol=2
    )


def test_medians_of_quadrants_are_what_was_wanted(plain):
    amplitude, tau = (np.sqrt(both[0] * both[1]) for both in actual(plain))
    assert plain.is_successful.all()
    assert by_quadrant(amplitude) == pytest.approx(0.5, rel=0.06)
    assert by_quadrant(tau) == pytest.approx(5 * us, rel=0.04)


def test_trims_bring_synapses_nearer_to_what_was_wanted(plain, trimmed):
    amplitude, tau = (both[0] for both in actual(trimmed))
    assert by_quadrant(amplitude) == pytest.approx(0.8, rel=0.06)
    assert by_quadrant(tau) == pytest.approx(8 * us, rel=0.04)
    for after, before in zip((amplitude, tau), actual(plain), strict=True):
        assert np.log(after).std() < 0.85 * np.log(before[0]).std()


def test_neurons_stay_as_they_were(plain):
    neurons = nightly(DEFAULT_SERIAL).array["neuron_block"]
    np.testing.assert_array_equal(plain.chip.array["neuron_block"], neurons)


def test_what_is_verified_agrees_with_what_is(plain):
    found = {residual.name: residual for residual in verify_sensors(CHIP, plain)}
    amplitude, tau = actual(plain)
    for k, branch in enumerate(("causal", "acausal")):
        measured = np.median(found[f"{branch} amplitude / LSB"].after)
        assert measured == pytest.approx(np.median(amplitude[k]), rel=0.05)
        measured = np.median(found[f"{branch} tau / us"].after)
        assert measured == pytest.approx(np.median(tau[k]) / us, rel=0.04)


def test_what_no_current_can_do_is_told():
    weak = calibrate_sensors(CHIP, Sensing(amplitude_lsb=0.02), start=nightly(DEFAULT_SERIAL))
    assert not weak.is_successful.any()
