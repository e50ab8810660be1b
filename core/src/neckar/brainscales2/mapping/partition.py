"""A network larger than a chip, divided into executions that run one after the other.

Spikes cross from one execution to another in one direction only: what an earlier one sent is
played to the later ones. So cells that reach each other both ways stay together.
"""

from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from neckar.brainscales2.chip.datasheet import N_NEURONS
from neckar.brainscales2.mapping.check import check
from neckar.brainscales2.mapping.configure import parameters_of
from neckar.brainscales2.mapping.cut import Cells, Piece, cut
from neckar.brainscales2.mapping.rules import STRUCTURE
from neckar.errors import RuleError
from neckar.network import LIF, Circuit, Network, OnChipPoisson, Population, SpikeTimes

_DIVISIBLE = Circuit | LIF
_JOINING = (
    "multicompartment_connect_right",
    "multicompartment_connect_vertical",
    "multicompartment_connect_soma_right",
)
Permutation = Sequence[int] | None


def partition(
    networks: Sequence[Network],
    neuron_permutation: Permutation = None,
    background_permutation: Permutation = None,
) -> tuple[Piece, ...]:
    """Pieces that fit a chip, in the order of their executions; none if all fits at once.

    Args:
        networks: of the snippets of a run; a cell is in the same piece in all of them.
        neuron_permutation: neuron enums in the order of their use. If it leaves some out, nothing
            is divided.
        background_permutation: PADI buses in the order in which on-chip sources take them.

    Raises:
        RuleError: a network is not sound, or cannot be divided; with every reason.
    """
    n_circuits = N_NEURONS if neuron_permutation is None else len(neuron_permutation)
    if n_circuits < N_NEURONS or not any(_is_large(network) for network in networks):
        return ()
    _refuse_unsound(networks)
    nodes = _Nodes(networks)
    return _pieces(nodes, networks, (neuron_permutation, background_permutation))


def _is_large(network: Network) -> bool:
    neurons = list(network.neurons)
    is_divisible = all(
        isinstance(population.cell, _DIVISIBLE) and not _is_joined(population)
        for population in neurons
    )
    return is_divisible and sum(population.size for population in neurons) > N_NEURONS


def _is_joined(population: Population) -> bool:
    """Whether switches make its cells hang together, which then need their neighbours."""
    parameters = parameters_of(population)
    return any(np.any(parameters.get(name, False)) for name in _JOINING)


def _refuse_unsound(networks: Sequence[Network]) -> None:
    wrong = [found for network in networks for rule in STRUCTURE for found in rule(network)]
    if wrong:
        raise RuleError(wrong)


