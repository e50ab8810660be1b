"""Which circuits carry which cell."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.chip.datasheet import N_COLUMNS, N_HEMISPHERES, N_NEURONS
from neckar.brainscales2.chip.wiring import backend_of_neuron
from neckar.errors import RuleError
from neckar.network import Compartments, Network, Population


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where the cells sit.

    Args:
        neurons: per population of neurons the enum of the circuit that stands for each site,
            (n_sites,); a cell of one circuit is one site.
        circuits: per population of neurons the enums of all circuits of every cell,
            (size, n_circuits).
    """

    neurons: Mapping[str, np.ndarray]
    circuits: Mapping[str, np.ndarray]


def place(network: Network, neuron_permutation: Sequence[int] | None = None) -> Placement:
    """Fill neuron circuits in the order in which the cells were created.

    A cell of several circuits takes the first place where its shape fits; what it leaves free, a
    later one may take.

    Args:
        network: what shall be placed.
        neuron_permutation: neuron enums in the order in which they are used; all by default. The
            top left circuit of a cell takes a place in it, its others may lie beside.

    Raises:
        RuleError: more cells than circuits, or shapes that fit nowhere.
    """
    order = np.arange(N_NEURONS) if neuron_permutation is None else np.array(neuron_permutation)
    is_free = np.ones(N_NEURONS, dtype=bool)
    neurons, circuits = {}, {}
    for population in network.neurons:
        found = _take(population, order, is_free)
        if found is None:
            raise RuleError((_too_many(network, population, order),))
        circuits[population.name] = found
        neurons[population.name] = found[:, _firsts(population)].ravel()
    return Placement(neurons=neurons, circuits=circuits)


def _take(population: Population, order: np.ndarray, is_free: np.ndarray) -> np.ndarray | None:
    """Circuits of the cells of a population, free no more, or None where they do not fit."""
    if not isinstance(population.cell, Compartments):
        found = order[is_free[order]][: population.size, None]
    else:
        found = np.array(list(_fitting(population, order, is_free)), dtype=int)
    is_free[found] = False
    return found if len(found) == population.size else None


def _fitting(
    population: Population, order: np.ndarray, is_free: np.ndarray
) -> Iterator[np.ndarray]:
    """Circuits of one cell after the other, each at the first place where its shape fits."""
    assert isinstance(population.cell, Compartments)
    columns, rows = np.array(population.cell.places).T
    columns, rows = columns - columns.min(), rows - rows.min()
    is_free = is_free.copy()
    anchors = iter(order.tolist())
    for _ in range(population.size):
        for anchor in anchors:
            row, column = divmod(anchor, N_COLUMNS)
            found = (row + rows) * N_COLUMNS + column + columns
            if _is_on_chip(row, rows, column, columns) and is_free[found].all():
                is_free[found] = False
                yield found
                break


def _is_on_chip(row: int, rows: np.ndarray, column: int, columns: np.ndarray) -> bool:
    """Whether a shape neither leaves the chip nor spans its two halves, which are not connected."""
    last = column + int(columns.max())
    is_inside = row + int(rows.max()) < N_HEMISPHERES and last < N_COLUMNS
    return is_inside and backend_of_neuron(column) == backend_of_neuron(last)


def _firsts(population: Population) -> list[int]:
    """Which circuits of a cell stand for its compartments."""
    cell = population.cell
    return list(cell.firsts) if isinstance(cell, Compartments) else [0]


def _too_many(network: Network, homeless: Population, order: np.ndarray) -> str:
    sizes = ", ".join(f"{p.name} {_n_circuits(p)}" for p in network.neurons)
    needed = sum(_n_circuits(population) for population in network.neurons)
    where = "the chip has" if len(order) == N_NEURONS else "the neuron permutation names"
    if isinstance(homeless.cell, Compartments):
        return (
            f"{homeless.name}: no place is left where all {len(homeless.cell.places)} circuits of "
            f"a cell fit side by side; {needed} neuron circuits are needed ({sizes}), {where} "
            f"{len(order)} to begin at; use fewer or smaller cells, or create them earlier"
        )
    return f"{needed} neurons are needed ({sizes}), {where} {len(order)}; use smaller populations"


def _n_circuits(population: Population) -> int:
    cell = population.cell
    return population.size * (len(cell.places) if isinstance(cell, Compartments) else 1)
