"""The network as it is now, in the words that the mapping understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from neckar import network
from neckar.frontends.pynn import execution
from neckar.units import ms


def snapshot(
    populations: Sequence[Any],
    projections: Sequence[Any],
    ground: execution.Ground,
    runtime: float,
) -> execution.Snippet:
    """The network as it is now, for `runtime` in milliseconds."""
    _apply_initial_config(populations, projections, ground)
    return execution.Snippet(
        network=network.Network(
            populations=tuple(population.noun() for population in populations),
            projections=tuple(projection.noun() for projection in projections),
            probes=tuple(probe for p in populations for probe in p.recorder.probes()),
        ),
        duration=runtime * ms,
    )


def circuits_of(
    populations: Sequence[Any], projections: Sequence[Any], ground: execution.Ground
) -> Mapping[str, np.ndarray]:
    """Neuron circuits of the cells of each population, which do not depend on their settings."""
    skeletons = (
        network.Population(name=p.name, size=p.size, cell=p.celltype.skeleton(p.size))
        for p in populations
    )
    skeleton = network.Network(
        populations=tuple(skeletons), projections=tuple(p.noun() for p in projections)
    )
    return execution.circuits_of(ground, skeleton)


def _apply_initial_config(
    populations: Sequence[Any], projections: Sequence[Any], ground: execution.Ground
) -> None:
    """Let neurons that were never mapped take over the settings of the circuits they get."""
    waiting = [population for population in populations if population.celltype.awaits_config]
    if not waiting:
        return
    circuits = circuits_of(populations, projections, ground)
    for population in waiting:
        population.celltype.apply_config(circuits[population.name])
        population.forget_noun()
