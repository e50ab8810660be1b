"""Drawn networks: what is wrong with them, how they are kept, how scripts read."""

import ast
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from neckar_jobs.builder.check import NAME, check, variable
from neckar_jobs.builder.code import Expression, call, literal, written
from neckar_jobs.builder.model import embedded
from neckar_jobs.builder.script import script
from neckar_jobs.builder.table import table
from neckar_jobs.errors import InvalidError
from neckar_jobs.settings import load
from networks import arrow, drawn, neurons, source

TABLE = table()


def wrong(**changes: object) -> dict[str, str]:
    """Texts by place."""
    return {each.place: each.text for each in check(drawn(**changes), TABLE)}


def test_a_network_becomes_a_script_that_reads_like_one_written_by_hand() -> None:
    model = drawn()
    assert check(model, TABLE) == []
    text = script(model, TABLE)
    assert """\
input = pynn.Population(
    20, pynn.cells.SpikeSourcePoisson(rate=20000, start=0.0, duration=RUNTIME), label="Input"
)
neurons = pynn.Population(5, pynn.cells.CalibHXNeuronCuba(), label="Neurons")

pynn.Projection(
    input,
    neurons,
    pynn.AllToAllConnector(),
    pynn.synapses.StaticSynapse(weight=40),
    receptor_type="excitatory",
)

input.record("spikes")
neurons.record("spikes")

pynn.run(RUNTIME)
""" in text.replace("input_", "input")
    ast.parse(text)
    code = text.split("# The network of this script")[0]
    assert max(map(len, code.splitlines())) < 100


def test_a_script_brings_its_model_along() -> None:
    model = drawn()
    assert embedded(script(model, TABLE)) == model
    assert embedded(script(model, TABLE).replace("\n", "\r\n")) == model
    assert embedded(model.model_dump_json()) == model
    assert embedded("print('written by hand')") is None


def test_a_model_that_was_damaged_is_refused_with_the_place() -> None:
    text = script(drawn(), TABLE).replace('"size": 20', '"size": null')
    with pytest.raises(InvalidError, match=r"populations\.0\.size"):
        embedded(text)
    with pytest.raises(InvalidError, match="version"):
        embedded(json.dumps(json.loads(drawn().model_dump_json()) | {"version": 2}))


def test_everything_that_is_wrong_is_told_at_its_place() -> None:
    boxes = [
        source(parameters={"rate": -1, "start": "soon", "colour": 3}),
        neurons(size=3, parameters={"tau_m": [10, 20], "v_rest": 5, "i_synin_gm_E": [1, 2, 3]}),
        neurons(id="third", name="neurons", size=600),
        neurons(id="fourth", name="a/b", cell="Pyramid", size=1.5),
    ]
    arrows = [
        arrow(connector="FixedProbabilityConnector", arguments={"p_connect": 2}),
        arrow(id="back", source="out", target="in", receptor="tasty"),
        arrow(id="lost", target="nowhere", parameters={}),
        arrow(
            id="listed", connector="FromListConnector", arguments={"conn_list": [[20, 0], [1, 3]]}
        ),
    ]
    found = wrong(populations=boxes, projections=arrows, runtime=0, seed="dice", chip="potato")
    assert found == {
        "runtime": "must be above 0 ms",
        "seed": "'dice' is no number",
        "chip": "there is no 'potato'; there are calibrated, bare",
        "populations.fourth.cell": f"there is no 'Pyramid'; there are {', '.join(TABLE.cells)}",
        "populations.third.name": "is too much like the name of 'Neurons'",
        "populations.fourth.name": "give it a name of letters, digits and blanks",
        "populations.third.size": "together 603 neurons; the chip has 512",
        "populations.fourth.size": "1.5 is no whole number",
        "populations.in.parameters.rate": "-1 lies below 0 Hz",
        "populations.in.parameters.start": "'soon' is no number",
        "populations.in.parameters.colour": "there is no parameter 'colour'",
        "populations.out.parameters.tau_m": "2 values for 3 cells; "
        "give one for all, or one for each",
        "populations.out.parameters.v_rest": "5 lies below 50 LSB",
        "populations.out.parameters.i_synin_gm_E": "takes one number, not a list",
        "projections.arrow.arguments.p_connect": "2 lies above 1",
        "projections.back.target": "Input only sends spikes; choose a population of neurons",
        "projections.lost.target": "choose a box",
        "projections.listed.arguments.conn_list": "there is no cell 3 in the target; "
        "it has 3, counted from 0",
    }


@pytest.mark.parametrize(
    ("record", "place"),
    [
        ({"trace": "colour", "converter": "madc"}, "trace"),
        ({"trace": "v", "converter": "camera"}, "converter"),
        ({"trace": "v", "converter": "madc", "cells": 5}, "cells"),
        ({"trace": "v", "converter": "madc", "cells": [0, 0]}, "cells"),
        ({"trace": "v", "converter": "madc", "cells": [0, 1, 2]}, "cells"),
        ({"trace": "v", "converter": "madc", "cells": "all"}, "cells"),
    ],
)
def test_what_cannot_be_recorded_is_told(record: dict[str, object], place: str) -> None:
    found = wrong(populations=[source(), neurons(record=record)])
    assert list(found) == [f"populations.out.record.{place}"]


def test_what_holds_for_the_whole_chip_has_one_value() -> None:
    boxes = [
        neurons(parameters={"i_synin_gm_E": 300}),
        neurons(id="b", name="More", parameters={"i_synin_gm_E": 300, "synapse_dac_bias": 500}),
    ]
    assert wrong(populations=boxes, projections=[]) == {
        "populations.b.parameters.synapse_dac_bias": "500 here, 600 in Neurons; "
        "it is the same on the whole chip",
    }
    found = wrong(plasticity="depressing")
    assert list(found) == ["plasticity"]
    assert wrong(plasticity="depressing", populations=[source(), neurons("HXNeuron")]) == {}


