"""Placing and routing, done once for networks that are connected alike.

Weights up to the next multiple of 63, parameters, stimuli and probes do not change where anything
sits, so an experiment that is repeated with other settings is placed and routed once.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from neckar.brainscales2.mapping.demand import chunks
from neckar.brainscales2.mapping.place import Placement, place
from neckar.brainscales2.mapping.route import route
from neckar.brainscales2.mapping.routing import Routing
from neckar.network import Compartments, Network, Population

_N_KEPT = 8  # recent topologies; one holds a few megabytes at most


def place_and_route(
    network: Network,
    neuron_permutation: Sequence[int] | None = None,
    background_permutation: Sequence[int] | None = None,
) -> tuple[Placement, Routing]:
    """Where the cells and connections of a network sit.

    Raises:
        RuleError: they do not fit.
    """
    return _place_and_route(
        _Topology(network, _as_key(neuron_permutation), _as_key(background_permutation))
    )


class _Topology:
    """A network that equals every other one of the same populations and connections."""

    def __init__(self, network: Network, *permutations: tuple[int, ...] | None) -> None:
        self.network = network
        self.permutations = permutations
        self.key = (*permutations, _populations(network), _connections(network))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Topology) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@lru_cache(maxsize=_N_KEPT)
def _place_and_route(topology: _Topology) -> tuple[Placement, Routing]:
    placement = place(topology.network, topology.permutations[0])
    return placement, route(topology.network, placement, topology.permutations[1])


def _as_key(permutation: Sequence[int] | None) -> tuple[int, ...] | None:
    return None if permutation is None else tuple(int(index) for index in permutation)


def _populations(network: Network) -> tuple:
    return tuple((p.name, p.size, type(p.cell), _shape(p)) for p in network.populations)


def _shape(population: Population) -> tuple:
    cell = population.cell
    return cell.circuits if isinstance(cell, Compartments) else ()


def _connections(network: Network) -> tuple:
    projections = network.projections
    ends = tuple(
        (
            *(p.name, p.source, p.source_compartment, p.target, p.target_compartment),
            *(p.receptor, len(p.pre)),
        )
        for p in projections
    )
    columns = ([p.pre for p in projections], [p.post for p in projections])
    weights = np.concatenate([*(p.weight_code for p in projections), _NONE])
    return ends, *map(_bytes, (*(np.concatenate([*c, _NONE]) for c in columns), chunks(weights)))


def _bytes(numbers: np.ndarray) -> bytes:
    return numbers.astype(np.int32).tobytes()


_NONE = np.zeros(0, dtype=int)
