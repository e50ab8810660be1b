"""Charts of the statistics, as SVG."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from markupsafe import Markup

from neckar_jobs.service.activity import Day
from neckar_jobs.web.previews.draw import round_numbers, short

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 560, 230, 34, 28, 10
EDGES = (1, 10, 60, 600, 3600, 6 * 3600, 86400, 7 * 86400)  # s
NAMES = ("< 1 s", "1–10 s", "10–60 s", "1–10 min", "10–60 min", "1–6 h", "6–24 h", "1–7 d", "> 7 d")


def bars(days: Sequence[Day]) -> Markup:
    """Jobs per day, by what has become of them."""
    top = max([1, *(day.finished + day.failed + day.others for day in days)])
    step = (WIDTH - LEFT) / len(days)
    inside = _grid(top)
    every = -(-len(days) // 7)
    for number, day in enumerate(days):
        x = LEFT + number * step
        inside += _stack(x, step, day, top)
        if (len(days) - 1 - number) % every == 0:
            at = datetime.fromtimestamp(day.begins_at, UTC)
            middle = min(x + step / 2, WIDTH - 18)
            inside += _text(middle, HEIGHT - 8, f"{at.day} {at:%b}")
    return _frame(inside, f"jobs per day over {len(days)} days, at most {top} a day")


def waiting(seconds: Sequence[float]) -> Markup:
    """How many jobs waited how long."""
    counts = [0] * len(NAMES)
    for each in seconds:
        counts[sum(each >= edge for edge in EDGES)] += 1
    top = max(counts)
    step = (WIDTH - LEFT) / len(counts)
    inside = _grid(top)
    for number, (name, count) in enumerate(zip(NAMES, counts, strict=True)):
        x = LEFT + number * step
        inside += _bar(x, step, 0, count, top, "waited", f"{name}: {count}")
        inside += _text(x + step / 2, HEIGHT - 8, name)
    return _frame(inside, "; ".join(f"{n}: {c}" for n, c in zip(NAMES, counts, strict=True)))


def _stack(x: float, step: float, day: Day, top: int) -> Markup:
    at = datetime.fromtimestamp(day.begins_at, UTC)
    title = f"{at.day} {at:%b}: {day.finished} finished, {day.failed} failed, {day.others} others"
    parts, base = Markup(""), 0
    for kind, count in (("finished", day.finished), ("failed", day.failed), ("others", day.others)):
        parts += _bar(x, step, base, count, top, kind, title)
        base += count
    return parts


def _bar(x: float, step: float, base: int, count: int, top: int, kind: str, title: str) -> Markup:
    if not count:
        return Markup("")
    height = (HEIGHT - BOTTOM - TOP) * count / top
    y = HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (base + count) / top
    width = max(1.0, min(step * 0.72, 40.0))
    return Markup(
        '<rect class="{}" x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}" rx="1.5">'
        "<title>{}</title></rect>"
    ).format(kind, x + (step - width) / 2, y, width, height, title)


def _grid(top: int) -> Markup:
    found = Markup("")
    for value in round_numbers(0, top, 4):
        if value == math.floor(value):
            y = HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / top
            line = '<line class="grid" x1="{}" x2="{}" y1="{y:.2f}" y2="{y:.2f}"/>'
            found += Markup(line).format(LEFT, WIDTH, y=y)
            found += _text(LEFT - 8, y + 4, short(value), "end")
    return found


def _text(x: float, y: float, text: str, anchor: str = "middle") -> Markup:
    return Markup('<text x="{:.2f}" y="{:.2f}" text-anchor="{}">{}</text>').format(
        x, y, anchor, text
    )


def _frame(inside: Markup, spoken: str) -> Markup:
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    ).format(WIDTH, HEIGHT, spoken, inside)
