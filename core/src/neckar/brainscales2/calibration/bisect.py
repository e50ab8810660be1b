"""Find codes by halving intervals, for all circuits at once."""

from collections.abc import Callable

import numpy as np

from neckar.brainscales2.chip.datasheet import MAX_CAPMEM

_LITTLE = 1.15
Measure = Callable[[np.ndarray], np.ndarray]


def bisect(
    measure: Measure, wanted: float | np.ndarray, n: int, highest: int = MAX_CAPMEM
) -> np.ndarray:
    """Codes 0 .. highest for which a measure that rises with them is nearest to what is wanted.

    Args:
        measure: takes (n,) codes, gives (n,) values.
        wanted: one value, or one per circuit.
        n: number of circuits.
        highest: the largest code.
    """
    low, high = np.zeros(n, int), np.full(n, highest)
    while np.any(high - low > 1):
        middle = (low + high) // 2
        is_low = measure(middle) < wanted
        low, high = np.where(is_low, middle, low), np.where(is_low, high, middle)
    is_nearer = np.abs(measure(low) - wanted) <= np.abs(measure(high) - wanted)
    return np.where(is_nearer, low, high)


def falling(measure: Measure) -> Measure:
    """A measure that falls with the code, made to rise; negate what is wanted, too."""
    return lambda code: -measure(code)


def scaled(code: np.ndarray, factor: np.ndarray, highest: int = MAX_CAPMEM) -> np.ndarray:
    """Codes that do so many times as much, where that is little more or less: one last step.

    Halving intervals has to be quick and ends at whatever the noise of one measurement says; after
    it, a longer measurement corrects what rises or falls in proportion to the code.
    """
    little = np.clip(np.nan_to_num(factor, nan=1.0), 1 / _LITTLE, _LITTLE)
    return np.clip(np.rint(code * little), 0, highest).astype(int)
