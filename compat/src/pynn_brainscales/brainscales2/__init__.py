from dataclasses import dataclass, field
from typing import Any

from dlens_vx_v3 import hal, halco, lola, sta
from pynn_brainscales.brainscales2 import (
    connectors,
    helper,
    morphology,
    populations,
    projections,
    recording,
    recording_data,
    simulator,
    standardmodels,
    utils,
)
from pynn_brainscales.brainscales2.standardmodels import cells, synapses
from pynn_brainscales.refusal import EXAMPLES, GRENADE, PLASTICITY

import pylogging as logger
from neckar.frontends.pynn import *  # noqa: F403
from neckar.frontends.pynn import __all__ as _front_end
from neckar.frontends.pynn.injection import InjectedConfiguration as _InjectedConfiguration
from pyhxcomm_vx import refuser

__all__ = [
    *_front_end,
    "cells",
    "connectors",
    "hal",
    "halco",
    "helper",
    "logger",
    "lola",
    "morphology",
    "populations",
    "projections",
    "recording",
    "recording_data",
    "simulator",
    "sta",
    "standardmodels",
    "synapses",
    "utils",
]


@dataclass
class InjectedConfiguration(_InjectedConfiguration):
    __doc__ = _InjectedConfiguration.__doc__
    inside_realtime: Any = field(default_factory=sta.AbsoluteTimePlaybackProgramBuilder)


_REFUSED = {
    "PlasticityRule": PLASTICITY,
    "Timer": PLASTICITY,
    "examples": EXAMPLES,
    "get_execution_instance_data": GRENADE,
    "grenade": GRENADE,
    "grenade_common": GRENADE,
    "plasticity_rules": PLASTICITY,
}
__getattr__ = refuser(__name__, _REFUSED)
