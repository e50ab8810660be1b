"""Numbers to be drawn, thinned out to what an eye can see."""

from collections.abc import Sequence
from dataclasses import dataclass

SPIKES = 20_000  # of one plot
POINTS = 4_000  # of one line


@dataclass(frozen=True, kw_only=True)
class Series:
    """Points that belong together."""

    name: str
    x: list[float]
    y: list[float]


@dataclass(frozen=True, kw_only=True)
class Plot:
    """What is drawn in one frame: `spikes` as ticks, `lines` as lines."""

    kind: str
    title: str
    x_label: str
    y_label: str
    series: list[Series]
    left_out: int = 0  # spikes


def raster(
    title: str, times: Sequence[float], cells: Sequence[float], *, x_label: str, y_label: str
) -> Plot:
    """Spikes; of more than can be seen, every n-th."""
    step = -(-len(times) // SPIKES) or 1
    kept = Series(name="spikes", x=list(times[::step]), y=list(cells[::step]))
    left_out = len(times) - len(kept.x)
    return Plot(
        kind="spikes",
        title=title,
        x_label=x_label,
        y_label=y_label,
        series=[kept],
        left_out=left_out,
    )


def lines(
    title: str,
    x: Sequence[float],
    several: Sequence[tuple[str, Sequence[float]]],
    *,
    x_label: str,
    y_label: str = "",
) -> Plot:
    """Lines over a common axis."""
    series = [Series(name=name, **_thin(x, y)) for name, y in several]
    label = y_label or (several[0][0] if len(several) == 1 else "")
    return Plot(kind="lines", title=title, x_label=x_label, y_label=label, series=series)


def _thin(x: Sequence[float], y: Sequence[float]) -> dict[str, list[float]]:
    """The smallest and the largest of each piece, in their order: no spike gets lost."""
    number = min(len(x), len(y))
    if number <= POINTS:
        return {"x": list(x[:number]), "y": list(y[:number])}
    size = -(-number // (POINTS // 2))
    kept: list[int] = []
    for start in range(0, number, size):
        piece = range(start, min(start + size, number))
        kept += sorted({min(piece, key=y.__getitem__), max(piece, key=y.__getitem__)})
    return {"x": [x[n] for n in kept], "y": [y[n] for n in kept]}
