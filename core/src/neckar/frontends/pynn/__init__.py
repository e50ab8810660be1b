"""PyNN for BrainScaleS-2, on a twin or wherever a backend runs programs."""

from pyNN import common, errors, space
from pyNN.common import initialize, set

from neckar.frontends.pynn import helper, morphology, simulator
from neckar.frontends.pynn.connectors import (
    AllToAllConnector,
    ArrayConnector,
    CloneConnector,
    CSAConnector,
    DisplacementDependentProbabilityConnector,
    DistanceDependentProbabilityConnector,
    FixedNumberPostConnector,
    FixedNumberPreConnector,
    FixedProbabilityConnector,
    FixedTotalNumberConnector,
    FromFileConnector,
    FromListConnector,
    IndexBasedProbabilityConnector,
    OneToOneConnector,
    SmallWorldConnector,
)
from neckar.frontends.pynn.control import (
    RunCommand,
    end,
    get_backend_statistics,
    get_current_time,
    get_max_delay,
    get_min_delay,
    get_post_realtime_read,
    get_post_realtime_read_ppu_symbols,
    get_pre_realtime_read,
    get_time_step,
    num_processes,
    preprocess,
    rank,
    reset,
    run,
    run_for,
    run_until,
    setup,
)
from neckar.frontends.pynn.injection import InjectedConfiguration, InjectedReadout
from neckar.frontends.pynn.populations import Assembly, Population, PopulationView
from neckar.frontends.pynn.projections import Projection
from neckar.frontends.pynn.standardmodels import cells, synapses

__all__ = [
    "AllToAllConnector",
    "ArrayConnector",
    "Assembly",
    "CSAConnector",
    "CloneConnector",
    "DisplacementDependentProbabilityConnector",
    "DistanceDependentProbabilityConnector",
    "FixedNumberPostConnector",
    "FixedNumberPreConnector",
    "FixedProbabilityConnector",
    "FixedTotalNumberConnector",
    "FromFileConnector",
    "FromListConnector",
    "IndexBasedProbabilityConnector",
    "InjectedConfiguration",
    "InjectedReadout",
    "OneToOneConnector",
    "Population",
    "PopulationView",
    "Projection",
    "RunCommand",
    "SmallWorldConnector",
    "cells",
    "common",
    "connect",
    "create",
    "end",
    "errors",
    "get_backend_statistics",
    "get_current_time",
    "get_max_delay",
    "get_min_delay",
    "get_post_realtime_read",
    "get_post_realtime_read_ppu_symbols",
    "get_pre_realtime_read",
    "get_time_step",
    "helper",
    "initialize",
    "list_standard_models",
    "morphology",
    "num_processes",
    "preprocess",
    "rank",
    "record",
    "reset",
    "run",
    "run_for",
    "run_until",
    "set",
    "setup",
    "simulator",
    "space",
    "synapses",
]

create = common.build_create(Population)
connect = common.build_connect(Projection, FixedProbabilityConnector, synapses.StaticSynapse)
record = common.build_record(simulator)


def list_standard_models() -> list[type]:
    """Cell types that occupy neuron circuits."""
    return [cells.HXNeuron, cells.CalibHXNeuronCuba, cells.CalibHXNeuronCoba]
