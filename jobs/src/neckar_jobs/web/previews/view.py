"""How a file is shown: what kind it is, and what a page needs of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from neckar_jobs.api.contents import SHOWN
from neckar_jobs.model import DataFile
from neckar_jobs.web.formats import printed
from neckar_jobs.web.previews import notebook, signals, table
from neckar_jobs.web.previews.draw import drawn
from neckar_jobs.web.previews.markdown import rendered
from neckar_jobs.web.previews.tree import tree

LARGEST = 512 * 1024  # bytes of text on a page
LARGEST_NOTEBOOK = 16 * 1024 * 1024
TEXTS = frozenset((".txt", ".log", ".out", ".err", ".py", ".cfg", ".ini", ".toml", ".yaml", ".yml"))
Shown = Mapping[str, Any]


def kind_of(file: DataFile) -> str:
    """`picture`, `table`, `json`, `notebook`, `signals`, `markdown`, `text` or `other`."""
    ending = Path(file.path).suffix.lower()
    by_ending = {".csv": "table", ".tsv": "table", ".json": "json", ".ipynb": "notebook"}
    by_ending |= {".md": "markdown", **dict.fromkeys(signals.ENDINGS, "signals")}
    pictures = [*(kind for kind in SHOWN if kind.startswith("image/")), "image/svg+xml"]
    if file.content_type in pictures:
        return "picture"
    if ending in by_ending:
        return by_ending[ending]
    is_text = ending in TEXTS or file.content_type.startswith("text/")
    return "text" if is_text else "other"


def preview(path: Path, file: DataFile) -> Shown:
    """What a page shows of a file; `kind` says how."""
    kind = kind_of(file)
    show = _SHOW.get(kind)
    return {"kind": kind, **(show(path, file) if show else {})}


def series(path: Path, file: DataFile) -> Mapping[str, Any] | None:
    """The numbers behind the plots of a file."""
    kind = kind_of(file)
    try:
        plots = _plots(path, file) if kind in ("table", "signals") else []
    except signals.UnreadableError:
        return None
    return {"plots": [asdict(plot) for plot in plots]} if plots else None


def _plots(path: Path, file: DataFile) -> list[Any]:
    if kind_of(file) == "table":
        return table.plots(path)
    return signals.read(path, Path(file.path).suffix.lower())[0]


def _table(path: Path, _file: DataFile) -> Shown:
    return {"table": table.beginning(path), "plots": [drawn(p) for p in table.plots(path)]}


def _signals(path: Path, file: DataFile) -> Shown:
    try:
        plots, names = signals.read(path, Path(file.path).suffix.lower())
    except signals.UnreadableError as error:
        return {"plots": [], "names": [], "wrong": str(error)}
    return {"plots": [drawn(plot) for plot in plots], "names": names, "wrong": ""}


def _json(path: Path, file: DataFile) -> Shown:
    text = _text(path)
    try:
        return {"tree": tree(json.loads(text))}
    except (ValueError, RecursionError):
        return {"kind": "text", **_plain(path, file)}


def _notebook(path: Path, file: DataFile) -> Shown:
    if file.size > LARGEST_NOTEBOOK:
        return {"parts": []}
    return {"parts": notebook.parts(path.read_text("utf-8", "replace"))}


def _markdown(path: Path, _file: DataFile) -> Shown:
    return {"html": rendered(_text(path))}


def _plain(path: Path, file: DataFile) -> Shown:
    with path.open("rb") as opened:
        return {"text": printed(opened.read(LARGEST)), "more": file.size > LARGEST}


def _text(path: Path) -> str:
    with path.open("rb") as opened:
        return opened.read(LARGEST).decode("utf-8", "replace")


_SHOW: Mapping[str, Callable[[Path, DataFile], Shown]] = {
    "table": _table,
    "signals": _signals,
    "json": _json,
    "notebook": _notebook,
    "markdown": _markdown,
    "text": _plain,
}
