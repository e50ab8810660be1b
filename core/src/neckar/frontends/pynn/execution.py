"""Mapping and running of snippets, and what is asked about the mapping afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neckar.brainscales2.backends.base import Session
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.coordinates import (
    SynapseOnDLS,
    SynapseOnSynapseRow,
    SynapseOnSynram,
    SynapseRowOnDLS,
    SynapseRowOnSynram,
    SynramOnDLS,
)
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.mapping.mapped import Mapped
from neckar.brainscales2.mapping.place import place
from neckar.brainscales2.mapping.results import Results
from neckar.network import Network
from neckar.run import Injection, Piece, Snippet, cut, divide, execute_pieces
from neckar.run import execute as play
from neckar.run import prepare as decide

__all__ = [
    "Ground",
    "Layout",
    "Mapped",
    "MappedTopologyStatistics",
    "PlacedSynapse",
    "Snippet",
    "circuits_of",
    "execute",
    "prepare",
    "statistics",
    "synapses_of",
]


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What networks are mapped onto.

    Args:
        config: settings for everything that a network leaves open; None for those after reset.
        neuron_permutation: neuron enums in the order of their use.
        background_permutation: PADI buses in the order of their use by on-chip sources.
    """

    config: Chip | None
    neuron_permutation: tuple[int, ...] | None
    background_permutation: tuple[int, ...] | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Layout:
    """How a network was mapped, in one part or, if it is larger than a chip, in several.

    Args:
        network: all of it.
        parts: every part, and the connections it has: for each of its projections the number of
            the original one and the indices of connections in that.
    """

    network: Network
    parts: tuple[tuple[tuple[tuple[int, np.ndarray], ...], Mapped], ...]

    @classmethod
    def of(cls, mapped: Mapped) -> Layout:
        """Of a network that fits a chip."""
        projections = mapped.network.projections
        origins = tuple((k, np.arange(len(p.pre))) for k, p in enumerate(projections))
        return cls(network=mapped.network, parts=((origins, mapped),))


class PlacedSynapse(SynapseOnDLS):
    """A synapse of the chip that realises a connection; knows its row and its label."""

    __slots__ = ("label",)
    label: int

    @property
    def synapse_row(self) -> SynapseRowOnDLS:
        """Its row."""
        return SynapseRowOnDLS(
            self.toSynapseOnSynram().toSynapseRowOnSynram(), self.toSynramOnDLS()
        )

    @property
    def synapse_on_row(self) -> SynapseOnSynapseRow:
        """Its place in the row, which is the column of its neuron."""
        return self.toSynapseOnSynram().toSynapseOnSynapseRow()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SynapseOnDLS) and int(self) == int(other)

    def __hash__(self) -> int:
        return hash(SynapseOnDLS(self.toSynapseOnSynram(), self.toSynramOnDLS()))


@dataclass(frozen=True, kw_only=True)
class MappedTopologyStatistics:
    """How much of the chip a network uses.

    Args:
        num_populations: populations, sources among them.
        num_projections: projections.
        num_neurons: neuron circuits with a cell.
        num_synapses: synapses with a connection.
        num_synapse_rows: synapse rows with at least one such synapse.
        num_background_sources: background sources that send.
        num_executions: on how many chips, or how often one after the other on the same one.
    """

    num_populations: int
    num_projections: int
    num_neurons: int
    num_synapses: int
    num_synapse_rows: int
    num_background_sources: int
    num_executions: int


def prepare(ground: Ground, snippet: Snippet) -> Layout:
    """Map a network without running it."""
    pieces = _pieces(ground, [snippet])
    if not pieces:
        return Layout.of(decide([snippet], **_arguments(ground))[0])
    parts = []
    for piece in pieces:
        part = cut(snippet.network, piece, {})
        alone = Snippet(network=part.network, duration=snippet.duration)
        parts.append((part.origins, decide([alone], **_arguments(ground))[0]))
    return Layout(network=snippet.network, parts=tuple(parts))


def execute(
    ground: Ground, snippets: Sequence[Snippet], session: Session, injection: Injection
) -> tuple[Layout, Results]:
    """Map and run; returns how the last network was mapped and what the run brought."""
    pieces = _pieces(ground, snippets, injection)
    if not pieces:
        prepared = decide(snippets, **_arguments(ground))
        return Layout.of(prepared[-1]), play(prepared, session, injection)
    mapped, results = execute_pieces(pieces, snippets, session, **_arguments(ground))
    parts = tuple((part.origins, each) for part, each in mapped)
    return Layout(network=snippets[-1].network, parts=parts), results


def _pieces(ground: Ground, snippets: Sequence[Snippet], *injected: Injection) -> tuple[Piece, ...]:
    permutations = ground.neuron_permutation, ground.background_permutation
    return divide(snippets, *permutations, *injected)


def _arguments(ground: Ground) -> dict[str, Any]:
    return {
        "initial": None if ground.config is None else ChipConfig.of(ground.config),
        "neuron_permutation": ground.neuron_permutation,
        "background_permutation": ground.background_permutation,
    }


def circuits_of(ground: Ground, network: Network) -> Mapping[str, np.ndarray]:
    """All circuits of the cells of each population, (size, n_circuits)."""
    pieces = _pieces(ground, [Snippet(network=network, duration=0)])
    if not pieces:
        return place(network, ground.neuron_permutation).circuits
    circuits: dict[str, np.ndarray] = {}
    for piece in pieces:
        part = place(cut(network, piece, {}).network, ground.neuron_permutation).circuits
        for name, placed in part.items():
            shape = network[name].size, placed.shape[1]
            circuits.setdefault(name, np.full(shape, -1))[piece.cells[name]] = placed
    return circuits


def synapses_of(layout: Layout, projection: int) -> list[list[PlacedSynapse]]:
    """Per connection of a projection (its index in the network) the synapses that realise it."""
    connections: list[list[PlacedSynapse]] = [
        [] for _ in layout.network.projections[projection].weight_code
    ]
    for origins, mapped in layout.parts:
        for number, (original, indices) in enumerate(origins):
            if original == projection:
                _add_synapses(connections, mapped, number, indices)
    return connections


def _add_synapses(
    connections: list[list[PlacedSynapse]], mapped: Mapped, projection: int, indices: np.ndarray
) -> None:
    synapses = mapped.routing.synapses.of(projection)
    columns = (
        indices[synapses.connection],
        synapses.hemisphere,
        synapses.row,
        synapses.column,
        synapses.label,
    )
    for connection, hemisphere, row, column, label in zip(
        *(c.tolist() for c in columns), strict=True
    ):
        placed = PlacedSynapse(
            SynapseOnSynram(SynapseOnSynapseRow(column), SynapseRowOnSynram(row)),
            SynramOnDLS(hemisphere),
        )
        placed.label = label
        connections[connection].append(placed)


def statistics(layout: Layout) -> MappedTopologyStatistics:
    """Count what a mapping uses."""
    mapped = [each for _, each in layout.parts]
    synapses = [each.routing.synapses for each in mapped]
    return MappedTopologyStatistics(
        num_populations=len(layout.network.populations),
        num_projections=len(layout.network.projections),
        num_neurons=sum(c.size for each in mapped for c in each.placement.circuits.values()),
        num_synapses=sum(len(each.row) for each in synapses),
        num_synapse_rows=sum(len(np.unique(s.hemisphere * 256 + s.row)) for s in synapses),
        num_background_sources=sum(len(each.routing.backgrounds) for each in mapped),
        num_executions=len(mapped),
    )
