"""Chance as a pure function: the Gaussian number of a neuron (its key) at a step.

It depends on nothing else, so results do not depend on which neurons are simulated, in how many
pieces, or by how many threads.
"""

import numpy as np

_N_BYTES = 8
_MEAN = _N_BYTES * 255 / 2
_SCALE = 1 / np.sqrt(_N_BYTES * (256**2 - 1) / 12)
# The sum of eight bytes has lighter tails than a Gaussian. A cubic that leaves the second moment
# at 1 puts the fourth at 3; the largest number is 5.6.
_LINEAR, _CUBIC = 0.978467791, 0.00750834293


def gaussian(key: np.ndarray, step: int) -> np.ndarray:
    """One number per key (uint64).

    A hash serves two steps: the sum of its bytes the first, and four of them against the other
    four the second. These are uncorrelated.
    """
    sums = _sums(key, step // 2)
    z = (sums[0] - sums[1] if step % 2 else sums[0] + sums[1] - _MEAN) * _SCALE
    return z * (_LINEAR + _CUBIC * z**2)


def _sums(key: np.ndarray, step: int) -> np.ndarray:
    """The sums of the bytes of two words, mixed in turn from key and step; (2, n)."""
    salt = _salt(step)
    low, high = key.astype(np.uint32), (key >> np.uint64(32)).astype(np.uint32)
    x = _mix(low ^ np.uint32(salt & 0xFFFFFFFF), ((16, 0x7FEB352D), (15, 0x846CA68B)))
    y = _mix((x + high) ^ np.uint32(salt >> 32), ((15, 0x9E3779B1),))
    return np.stack([x, y]).view(np.uint8).reshape(2, len(key), 4).sum(axis=2, dtype=int)


def _mix(x: np.ndarray, rounds: tuple[tuple[int, int], ...]) -> np.ndarray:
    for shift, factor in rounds:
        x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
    return x ^ (x >> np.uint32(16))


def _salt(step: int) -> int:
    """The splitmix64 of the step."""
    mask = 2**64 - 1
    x = (step + 0x9E3779B97F4A7C15) & mask
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & mask
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & mask
    return x ^ (x >> 31)
