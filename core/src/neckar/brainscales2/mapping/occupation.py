"""What a mapped network takes of the chip."""

from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.chip.datasheet import N_COLUMNS, N_HEMISPHERES, N_ROWS
from neckar.brainscales2.chip.wiring import bus_of_driver, driver_of_row
from neckar.brainscales2.mapping.mapped import Mapped

NOBODY = -1


@dataclass(frozen=True, kw_only=True, eq=False)
class Occupation:
    """Who sits where; -1 where nobody does. Indices as in the network.

    Args:
        neurons: population of each neuron circuit, (hemisphere, column).
        synapses: projection of each synapse, (hemisphere, row, column).
        buses: PADI bus 0..3 from which each row takes events, (hemisphere, row).
    """

    neurons: np.ndarray
    synapses: np.ndarray
    buses: np.ndarray


def occupation(mapped: Mapped) -> Occupation:
    """Look up who sits where."""
    neurons = np.full(N_HEMISPHERES * N_COLUMNS, NOBODY)
    for index, population in enumerate(mapped.network.populations):
        neurons[mapped.placement.circuits.get(population.name, np.zeros(0, dtype=int))] = index
    synapses = np.full((N_HEMISPHERES, N_ROWS, N_COLUMNS), NOBODY)
    s = mapped.routing.synapses
    synapses[s.hemisphere, s.row, s.column] = np.repeat(
        np.arange(len(mapped.network.projections)), np.diff(s.starts)
    )
    buses = np.broadcast_to(
        bus_of_driver(driver_of_row(np.arange(N_ROWS))), (N_HEMISPHERES, N_ROWS)
    )
    return Occupation(
        neurons=neurons.reshape(N_HEMISPHERES, N_COLUMNS),
        synapses=synapses,
        buses=np.where(mapped.routing.row_mode > 0, buses, NOBODY),
    )
