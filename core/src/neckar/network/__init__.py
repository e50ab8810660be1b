"""What the user means. Knows nothing of chips."""

from neckar.network.cells import Circuit
from neckar.network.network import Network, Population
from neckar.network.probes import Probe
from neckar.network.stimuli import OnChipPoisson, SpikeTimes
from neckar.network.synapses import Projection

__all__ = [
    "Circuit",
    "Network",
    "OnChipPoisson",
    "Population",
    "Probe",
    "Projection",
    "SpikeTimes",
]
