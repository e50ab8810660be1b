"""A network as it was drawn. Fields hold what was typed, right or wrong: `check` tells."""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from neckar_jobs.builder.table import Noun, Scalar
from neckar_jobs.errors import InvalidError

MARK = "# The network of this script, for the model builder:"
LEAD = "#: "
MOST = 200  # boxes, and ten times as many arrows

Word = Annotated[str, Field(max_length=200)]
Typed = (
    Annotated[str, Field(max_length=20_000)]
    | Annotated[list[Scalar], Field(max_length=20_000)]
    | Annotated[list[Annotated[list[Scalar], Field(max_length=8)]], Field(max_length=20_000)]
    | bool
    | int
    | float
)
Fields = Annotated[dict[Word, Typed], Field(max_length=100)]


class Recorded(Noun):
    """What is recorded of a population."""

    spikes: bool = True
    trace: Word = ""  # empty: none
    converter: Word = ""
    cells: Typed = 0  # whose traces: an index, or a list of some

    @property
    def listed(self) -> list[Any]:
        """The cells, always as a list."""
        return list(self.cells) if isinstance(self.cells, list) else [self.cells]


class Population(Noun):
    """A box: cells of one type."""

    id: Word
    name: Word
    cell: Word
    size: Typed
    parameters: Fields = Field(default_factory=dict)
    record: Recorded = Recorded()
    x: Annotated[float, Field(ge=-1e6, le=1e6)] = 0.0
    y: Annotated[float, Field(ge=-1e6, le=1e6)] = 0.0


class Projection(Noun):
    """An arrow: connections from the cells of one box to those of another."""

    id: Word
    source: Word
    target: Word
    connector: Word
    arguments: Fields = Field(default_factory=dict)
    synapse: Word
    parameters: Fields = Field(default_factory=dict)
    receptor: Word


class Model(Noun):
    """A network, and how long it runs."""

    version: Literal[1] = 1
    name: Word = ""
    runtime: Typed = 0.5  # ms
    seed: Typed = 1
    chip: Word
    plasticity: Word = ""
    plasticity_parameters: Fields = Field(default_factory=dict)
    populations: Annotated[tuple[Population, ...], Field(max_length=MOST)] = ()
    projections: Annotated[tuple[Projection, ...], Field(max_length=10 * MOST)] = ()


def embed(model: Model) -> str:
    """The model as comments of a script: one line for every box and arrow."""
    whole = model.model_dump(exclude_defaults=True) | {"version": model.version}
    boxes, arrows = (whole.pop(name, ()) for name in ("populations", "projections"))
    lines = [json.dumps(whole, ensure_ascii=False)[:-1] + ","]
    lines += _listed("populations", boxes, ",") + _listed("projections", arrows, "}")
    return "\n".join([MARK, *(LEAD + line for line in lines)])


def _listed(name: str, parts: tuple[object, ...], end: str) -> list[str]:
    rows = [" " + json.dumps(each, ensure_ascii=False) for each in parts]
    return [f'"{name}": [', *(f"{row}," for row in rows[:-1]), *rows[-1:], f"]{end}"]


def embedded(text: str) -> Model | None:
    """The model in a script, or none; a model file is one, too."""
    lines = list(_embedded_lines(text))
    stripped = text.strip()
    if not lines and not stripped.startswith("{"):
        return None
    try:
        return Model.model_validate_json("\n".join(lines) or stripped)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InvalidError(
            f"this model cannot be read: {where or 'JSON'}: {first['msg']}"
        ) from error


def _embedded_lines(text: str) -> Iterator[str]:
    inside = False
    for line in text.replace("\r\n", "\n").split("\n"):
        inside = inside or line == MARK
        if inside and line.startswith(LEAD):
            yield line.removeprefix(LEAD)
