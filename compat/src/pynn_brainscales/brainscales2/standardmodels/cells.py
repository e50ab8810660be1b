from pynn_brainscales.refusal import SPIKE_IO

from neckar.frontends.pynn.standardmodels.cells import (
    CalibHXNeuronCoba,
    CalibHXNeuronCuba,
    ExternalNeuron,
    HXNeuron,
    NeuronCellType,
    SpikeSourceArray,
    SpikeSourcePoisson,
    SpikeSourcePoissonOnChip,
    StandardCellType,
)
from pyhxcomm_vx import refuser

__all__ = [
    "CalibHXNeuronCoba",
    "CalibHXNeuronCuba",
    "ExternalNeuron",
    "HXNeuron",
    "NeuronCellType",
    "SpikeSourceArray",
    "SpikeSourcePoisson",
    "SpikeSourcePoissonOnChip",
    "StandardCellType",
]

__getattr__ = refuser(
    __name__,
    {
        "OffChipSource": SPIKE_IO,
        "SpikeIOCell": SPIKE_IO,
    },
)
