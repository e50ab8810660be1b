"""What measured and computed calibrations search alike; how they see a time constant differs."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from neckar.brainscales2.calibration.bisect import bisect, falling
from neckar.brainscales2.calibration.target import Values
from neckar.brainscales2.chip.datasheet import N_NEURONS
from neckar.units import us

_PROBE_CODE = 920  # bias at which ranges are chosen; noise shall not leave a search without room
_SMALL_CAPACITANCE_BELOW = 1 * us

Look = Callable[[], np.ndarray]
"""Time constants of all neurons as the settings now are, (512,)."""


class Settable(Protocol):
    """A chip on a bench."""

    def write(self, name: str, code: int | bool | np.ndarray) -> None:
        """Set one setting of all neurons."""


def search_line(bench: Settable, line: str, wanted: Values, look: Look) -> None:
    """A high resistance where the target can be reached with it."""

    def measure(code: np.ndarray) -> np.ndarray:
        bench.write(f"{line}_input.i_bias_tau", code)
        return look()

    bench.write(f"{line}_input.enable_small_capacitance", wanted < _SMALL_CAPACITANCE_BELOW)
    bench.write(f"{line}_input.enable_high_resistance", True)
    is_slow_enough = measure(np.full(N_NEURONS, _PROBE_CODE)) < wanted
    bench.write(f"{line}_input.enable_high_resistance", is_slow_enough)
    measure(bisect(falling(measure), -np.asarray(wanted), N_NEURONS))


def search_membrane(bench: Settable, wanted: Values, look: Look) -> None:
    """A divided leak where the target can be reached with it."""

    def measure(code: np.ndarray) -> np.ndarray:
        bench.write("leak.i_bias", code)
        return look()

    bench.write("leak.enable_division", True)
    is_fast_enough = measure(np.full(N_NEURONS, _PROBE_CODE)) < wanted
    bench.write("leak.enable_division", is_fast_enough)
    measure(bisect(falling(measure), -np.asarray(wanted), N_NEURONS))
