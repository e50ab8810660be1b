"""Graphs of the neuromorphic intermediate representation, there and back."""

from pathlib import Path
from typing import Any

import nir
import numpy as np
import pytest

import neckar
from neckar.brainscales2.calibration.inputs import peak
from neckar.frontends.nir import Scales, read, write
from neckar.network import LIF, Circuit, Network, OnChipPoisson, Population

SCALES = Scales(time_step=1e-3)
RANDOM = np.random.default_rng(1)


def cuba(size: int, **changes: Any) -> nir.CubaLIF:
    values = {
        "tau_syn": 5e-3,
        "tau_mem": 20e-3,
        "r": 1.0,
        "v_leak": 0.0,
        "v_threshold": 1.0,
        "v_reset": 0.0,
        "w_in": 1.0,
    }
    return nir.CubaLIF(**{k: np.full(size, changes.get(k, v)) for k, v in values.items()})


def node_in(size: int) -> nir.Input:
    return nir.Input(input_type={"input": np.array([size])})


def node_out(size: int) -> nir.Output:
    return nir.Output(output_type={"output": np.array([size])})


def layered(weight: np.ndarray, *middle: Any, neuron: Any = None) -> nir.NIRGraph:
    size = len(weight)
    return nir.NIRGraph.from_list(
        node_in(weight.shape[1]),
        nir.Linear(weight=weight),
        *middle,
        neuron or cuba(size),
        node_out(size),
    )


def recurrent() -> nir.NIRGraph:
    return nir.NIRGraph(
        nodes={
            "input": node_in(3),
            "feed": nir.Affine(weight=RANDOM.normal(0, 2, (4, 3)), bias=np.full(4, 0.1)),
            "cells": cuba(4),
            "back": nir.Linear(weight=RANDOM.normal(0, 2, (4, 4))),
            "read": nir.Linear(weight=RANDOM.normal(0, 2, (2, 4))),
            "out": nir.LI(tau=np.full(2, 20e-3), r=np.ones(2), v_leak=np.zeros(2)),
            "output": node_out(2),
        },
        edges=[
            ("input", "feed"),
            ("feed", "cells"),
            ("cells", "back"),
            ("back", "cells"),
            ("cells", "read"),
            ("read", "out"),
            ("out", "output"),
        ],
    )


def model(network: Network, name: str) -> LIF:
    cell = network[name].cell
    assert isinstance(cell, LIF)
    return cell


def test_times_are_sped_up_and_potentials_become_volts() -> None:
    network = read(layered(np.ones((2, 3))), SCALES).network
    name = next(p.name for p in network.neurons)
    cell = model(network, name)
    assert np.allclose(cell.tau_mem, 20e-6)
    assert np.allclose(cell.tau_syn_exc, 5e-6)
    assert np.allclose(cell.leak, 0.42)
    assert np.allclose(cell.threshold, 0.62)
    assert np.allclose(cell.reset, 0.42)


def test_a_weight_becomes_the_height_of_its_psp() -> None:
    weight = np.array([[2.0, -1.0, 0.0]])
    imported = read(layered(weight), SCALES)
    (neurons,) = imported.network.neurons
    psp = model(imported.network, neurons.name).psp
    found = np.zeros((1, 3))
    for projection in imported.network.projections:
        sign = 1 if projection.receptor == "excitatory" else -1
        found[projection.post, projection.pre] = sign * projection.weight_code * psp
    tau_mem, tau_syn, h = 20e-3, 5e-3, 1e-6
    v, i, highest = 0.0, 1e-3 / tau_syn, 0.0  # explicit integration of one spike of weight 1
    for _ in range(20_000):
        v, i = v + h / tau_mem * (i - v), i - h / tau_syn * i
        highest = max(highest, v)
    assert found == pytest.approx(0.2 * highest * weight, rel=0.02, abs=1e-6)
    assert imported.quantised[neurons.name].largest == 63


def test_every_cell_uses_all_six_bits() -> None:
    weight = np.array([[2.5, -1.0], [5.0, 1.5]])
    imported = read(layered(weight), SCALES)
    for post in range(2):
        codes = [
            projection.weight_code[projection.post == post].max(initial=0)
            for projection in imported.network.projections
        ]
        assert max(codes) == 63
    (quantised,) = imported.quantised.values()
    assert quantised.scale[1] == pytest.approx(2 * quantised.scale[0])
    assert 0 < quantised.error < 0.02


