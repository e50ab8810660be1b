"""Every synapse that a network needs."""

from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.chip.datasheet import MAX_WEIGHT
from neckar.brainscales2.mapping.place import Placement
from neckar.network import Network, Projection

RECEPTORS = ("excitatory", "inhibitory")


@dataclass(frozen=True, kw_only=True, eq=False)
class Demand:
    """Wanted synapses, arrays of shape (n,), ordered by projection, connection and chunk.

    Args:
        connection: index in its projection.
        chunk: a connection stronger than 63 needs several synapses; which of them this is.
        source: site that sends, counted over all populations in order of creation.
        neuron: circuit that receives.
        receptor: 0 excitatory, 1 inhibitory.
        starts: where each projection begins, (n_projections + 1,).
    """

    connection: np.ndarray
    chunk: np.ndarray
    source: np.ndarray
    neuron: np.ndarray
    receptor: np.ndarray
    starts: np.ndarray


def demand(network: Network, placement: Placement) -> Demand:
    """List the wanted synapses; nothing is chosen yet."""
    if not network.projections:
        return _nothing()
    first = first_sites(network)
    n_chunks = [chunks(projection.weight_code) for projection in network.projections]
    repeats = np.concatenate(n_chunks)
    total = int(repeats.sum())
    chunk = np.arange(total) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    parts = zip(network.projections, n_chunks, strict=True)
    sizes = [int(n.sum()) for n in n_chunks]
    columns = [
        (
            np.arange(len(n)),
            first[projection.source] + _sources(network, projection),
            placement.neurons[projection.target][_targets(network, projection)],
        )
        for projection, n in parts
    ]
    connection, source, neuron = (np.concatenate(column) for column in zip(*columns, strict=True))
    receptor = [RECEPTORS.index(projection.receptor) for projection in network.projections]
    return Demand(
        connection=np.repeat(connection, repeats),
        chunk=chunk,
        source=np.repeat(source, repeats),
        neuron=np.repeat(neuron, repeats),
        receptor=np.repeat(receptor, sizes),
        starts=np.concatenate([[0], np.cumsum(sizes)]),
    )


def chunks(weight_code: np.ndarray) -> np.ndarray:
    """How many synapses carry a weight: 63, 63, ... and the rest; also weight 0 has one."""
    return np.maximum(1, -(-np.rint(weight_code).astype(int) // MAX_WEIGHT))


def first_sites(network: Network) -> dict[str, int]:
    """Number of the first site of each population, counted over all populations.

    A site is a compartment of a cell; cells of one circuit are one site each.
    """
    sizes = [population.n_sites for population in network.populations]
    starts = np.cumsum([0, *sizes])
    names = (population.name for population in network.populations)
    return {name: int(start) for name, start in zip(names, starts, strict=False)}


def _sources(network: Network, projection: Projection) -> np.ndarray:
    return network[projection.source].sites(projection.pre, projection.source_compartment)


def _targets(network: Network, projection: Projection) -> np.ndarray:
    return network[projection.target].sites(projection.post, projection.target_compartment)


def _nothing() -> Demand:
    none = np.zeros(0, dtype=int)
    return Demand(
        connection=none,
        chunk=none,
        source=none,
        neuron=none,
        receptor=none,
        starts=np.zeros(1, dtype=int),
    )
