"""Which row, label, bus and link each spike takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from neckar.brainscales2.chip.datasheet import (
    N_DRIVERS,
    N_EVENT_OUTPUTS,
    N_HEMISPHERES,
    N_ROWS,
)
from neckar.brainscales2.chip.wiring import crossbar_nodes

ROW_DISABLED = 0  # SynapseDriverConfig.RowMode
ROW_MODE = (1, 2)  # of an excitatory and an inhibitory row
CLOSED = (0, 1)  # mask and target of a crossbar node that passes nothing
OPEN = (0, 0)  # of one that passes everything
LABEL_BITS = 6  # of an event label; the row-select address follows them
HEMISPHERE_BIT = 11  # of a host label: set for the top, the next one for the bottom hemisphere
LANE_BIT = 14  # of a host label: its lane follows from there
FIRST_HOST_LANE = N_EVENT_OUTPUTS  # crossbar input of lane 0
BACKGROUND_LABEL = 1 << 13  # set in the events of background sources, so that neurons differ


@dataclass(frozen=True, kw_only=True, eq=False)
class Synapses:
    """Synapses on the chip, arrays of shape (n,), ordered by projection, connection and chunk.

    Args:
        connection: index in its projection.
        chunk: which 63 of a weight above 63 it carries.
        hemisphere: 0 top, 1 bottom.
        row: of the hemisphere, 0..255.
        column: of the hemisphere, 0..255.
        label: the six bits it compares.
        starts: where each projection begins, (n_projections + 1,).
    """

    connection: np.ndarray
    chunk: np.ndarray
    hemisphere: np.ndarray
    row: np.ndarray
    column: np.ndarray
    label: np.ndarray
    starts: np.ndarray

    def of(self, projection: int) -> Self:
        """Those of one projection, given by its index in the network."""
        part = slice(self.starts[projection], self.starts[projection + 1])
        fields = ("connection", "chunk", "hemisphere", "row", "column", "label")
        own = {name: getattr(self, name)[part] for name in fields}
        return type(self)(**own, starts=np.array([0, part.stop - part.start]))


@dataclass(frozen=True, kw_only=True)
class Background:
    """A background source in use for an on-chip Poisson population.

    Args:
        source: 0..7, equal to the PADI bus over both hemispheres that it can reach.
        population: its name.
        label: neuron label of its events, the masked bits zero.
        mask: which of the low bits the source draws at random.
    """

    source: int
    population: str
    label: int
    mask: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Routing:
    """How spikes find their synapses.

    Args:
        synapses: where every connection sits.
        driver_listens: whether a synapse driver takes events, (2, 128).
        driver_mask: its row-select mask, (2, 128).
        row_mode: what its rows do, (2, 256).
        node_mask, node_target: crossbar nodes, (76,).
        neuron_address: sent by each neuron circuit, (512,).
        neuron_sends: whether synapses listen to a neuron circuit, (512,) bool.
        host_labels: per population of host sources the labels that must be sent for a spike of each
            cell, (size, n_copies); -1 where there is none.
        backgrounds: background sources in use.
    """

    synapses: Synapses
    driver_listens: np.ndarray
    driver_mask: np.ndarray
    row_mode: np.ndarray
    node_mask: np.ndarray
    node_target: np.ndarray
    neuron_address: np.ndarray
    neuron_sends: np.ndarray
    host_labels: Mapping[str, np.ndarray]
    backgrounds: tuple[Background, ...]


def node_of(source: int, output: int) -> int:
    """Enum of the crossbar node between an input and an output."""
    return _NODE[source, output]


_NODE = {
    (int(source), int(output)): node
    for node, (source, output) in enumerate(zip(*crossbar_nodes(), strict=True))
}
DRIVERS = (N_HEMISPHERES, N_DRIVERS)
ROWS = (N_HEMISPHERES, N_ROWS)
