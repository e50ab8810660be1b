"""The link between FPGA and chip, and the crossbar behind it: what arrives when, and what is lost.

Both directions carry `EVENT_RATE` events per second, a PADI bus one event every
`BUS_EVENT_SPACING`. In front of each waits a queue of finite depth; what comes while it is full is
lost and counted.
"""

from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.chip.datasheet import (
    BUS_EVENT_SPACING,
    BUS_FIFO_DEPTH,
    EVENT_RATE,
    LATENCY_CROSSBAR_TO_FPGA,
    LATENCY_FPGA_TO_CROSSBAR,
    LINK_FIFO_DEPTH,
    SLOW_OUTPUT_SPACING,
)


@dataclass(frozen=True, kw_only=True)
class Served:
    """What left a queue: when (s), and which of the events that came were kept."""

    time: np.ndarray
    is_kept: np.ndarray

    @property
    def n_dropped(self) -> int:
        """How many were lost."""
        return int(self.is_kept.size - np.count_nonzero(self.is_kept))


def into_chip(time: np.ndarray) -> Served:
    """Events that leave the FPGA at `time` (ascending), as they enter the crossbar."""
    return _delayed(queue(time, 1 / EVENT_RATE, LINK_FIFO_DEPTH), LATENCY_FPGA_TO_CROSSBAR)


def out_of_chip(time: np.ndarray) -> Served:
    """Events that leave the crossbar at `time` (ascending), as they enter the FPGA."""
    return _delayed(queue(time, 1 / EVENT_RATE, LINK_FIFO_DEPTH), LATENCY_CROSSBAR_TO_FPGA)


def onto_buses(time: np.ndarray, buses: np.ndarray) -> Served:
    """Events that enter the crossbar at `time` (ascending), as they get onto PADI buses.

    An event for several buses waits for the last of them, and is lost if one has no room.

    Args:
        time: s.
        buses: (k, 8) bool.
    """
    latest, is_kept = time.copy(), np.ones(time.size, bool)
    for bus in range(buses.shape[1]):
        mine = np.flatnonzero(buses[:, bus])
        served = queue(time[mine], BUS_EVENT_SPACING, BUS_FIFO_DEPTH)
        is_kept[mine] &= served.is_kept
        kept = mine[served.is_kept]
        latest[kept] = np.maximum(latest[kept], served.time)
    return Served(time=latest[is_kept], is_kept=is_kept)


def slowed(time: np.ndarray, output: np.ndarray, is_slow: np.ndarray) -> Served:
    """Events that leave the crossbar at `time` (ascending) through outputs of which some are slow.

    Args:
        time: s.
        output: that each takes.
        is_slow: whether it was slow then.
    """
    latest, is_kept = time.copy(), np.ones(time.size, bool)
    for one in np.unique(output[is_slow]).tolist():
        mine = np.flatnonzero(is_slow & (output == one))
        served = queue(time[mine], SLOW_OUTPUT_SPACING, BUS_FIFO_DEPTH)
        is_kept[mine] = served.is_kept
        latest[mine[served.is_kept]] = served.time
    return Served(time=latest[is_kept], is_kept=is_kept)


def queue(arrival: np.ndarray, spacing: float, depth: int) -> Served:
    """Serve `arrival` (s, ascending) in order, at most one per `spacing`, with room for `depth`.

    d_i = max(a_i, d_(i-1) + spacing), in closed form as long as the queue does not overflow.
    """
    order = np.arange(arrival.size) * spacing
    departure = np.maximum.accumulate(arrival - order) + order
    if np.all(departure - arrival <= depth * spacing):
        return Served(time=departure, is_kept=np.ones(arrival.size, bool))
    return _overflowing(arrival, spacing, depth)


def _overflowing(arrival: np.ndarray, spacing: float, depth: int) -> Served:
    is_kept = np.zeros(arrival.size, bool)
    departure = []
    free = -np.inf
    patience = depth * spacing
    for i, now in enumerate(arrival.tolist()):
        at = max(now, free)
        if at - now <= patience:
            is_kept[i] = True
            departure.append(at)
            free = at + spacing
    return Served(time=np.array(departure), is_kept=is_kept)


def _delayed(served: Served, latency: float) -> Served:
    return Served(time=served.time + latency, is_kept=served.is_kept)
