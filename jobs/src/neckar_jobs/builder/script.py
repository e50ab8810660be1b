"""The script that a model becomes."""

from collections.abc import Iterator, Mapping
from typing import Any

from neckar_jobs.builder import results
from neckar_jobs.builder.check import listed_weights, variable
from neckar_jobs.builder.code import Call, Expression, call, literal, written
from neckar_jobs.builder.model import Model, Population, Projection, embed
from neckar_jobs.builder.table import Parameter, Plasticity, Table

RUNTIME = Expression("RUNTIME")


def script(model: Model, table: Table) -> str:
    """Python that a user of the chip would write; the model follows in comments.

    The model has passed `check`.
    """
    parts = [
        _head(model),
        "\n".join(_imports(model, table)),
        f"RUNTIME = {literal(model.runtime)}  # ms",
        "\n".join(_set_up(model, table)),
        "\n".join(_boxes(model, table)),
        "\n".join(_arrows(model, table)),
        "\n".join(_recording(model, table)),
        "pynn.run(RUNTIME)",
        *_results(model, table),
        embed(model),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(model: Model) -> str:
    printable = "".join(c if c.isprintable() else " " for c in model.name)
    name = " ".join(printable.replace("\\", "/").replace('"', "'").split()) or "A network"
    end = "" if name.endswith((".", "?", "!")) else "."
    return (
        f'"""{name}{end}\n\n'
        "Drawn with the model builder. Times are milliseconds of hardware time, a thousand times\n"
        'faster than biology.\n"""'
    )


def _imports(model: Model, table: Table) -> Iterator[str]:
    others = {"import matplotlib.pyplot as plt", "import numpy as np", *table.imports}
    others |= {*_plasticity(model, table).imports}
    if any(table.connectors[each.connector].random for each in model.projections):
        others.add(table.random_import)
    yield from sorted(others, key=lambda line: (line.startswith("from"), line))


def _set_up(model: Model, table: Table) -> Iterator[str]:
    yield f"np.random.seed({literal(model.seed)})  # Poisson spikes are drawn from it"
    plasticity = _plasticity(model, table)
    (chip,) = (each for each in table.chips if each.name == model.chip)
    if plasticity.code:
        start = next(each.code for each in table.chips if each.code)
        values = {each.name: literal(each.default) for each in plasticity.parameters}
        values |= {name: literal(value) for name, value in model.plasticity_parameters.items()}
        yield f"chip = {chip.code or start}"
        yield from (line.format_map(values) for line in plasticity.code)
        yield "pynn.setup(initial_config=chip)"
    elif chip.code and any(table.cells[each.cell].from_chip for each in model.populations):
        yield f"pynn.setup(initial_config={chip.code})"
    else:
        yield "pynn.setup()"


def _plasticity(model: Model, table: Table) -> Plasticity:
    return next(each for each in table.plasticities if each.name == model.plasticity)


def _boxes(model: Model, table: Table) -> Iterator[str]:
    for box in model.populations:
        cell = table.cells[box.cell]
        kind = call(f"pynn.cells.{box.cell}", **_arguments(box.parameters, cell.parameters))
        made = call("pynn.Population", box.size, kind, label=box.name.strip())
        yield written(made, before=f"{variable(box.name)} = ")


def _arrows(model: Model, table: Table) -> Iterator[str]:
    boxes = {box.id: box for box in model.populations}
    for number, arrow in enumerate(model.projections):
        source, target = (boxes[each] for each in (arrow.source, arrow.target))
        sign = _sign(target, arrow, table)
        made = call(
            "pynn.Projection",
            Expression(variable(source.name)),
            Expression(variable(target.name)),
            _connector(model, arrow, table, number, sign),
            _synapse(arrow, table, sign),
            receptor_type=arrow.receptor,
        )
        yield written(made)


def _sign(target: Population, arrow: Projection, table: Table) -> int:
    """Inputs of currents tell inhibition by the sign, those of conductances do not."""
    based = table.cells[target.cell].conductance_based
    return -1 if arrow.receptor == "inhibitory" and not based else 1


def _connector(model: Model, arrow: Projection, table: Table, number: int, sign: int) -> Call:
    connector = table.connectors[arrow.connector]
    arguments = _arguments(arrow.arguments, connector.parameters)
    for parameter in connector.parameters:
        if parameter.kind == "pairs":
            rows: Any = arrow.arguments[parameter.name]
            arguments[parameter.name] = [_connection(row, sign) for row in rows]
            arguments["column_names"] = ["weight"] if listed_weights(arrow) else []
    if connector.random:
        seed = Expression(f"NumpyRNG(seed={literal(int(model.seed) + number)})")  # type: ignore[arg-type]
        arguments[connector.random] = seed
    return call(f"pynn.{arrow.connector}", **arguments)


def _connection(row: list[Any], sign: int) -> tuple[int, ...]:
    source, target, *weight = map(int, row)
    return (source, target, *(sign * each for each in weight))


def _synapse(arrow: Projection, table: Table, sign: int) -> Call:
    parameters = table.synapses[arrow.synapse].parameters
    arguments = _arguments(arrow.parameters, parameters)
    for parameter in parameters:
        if parameter.signed and parameter.name in arguments:
            arguments[parameter.name] = sign * arguments[parameter.name]
    return call(f"pynn.synapses.{arrow.synapse}", **arguments)


def _arguments(given: Mapping[str, Any], parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    """What was filled in, and what has to be said anyway, in the order of the form."""
    found: dict[str, Any] = {}
    for each in parameters:
        if each.name in given:
            value = given[each.name]
            single = each.kind == "times" and not isinstance(value, list)
            found[each.name] = [value] if single else value
        elif each.always:
            found[each.name] = Expression(each.otherwise) if each.otherwise else each.default
    return found


def _recording(model: Model, table: Table) -> Iterator[str]:
    for box in model.populations:
        name, record = variable(box.name), box.record
        if record.spikes:
            yield f'{name}.record("spikes")'
        if record.trace:
            cells = record.listed
            some = f"pynn.PopulationView({name}, {literal([int(each) for each in cells])})"
            some = name if box.size == len(cells) else some
            yield f'{some}.record("{record.trace}", device="{record.converter}")'


def _results(model: Model, table: Table) -> Iterator[str]:
    """Numbers to read, tables to keep, a figure to look at."""
    spiking = [box for box in model.populations if box.record.spikes]
    traced = [box for box in model.populations if box.record.trace]
    recorded = [box for box in model.populations if box in spiking or box in traced]
    if not recorded:
        yield "pynn.end()"
        return
    names = Expression(f"[{', '.join(variable(box.name) for box in recorded)}]")
    yield "\n".join(
        [
            written(names, before="recorded = "),
            "data = {each.label: each.get_data().segments[-1] for each in recorded}",
            "pynn.end()",
        ]
    )
    if spiking:
        yield results.SPIKES
    if traced:
        yield results.TRACES
    yield results.figure(bool(spiking), len(traced))
