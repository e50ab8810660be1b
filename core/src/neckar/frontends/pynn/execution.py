"""Mapping and running of snippets, and what is asked about the mapping afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
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
from neckar.run import Injection, Snippet
from neckar.run import execute as play
from neckar.run import prepare as decide

__all__ = [
    "Ground",
    "Mapped",
    "MappedTopologyStatistics",
    "PlacedSynapse",
    "Snippet",
    "circuits_of",
    "execute",
    "prepare",
    "statistics",
    "synapses_of",
    "watcher",
]


watcher: ContextVar[Callable[[Mapped], None] | None] = ContextVar("watcher", default=None)
"""Who is shown every network after it was mapped and before it runs."""


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
    """

    num_populations: int
    num_projections: int
    num_neurons: int
    num_synapses: int
    num_synapse_rows: int
    num_background_sources: int


def prepare(ground: Ground, snippet: Snippet) -> Mapped:
    """Map a network without running it."""
    return decide([snippet], **_arguments(ground))[0]


def execute(
    ground: Ground, snippets: Sequence[Snippet], session: Session, injection: Injection
) -> tuple[Mapped, Results]:
    """Map and run; returns how the last network was mapped and what the run brought."""
    prepared = decide(snippets, **_arguments(ground))
    if watch := watcher.get():
        watch(prepared[-1])
    return prepared[-1], play(prepared, session, injection)


def _arguments(ground: Ground) -> dict[str, Any]:
    return {
        "initial": None if ground.config is None else ChipConfig.of(ground.config),
        "neuron_permutation": ground.neuron_permutation,
        "background_permutation": ground.background_permutation,
    }


def circuits_of(ground: Ground, network: Network) -> Mapping[str, np.ndarray]:
    """All circuits of the cells of each population, (size, n_circuits)."""
    return place(network, ground.neuron_permutation).circuits


def synapses_of(mapped: Mapped, projection: int) -> list[list[PlacedSynapse]]:
    """Per connection of a projection (its index in the network) the synapses that realise it."""
    synapses = mapped.routing.synapses.of(projection)
    connections: list[list[PlacedSynapse]] = [
        [] for _ in mapped.network.projections[projection].weight_code
    ]
    columns = (
        synapses.connection,
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
    return connections


def statistics(mapped: Mapped) -> MappedTopologyStatistics:
    """Count what a mapping uses."""
    synapses = mapped.routing.synapses
    return MappedTopologyStatistics(
        num_populations=len(mapped.network.populations),
        num_projections=len(mapped.network.projections),
        num_neurons=sum(circuits.size for circuits in mapped.placement.circuits.values()),
        num_synapses=len(synapses.row),
        num_synapse_rows=len(np.unique(synapses.hemisphere * 256 + synapses.row)),
        num_background_sources=len(mapped.routing.backgrounds),
    )
