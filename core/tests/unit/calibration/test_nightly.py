"""Calibrations as scripts find them."""

from pathlib import Path

import numpy as np
import pytest

from neckar.brainscales2.calibration import HAGEN, nightly, nightly_path
from neckar.brainscales2.calibration.oracle import report
from neckar.brainscales2.calibration.package_data import shipped
from neckar.brainscales2.twin.variation import DEFAULT_SERIAL, Spread
from neckar.errors import CalibrationError


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_integrating_neurons_do_not_fire():
    neurons = nightly(DEFAULT_SERIAL, "hagen").array["neuron_block"]["atomic_neurons"]
    assert not neurons["threshold"]["enable"].any()
    assert neurons["excitatory_input"]["enable_small_capacitance"].all()
    assert not neurons["leak"]["i_bias"].any()
    residual = report(nightly(DEFAULT_SERIAL, "hagen"), HAGEN, DEFAULT_SERIAL, Spread())[-1]
    assert residual.name == "reset / CADC LSB"
    assert residual.after.mean() == pytest.approx(120, abs=1)


def test_files_lie_where_scripts_expect_them(cache: Path):
    path = nightly_path(DEFAULT_SERIAL)
    assert path.is_relative_to(cache)
    assert path.parent.name == "latest"
    assert path.name == "spiking_cocolist.pbin"
    assert nightly(DEFAULT_SERIAL) == shipped(f"twin-{DEFAULT_SERIAL}", "spiking")


def test_an_ideal_chip_has_a_calibration_of_its_own():
    chip = nightly(5, spread=Spread.none())
    neurons = chip.array["neuron_block"]["atomic_neurons"]
    assert np.ptp(neurons["leak"]["v_leak"].astype(int)) <= 3
    assert nightly_path(5, spread=Spread.none()) != nightly_path(DEFAULT_SERIAL)


def test_a_file_that_is_there_is_not_made_again():
    first = nightly_path(DEFAULT_SERIAL).stat().st_mtime_ns
    assert nightly_path(DEFAULT_SERIAL).stat().st_mtime_ns == first


def test_an_unknown_name_says_which_there_are():
    with pytest.raises(CalibrationError, match=r"'magic'.*spiking.*hagen"):
        nightly_path(DEFAULT_SERIAL, "magic")