def test_strong_weights_take_several_synapses() -> None:
    imported = read(layered(np.array([[20.0]])), SCALES)
    (quantised,) = imported.quantised.values()
    assert quantised.largest > 63
    assert quantised.largest * quantised.scale[0] == pytest.approx(
        20 * SCALES.psp(np.array(20e-3), np.array(5e-3)), rel=0.01
    )
    assert neckar.run.forecast(imported.network, duration=1e-4).violations == ()


def test_a_bias_moves_the_leak() -> None:
    graph = nir.NIRGraph.from_list(
        node_in(2),
        nir.Affine(weight=np.eye(2), bias=np.array([0.5, -0.25])),
        cuba(2, r=2.0, w_in=0.5),
        node_out(2),
    )
    network = read(graph, SCALES).network
    (neurons,) = network.neurons
    assert np.allclose(model(network, neurons.name).leak, 0.42 + 0.2 * np.array([0.5, -0.25]))


def test_linear_nodes_in_a_row_are_one_matrix() -> None:
    first, second = RANDOM.normal(size=(3, 4)), RANDOM.normal(size=(2, 3))
    chain = nir.NIRGraph.from_list(
        node_in(4),
        nir.Linear(weight=first),
        nir.Scale(scale=np.array([1.0, 2.0, 3.0])),
        nir.Linear(weight=second),
        cuba(2),
        node_out(2),
    )
    whole = layered(second @ np.diag([1.0, 2.0, 3.0]) @ first)
    found = [
        [p.weight_code.tolist() for p in read(g, SCALES).network.projections]
        for g in (chain, whole)
    ]
    assert found[0] == found[1]


def test_recurrence_and_integrators_are_kept() -> None:
    imported = read(recurrent(), SCALES)
    pairs = {(p.source, p.target) for p in imported.network.projections}
    assert pairs == {("input", "cells"), ("cells", "cells"), ("cells", "out")}
    assert np.isinf(model(imported.network, "out").threshold).all()
    (probe,) = imported.network.probes
    assert (probe.population, probe.variable, probe.device) == ("out", "v", "cadc")


def test_graphs_in_graphs_are_unfolded() -> None:
    inner = nir.NIRGraph(
        nodes={
            "input": node_in(2),
            "lif": cuba(2),
            "w": nir.Linear(weight=np.eye(2)),
            "output": node_out(2),
        },
        edges=[("input", "lif"), ("lif", "w"), ("w", "lif"), ("lif", "output")],
    )
    graph = nir.NIRGraph(
        nodes={
            "input": node_in(3),
            "feed": nir.Linear(weight=np.ones((2, 3))),
            "core": inner,
            "output": node_out(2),
        },
        edges=[("input", "feed"), ("feed", "core"), ("core", "output")],
    )
    imported = read(graph, SCALES)
    pairs = {(p.source, p.target) for p in imported.network.projections}
    assert pairs == {("input", "core.lif"), ("core.lif", "core.lif")}
    assert [probe.population for probe in imported.network.probes] == ["core.lif"]


def test_all_that_is_not_supported_is_named_with_a_way_out() -> None:
    graph = nir.NIRGraph(
        nodes={
            "input": node_in(2),
            "integrate": nir.IF(r=np.ones(2), v_threshold=np.ones(2)),
            "late": nir.Delay(delay=np.ones(2)),
            "output": node_out(2),
        },
        edges=[("input", "integrate"), ("integrate", "late"), ("late", "output")],
    )
    with pytest.raises(NotImplementedError) as error:
        read(graph, SCALES)
    assert "nir.IF (node 'integrate'): circuits always leak; instead: nir.LIF" in str(error.value)
    assert "nir.Delay (node 'late')" in str(error.value)


def test_a_circle_without_neurons_is_refused() -> None:
    graph = nir.NIRGraph(
        nodes={
            "a": nir.Linear(weight=np.eye(2)),
            "b": nir.Linear(weight=np.eye(2)),
            "n": cuba(2),
        },
        edges=[("a", "b"), ("b", "a"), ("b", "n")],
        type_check=False,
    )
    with pytest.raises(NotImplementedError, match="a circle without a neuron"):
        read(graph, SCALES)


def test_inputs_come_in_the_time_of_the_graph() -> None:
    graph = layered(np.ones((1, 2)))
    imported = read(graph, SCALES, {"input": [np.array([0.01]), np.array([0.02, 0.03])]})
    (source,) = imported.network.sources
    assert source.cell.times[1] == pytest.approx([20e-6, 30e-6])  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="no input node is called"):
        read(graph, SCALES, {"inptu": []})
    with pytest.raises(ValueError, match="1 spike trains for 2 cells"):
        read(graph, SCALES, {"input": [np.zeros(0)]})


