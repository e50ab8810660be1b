"""Synapses whose sources share a row-select address, and the rows they need."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.chip.datasheet import N_HEMISPHERES, N_LABELS, N_NEURONS
from neckar.brainscales2.chip.wiring import hemisphere_of_neuron
from neckar.brainscales2.mapping.demand import Demand


@dataclass(frozen=True, kw_only=True, eq=False)
class Bundle:
    """Wanted synapses that listen to the same events; up to 64 sources told apart by label.

    Args:
        synapses: indices into the `Demand`, (n,).
        labels: 6-bit label of the source of each of them, (n,).
        rank: which of the rows of its hemisphere and receptor each takes, (n,).
        rows: how many rows it needs, (hemisphere, receptor).
    """

    synapses: np.ndarray
    labels: np.ndarray
    rank: np.ndarray
    rows: np.ndarray

    @property
    def drivers(self) -> np.ndarray:
        """Synapse drivers it needs on each hemisphere; one drives two rows, each of any sign."""
        return (self.rows.sum(axis=1) + 1) // 2


def bundle(demand: Demand, synapses: np.ndarray, labels: np.ndarray) -> Bundle:
    """Stack the synapses of every column: the k-th one of a receptor goes to the k-th row.

    So the rows needed are the largest in-degree per receptor over the columns of a hemisphere.
    """
    neuron, receptor = demand.neuron[synapses], demand.receptor[synapses]
    rank = _count_before(neuron + N_NEURONS * receptor)
    rows = np.zeros((N_HEMISPHERES, 2), dtype=int)
    np.maximum.at(rows, (hemisphere_of_neuron(neuron), receptor), rank + 1)
    return Bundle(synapses=synapses, labels=labels, rank=rank, rows=rows)


def pool(demand: Demand, synapses: np.ndarray) -> Iterator[Bundle]:
    """Sources in order of creation, 64 to a bundle, labelled from 0."""
    _, index = np.unique(demand.source[synapses], return_inverse=True)
    for members, part in group(index // N_LABELS):
        yield bundle(demand, synapses[members], index[members] - part * N_LABELS)


def split(demand: Demand, whole: Bundle) -> tuple[Bundle, ...]:
    """Two smaller bundles: half the sources each, else one per hemisphere, else half the rows."""
    sources, index = np.unique(demand.source[whole.synapses], return_inverse=True)
    hemisphere = hemisphere_of_neuron(demand.neuron[whole.synapses])
    if len(sources) > 1:
        first = index < (len(sources) + 1) // 2
    elif 0 < np.count_nonzero(hemisphere) < len(hemisphere):
        first = hemisphere == 0
    else:
        first = whole.rank % 2 == 0
    if np.all(first):
        first = demand.receptor[whole.synapses] == 0
    if np.all(first) or not np.any(first):
        return ()
    halves = (whole.synapses[first], whole.synapses[~first])
    return tuple(part for half in halves for part in pool(demand, half))


def group(key: np.ndarray) -> Iterator[tuple[np.ndarray, int]]:
    """Indices of the entries that have each occurring key, keys ascending."""
    order = np.argsort(key, kind="stable")
    keys, starts = np.unique(key[order], return_index=True)
    for value, start, stop in zip(keys, starts, [*starts[1:], len(key)], strict=False):
        yield order[start:stop], int(value)


def _count_before(key: np.ndarray) -> np.ndarray:
    """How many earlier entries have the same key."""
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    is_first = np.ones(len(key), dtype=bool)
    is_first[1:] = ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(is_first)
    count = np.empty(len(key), dtype=int)
    count[order] = np.arange(len(key)) - np.repeat(starts, np.diff(np.append(starts, len(key))))
    return count
