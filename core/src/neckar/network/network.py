"""What the user means: populations, projections and probes. No chip in sight."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from neckar.network.cells import Compartments, Neuron
from neckar.network.probes import Probe
from neckar.network.stimuli import OnChipPoisson, SpikeTimes
from neckar.network.synapses import Projection


@dataclass(frozen=True, kw_only=True)
class Population:
    """Cells of one kind. The name is unique in a network."""

    name: str
    size: int
    cell: Neuron | SpikeTimes | OnChipPoisson

    @property
    def is_source(self) -> bool:
        """Whether it only sends spikes."""
        return not isinstance(self.cell, Neuron)

    @property
    def n_compartments(self) -> int:
        """Of every cell."""
        return len(self.cell.circuits) if isinstance(self.cell, Compartments) else 1

    @property
    def n_sites(self) -> int:
        """Compartments of all cells."""
        return self.size * self.n_compartments

    def sites(self, cells: np.ndarray, compartment: int = 0) -> np.ndarray:
        """Numbers of a compartment of some cells; those of a cell follow each other."""
        return cells * self.n_compartments + compartment


@dataclass(frozen=True, kw_only=True)
class Network:
    """Everything the user wants to run, in the order in which it was created."""

    populations: tuple[Population, ...] = ()
    projections: tuple[Projection, ...] = ()
    probes: tuple[Probe, ...] = ()

    def __getitem__(self, name: str) -> Population:
        for population in self.populations:
            if population.name == name:
                return population
        known = ", ".join(population.name for population in self.populations)
        raise KeyError(f"no population called {name!r}; there are: {known}")

    @property
    def neurons(self) -> Iterator[Population]:
        """Populations that need neuron circuits."""
        return (population for population in self.populations if not population.is_source)

    @property
    def sources(self) -> Iterator[Population]:
        """Populations that only send spikes."""
        return (population for population in self.populations if population.is_source)
