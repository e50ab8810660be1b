"""The client of the neuromorphic job platform, as its users know it."""

from nmpi.nmpi_admin import AdminClient
from nmpi.nmpi_user import Client
from nmpi.refused import refused

HardwareClient = refused(
    "HardwareClient", "runners of the original bring their own; instead: neckar-jobs runner"
)

SPINNAKER = "SpiNNaker"
BRAINSCALES = BRAINSCALES1 = "BrainScaleS"
BRAINSCALES2 = "BrainScaleS-2"
ESS = "BrainScaleS-ESS"
SPIKEY = "Spikey"

__version__ = "0.11.2"

__all__ = [
    "BRAINSCALES",
    "BRAINSCALES1",
    "BRAINSCALES2",
    "ESS",
    "SPIKEY",
    "SPINNAKER",
    "AdminClient",
    "Client",
    "HardwareClient",
]
