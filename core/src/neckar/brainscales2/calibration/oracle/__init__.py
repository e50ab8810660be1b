"""What a perfect laboratory would know: calibrations and residuals from actual parameters.

Measured calibrations never look here; tests compare them with it, and settings for single cells in
SI units come from here because measuring a whole chip for each script would take too long.
"""

from neckar.brainscales2.calibration.oracle.calibrate import calibrate
from neckar.brainscales2.calibration.oracle.report import report

__all__ = ["calibrate", "report"]
