"""What shall be observed."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Variable = Literal["spikes", "v", "exc_synin", "inh_synin", "adaptation"]
Device = Literal[
    "madc", "cadc", "pad_0_buffered", "pad_0_unbuffered", "pad_1_buffered", "pad_1_unbuffered"
]


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One observable of some cells of a population.

    Args:
        population: its name.
        cells: indices of the observed cells, shape (n,).
        variable: what is observed.
        device: with which instrument; irrelevant for spikes.
        compartment: where in the cells.
    """

    population: str
    cells: np.ndarray
    variable: Variable
    device: Device = "madc"
    compartment: int = 0
