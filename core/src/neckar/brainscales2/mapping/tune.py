"""From model cells to settings of the circuits that carry them."""

import numpy as np

from neckar.brainscales2.calibration.cells import calibrate_cells
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import N_NEURONS
from neckar.brainscales2.mapping.place import Placement
from neckar.brainscales2.twin.chip import Twin
from neckar.errors import CalibrationError
from neckar.network import LIF, Network


def tune(
    network: Network, placement: Placement, chip: Twin | None, initial: ChipConfig | None = None
) -> ChipConfig | None:
    """Calibrate the circuits that carry model cells; circuits without keep what is in `initial`.

    Synapses, readout and clocks are shared by all; where there are model cells they are set for
    them.

    Raises:
        CalibrationError: there are model cells, but nobody knows the circuits of the chip.
    """
    models = wanted(network, placement)
    if models is None:
        return initial
    if chip is None:
        raise CalibrationError(
            "cells in SI units are calibrated for one chip, and it is not known which; tell "
            "`run` the backend, a Twin"
        )
    tuned = calibrate_cells(models, chip.serial, chip.spread)
    if initial is not None:
        others = np.ones(N_NEURONS, dtype=bool)
        others[_circuits(network, placement)] = False
        neurons = tuned.array["neuron_block"]["atomic_neurons"]
        neurons[others] = initial.neurons[others]
    return ChipConfig.of(tuned)


def wanted(network: Network, placement: Placement) -> dict[str, np.ndarray] | None:
    """What every circuit shall do, by fields of `LIF`; None if there are no model cells."""
    models = [p for p in network.neurons if isinstance(p.cell, LIF)]
    if not models:
        return None
    values = {name: value.copy() for name, value in LIF().values(N_NEURONS).items()}
    for population in models:
        assert isinstance(population.cell, LIF)
        for name, value in population.cell.values(population.size).items():
            values[name][placement.neurons[population.name]] = value
    return values


def _circuits(network: Network, placement: Placement) -> np.ndarray:
    """Circuits that carry model cells."""
    parts = [placement.neurons[p.name] for p in network.neurons if isinstance(p.cell, LIF)]
    return np.concatenate([*parts, np.zeros(0, dtype=int)])
