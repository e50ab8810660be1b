from dlens_vx_v3 import hal, halco, lola, sta
from pynn_brainscales.brainscales2 import (
    connectors,
    helper,
    populations,
    projections,
    recording,
    recording_data,
    simulator,
    standardmodels,
)
from pynn_brainscales.brainscales2.standardmodels import cells, synapses
from pynn_brainscales.refusal import (
    DRAWING,
    EXAMPLES,
    GRENADE,
    INJECTION,
    MORPHOLOGY,
    PLASTICITY,
    refuser,
)

import pylogging as logger
from neckar.frontends.pynn import *  # noqa: F403
from neckar.frontends.pynn import __all__ as _front_end

__all__ = [
    *_front_end,
    "cells",
    "connectors",
    "hal",
    "halco",
    "helper",
    "logger",
    "lola",
    "populations",
    "projections",
    "recording",
    "recording_data",
    "simulator",
    "sta",
    "standardmodels",
    "synapses",
]

_REFUSED = {
    "InjectedConfiguration": INJECTION,
    "InjectedReadout": INJECTION,
    "PlasticityRule": PLASTICITY,
    "Timer": PLASTICITY,
    "examples": EXAMPLES,
    "get_execution_instance_data": INJECTION,
    "get_post_realtime_read": INJECTION,
    "get_post_realtime_read_ppu_symbols": INJECTION,
    "get_pre_realtime_read": INJECTION,
    "grenade": GRENADE,
    "grenade_common": GRENADE,
    "morphology": MORPHOLOGY,
    "plasticity_rules": PLASTICITY,
    "utils": DRAWING,
}
__getattr__ = refuser(__name__, _REFUSED)
