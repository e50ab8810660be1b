"""The model builder: what can be drawn, the script of a drawing, the drawing of a script."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field, ValidationError

from neckar_jobs.builder.check import Problem, check
from neckar_jobs.builder.model import Model, embedded
from neckar_jobs.builder.script import script
from neckar_jobs.builder.table import Table
from neckar_jobs.errors import InvalidError
from neckar_jobs.web.visit import SignedIn

router = APIRouter(prefix="/builder")
LARGEST = 2 * 1024 * 1024  # bytes of a drawing


class Drawn(BaseModel):
    """What becomes of a drawing: a script, or what has to be put right first."""

    script: str
    problems: list[Problem]


class Found(BaseModel):
    """The drawing in a script, and whether the script was changed by hand since."""

    model: Model | None
    is_changed: bool


class Text(BaseModel):
    """A script, or a saved model."""

    text: Annotated[str, Field(max_length=LARGEST)]


def _offered(request: Request) -> Table:
    found: Table = request.app.state.table
    return found


Offered = Annotated[Table, Depends(_offered)]


async def _sent(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise InvalidError(f"this drawing is larger than {LARGEST} bytes")
    return body


Sent = Annotated[bytes, Depends(_sent)]


@router.get("/table")
def cells(_visit: SignedIn, offered: Offered) -> Table:
    """Everything that can be drawn."""
    return offered


@router.post("/script")
def drawn(_visit: SignedIn, offered: Offered, sent: Sent) -> Drawn:
    """The script of a drawing."""
    try:
        model = Model.model_validate_json(sent)
    except ValidationError as error:
        return Drawn(script="", problems=[_unreadable(each) for each in error.errors()])
    problems = check(model, offered)
    return Drawn(script="" if problems else script(model, offered), problems=problems)


@router.post("/model")
def found(_visit: SignedIn, offered: Offered, sent: Sent) -> Found:
    """The drawing that a script brings along."""
    try:
        text = Text.model_validate_json(sent).text
    except ValidationError as error:
        raise InvalidError(str(error)) from None
    model = embedded(text)
    if model is None or text.lstrip().startswith("{"):
        return Found(model=model, is_changed=False)
    is_same = not check(model, offered) and script(model, offered) == text
    return Found(model=model, is_changed=not is_same)


def _unreadable(error: Any) -> Problem:
    return Problem(place=".".join(map(str, error["loc"])), text=str(error["msg"]))
