from pynn_brainscales.refusal import CALIBRATED, SPIKE_IO, refuser

from neckar.frontends.pynn.standardmodels.cells import (
    ExternalNeuron,
    HXNeuron,
    NeuronCellType,
    SpikeSourceArray,
    SpikeSourcePoisson,
    SpikeSourcePoissonOnChip,
    StandardCellType,
)

__all__ = [
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
        "CalibHXNeuronCoba": CALIBRATED,
        "CalibHXNeuronCuba": CALIBRATED,
        "OffChipSource": SPIKE_IO,
        "SpikeIOCell": SPIKE_IO,
    },
)
