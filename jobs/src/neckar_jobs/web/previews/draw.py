"""Plots as SVG, made on the server: they need no script, and take their colours from the page."""

import math
from collections.abc import Sequence

from markupsafe import Markup

from neckar_jobs.web.previews.plot import Plot, Series

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 14, 42
COLOURS = 8


def drawn(plot: Plot) -> Markup:
    """One plot with its axes."""
    x_range, y_range = _ranges(plot)
    across = Scale(x_range, LEFT, WIDTH - RIGHT)
    up = Scale(y_range, HEIGHT - BOTTOM, TOP)
    inside = (_spikes if plot.kind == "spikes" else _lines)(plot.series, across, up)
    return Markup(
        '<svg class="plot" viewBox="0 0 {w} {h}" role="img" aria-label="{label}">'
        "{axes}{inside}</svg>"
    ).format(w=WIDTH, h=HEIGHT, label=_spoken(plot), axes=axes(across, up, plot), inside=inside)


class Scale:
    """From numbers to places on the page."""

    def __init__(self, values: tuple[float, float], begin: float, end: float) -> None:
        (self.low, self.high), self.begin, self.end = values, begin, end

    def __call__(self, value: float) -> float:
        """Where `value` lies, in the units of the drawing."""
        part = (value - self.low) / (self.high - self.low)
        return round(self.begin + part * (self.end - self.begin), 2)

    def ticks(self, most: int = 6) -> list[float]:
        """Round numbers inside."""
        return round_numbers(self.low, self.high, most)


def axes(across: Scale, up: Scale, plot: Plot) -> Markup:
    """Lines, numbers and names of both axes."""
    parts = Markup("")
    for value in up.ticks(5):
        parts += Markup('<line class="grid" x1="{}" x2="{}" y1="{y}" y2="{y}"/>').format(
            across.begin, across.end, y=up(value)
        )
        parts += _label(across.begin - 8, up(value) + 4, short(value), "end")
    for value in across.ticks():
        parts += _label(across(value), up.begin + 17, short(value), "middle")
    parts += Markup('<line class="axis" x1="{}" x2="{}" y1="{y}" y2="{y}"/>').format(
        across.begin, across.end, y=up.begin
    )
    parts += _label((across.begin + across.end) / 2, HEIGHT - 6, plot.x_label, "middle")
    return parts + Markup(
        '<text x="14" y="{y}" transform="rotate(-90 14 {y})" {end}>{}</text>'
    ).format(plot.y_label, y=(up.begin + up.end) / 2, end=Markup('text-anchor="middle"'))


def round_numbers(low: float, high: float, most: int) -> list[float]:
    """At most about `most` round numbers between `low` and `high`."""
    raw = (high - low) / max(most, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * f for f in (1, 2, 5, 10) if power * f >= raw * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [n * step for n in range(first, math.floor(high / step + 1e-9) + 1)]


def short(value: float) -> str:
    """A number at an axis."""
    text = f"{value:.6g}"
    return text.replace("-", "\N{MINUS SIGN}")


def _label(x: float, y: float, text: str, anchor: str) -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(
        round(x, 2), round(y, 2), anchor, text
    )


def _spikes(series: Sequence[Series], across: Scale, up: Scale) -> Markup:
    height = max(1.5, min(9.0, 0.7 * abs(up(1.0) - up(0.0))))
    parts = (
        f"M{across(x)} {round(up(y) - height / 2, 2)}v{round(height, 2)}"
        for each in series
        for x, y in zip(each.x, each.y, strict=True)
    )
    return Markup('<path class="spikes" d="{}"/>').format("".join(parts))


def _lines(series: Sequence[Series], across: Scale, up: Scale) -> Markup:
    found = Markup("")
    for number, each in enumerate(series):
        points = " ".join(f"{across(x)},{up(y)}" for x, y in zip(each.x, each.y, strict=True))
        found += Markup('<polyline class="curve c{}" points="{}"/>').format(
            number % COLOURS, points
        )
    return found


def _ranges(plot: Plot) -> tuple[tuple[float, float], tuple[float, float]]:
    xs = [x for each in plot.series for x in each.x]
    ys = [y for each in plot.series for y in each.y]
    margin = 0.7 if plot.kind == "spikes" else 0.0
    low, high = _range(ys)
    spread = (high - low) * (0.0 if plot.kind == "spikes" else 0.05)
    return _range(xs), (low - margin - spread, high + margin + spread)


def _range(values: Sequence[float]) -> tuple[float, float]:
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _spoken(plot: Plot) -> str:
    number = sum(len(each.x) for each in plot.series)
    if plot.kind == "spikes":
        return f"{plot.title}: {number + plot.left_out} spikes over {plot.x_label}"
    names = ", ".join(each.name for each in plot.series)
    return f"{plot.title or 'plot'}: {names} over {plot.x_label}"
