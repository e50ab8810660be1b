"""Targets that no chip can reach are refused before it is touched."""

from dataclasses import replace

import numpy as np
import pytest

from neckar.brainscales2.backends.base import Session
from neckar.brainscales2.calibration import (
    HAGEN,
    SPIKING,
    Firing,
    Sensing,
    calibrate,
    calibrate_sensors,
)
from neckar.brainscales2.calibration.check import check
from neckar.brainscales2.calibration.target import TARGETS
from neckar.errors import CalibrationError
from neckar.units import us

REFUSED = {
    r"tau_mem = 1e\+07 us lies outside 0.1 .. 2000 us": {"tau_mem": 10.0},
    "tau_syn = -3 us lies outside": {"tau_syn": -3 * us},
    "tau_mem = 0 us of neuron 7 lies": {"tau_mem": np.where(np.arange(512) == 7, 0, 10 * us)},
    r"tau_mem has the shape \(513,\); give one number, or": {"tau_mem": np.full(513, 10 * us)},
    "leak_lsb = 400 LSB lies outside 0 .. 255 LSB": {"leak_lsb": 400},
    "leak_lsb is not a number": {"leak_lsb": np.nan},
    "tau_icc = 'fast' is no number": {"tau_icc": "fast"},
    "reset_lsb = -1 LSB": {"firing": Firing(reset_lsb=-1)},
    "reference_exc_lsb = 200 LSB lies outside 60": {"reference_exc_lsb": 200},
    "no effect at 110 LSB and their full effect at 102.5 LSB; let the latter lie above": {
        "reversal_inh_lsb": 110
    },
}


class Untouched:
    """A chip that nobody may open."""

    identifier = "untouched"

    def open(self) -> Session:
        raise AssertionError("the chip was opened")


@pytest.mark.parametrize("message", REFUSED)
def test_what_no_chip_can_do_is_refused(message):
    with pytest.raises(CalibrationError, match=message):
        calibrate(Untouched(), replace(SPIKING, **REFUSED[message]))


def test_everything_that_is_wrong_is_said_at_once():
    with pytest.raises(CalibrationError, match=r"leak_lsb = 300 [^\n]*\ntau_mem = "):
        check(replace(HAGEN, tau_mem=10.0, leak_lsb=300))


@pytest.mark.parametrize("wrong", [Sensing(tau=5.0), Sensing(amplitude_lsb=0.0)])
def test_sensors_that_nothing_could_measure_are_refused(wrong):
    with pytest.raises(CalibrationError, match="lies outside"):
        calibrate_sensors(Untouched(), wrong)


def test_what_is_calibrated_every_night_passes_and_so_do_neurons_that_never_fire():
    for target in (*TARGETS.values(), Sensing()):
        check(target)
    check(replace(SPIKING, firing=Firing(threshold_lsb=np.inf), reversal_exc_lsb=np.nan))