def test_converters_are_shared_by_all_boxes() -> None:
    record = {"trace": "v", "converter": "madc", "cells": [0, 1]}
    boxes = [neurons(record=record), neurons(id="b", name="More", record=record)]
    found = wrong(populations=boxes, projections=[])
    assert found == {"populations.b.record.cells": "together 4 cells; it records 2"}


@pytest.mark.parametrize("rows", [[], [[1]], [[0, 1], [0, 1, 2]], [["a", 0]], [[-1, 0]], "0, 1"])
def test_lists_of_connections_are_read_strictly(rows: object) -> None:
    listed = arrow(connector="FromListConnector", arguments={"conn_list": rows})
    assert list(wrong(projections=[listed])) == ["projections.arrow.arguments.conn_list"]


def test_inhibition_has_a_sign_for_currents_and_none_for_conductances() -> None:
    inhibiting = arrow(
        connector="FromListConnector",
        arguments={"conn_list": [[0, 1, 20]]},
        receptor="inhibitory",
    )
    currents = script(drawn(projections=[inhibiting]), TABLE)
    assert "weight=-40" in currents
    assert "(0, 1, -20)" in currents
    boxes = [source(), neurons("CalibHXNeuronCoba")]
    conductances = script(drawn(populations=boxes, projections=[inhibiting]), TABLE)
    assert "weight=40" in conductances
    assert "(0, 1, 20)" in conductances


def test_long_lists_fill_lines() -> None:
    times = [n / 100 for n in range(60)]
    text = written(call("f", spike_times=times, x=1))
    assert max(map(len, text.splitlines())) < 100
    assert len(text.splitlines()) < 12
    called = ast.parse(text, mode="eval").body
    assert ast.literal_eval(called.keywords[0].value) == times


@given(
    some.one_of(some.text(), some.floats(allow_nan=False, allow_infinity=False), some.integers())
)
def test_literals_are_read_back_as_they_were(value: object) -> None:
    assert ast.literal_eval(literal(value)) == value


@given(some.from_regex(NAME, fullmatch=True))
def test_every_name_becomes_one_of_python(name: str) -> None:
    assert variable(name).isidentifier()
    compile(f"{variable(name)} = 1", "name", "exec")


@settings(deadline=None, max_examples=50)
@given(some.text(max_size=100))
def test_titles_cannot_end_the_docstring(title: str) -> None:
    assert ast.get_docstring(ast.parse(script(drawn(name=title), TABLE)))


def test_names_in_the_script_hide_none_of_its_own() -> None:
    record = {"spikes": True, "trace": "v", "converter": "madc", "cells": [0]}
    listed = [source(), neurons("HXNeuron", record=record)]
    text = script(drawn(populations=listed, plasticity="depressing"), TABLE)
    tree = ast.parse(text)
    stored = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} - {"input_", "neurons"}
    own = {name for name in stored if name.islower()}
    assert {name for name in own if variable(name) == name} == set()


def test_a_site_may_offer_other_cells(tmp_path: Path) -> None:
    whole = TABLE.model_dump(mode="json")
    whole["cells"]["LIF"] = {"title": "Simple", "kind": "neuron", "help": "", "parameters": []}
    path = tmp_path / "cells.json"
    path.write_text(json.dumps(whole), encoding="utf-8")
    boxes = [source(), neurons("LIF")]
    model = drawn(populations=boxes, projections=[])
    assert "pynn.cells.LIF()" in script(model, table(path))
    assert load(cells=str(path)).cells == path
    path.with_name("broken.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InvalidError, match=re.escape("broken.json")):
        table(path.with_name("broken.json"))


def test_expressions_break_where_lines_become_too_long() -> None:
    assert written(call("f", Expression("x"), 1.0, name="a")) == 'f(x, 1.0, name="a")'
    assert written(call("call", "x" * 88, 12)).count("\n") == 2
    assert written(call("f", "x" * 60, "y" * 60)).count("\n") == 3


ANYTHING = some.one_of(
    some.booleans(),
    some.integers(),
    some.floats(),
    some.text(max_size=9),
    some.lists(some.one_of(some.integers(), some.floats(), some.text(max_size=3)), max_size=4),
    some.lists(some.lists(some.integers(-2, 9), max_size=4), max_size=3),
)
PLACES = [
    ("runtime",),
    ("seed",),
    ("populations", 0, "size"),
    ("populations", 1, "size"),
    ("populations", 0, "parameters", "rate"),
    ("populations", 1, "parameters", "tau_m"),
    ("populations", 1, "record", "cells"),
    ("projections", 0, "arguments", "conn_list"),
    ("projections", 0, "parameters", "weight"),
]


@settings(deadline=None)
@given(some.lists(some.tuples(some.sampled_from(PLACES), ANYTHING), min_size=1, max_size=3))
def test_whatever_is_typed_is_told_or_becomes_a_script(changes: list[tuple]) -> None:
    record = {"spikes": True, "trace": "v", "converter": "madc", "cells": 0}
    listed = arrow(connector="FromListConnector", arguments={"conn_list": [[0, 0, 1]]})
    model = drawn(populations=[source(), neurons(record=record)], projections=[listed])
    whole = model.model_dump()
    for (*path, last), value in changes:
        holder = whole
        for step in path:
            holder = holder[step]
        holder[last] = value
    typed = type(model).model_validate(whole)
    if not check(typed, TABLE):
        text = script(typed, TABLE)
        compile(text, "drawn.py", "exec")
        assert embedded(text) == typed
