"""Choose clock and counts of the refractory period; digital circuits need no measurement."""

import numpy as np

from neckar.brainscales2.calibration.target import Values
from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.registers import Chip

_MIN_COUNTS = 30  # shorter refractory periods are not reliable
_MAX_COUNTS = 254  # of 8 bits, less the one for the hold-off
_FAST = 1  # input clock of the refractory counter


def set_refractory_time(chip: Chip, wanted: Values) -> None:
    """The slowest clock that still gives enough counts; the hold-off is one count, its least."""
    scale, shortest, longest = 0, np.min(wanted), np.max(wanted)
    while shortest * p.MASTER_CLOCK / 2 ** (scale + 2) > _MIN_COUNTS:
        scale += 1
    while longest * p.MASTER_CLOCK / 2 ** (scale + 1) > _MAX_COUNTS:
        scale += 1
    chip.array["neuron_block"]["backends"]["clock_scale_fast"] = scale
    counts = np.rint(wanted * p.MASTER_CLOCK / 2 ** (scale + 1)).astype(int) + 1
    period = chip.array["neuron_block"]["atomic_neurons"]["refractory_period"]
    period["input_clock"] = _FAST
    period["refractory_time"] = counts
    period["reset_holdoff"] = p.HOLDOFF_MAX_CODE
