"""A graph as matrices between the nodes that spike or are fed from outside."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import nir
import numpy as np

NEURONS = (nir.LIF, nir.CubaLIF, nir.LI, nir.CubaLI)
_WHY = {
    "IF": "circuits always leak; instead: nir.LIF with a long tau",
    "I": "circuits always leak; instead: nir.LI with a long tau",
    "Delay": "spikes on the chip take the time they need; instead: delays in the input",
    "Threshold": "circuits fire from their membrane; instead: nir.LIF",
    "Conv1d": "synapses are a matrix; instead: nir.Linear with the unrolled convolution",
    "Conv2d": "synapses are a matrix; instead: nir.Linear with the unrolled convolution",
    "SumPool2d": "synapses are a matrix; instead: nir.Linear with the unrolled pooling",
    "AvgPool2d": "synapses are a matrix; instead: nir.Linear with the unrolled pooling",
}


@dataclass(frozen=True)
class Door:
    """Where a graph within a graph begins or ends; passes on what comes."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Flow:
    """What reaches a node: per source a matrix (size, size of the source), and a constant."""

    matrices: Mapping[str, np.ndarray]
    bias: np.ndarray | float


_PASSING = (nir.Flatten, Door)  # cells are numbered in the same order before and behind


def flatten(graph: nir.NIRGraph, prefix: str = "") -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Nodes and edges with graphs inside graphs unfolded; names are joined by dots."""
    nodes: dict[str, Any] = {}
    edges = [(prefix + source, prefix + target) for source, target in graph.edges]
    for name, node in graph.nodes.items():
        full = prefix + name
        if not isinstance(node, nir.NIRGraph):
            nodes[full] = node
            continue
        inner_nodes, inner_edges = flatten(node, f"{full}.")
        inputs = [f"{full}.{inner}" for inner in node.inputs]
        outputs = [f"{full}.{inner}" for inner in node.outputs]
        for inner in (*inputs, *outputs):  # from here on they only pass on
            inner_nodes[inner] = Door()
        nodes |= inner_nodes
        edges = [
            (s, t)
            for source, target in edges
            for s in (outputs if source == full else [source])
            for t in (inputs if target == full else [target])
        ] + inner_edges
    return nodes, edges


def refuse_unknown(nodes: Mapping[str, Any]) -> None:
    """Raise for nodes that neither circuits nor synapses can be."""
    known = (*NEURONS, nir.Input, nir.Output, nir.Linear, nir.Affine, nir.Scale, *_PASSING)
    wrong = [
        f"nir.{type(node).__name__} (node {name!r}): "
        + _WHY.get(type(node).__name__, "not known here; instead: LIF, CubaLIF, LI, Linear, Affine")
        for name, node in nodes.items()
        if not isinstance(node, known)
    ]
    wrong += [
        f"nir.{type(node).__name__} (node {name!r}): a weight of shape {np.shape(node.weight)}; "
        "instead: one matrix (outputs, inputs)"
        for name, node in nodes.items()
        if isinstance(node, nir.Linear | nir.Affine) and np.ndim(node.weight) != 2
    ]
    if wrong:
        raise NotImplementedError("\n".join(wrong))


def outputs(nodes: Mapping[str, Any], edges: list[tuple[str, str]]) -> list[str]:
    """Nodes whose signals leave the graph."""
    waiting = [name for name, node in nodes.items() if isinstance(node, nir.Output)]
    found: dict[str, None] = {}
    while waiting:
        name = waiting.pop(0)
        for source in [source for source, target in edges if target == name]:
            if isinstance(nodes[source], _PASSING):
                waiting.append(source)
            else:
                found[source] = None
    return list(found)


def size_of(node: Any) -> int:
    """How many cells a node stands for."""
    shape = node.input_type["input"] if isinstance(node, nir.Input) else np.shape(node.v_leak)
    return int(np.prod(shape, dtype=int))


def flows(nodes: Mapping[str, Any], edges: list[tuple[str, str]]) -> dict[str, Flow]:
    """What reaches every neuron, straight or through linear nodes."""
    before: dict[str, list[str]] = {name: [] for name in nodes}
    for source, target in edges:
        before[target].append(source)
    walk = _Walk(nodes, before)
    return {
        name: _sum(walk.out_of(source, (name,)) for source in before[name])
        for name, node in nodes.items()
        if isinstance(node, NEURONS)
    }


@dataclass(frozen=True)
class _Walk:
    """Follows edges backwards until cells are met."""

    nodes: Mapping[str, Any]
    before: Mapping[str, list[str]]

    def out_of(self, name: str, path: tuple[str, ...]) -> Flow:
        """What leaves a node."""
        node = self.nodes[name]
        if isinstance(node, (*NEURONS, nir.Input)):
            return Flow(matrices={name: np.eye(size_of(node))}, bias=0.0)
        if name in path:
            circle = " → ".join([*path[path.index(name) :][::-1], name])
            raise NotImplementedError(
                f"{circle}: a circle without a neuron; instead: recurrence through neurons"
            )
        arriving = _sum(self.out_of(source, (*path, name)) for source in self.before[name])
        return _through(node, arriving)


def _through(node: Any, flow: Flow) -> Flow:
    if isinstance(node, nir.Scale):
        scale = np.asarray(node.scale, dtype=float).reshape(-1, 1)
        return Flow(
            matrices={name: scale * matrix for name, matrix in flow.matrices.items()},
            bias=scale[:, 0] * flow.bias,
        )
    if isinstance(node, nir.Linear | nir.Affine):
        weight = np.asarray(node.weight, dtype=float)
        own = np.asarray(getattr(node, "bias", 0.0), dtype=float)
        return Flow(
            matrices={name: weight @ matrix for name, matrix in flow.matrices.items()},
            bias=weight @ np.broadcast_to(flow.bias, weight.shape[1]) + own,
        )
    return flow


def _sum(parts: Iterator[Flow]) -> Flow:
    matrices: dict[str, np.ndarray] = {}
    bias: np.ndarray | float = 0.0
    for part in parts:
        bias = bias + part.bias
        for name, matrix in part.matrices.items():
            matrices[name] = matrices[name] + matrix if name in matrices else matrix
    return Flow(matrices=matrices, bias=bias)
