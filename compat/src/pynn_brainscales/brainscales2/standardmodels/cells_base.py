from neckar.frontends.pynn.standardmodels.cells_base import (
    ExternalNeuron,
    NeuronCellType,
    StandardCellType,
)

__all__ = ["ExternalNeuron", "NeuronCellType", "StandardCellType"]
