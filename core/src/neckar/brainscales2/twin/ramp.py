"""The ramp of the CADC as a pad shows it.

conversion at t0:    V(t) = start + step * (t - t0) / count     for 256 counts and the dead time
afterwards:          V falls back to its start, exponentially
"""

import numpy as np

from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.config import ChipConfig


def shown(
    start: float, step: float, length: float, conversions: np.ndarray, times: np.ndarray
) -> np.ndarray:
    """Volts of one quadrant's ramp at `times`.

    Args:
        start: V, between conversions.
        step: V, of a count.
        length: s, for which it rises.
        conversions: s, when they begin, ascending.
        times: s.
    """
    last = np.searchsorted(conversions, times, side="right") - 1
    begins = np.concatenate([conversions, [-np.inf]])[last]  # before the first, ages ago
    since = times - begins
    rise = step * p.CADC_CLOCK * np.minimum(since, length)
    fall = np.exp(-np.maximum(since - length, 0.0) / p.CADC_RAMP_FALL)
    return start + rise * fall


def length(config: ChipConfig, quadrant: int) -> float:
    """How long the ramp of a quadrant rises, s; it does not where it is switched off."""
    ramp = config.registers["cadc_readout_chains"]["ramp"][quadrant // 2]
    n_counts = p.CADC_MAX_LSB + 1 + int(ramp["dead_time"])
    return n_counts / p.CADC_CLOCK if ramp["enable"] else 0.0
