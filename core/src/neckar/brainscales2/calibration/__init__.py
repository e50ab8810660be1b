"""From wanted values to codes, for one chip."""

from neckar.brainscales2.calibration.nightly import calibrate, nightly, nightly_path
from neckar.brainscales2.calibration.report import Residual, report
from neckar.brainscales2.calibration.target import HAGEN, SPIKING, Firing, Target

__all__ = [
    "HAGEN",
    "SPIKING",
    "Firing",
    "Residual",
    "Target",
    "calibrate",
    "nightly",
    "nightly_path",
    "report",
]
