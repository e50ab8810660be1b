"""From a network in volts and hardware time to a graph."""

from collections.abc import Iterator
from typing import Any

import nir
import numpy as np

from neckar.frontends.nir.scales import Scales
from neckar.network import LIF, Network, OnChipPoisson, Population, SpikeTimes


def write(network: Network, scales: Scales) -> nir.NIRGraph:
    """A graph of CubaLIF and CubaLI, one Linear for each pair of populations that are connected.

    Refractory times and the times of spike sources have no place in a graph.

    Raises:
        NotImplementedError: populations that a graph cannot describe.
    """
    _refuse(network)
    nodes: dict[str, Any] = {p.name: _node(p, scales) for p in network.populations}
    edges = []
    for (source, target), matrix in _matrices(network, scales).items():
        between = f"{source}_to_{target}"
        nodes[between] = nir.Linear(weight=matrix)
        edges += [(source, between), (between, target)]
    for name in dict.fromkeys(probe.population for probe in network.probes):
        nodes[f"{name}_output"] = nir.Output(output_type={"output": np.array([network[name].size])})
        edges.append((name, f"{name}_output"))
    return nir.NIRGraph(nodes=nodes, edges=edges)


def _refuse(network: Network) -> None:
    wrong = list(_wrong(network))
    if wrong:
        raise NotImplementedError("\n".join(wrong))


def _wrong(network: Network) -> Iterator[str]:
    for population in network.populations:
        cell = population.cell
        if isinstance(cell, OnChipPoisson):
            yield f"{population.name}: a graph draws no spikes; instead: SpikeTimes"
        elif isinstance(cell, LIF):
            if np.any(np.asarray(cell.tau_syn_exc) != np.asarray(cell.tau_syn_inh)):
                yield (
                    f"{population.name}: a graph knows one synaptic time constant per neuron; "
                    "instead: tau_syn_exc equal to tau_syn_inh"
                )
            fires = np.isfinite(cell.values(population.size)["threshold"])
            if fires.any() != fires.all():
                yield f"{population.name}: only some cells fire; instead: two populations"
        elif not isinstance(cell, SpikeTimes):
            yield f"{population.name}: codes of circuits have no units; instead: LIF"


def _node(population: Population, scales: Scales) -> Any:
    if not isinstance(population.cell, LIF):
        return nir.Input(input_type={"input": np.array([population.size])})
    values = population.cell.values(population.size)
    common = {
        "tau_syn": values["tau_syn_exc"] * scales.speed_up,
        "tau_mem": values["tau_mem"] * scales.speed_up,
        "r": np.ones(population.size),
        "v_leak": scales.value(values["leak"]),
    }
    if np.isinf(values["threshold"]).all():
        return nir.CubaLI(**common)
    return nir.CubaLIF(
        **common,
        v_threshold=scales.value(values["threshold"]),
        v_reset=scales.value(values["reset"]),
    )


def _matrices(network: Network, scales: Scales) -> dict[tuple[str, str], np.ndarray]:
    """Signed weights between populations, (target, source)."""
    found: dict[tuple[str, str], np.ndarray] = {}
    for projection in network.projections:
        source, target = network[projection.source], network[projection.target]
        assert isinstance(target.cell, LIF)
        values = target.cell.values(target.size)
        tau = [values[name] * scales.speed_up for name in ("tau_mem", "tau_syn_exc")]
        per_code = values["psp"] / scales.psp(tau[0], tau[1])
        matrix = found.setdefault(
            (projection.source, projection.target), np.zeros((target.size, source.size))
        )
        sign = 1 if projection.receptor == "excitatory" else -1
        weight = sign * projection.weight_code * per_code[projection.post]
        np.add.at(matrix, (projection.post, projection.pre), weight)
    return found
