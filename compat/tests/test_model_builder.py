"""Networks that were drawn with the job service's model builder run on the twin.

The service knows nothing of chips; its table of cells is data, which is held here against the
classes of which it speaks.
"""

import inspect
import re
import sys
from pathlib import Path
from typing import Any

import pyNN.connectors
import pynn_brainscales.brainscales2 as pynn
import pytest
from pyNN.parameters import ArrayParameter, Sequence

from neckar.brainscales2.chip.datasheet import N_NEURONS
from neckar.brainscales2.chip.registers import AtomicNeuron
from neckar.frontends.pynn.standardmodels.cells import ExternalNeuron
from neckar.frontends.pynn.standardmodels.cells import SpikeSourcePoissonOnChip as OnChip
from neckar.frontends.pynn.standardmodels.settings import FIELDS

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "jobs" / "tests"))
pytest.importorskip("neckar_jobs", reason="the job service is not installed")

from neckar_jobs.builder.check import check
from neckar_jobs.builder.model import Model
from neckar_jobs.builder.script import script
from neckar_jobs.builder.table import Parameter, table
from networks import arrow, drawn, neurons, source

TABLE = table()
TOTALS = re.compile(r"^(.+): (\d+) spikes from (\d+) cells$", re.MULTILINE)


def spikes(model: Model, capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    """Run what becomes of a model in this folder; return what it prints."""
    assert check(model, TABLE) == []
    exec(compile(script(model, TABLE), "drawn.py", "exec"), {})
    return {name: int(count) for name, count, _ in TOTALS.findall(capsys.readouterr().out)}


def projection(model: Model) -> Any:
    """The connections that become of a model with one arrow, before it runs."""
    before, _, _ = script(model, TABLE).partition("pynn.run(RUNTIME)")
    exec(before, {})
    (made,) = pynn.simulator.state.projections
    return made


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Scripts write into the folder where they are started."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --- the table ---------------------------------------------------------------------------------


def test_the_table_knows_every_cell_that_can_be_drawn() -> None:
    offered = {name for name in vars(pynn.cells) if name.startswith(("HX", "Calib", "SpikeSource"))}
    assert set(TABLE.cells) == offered
    assert TABLE.neurons == N_NEURONS


@pytest.mark.parametrize("name", list(TABLE.cells))
def test_parameters_and_defaults_are_those_of_the_cell(name: str) -> None:
    celltype = getattr(pynn.cells, name)
    listed = {each.name: each.default for each in TABLE.cells[name].parameters}
    real = {key: plain(value) for key, value in celltype.default_parameters.items()}
    assert listed.items() <= real.items()
    if name != "HXNeuron":  # has switches that belong to mapping and to several compartments
        assert listed == real


def plain(value: Any) -> Any:
    return list(value.value) if isinstance(value, ArrayParameter | Sequence) else value


@pytest.mark.parametrize("name", list(TABLE.cells))
def test_receptors_and_traces_are_those_of_the_cell(name: str) -> None:
    celltype, cell = getattr(pynn.cells, name), TABLE.cells[name]
    assert {"spikes", *cell.traces} == set(celltype.recordable)
    if cell.kind == "source":
        assert cell.receptors == ()
        assert issubclass(celltype, (ExternalNeuron, OnChip))
    else:
        assert cell.receptors == celltype.receptor_types
        assert cell.conductance_based == celltype.conductance_based


def test_units_are_those_of_the_documentation() -> None:
    cuba = inspect.getdoc(pynn.cells.CalibHXNeuronCuba)
    by_unit: dict[str, set[str]] = {}
    for each in TABLE.cells["CalibHXNeuronCuba"].parameters:
        by_unit.setdefault(each.unit, set()).add(each.name)
    assert "readings of the CADC as all potentials" in cuba
    assert by_unit["LSB"] == {"v_rest", "v_reset", "v_thresh"}
    assert "us of hardware time as all times" in cuba
    assert by_unit["µs"] == {"tau_m", "tau_syn_E", "tau_syn_I", "tau_refrac"}
    for name in ("SpikeSourceArray", "SpikeSourcePoisson"):
        units = getattr(pynn.cells, name).units
        for each in TABLE.cells[name].parameters:
            assert each.unit == units[each.name]


def limits(name: str) -> list[Parameter]:
    return [each for each in TABLE.cells[name].parameters if each.least is not None]


@pytest.mark.parametrize("name", ["CalibHXNeuronCuba", "CalibHXNeuronCoba"])
def test_limits_are_those_that_the_cell_itself_has(name: str) -> None:
    celltype = getattr(pynn.cells, name)
    for each in limits(name):
        for value in (each.least, each.most):
            celltype().check("cell", {each.name: value})
        for value in (each.least - 0.001, each.most + 0.001):
            with pytest.raises(Exception, match=each.name):
                celltype().check("cell", {each.name: value})


def test_codes_are_those_that_registers_hold() -> None:
    for each in TABLE.cells["HXNeuron"].parameters:
        member, attribute = FIELDS[each.name]
        codec = AtomicNeuron.fields[member].codec.register.fields[attribute].codec
        if each.kind == "switch":
            assert codec.kind == "bool"
        elif each.kind == "choice":
            assert [choice.value for choice in each.choices] == [int(n) for n in codec.kind]
        elif codec.kind == "analog":
            assert (each.least, each.most) == (0, 1022)
        else:
            assert (each.least, each.most) == (codec.kind.min, codec.kind.max)


@pytest.mark.parametrize("name", list(TABLE.connectors))
def test_arguments_of_connectors_are_theirs(name: str) -> None:
    signature = inspect.signature(getattr(pynn, name).__init__)
    connector = TABLE.connectors[name]
    given = {each.name: None for each in connector.parameters}
    given |= {connector.random: None} if connector.random else {}
    signature.bind(None, **given)
    for each in connector.parameters:
        default = signature.parameters[each.name].default
        assert (None if default is inspect.Parameter.empty else default) == each.default
    assert issubclass(getattr(pynn, name), getattr(pyNN.connectors, name))


def test_arguments_of_synapses_are_theirs() -> None:
    for name, synapse in TABLE.synapses.items():
        real = getattr(pynn.synapses, name).default_parameters
        assert {each.name: each.default for each in synapse.parameters}.items() <= real.items()


# --- scripts -----------------------------------------------------------------------------------

NEURONS = [name for name, cell in TABLE.cells.items() if cell.kind == "neuron"]
SOURCES = {
    "SpikeSourceArray": {"spike_times": [0.02, 0.04, 0.06, 0.08, 0.1]},
    "SpikeSourcePoisson": {"rate": [20_000 + 100 * n for n in range(20)], "duration": 0.1},
    "SpikeSourcePoissonOnChip": {"rate": 20_000, "seed": 1234},
}
LISTED = [[0, 0], [1, 1], [2, 1], [3, 4]]
CONNECTORS = {
    "AllToAllConnector": ({}, 100),
    "OneToOneConnector": ({}, 5),
    "FixedProbabilityConnector": ({"p_connect": 0.5}, range(35, 66)),
    "FixedNumberPreConnector": ({"n": 3}, 15),
    "FixedNumberPostConnector": ({"n": 2, "with_replacement": True}, 40),
    "FromListConnector": ({"conn_list": LISTED}, 4),
}


@pytest.mark.parametrize("cell", NEURONS)
def test_every_type_of_neurons_fires(cell: str, capsys, folder: Path) -> None:
    record = {"spikes": True, "trace": "v", "converter": "madc", "cells": [0, 2]}
    boxes = [source(), neurons(cell, record=record)]
    inhibition = arrow(id="second", receptor="inhibitory", parameters={"weight": 2})
    excitation = arrow(parameters={"weight": 200})
    counts = spikes(drawn(populations=boxes, projections=[excitation, inhibition]), capsys)
    assert counts["Input"] > 50
    assert counts["Neurons"] > 10
    rows = (folder / "spikes.csv").read_text().splitlines()
    assert len(rows) == 1 + sum(counts.values())
    assert rows[-1].split(",")[1:] == ["24", "Neurons", "4"]
    assert len((folder / "v of Neurons 2.csv").read_text().splitlines()) > 1000
    assert (folder / "network.png").stat().st_size > 10_000


def test_every_source_is_here() -> None:
    assert set(SOURCES) == set(TABLE.cells) - set(NEURONS)
    assert set(CONNECTORS) == set(TABLE.connectors)


@pytest.mark.parametrize("cell", list(SOURCES))
def test_every_source_excites(cell: str, capsys) -> None:
    boxes = [source(cell, parameters=SOURCES[cell]), neurons()]
    counts = spikes(drawn(populations=boxes), capsys)
    assert counts["Input"] > 30
    assert counts["Neurons"] > 5


@pytest.mark.parametrize("connector", list(CONNECTORS))
def test_every_connector_connects(connector: str, capsys) -> None:
    arguments, expected = CONNECTORS[connector]
    drawing = arrow(connector=connector, arguments=arguments, parameters={"weight": 400})
    model = drawn(projections=[drawing])
    n_made = len(projection(model))
    assert n_made == expected if isinstance(expected, int) else n_made in expected
    assert spikes(model, capsys)["Neurons"] > 5


def test_weights_of_a_list_arrive() -> None:
    listed = arrow(
        connector="FromListConnector",
        arguments={"conn_list": [[*pair, 10 * n] for n, pair in enumerate(LISTED)]},
        receptor="inhibitory",
    )
    weights = projection(drawn(projections=[listed])).weight
    assert sorted(weights.tolist()) == [-30, -20, -10, 0]


def test_plasticity_of_the_drivers_is_seen(capsys) -> None:
    times = {"spike_times": [0.02 + 0.02 * n for n in range(9)]}
    boxes = [source("SpikeSourceArray", parameters=times, size=4), neurons("HXNeuron")]
    strong = arrow(parameters={"weight": 63})
    counts = {
        kind: spikes(drawn(populations=boxes, projections=[strong], plasticity=kind), capsys)[
            "Neurons"
        ]
        for kind in ("", "depressing", "facilitating")
    }
    assert counts["depressing"] < counts["facilitating"] < counts[""]


def test_what_is_not_recorded_is_not_looked_for(capsys, folder: Path) -> None:
    record = {"spikes": False, "trace": "exc_synin", "converter": "cadc", "cells": 1}
    boxes = [source(record={"spikes": False}), neurons("HXNeuron", record=record)]
    assert spikes(drawn(populations=boxes, chip="bare"), capsys) == {}
    assert {path.name for path in folder.iterdir()} == {"network.png", "exc_synin of Neurons 1.csv"}
    silent = [source(record={"spikes": False}), neurons(record={"spikes": False})]
    assert spikes(drawn(populations=silent), capsys) == {}
