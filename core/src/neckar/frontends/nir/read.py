"""From a graph to a network in hardware time and volts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import nir
import numpy as np

from neckar.brainscales2.calibration.cells import reach
from neckar.brainscales2.chip.datasheet import MAX_WEIGHT
from neckar.frontends.nir.graph import (
    NEURONS,
    Flow,
    flatten,
    flows,
    outputs,
    refuse_unknown,
    size_of,
)
from neckar.frontends.nir.scales import INSTANT, Scales
from neckar.network import LIF, Network, Population, Probe, SpikeTimes, from_matrix, observe


@dataclass(frozen=True, kw_only=True, eq=False)
class Quantised:
    """Weights of all connections onto a population, in six bits.

    Args:
        scale: what one code stands for: volts of a postsynaptic potential, per cell.
        largest: code that occurs; above 63 a connection takes several synapses.
        error: root mean square of rounding over the root mean square of the weights.
    """

    scale: np.ndarray
    largest: int
    error: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Imported:
    """A graph on its way to the chip.

    Args:
        network: ready for `neckar.run`; outputs are observed: spikes, or membranes of integrators.
        scales: with which it was made.
        quantised: per population that receives.
    """

    network: Network
    scales: Scales
    quantised: Mapping[str, Quantised]


def read(
    graph: nir.NIRGraph,
    scales: Scales,
    inputs: Mapping[str, Sequence[np.ndarray]] | None = None,
) -> Imported:
    """Lay a graph onto the chip.

    Args:
        graph: of LIF, CubaLIF, LI, CubaLI, Linear, Affine, Scale, Flatten, and graphs of these.
        scales: what its numbers stand for.
        inputs: per input node the spike times of every cell, in seconds of the graph.

    Raises:
        NotImplementedError: nodes that the chip cannot be, all of them.
        ValueError: spike times that do not belong to an input node.
    """
    nodes, edges = flatten(graph)
    refuse_unknown(nodes)
    sources = _sources(nodes, scales, inputs or {})
    populations, matrices, quantised = {}, {}, {}
    for name, flow in flows(nodes, edges).items():
        heights = _heights(nodes[name], flow, scales)
        values = _values(nodes[name], flow, scales)
        values["psp"] = _strength(heights, values)
        size = size_of(nodes[name])
        populations[name] = Population(name=name, size=size, cell=LIF(**values))
        matrices[name] = {source: h / values["psp"][:, None] for source, h in heights.items()}
        if matrices[name]:
            quantised[name] = _quantised(matrices[name], values["psp"])
    everybody = {**sources, **populations}
    return Imported(
        network=Network(
            populations=tuple(everybody.values()),
            projections=tuple(
                projection
                for name, parts in matrices.items()
                for source, codes in parts.items()
                for projection in from_matrix(everybody[source], everybody[name], np.rint(codes))
            ),
            probes=tuple(_probes(nodes, edges, everybody)),
        ),
        scales=scales,
        quantised=quantised,
    )


def _sources(
    nodes: Mapping[str, Any], scales: Scales, inputs: Mapping[str, Sequence[np.ndarray]]
) -> dict[str, Population]:
    found = {name: node for name, node in nodes.items() if isinstance(node, nir.Input)}
    if unknown := set(inputs) - set(found):
        raise ValueError(f"no input node is called {sorted(unknown)}; there are: {sorted(found)}")
    made = {}
    for name, node in found.items():
        size = size_of(node)
        trains = inputs.get(name, [np.zeros(0)] * size)
        if len(trains) != size:
            raise ValueError(f"{name}: {len(trains)} spike trains for {size} cells")
        times = tuple(np.asarray(train, dtype=float) / scales.speed_up for train in trains)
        made[name] = Population(name=name, size=size, cell=SpikeTimes(times=times))
    return made


def _gain(node: Any) -> np.ndarray:
    """What stands between an arriving signal and the membrane."""
    return _flat(node.r) * _flat(getattr(node, "w_in", np.ones(size_of(node))))


def _flat(values: Any) -> np.ndarray:
    return np.asarray(values, dtype=float).ravel()


def _values(node: Any, flow: Flow, scales: Scales) -> dict[str, np.ndarray]:
    """Fields of a `LIF` but its psp. A constant current moves the leak."""
    size = size_of(node)
    has_synapse = isinstance(node, nir.CubaLIF | nir.CubaLI)
    tau_mem = _flat(node.tau_mem if has_synapse else node.tau) / scales.speed_up
    tau_syn = _flat(node.tau_syn) / scales.speed_up if has_synapse else np.full(size, INSTANT)
    leak = scales.volts(_flat(node.v_leak) + _gain(node) * flow.bias)
    fires = isinstance(node, nir.LIF | nir.CubaLIF)
    return {
        "tau_mem": tau_mem,
        "tau_syn_exc": tau_syn,
        "tau_syn_inh": tau_syn,
        "leak": leak,
        "reset": scales.volts(_flat(node.v_reset)) if fires else leak,
        "threshold": scales.volts(_flat(node.v_threshold)) if fires else np.full(size, np.inf),
        "refractory_time": np.full(size, scales.refractory_time),
    }


def _heights(node: Any, flow: Flow, scales: Scales) -> dict[str, np.ndarray]:
    """Volts by which one spike of every source moves every membrane."""
    if isinstance(node, nir.CubaLIF | nir.CubaLI):
        unit = scales.psp(_flat(node.tau_mem), _flat(node.tau_syn))
    else:
        unit = scales.jump(_flat(node.tau))
    rows = (_gain(node) * unit)[:, None]
    return {source: rows * matrix for source, matrix in flow.matrices.items()}


def _strength(heights: Mapping[str, np.ndarray], values: Mapping[str, np.ndarray]) -> np.ndarray:
    """Volts per code so that the largest weight of a cell is 63, as far as circuits allow."""
    size = len(values["leak"])
    largest = np.zeros(size)
    for height in heights.values():
        largest = np.maximum(largest, np.abs(height).max(axis=1, initial=0))
    low, high = reach({**values, "psp": largest}, "psp")
    return np.where(largest > 0, np.clip(largest / MAX_WEIGHT, low, high), np.sqrt(low * high))


def _quantised(codes: Mapping[str, np.ndarray], scale: np.ndarray) -> Quantised:
    wanted = np.concatenate([matrix.ravel() for matrix in codes.values()])
    power = np.sqrt(np.mean(wanted**2))
    error = np.sqrt(np.mean((np.rint(wanted) - wanted) ** 2))
    return Quantised(
        scale=scale,
        largest=int(np.rint(np.abs(wanted)).max(initial=0)),
        error=float(error / power) if power else 0.0,
    )


def _probes(
    nodes: Mapping[str, Any], edges: list[tuple[str, str]], populations: Mapping[str, Population]
) -> list[Probe]:
    """What leads to an output is observed; the membrane of those that only integrate."""
    found = []
    for name in outputs(nodes, edges):
        if not isinstance(nodes[name], (*NEURONS, nir.Input)):
            raise NotImplementedError(
                f"{name}: the output is a linear combination of spikes, which no circuit forms; "
                "instead: a nir.LI before the output"
            )
        fires = not isinstance(nodes[name], nir.LI | nir.CubaLI)
        what = populations[name]
        found.append(observe(what) if fires else observe(what, "v", device="cadc"))
    return found
