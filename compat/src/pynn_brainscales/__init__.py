from pyNN import (
    common,
    core,
    descriptions,
    errors,
    parameters,
    random,
    recording,
    serialization,
    space,
    standardmodels,
)

__all__ = [
    "common",
    "core",
    "descriptions",
    "errors",
    "parameters",
    "random",
    "recording",
    "serialization",
    "space",
    "standardmodels",
]
