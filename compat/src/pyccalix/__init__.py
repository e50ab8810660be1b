"""Targets and options of the original's calibration software, and its quicker helpers."""

from pyccalix import hagen, helpers, spiking
from pyccalix.targets import (
    CADCCalibOptions,
    CADCCalibTarget,
    CalibOptions,
    CalibTarget,
    CorrelationCalibOptions,
    CorrelationCalibTarget,
    HagenCalibOptions,
    HagenCalibTarget,
    HagenNeuronCalibTarget,
    HagenSyninCalibOptions,
    HagenSyninCalibTarget,
    NeuronCalibOptions,
    NeuronCalibTarget,
    SpikingCalibOptions,
    SpikingCalibTarget,
    STPCalibOptions,
    STPCalibTarget,
    SynapseDriverCalibOptions,
)
from pyccalix.values import PotentialInVolt, TimeInS

__all__ = [
    "CADCCalibOptions",
    "CADCCalibTarget",
    "CalibOptions",
    "CalibTarget",
    "CorrelationCalibOptions",
    "CorrelationCalibTarget",
    "HagenCalibOptions",
    "HagenCalibTarget",
    "HagenNeuronCalibTarget",
    "HagenSyninCalibOptions",
    "HagenSyninCalibTarget",
    "NeuronCalibOptions",
    "NeuronCalibTarget",
    "PotentialInVolt",
    "STPCalibOptions",
    "STPCalibTarget",
    "SpikingCalibOptions",
    "SpikingCalibTarget",
    "SynapseDriverCalibOptions",
    "TimeInS",
    "hagen",
    "helpers",
    "spiking",
]
for _name in __all__:
    if isinstance(globals()[_name], type):
        globals()[_name].__module__ = __name__
