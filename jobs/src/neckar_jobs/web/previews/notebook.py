"""Notebooks, read and never run: text, code and pictures; no HTML and no script of theirs."""

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from neckar_jobs.web.formats import printed
from neckar_jobs.web.previews.markdown import rendered

MOST = 500  # cells
LARGEST = 200_000  # characters of one output
RENDERED = 100_000  # characters of Markdown in one notebook; the rest is shown as it is
PICTURES = ("image/png", "image/jpeg", "image/gif")


NOTHING = Markup("")


@dataclass(frozen=True, kw_only=True)
class Part:
    """Something in a notebook: `markdown`, `code`, `text` or `picture`."""

    kind: str
    text: str = ""
    html: Markup = NOTHING
    source: str = ""  # of a picture: a data: address
    number: str = ""  # of a cell that was run


def parts(text: str) -> list[Part]:
    """The cells of a notebook and what they left; empty where this is none."""
    try:
        document = json.loads(text)
        cells = [cell for cell in document["cells"][:MOST] if isinstance(cell, dict)]
        left = RENDERED
        found: list[Part] = []
        for cell in cells:
            found += _cell(cell, left)
            left -= len(_joined(cell.get("source")))
        return found
    except (ValueError, KeyError, TypeError, RecursionError):
        return []


def _cell(cell: dict[str, Any], left: int) -> Iterator[Part]:
    source = _joined(cell.get("source"))
    if cell.get("cell_type") == "markdown":
        short = len(source) <= left
        yield (
            Part(kind="markdown", html=rendered(source))
            if short
            else Part(kind="text", text=source)
        )
        return
    number = cell.get("execution_count")
    yield Part(kind="code", text=source, number="" if number is None else str(number)[:8])
    for output in cell.get("outputs") or ():
        if isinstance(output, dict):
            yield from _output(output)


def _output(output: dict[str, Any]) -> Iterator[Part]:
    if output.get("output_type") == "error":
        trace = "\n".join(map(str, output.get("traceback") or ()))
        yield Part(kind="text", text=printed(trace.encode())[:LARGEST])
        return
    data = output.get("data")
    if not isinstance(data, dict):
        yield Part(kind="text", text=printed(_joined(output.get("text")).encode())[:LARGEST])
        return
    for kind in PICTURES:
        if kind in data and (picture := _picture(kind, _joined(data[kind]))):
            yield picture
            return
    if "image/svg+xml" in data:
        svg = base64.b64encode(_joined(data["image/svg+xml"]).encode()).decode()
        yield Part(kind="picture", source=f"data:image/svg+xml;base64,{svg}")
    elif "text/plain" in data:
        yield Part(kind="text", text=_joined(data["text/plain"])[:LARGEST])


def _picture(kind: str, text: str) -> Part | None:
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (ValueError, binascii.Error):
        return None
    return Part(kind="picture", source=f"data:{kind};base64,{base64.b64encode(data).decode()}")


def _joined(text: Any) -> str:
    return "".join(map(str, text)) if isinstance(text, list) else str(text or "")
