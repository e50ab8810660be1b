"""Sources of spikes that are not neurons of the network."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class SpikeTimes:
    """Spikes that the host sends: one array of times in seconds per source, in any order."""

    times: tuple[np.ndarray, ...]


@dataclass(frozen=True, kw_only=True)
class OnChipPoisson:
    """Poisson spikes drawn by the machine itself.

    Args:
        rate: of each source, in hertz of hardware time.
        seed: of the machine's random generator, 32 bit.
    """

    rate: float
    seed: int
