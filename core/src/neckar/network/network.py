"""What the user means: populations, projections and probes. No chip in sight."""

from collections.abc import Iterator
from dataclasses import dataclass

from neckar.network.cells import Neuron
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
