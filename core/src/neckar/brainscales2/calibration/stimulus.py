"""Events for all neurons at once, through rows of synapses."""

import numpy as np

from neckar.brainscales2.calibration.bench import Bench
from neckar.brainscales2.calibration.target import LINES
from neckar.brainscales2.chip import wiring
from neckar.brainscales2.chip.datasheet import N_DRIVERS

LABEL = 0  # of an event that all rows on the first bus of either hemisphere listen to
_MODE = {"excitatory": 1, "inhibitory": 2}  # SynapseDriverConfig.RowMode
_LANES = slice(8, 12)  # crossbar inputs of events from outside


def open_buses(bench: Bench) -> None:
    """Lane k leads to bus k of both hemispheres, whose drivers answer events for them."""
    inputs, outputs = wiring.crossbar_nodes()
    first, last = _LANES.start, _LANES.stop
    is_open = (inputs >= first) & (inputs < last) & (outputs % 4 == inputs - first) & (outputs < 8)
    nodes = bench.chip.array["crossbar"]["nodes"]
    nodes["mask"], nodes["target"] = 0, np.where(is_open, 0, 1)
    blocks = bench.chip.array["synapse_driver_blocks"]
    blocks["padi_bus"]["enable_spl1"] = True
    blocks["synapse_drivers"]["enable_receiver"] = False
    rows = bench.chip.array["neuron_block"]["current_rows"]["values"]
    for line in LINES:
        rows[f"enable_synaptic_current_{line}"] = True


def connect(bench: Bench, line: str, n_rows: int, weight: int) -> None:
    """One event acts through so many rows on a line of every neuron."""
    open_buses(bench)
    drivers = bench.chip.array["synapse_driver_blocks"]["synapse_drivers"]
    on_first_bus = np.arange(0, N_DRIVERS, 4)[: n_rows // 2]
    chosen = np.zeros(N_DRIVERS, bool)
    chosen[on_first_bus] = True
    drivers["enable_receiver"] = chosen
    drivers["row_address_compare_mask"] = 0
    drivers["row_mode_top"] = drivers["row_mode_bottom"] = _MODE[line]
    matrix = bench.chip.array["synapse_blocks"]["matrix"]
    matrix["labels"] = LABEL
    matrix["weights"] = np.where(np.repeat(chosen, 2), weight, 0)[None, :, None]
