"""What a model may consist of: cells, connectors and synapses, read from one table.

The table is data, so that a site can offer other cells: `brainscales2.json` beside this file is
the one that is used otherwise. The service itself knows nothing of chips.
"""

from functools import cache
from importlib.resources import files as resources
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from neckar_jobs.errors import InvalidError

Scalar = bool | int | float | str
Value = Scalar | list[Scalar] | list[list[Scalar]]


class Noun(BaseModel):
    """Something that does not change, of which every part is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Choice(Noun):
    """One of several values."""

    value: int | float | str
    title: str


class Parameter(Noun):
    """A field of a form, and an argument in the script."""

    name: str
    title: str
    kind: Literal["number", "switch", "choice", "times", "pairs"]
    unit: str = ""
    help: str = ""
    group: str = ""
    default: Value | None = None  # of the class; None: it has none
    begin: Value | None = None  # what a new box or arrow has, if not the default
    least: float | None = None
    most: float | None = None
    whole: bool = False
    per_cell: bool = False  # takes a list with one value per cell
    always: bool = False  # stands in the script even if it was left open
    otherwise: str = ""  # an expression for a field that was left open
    open: str = ""  # what that means
    signed: bool = False  # negative for inhibitory inputs
    whole_chip: bool = False  # all cells that have it share one value
    choices: tuple[Choice, ...] = ()


class Cell(Noun):
    """A type of cells. Its name is a class of the script's cells."""

    title: str
    kind: Literal["neuron", "source"]
    help: str
    parameters: tuple[Parameter, ...]
    receptors: tuple[str, ...] = ()
    conductance_based: bool = False  # all weights are positive
    from_chip: bool = False  # takes from the chip what is left open; others set up the chip
    traces: tuple[str, ...] = ()


class Connector(Noun):
    """A way to connect two boxes. Its name is a class of the script."""

    title: str
    short: str  # beside an arrow; `{name}` becomes an argument
    parameters: tuple[Parameter, ...]
    random: str = ""  # the argument that takes a generator of random numbers


class Synapse(Noun):
    """A type of synapses. Its name is a class of the script's synapses."""

    title: str
    parameters: tuple[Parameter, ...]


class Trace(Noun):
    """Something of a cell that changes with time and can be recorded."""

    name: str
    title: str


class Converter(Noun):
    """What records traces."""

    name: str
    title: str
    help: str
    most: int  # cells


class Chip(Noun):
    """How the chip is set up before the network is."""

    name: str
    title: str
    help: str
    code: str  # an expression of the script


class Plasticity(Noun):
    """How synapses change by themselves, on the whole chip."""

    name: str
    title: str
    parameters: tuple[Parameter, ...]
    help: str = ""
    imports: tuple[str, ...] = ()
    code: tuple[str, ...] = ()  # lines that change `chip`; `{name}` becomes a parameter


class Table(Noun):
    """Everything that can be drawn."""

    version: Literal[1]
    title: str
    imports: tuple[str, ...]
    random_import: str
    neurons: int  # of the chip
    cells: dict[str, Cell]
    connectors: dict[str, Connector]
    synapses: dict[str, Synapse]
    traces: tuple[Trace, ...]
    converters: tuple[Converter, ...]
    chips: tuple[Chip, ...]
    plasticities: tuple[Plasticity, ...]


@cache
def table(path: Path | None = None) -> Table:
    """The table in a file, or the one that comes with the service."""
    file = path or resources("neckar_jobs.builder") / "brainscales2.json"
    try:
        return Table.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise InvalidError(f"the table of cells {file} cannot be read: {error}") from error
