"""Tables in text files, and what of them can be plotted."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from neckar_jobs.web.previews.plot import Plot, lines, raster

SHOWN = 200  # rows
READ = 50_000  # rows of a plot
LARGEST = 8 * 1024 * 1024  # bytes that are read
MOST = 8  # lines of one plot
SNIFFED = 2048  # characters in which what separates columns is looked for, at quadratic cost
TIMES = frozenset({"time", "times", "t", "spike_time", "spike_times", "time_s", "time_ms"})
CELLS = frozenset({"neuron", "neurons", "id", "unit", "cell", "index", "sender", "senders"})


@dataclass(frozen=True, kw_only=True)
class Table:
    """The beginning of a table."""

    head: list[str]
    rows: list[list[str]]
    more: bool


def read(path: Path) -> tuple[list[str], list[list[str]]]:
    """Names of the columns, and rows of text."""
    with path.open("rb") as file:
        text = file.read(LARGEST).decode("utf-8-sig", "replace")
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(text[:SNIFFED], delimiters=",;\t ")
    except csv.Error:
        dialect = csv.excel
    try:
        rows = [row for row in islice(csv.reader(text.splitlines(), dialect), READ + 1) if row]
    except csv.Error:
        return [], []
    if not rows:
        return [], []
    if all(_number(cell) is not None for cell in rows[0]):
        return [f"column {n + 1}" for n in range(len(rows[0]))], rows
    return [cell.strip().lstrip("# ") for cell in rows[0]], rows[1:]


def beginning(path: Path) -> Table:
    """As much as fits on a page."""
    head, rows = read(path)
    return Table(head=head, rows=rows[:SHOWN], more=len(rows) > SHOWN)


def plots(path: Path) -> list[Plot]:
    """Spikes if the columns are times and cells, else lines over the first column."""
    head, rows = read(path)
    columns = _numbers(head, rows)
    if len(columns) == 0 or len(rows) < 2:
        return []
    names = {name.lower().split(" ")[0].split("[")[0].split("(")[0]: name for name in columns}
    time, cell = (next((names[n] for n in names if n in of), None) for of in (TIMES, CELLS))
    if time is not None and cell is not None and len(columns) <= 3:
        return [raster(path.name, columns[time], columns[cell], x_label=time, y_label=cell)]
    first, *others = columns
    if not others or columns[first] != sorted(columns[first]):
        x, x_label, others = [float(n) for n in range(len(rows))], "row", list(columns)
    else:
        x, x_label = columns[first], first
    return [lines("", x, [(name, columns[name]) for name in others[:MOST]], x_label=x_label)]


def _numbers(head: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for place, name in enumerate(head):
        values = [_number(row[place]) if place < len(row) else None for row in rows]
        if values and all(value is not None for value in values):
            found[name or f"column {place + 1}"] = [v for v in values if v is not None]
    return found


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
