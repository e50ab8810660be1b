"""What the user means. Knows nothing of chips."""

from neckar.network.cells import LIF, Circuit, Compartments, Place
from neckar.network.network import Network, Population
from neckar.network.patterns import all_to_all, from_matrix, observe, one_to_one
from neckar.network.probes import Probe
from neckar.network.stimuli import OnChipPoisson, SpikeTimes
from neckar.network.synapses import Projection

__all__ = [
    "LIF",
    "Circuit",
    "Compartments",
    "Network",
    "OnChipPoisson",
    "Place",
    "Population",
    "Probe",
    "Projection",
    "SpikeTimes",
    "all_to_all",
    "from_matrix",
    "observe",
    "one_to_one",
]
