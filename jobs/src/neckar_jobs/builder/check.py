"""What is wrong with a model, each with the place in the form where it is put right."""

import builtins
import keyword
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from neckar_jobs.builder.model import Model, Population, Projection
from neckar_jobs.builder.table import Cell, Parameter, Table

NAME = re.compile(r"[^\W_][\w +.()-]{0,59}")
_OWN = """
axes axis block cell chip color data driver each figure file first half halco head n_spikes name np
number plt position pynn raster recorded segment signal table time traced traces train unit"""
TAKEN = frozenset([*dir(builtins), *_OWN.split()])  # names that the script has uses for
LONGEST = 1000.0  # ms, a second of the chip is a quarter of an hour of biology


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something to put right. `place` is a path such as `populations.a.parameters.tau_m`."""

    place: str
    text: str


def check(model: Model, table: Table) -> list[Problem]:
    """Everything that keeps the model from becoming a script."""
    return [problem for rule in RULES for problem in rule(model, table)]


def something_to_run(model: Model, table: Table) -> Iterator[Problem]:
    """There are cells, and they have time."""
    if not model.populations:
        yield Problem(place="populations", text="add a box of cells")
    yield from _number(model.runtime, "runtime", "ms", 0.0, LONGEST)
    if model.runtime == 0:
        yield Problem(place="runtime", text="must be above 0 ms")
    yield from _number(model.seed, "seed", "", 0, 2**32 - 1, whole=True)


def known_words(model: Model, table: Table) -> Iterator[Problem]:
    """Cells, connectors and all that have names are in the table."""
    yield from _known(model.chip, [each.name for each in table.chips], "chip")
    yield from _known(model.plasticity, [each.name for each in table.plasticities], "plasticity")
    for box in model.populations:
        yield from _known(box.cell, table.cells, f"populations.{box.id}.cell")
    for arrow in model.projections:
        place = f"projections.{arrow.id}"
        yield from _known(arrow.connector, table.connectors, f"{place}.connector")
        yield from _known(arrow.synapse, table.synapses, f"{place}.synapse")


def names_tell_apart(model: Model, table: Table) -> Iterator[Problem]:
    """Every box has a name of its own."""
    seen: dict[str, str] = {}
    for box in model.populations:
        place, name = f"populations.{box.id}.name", variable(box.name)
        if not NAME.fullmatch(box.name):
            yield Problem(place=place, text="give it a name of letters, digits and blanks")
        elif name in seen:
            yield Problem(place=place, text=f"is too much like the name of {seen[name]!r}")
        seen.setdefault(name, box.name)
    ids = [box.id for box in model.populations] + [arrow.id for arrow in model.projections]
    for twice in sorted({each for each in ids if ids.count(each) > 1}):
        yield Problem(place="populations", text=f"two parts have the id {twice!r}")


def cells_fit(model: Model, table: Table) -> Iterator[Problem]:
    """Populations have cells, and the chip has neurons for them."""
    used = 0
    for box in model.populations:
        wrong = list(_number(box.size, f"populations.{box.id}.size", "cells", 1, 4096, whole=True))
        yield from wrong
        cell = table.cells.get(box.cell)
        if not wrong and cell and cell.kind == "neuron":
            used += int(box.size)  # type: ignore[arg-type]  # a whole number, as was just seen
            if used > table.neurons >= used - int(box.size):  # type: ignore[arg-type]
                text = f"together {used} neurons; the chip has {table.neurons}"
                yield Problem(place=f"populations.{box.id}.size", text=text)


def values_fit(model: Model, table: Table) -> Iterator[Problem]:
    """Every field holds what its parameter takes."""
    for box in model.populations:
        if cell := table.cells.get(box.cell):
            place = f"populations.{box.id}.parameters"
            yield from _fields(box.parameters, cell.parameters, place, box.size)
    for arrow in model.projections:
        place = f"projections.{arrow.id}"
        if connector := table.connectors.get(arrow.connector):
            yield from _fields(arrow.arguments, connector.parameters, f"{place}.arguments")
        if synapse := table.synapses.get(arrow.synapse):
            yield from _fields(arrow.parameters, synapse.parameters, f"{place}.parameters")
    for plasticity in table.plasticities:
        if plasticity.name == model.plasticity:
            given = model.plasticity_parameters
            yield from _fields(given, plasticity.parameters, "plasticity_parameters")


def the_chip_is_one(model: Model, table: Table) -> Iterator[Problem]:
    """What holds for the whole chip has one value, and nothing overrides it."""
    first: dict[str, tuple[str, Any]] = {}
    for box in model.populations:
        for each in table.cells[box.cell].parameters if box.cell in table.cells else ():
            value = box.parameters.get(each.name, each.default)
            name, other = first.setdefault(each.name, (box.name, value))
            numbers = _is_number(value) and _is_number(other)
            if each.whole_chip and numbers and other != value:
                text = f"{value:g} here, {other:g} in {name}; it is the same on the whole chip"
                yield Problem(place=f"populations.{box.id}.parameters.{each.name}", text=text)
    if any(each.name == model.plasticity and each.code for each in table.plasticities):
        neurons = [box for box in model.populations if _sets_up_the_chip(table.cells.get(box.cell))]
        for box in neurons[:1]:
            text = f"{box.name} are calibrated and set up synapses without it; use neuron circuits"
            yield Problem(place="plasticity", text=text)


def _sets_up_the_chip(cell: Cell | None) -> bool:
    return cell is not None and cell.kind == "neuron" and not cell.from_chip


def arrows_lead_to_neurons(model: Model, table: Table) -> Iterator[Problem]:
    """They begin at a box and end at cells that listen."""
    boxes = {box.id: box for box in model.populations}
    for arrow in model.projections:
        place = f"projections.{arrow.id}"
        for end in ("source", "target"):
            if getattr(arrow, end) not in boxes:
                yield Problem(place=f"{place}.{end}", text="choose a box")
        target = boxes.get(arrow.target)
        cell = table.cells.get(target.cell) if target else None
        if target and cell and cell.kind == "source":
            text = f"{target.name} only sends spikes; choose a population of neurons"
            yield Problem(place=f"{place}.target", text=text)
        elif cell and arrow.receptor not in cell.receptors:
            yield Problem(place=f"{place}.receptor", text=f"choose {' or '.join(cell.receptors)}")


def lists_stay_inside(model: Model, table: Table) -> Iterator[Problem]:
    """Connections from a list are between cells that exist."""
    sizes = {box.id: box.size for box in model.populations}
    for arrow in model.projections:
        for name, rows in arrow.arguments.items():
            if not (isinstance(rows, list) and rows and isinstance(rows[0], list)):
                continue
            place = f"projections.{arrow.id}.arguments.{name}"
            for column, (end, size) in enumerate(
                (("source", sizes.get(arrow.source)), ("target", sizes.get(arrow.target)))
            ):
                yield from _inside([row[column : column + 1] for row in rows], size, end, place)


def recorders_suffice(model: Model, table: Table) -> Iterator[Problem]:
    """Traces are those of cells that have them, and no converter has too many."""
    used = dict.fromkeys((each.name for each in table.converters), 0)
    most = {each.name: each.most for each in table.converters}
    for box in model.populations:
        record, place = box.record, f"populations.{box.id}.record"
        cell = table.cells.get(box.cell)
        if cell is None or not record.trace:
            continue
        if record.trace not in cell.traces:
            yield Problem(place=f"{place}.trace", text="these cells have no such trace")
        elif record.converter not in used:
            yield Problem(place=f"{place}.converter", text="choose a converter")
        else:
            cells = record.listed
            wrong = list(_indices(cells, box, f"{place}.cells"))
            yield from wrong
            used[record.converter] += len(cells)
            if not wrong and used[record.converter] > most[record.converter]:
                text = (
                    f"together {used[record.converter]} cells; it records {most[record.converter]}"
                )
                yield Problem(place=f"{place}.cells", text=text)


Rule = Callable[[Model, Table], Iterator[Problem]]
RULES: tuple[Rule, ...] = (
    something_to_run,
    known_words,
    names_tell_apart,
    cells_fit,
    values_fit,
    the_chip_is_one,
    arrows_lead_to_neurons,
    lists_stay_inside,
    recorders_suffice,
)


def variable(name: str) -> str:
    """The name of a box as one of Python."""
    word = "".join(c if c.isascii() and c.isalnum() else " " for c in name.lower())
    word = "_".join(word.split()) or "cells"
    word = f"cells_{word}" if word[0].isdigit() else word
    return f"{word}_" if keyword.iskeyword(word) or word in TAKEN else word


def _known(word: str, words: Iterable[str], place: str) -> Iterator[Problem]:
    if word not in words:
        yield Problem(place=place, text=f"there is no {word!r}; there are {', '.join(words)}")


def _fields(
    given: Mapping[str, Any], parameters: Iterable[Parameter], place: str, size: Any = None
) -> Iterator[Problem]:
    by_name = {each.name: each for each in parameters}
    for name, value in given.items():
        if name not in by_name:
            yield Problem(place=f"{place}.{name}", text=f"there is no parameter {name!r}")
        else:
            yield from _value(value, by_name[name], f"{place}.{name}", size)
    for name, parameter in by_name.items():
        needed = parameter.default is None and not parameter.otherwise
        if needed and name not in given:
            yield Problem(place=f"{place}.{name}", text="is needed")


def _value(value: Any, parameter: Parameter, place: str, size: Any) -> Iterator[Problem]:
    if parameter.kind == "switch":
        if not isinstance(value, bool):
            yield Problem(place=place, text="is on or off")
    elif parameter.kind == "choice":
        if value not in [choice.value for choice in parameter.choices]:
            yield Problem(place=place, text="choose one of those offered")
    elif parameter.kind == "pairs":
        yield from _pairs(value, place)
    elif parameter.kind == "times":
        yield from _several(value if isinstance(value, list) else [value], place, "ms", 0.0, None)
    elif isinstance(value, list):
        if not parameter.per_cell:
            yield Problem(place=place, text="takes one number, not a list")
        elif len(value) != size:
            text = f"{len(value)} values for {size} cells; give one for all, or one for each"
            yield Problem(place=place, text=text)
        else:
            limits = (parameter.least, parameter.most, parameter.whole)
            yield from _several(value, place, parameter.unit, *limits)
    else:
        limits = (parameter.least, parameter.most, parameter.whole)
        yield from _number(value, place, parameter.unit, *limits)


def _several(
    values: list[Any], place: str, unit: str, least: Any, most: Any, whole: bool = False
) -> Iterator[Problem]:
    """The first one that is wrong stands for all."""
    for value in values:
        if wrong := list(_number(value, place, unit, least, most, whole)):
            yield from wrong
            return


def _pairs(rows: Any, place: str) -> Iterator[Problem]:
    good = isinstance(rows, list) and all(
        isinstance(row, list) and len(row) in (2, 3) and all(map(_is_whole, row)) for row in rows
    )
    if not good or not rows:
        text = "write lines such as '0, 1' or '0, 1, 20': source, target, and perhaps a weight"
        yield Problem(place=place, text=text)
    elif len({len(row) for row in rows}) > 1:
        yield Problem(place=place, text="give a weight in every line, or in none")
    elif any(value < 0 for row in rows for value in row):
        yield Problem(place=place, text="no number is below 0; the input gives the sign")


def _number(
    value: Any, place: str, unit: str, least: Any = None, most: Any = None, whole: bool = False
) -> Iterator[Problem]:
    with_unit = f" {unit}" if unit and unit != "code" else ""
    if not _is_number(value):
        shown = "an empty field" if value == "" else repr(value)[:40]
        yield Problem(place=place, text=f"{shown} is no number")
    elif whole and not _is_whole(value):
        yield Problem(place=place, text=f"{value:g} is no whole number")
    elif least is not None and value < least:
        yield Problem(place=place, text=f"{value:g} lies below {least:g}{with_unit}")
    elif most is not None and value > most:
        yield Problem(place=place, text=f"{value:g} lies above {most:g}{with_unit}")


def _is_number(value: Any) -> bool:
    """Finite, and not so large that arithmetic gives up."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _is_whole(value: Any) -> bool:
    return _is_number(value) and value == int(value)


def _inside(columns: list[Any], size: Any, end: str, place: str) -> Iterator[Problem]:
    numbers = [each[0] for each in columns if each and _is_whole(each[0])]
    if numbers and _is_whole(size) and max(numbers) >= size:
        text = f"there is no cell {max(numbers):g} in the {end}; it has {size:g}, counted from 0"
        yield Problem(place=place, text=text)


def _indices(cells: list[Any], box: Population, place: str) -> Iterator[Problem]:
    last = box.size - 1 if _is_number(box.size) else 0  # type: ignore[operator]
    yield from _several(cells, place, "", 0, last, whole=True)
    if not cells or len(set(map(str, cells))) < len(cells):
        yield Problem(place=place, text="name every cell once")


def listed_weights(arrow: Projection) -> bool:
    """Whether connections from a list bring their weights."""
    return any(
        isinstance(rows, list) and rows and isinstance(rows[0], list) and len(rows[0]) == 3
        for rows in arrow.arguments.values()
    )
