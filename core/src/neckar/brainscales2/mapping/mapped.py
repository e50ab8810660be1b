"""One snippet of a run and everything that was decided about it."""

from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.mapping.place import Placement
from neckar.brainscales2.mapping.routing import Routing
from neckar.network import Network


@dataclass(frozen=True, kw_only=True, eq=False)
class Mapped:
    """A network on the chip for a while.

    Args:
        network: what the user means.
        begin_cycles: FPGA cycles from the beginning of the run, likewise `end_cycles`.
        placement: which circuit carries which cell.
        routing: which row, label and bus each spike takes.
        config: every register of the chip; background sources are still off and the MADC sees
            nobody.
        takes: neuron circuits that the MADC sees, one entry per program; a run with more observed
            neurons than the MADC has channels is repeated.
    """

    network: Network
    begin_cycles: int
    end_cycles: int
    placement: Placement
    routing: Routing
    config: ChipConfig
    takes: tuple[np.ndarray, ...]
