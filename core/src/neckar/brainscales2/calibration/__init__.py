"""From wanted values to codes, for one chip, by measuring it.

`oracle` knows the actual parameters of emulated chips; nothing else here looks there.
"""

from neckar.brainscales2.calibration.calibrate import Calibration, calibrate
from neckar.brainscales2.calibration.characterise import (
    Line,
    characterise_cadc,
    characterise_madc,
)
from neckar.brainscales2.calibration.nightly import nightly, nightly_path
from neckar.brainscales2.calibration.residual import Residual
from neckar.brainscales2.calibration.sensors import (
    SensorCalibration,
    calibrate_sensors,
    verify_sensors,
)
from neckar.brainscales2.calibration.target import HAGEN, SPIKING, Firing, Sensing, Target
from neckar.brainscales2.calibration.verify import verify

__all__ = [
    "HAGEN",
    "SPIKING",
    "Calibration",
    "Firing",
    "Line",
    "Residual",
    "Sensing",
    "SensorCalibration",
    "Target",
    "calibrate",
    "calibrate_sensors",
    "characterise_cadc",
    "characterise_madc",
    "nightly",
    "nightly_path",
    "verify",
    "verify_sensors",
]