def effective(graph: nir.NIRGraph) -> dict[tuple[str, str], np.ndarray]:
    """What arrives at a membrane per spike, by the two ends of a connection."""
    found = {}
    for name, node in graph.nodes.items():
        if isinstance(node, nir.Linear | nir.Affine):
            ((source, _),) = [e for e in graph.edges if e[1] == name]
            ((_, target),) = [e for e in graph.edges if e[0] == name]
            neuron = graph.nodes[target]
            gain = np.asarray(neuron.r) * getattr(neuron, "w_in", 1.0)
            found[source, target] = gain[:, None] * node.weight
    return found


def test_a_graph_survives_the_way_there_and_back(tmp_path: Path) -> None:
    graph = recurrent()
    written = write(read(graph, SCALES).network, SCALES)
    nir.write(tmp_path / "graph.nir", written)
    again = nir.read(tmp_path / "graph.nir")
    for name in ("tau_mem", "tau_syn", "v_threshold", "v_reset"):
        assert np.allclose(
            getattr(again.nodes["cells"], name), getattr(graph.nodes["cells"], name)
        ), name
    assert np.allclose(again.nodes["cells"].v_leak, 0.1)  # the bias
    before, after = effective(graph), effective(again)
    for ends in (("input", "cells"), ("cells", "cells")):
        half_a_code = np.abs(before["input", "cells"]).max() / 63
        assert np.allclose(before[ends], after[ends], atol=half_a_code)
    psp = {
        "before": SCALES.jump(np.array(20e-3)) * before["cells", "out"],
        "after": SCALES.psp(np.array(20e-3), again.nodes["out"].tau_syn)[:, None]
        * after["cells", "out"],
    }
    assert np.allclose(psp["before"], psp["after"], atol=np.abs(psp["before"]).max() / 63)
    assert set(map(tuple, again.edges)) == set(written.edges)


def test_reading_what_was_written_changes_nothing() -> None:
    once = read(recurrent(), SCALES).network
    twice = read(write(once, SCALES), SCALES).network
    assert [p.name for p in twice.populations] == [p.name for p in once.populations]
    by_ends = {(p.source, p.target, p.receptor): p for p in twice.projections}
    for projection in once.projections:
        other = by_ends[projection.source, projection.target, projection.receptor]
        assert other.weight_code.tolist() == projection.weight_code.tolist()
    assert np.allclose(model(once, "cells").psp, model(twice, "cells").psp)


def test_what_a_graph_cannot_describe_is_named() -> None:
    network = Network(
        populations=(
            Population(name="p", size=1, cell=OnChipPoisson(rate=1e3, seed=1)),
            Population(name="c", size=1, cell=Circuit(parameters={})),
            Population(name="d", size=1, cell=LIF(tau_syn_exc=5e-6)),
            Population(name="e", size=2, cell=LIF(threshold=np.array([0.5, np.inf]))),
        )
    )
    with pytest.raises(NotImplementedError) as error:
        write(network, SCALES)
    assert len(str(error.value).splitlines()) == 4


def test_the_peak_of_a_psp_is_that_of_two_exponentials() -> None:
    tau_mem, tau_syn = np.array([10.0, 10.0, 3.0]), np.array([2.0, 10.0, 7.0])
    t = np.linspace(0, 60, 200_001)[:, None]
    other = tau_mem * 1.0001
    v = other * tau_syn / (other - tau_syn) * (np.exp(-t / other) - np.exp(-t / tau_syn))
    assert peak(tau_mem, tau_syn) == pytest.approx(v.max(axis=0), rel=1e-3)


def test_a_graph_computes_on_the_chip() -> None:
    weight = np.array([[4.0, 0.0], [0.0, 4.0], [4.0, -4.0]])
    volley = np.arange(0.01, 0.1, 0.002)
    imported = read(layered(weight), SCALES, {"input": [volley, volley]})
    results = neckar.run(imported.network, duration=110e-6, backend=neckar.Twin.ideal())
    (neurons,) = imported.network.neurons
    counts = (results.rates(neurons.name) * results.duration).round()
    assert counts[0] == counts[1] >= 3
    assert counts[2] == 0  # excited and inhibited alike
