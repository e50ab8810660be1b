"""Which circuit carries which cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.chip.datasheet import N_NEURONS
from neckar.errors import RuleError
from neckar.network import Network


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where the cells sit.

    Args:
        neurons: per population of neurons the enum of the neuron circuit of every cell, (size,).
    """

    neurons: Mapping[str, np.ndarray]


def place(network: Network, neuron_permutation: Sequence[int] | None = None) -> Placement:
    """Fill neuron circuits in the order in which the cells were created.

    Args:
        network: what shall be placed.
        neuron_permutation: neuron enums in the order in which they are used; all by default.

    Raises:
        RuleError: more cells than circuits.
    """
    order = np.arange(N_NEURONS) if neuron_permutation is None else np.array(neuron_permutation)
    populations = tuple(network.neurons)
    stops = np.cumsum([population.size for population in populations], dtype=int)
    if populations and stops[-1] > len(order):
        raise RuleError((_too_many(network, len(order)),))
    starts = stops - [population.size for population in populations]
    return Placement(
        neurons={
            population.name: order[start:stop]
            for population, start, stop in zip(populations, starts, stops, strict=True)
        }
    )


def _too_many(network: Network, available: int) -> str:
    sizes = ", ".join(f"{population.name} {population.size}" for population in network.neurons)
    needed = sum(population.size for population in network.neurons)
    where = "the chip has" if available == N_NEURONS else "the neuron permutation names"
    return f"{needed} neurons are needed ({sizes}), {where} {available}; use smaller populations"
