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
from neckar.brainscales2.mapping.check import homeless, impossible, unsound
from neckar.brainscales2.mapping.configure import parameters_of
from neckar.brainscales2.mapping.cut import Cells, Piece, cut
from neckar.errors import RuleError
from neckar.network import Circuit, Compartments, Network, OnChipPoisson, Population, SpikeTimes

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
    *,
    has_registers: bool = False,
) -> tuple[Piece, ...]:
    """Pieces that fit a chip, in the order of their executions; none if all fits at once.

    Args:
        networks: of the snippets of a run; a cell is in the same piece in all of them.
        neuron_permutation: neuron enums in the order of their use; those that it leaves out are
            used by no execution.
        background_permutation: PADI buses in the order in which on-chip sources take them.
        has_registers: the run writes or reads registers of its own, which speak of one placement.

    Raises:
        RuleError: a network is not sound, or cannot be divided; with every reason.
    """
    permutations = neuron_permutation, background_permutation
    n_circuits = N_NEURONS if neuron_permutation is None else len(neuron_permutation)
    _refuse([found for network in networks for found in unsound(network)])
    whole = [found for network in networks for found in homeless(network, *permutations)]
    if not whole:
        return ()
    message = "the network is larger than a chip and cannot be divided"
    whole_only = [*_joined(networks), *([_REGISTERS] if has_registers else [])]
    pieces, reasons = _pieces(_Nodes(networks, n_circuits), networks, permutations)
    reasons = [f"{message}: {reason}" for reason in reasons]
    _refuse([*(whole if whole_only else []), *whole_only, *reasons], networks)
    return pieces


_REGISTERS = (
    "the network needs several executions, and registers of your own can be written and read "
    "around a single one; use a network that fits one chip"
)


def _refuse(violations: Sequence[str], networks: Sequence[Network] = ()) -> None:
    """If anything is wrong, say everything that is."""
    if violations:
        others = [found for network in networks for found in impossible(network)]
        raise RuleError([*dict.fromkeys([*others, *violations])])


def _joined(networks: Sequence[Network]) -> Iterator[str]:
    """Populations whose cells hang together through switches, so that they need their neighbours.

    Cells of several circuits bring their neighbours along.
    """
    for population in (found for network in networks for found in network.neurons):
        switches = parameters_of(population) if isinstance(population.cell, Circuit) else {}
        names = [name for name in _JOINING if np.any(switches.get(name, False))]
        if names:
            yield (
                f"{population.name}: {', '.join(names)} connect its cells to their neighbours on "
                "the chip, so it cannot be divided over several executions; describe them as cells "
                "of several compartments, or use smaller populations"
            )


class _Nodes:
    """What is placed as one: every neuron, and every population of on-chip sources."""

    def __init__(self, networks: Sequence[Network], n_on_chip: int) -> None:
        self.n_on_chip = n_on_chip
        self.first: dict[str, int] = {}
        self.sizes: dict[str, int] = {}
        self.is_source: dict[str, bool] = {}
        n_nodes, n_circuits = 0, [np.zeros(0, dtype=int)]
        for population in (p for network in networks for p in network.populations):
            if isinstance(population.cell, SpikeTimes) or population.name in self.first:
                continue
            self.first[population.name] = n_nodes
            self.sizes[population.name] = population.size
            self.is_source[population.name] = isinstance(population.cell, OnChipPoisson)
            n_nodes += 1 if self.is_source[population.name] else population.size
            each = 0 if population.is_source else _n_circuits(population)
            n_circuits.append(np.full(n_nodes - self.first[population.name], each))
        self.n, self.n_circuits = n_nodes, np.concatenate(n_circuits)
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


def _n_circuits(population: Population) -> int:
    """Of each of its cells."""
    return len(population.cell.places) if isinstance(population.cell, Compartments) else 1


def _pieces(
    nodes: _Nodes, networks: Sequence[Network], permutations: tuple[Permutation, Permutation]
) -> tuple[tuple[Piece, ...], list[str]]:
    """Fill one execution after the other; what does not fit even alone is a reason to refuse."""
    order, found, reasons = _in_order(nodes), [], []
    n_tried = len(order)
    while order:
        n_groups = min(n_tried, _at_most(nodes, order))
        while True:
            chosen = np.concatenate(order[:n_groups])
            wrong = list(_wrong(nodes, networks, chosen, permutations))
            if not wrong or n_groups == 1:
                break
            n_groups //= 2
        reasons += wrong
        found.append(chosen)
        order, n_tried = order[n_groups:], 2 * n_groups
    pieces = [_piece(nodes, chosen, is_first=k == 0) for k, chosen in enumerate(found)]
    return tuple(pieces), reasons


def _at_most(nodes: _Nodes, order: Sequence[np.ndarray]) -> int:
    """How many groups together have as many circuits as a chip at most; at least one."""
    sizes = np.cumsum([nodes.n_circuits[group].sum() for group in order])
    return max(1, int(np.searchsorted(sizes, nodes.n_on_chip, side="right")))


def _wrong(
    nodes: _Nodes,
    networks: Sequence[Network],
    chosen: np.ndarray,
    permutations: tuple[Permutation, Permutation],
) -> Iterator[str]:
    """Why these nodes do not fit a chip."""
    piece = _piece(nodes, chosen, is_first=True)
    parts = [cut(network, piece, {}).network for network in networks]
    wrong = [found for part in parts for found in homeless(part, *permutations)]
    needed = int(nodes.n_circuits[chosen].sum())
    if wrong and needed > nodes.n_on_chip:
        yield (
            f"{nodes.names(chosen)} reach each other in both directions and have to stay together, "
            f"{needed} neurons on a chip of {nodes.n_on_chip}; use fewer, or connect them in one "
            "direction only"
        )
    elif wrong and len(chosen) > 1:
        yield from (
            f"{nodes.names(chosen)} reach each other in both directions and have to stay together:"
            f" {found}"
            for found in wrong
        )
    else:
        yield from wrong


def _piece(nodes: _Nodes, chosen: np.ndarray, *, is_first: bool) -> Piece:
    pre, post = nodes.edges
    sends = np.unique(pre[np.isin(pre, chosen) & ~np.isin(post, chosen)])
    return Piece(cells=nodes.cells(chosen), sends=nodes.cells(sends), is_first=is_first)
