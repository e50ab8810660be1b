"""Calibrate the synapses: the same strength in all four quadrants."""

import numpy as np

from neckar.brainscales2.calibration.bisect import bisect
from neckar.brainscales2.calibration.oracle.bench import Bench
from neckar.brainscales2.chip.datasheet import N_HEMISPHERES

_LARGEST = 1022


def calibrate_synapses(bench: Bench, bias_code: int) -> None:
    """Give every quadrant the median strength that `bias_code` gives."""

    def measure(code: np.ndarray) -> np.ndarray:
        bench.chip.array["synapse_blocks"]["i_bias_dac"] = code.reshape(N_HEMISPHERES, 2)
        return bench.deflection("excitatory").reshape(4, -1).mean(axis=1)

    standard = np.median(measure(np.full(4, bias_code)))
    measure(bisect(measure, standard, 4, highest=_LARGEST))