class _Nodes:
    """What is placed as one: every neuron, and every population of on-chip sources."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self.first: dict[str, int] = {}
        self.sizes: dict[str, int] = {}
        self.is_source: dict[str, bool] = {}
        n_nodes = 0
        for population in (p for network in networks for p in network.populations):
            if isinstance(population.cell, SpikeTimes) or population.name in self.first:
                continue
            self.first[population.name] = n_nodes
            self.sizes[population.name] = population.size
            self.is_source[population.name] = isinstance(population.cell, OnChipPoisson)
            n_nodes += 1 if self.is_source[population.name] else population.size
        self.n = n_nodes
        self.edges = self._edges(networks)

    def of(self, name: str, cells: np.ndarray) -> np.ndarray:
        """Nodes of cells."""
        return self.first[name] + (np.zeros_like(cells) if self.is_source[name] else cells)

    def cells(self, nodes: np.ndarray) -> Cells:
        """Cells of nodes, by population."""
        found = {}
        for name, first in self.first.items():
            n_nodes = 1 if self.is_source[name] else self.sizes[name]
            inside = np.sort(nodes[(first <= nodes) & (nodes < first + n_nodes)]) - first
            if inside.size:
                found[name] = np.arange(self.sizes[name]) if self.is_source[name] else inside
        return found

    def _edges(self, networks: Sequence[Network]) -> np.ndarray:
        """From which node to which node spikes go, (2, n)."""
        pairs = [np.zeros((2, 0), dtype=int)]
        for projection in (p for network in networks for p in network.projections):
            if projection.source in self.first:
                pre = self.of(projection.source, projection.pre)
                pairs.append(np.stack([pre, self.of(projection.target, projection.post)]))
        return np.unique(np.concatenate(pairs, axis=1), axis=1)

    def names(self, nodes: np.ndarray) -> str:
        """How many of which, for messages."""
        return ", ".join(f"{len(cells)} of {name}" for name, cells in self.cells(nodes).items())


def _in_order(nodes: _Nodes) -> list[np.ndarray]:
    """Groups of nodes that reach each other, senders before receivers, else as created."""
    ones = np.ones(nodes.edges.shape[1])
    graph = coo_array((ones, tuple(nodes.edges)), shape=(nodes.n, nodes.n))
    n_groups, group = connected_components(graph, directed=True, connection="strong")
    members = np.split(
        np.argsort(group, kind="stable"), np.cumsum(np.bincount(group, minlength=n_groups))[:-1]
    )
    between = np.unique(group[nodes.edges], axis=1)
    between = between[:, between[0] != between[1]]
    n_before = np.bincount(between[1], minlength=n_groups)
    after = np.split(between[1], np.searchsorted(between[0], np.arange(1, n_groups)))
    ready = [(int(members[g][0]), g) for g in np.flatnonzero(n_before == 0).tolist()]
    heapify(ready)
    order = []
    while ready:
        _, done = heappop(ready)
        order.append(members[done])
        for follower in after[done].tolist():
            n_before[follower] -= 1
            if n_before[follower] == 0:
                heappush(ready, (int(members[follower][0]), follower))
    return order


def _pieces(
    nodes: _Nodes, networks: Sequence[Network], permutations: tuple[Permutation, Permutation]
) -> tuple[Piece, ...]:
    """Fill one execution after the other; what does not fit even alone is a reason to refuse."""
    order, found, reasons = _in_order(nodes), [], []
    while order:
        n_groups = _at_most(order, N_NEURONS)
        while True:
            chosen = np.concatenate(order[:n_groups])
            wrong = list(_wrong(nodes, networks, chosen, permutations))
            if not wrong or n_groups == 1:
                break
            n_groups //= 2
        reasons += wrong
        found.append(chosen)
        order = order[n_groups:]
    if reasons:
        message = "the network is larger than a chip and cannot be divided"
        raise RuleError([f"{message}: {reason}" for reason in dict.fromkeys(reasons)])
    return tuple(_piece(nodes, chosen, is_first=k == 0) for k, chosen in enumerate(found))


def _at_most(order: Sequence[np.ndarray], n_nodes: int) -> int:
    """How many groups together have at most so many nodes; at least one."""
    sizes = np.cumsum([len(group) for group in order])
    return max(1, int(np.searchsorted(sizes, n_nodes, side="right")))


def _wrong(
    nodes: _Nodes,
    networks: Sequence[Network],
    chosen: np.ndarray,
    permutations: tuple[Permutation, Permutation],
) -> Iterator[str]:
    """Why these nodes do not fit a chip."""
    if len(chosen) > N_NEURONS:
        yield (
            f"{nodes.names(chosen)} reach each other in both directions and have to stay together, "
            f"{len(chosen)} neurons on a chip of {N_NEURONS}; use fewer, or connect them in one "
            "direction only"
        )
        return
    piece = _piece(nodes, chosen, is_first=True)
    for network in networks:
        try:
            check(cut(network, piece, {}).network, *permutations)
        except RuleError as error:
            yield from error.violations


def _piece(nodes: _Nodes, chosen: np.ndarray, *, is_first: bool) -> Piece:
    pre, post = nodes.edges
    sends = np.unique(pre[np.isin(pre, chosen) & ~np.isin(post, chosen)])
    return Piece(cells=nodes.cells(chosen), sends=nodes.cells(sends), is_first=is_first)
