"""A report of all runs of a script: one HTML file that needs nothing else."""

import io
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from importlib.resources import files
from itertools import count
from typing import TYPE_CHECKING

from neckar import __version__
from neckar.brainscales2.calibration import Residual
from neckar.brainscales2.mapping.describe import quantity
from neckar.brainscales2.mapping.forecast import Forecast
from neckar.brainscales2.mapping.results import Results
from neckar.network import LIF, Network, OnChipPoisson, Population, SpikeTimes
from neckar.plots.activity import raster, traces
from neckar.plots.chip import calibration, weights
from neckar.plots.occupation import occupation
from neckar.plots.watch import Run
from neckar.units import show

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_RUNS = 4  # that are shown in full; of the others there is one line each
_MOST_MATRICES = 4
_MOST_CONNECTIONS = 200_000  # of a matrix that is drawn
_SERIAL = count()  # of drawings
# Colours of the style that follow the reader's choice of light or dark.
_THEMED = {
    "#33404d": "--ink",
    "#7a8794": "--line",
    "#ffffff": "--card",
    "#f4f4f4": "--empty",
    "#0b5d73": "--c0",
    "#e07a1f": "--c1",
    "#7a4f9e": "--c2",
    "#3a8f4b": "--c3",
    "#c2334d": "--c4",
    "#6b7885": "--c5",
}


def page(
    title: str,
    chip: str,
    runs: Sequence[Run],
    residuals: Sequence[Residual],
    warnings: Sequence[str],
) -> str:
    """The whole document.

    Args:
        title: name of the script.
        chip: one line about the chip.
        runs: in their order.
        residuals: of the nightly calibration.
        warnings: what the reader should know first.
    """
    resources = files("neckar.plots")
    body = [
        _header(title, chip, runs),
        _warnings([*warnings, *_losses(runs)]),
        _overview(runs) if len(runs) > 1 else "",
        *(_run(number, run, runs) for number, run in _in_full(runs)),
        _calibration(residuals),
    ]
    template = (resources / "page.html").read_text(encoding="utf-8")
    return template.replace("{{title}}", escape(title)).replace("{{body}}", "\n".join(body))


def calibration_page(
    title: str, chip: str, residuals: Sequence[Residual], of: str = "all 512 neurons"
) -> str:
    """A document about one calibration."""
    template = (files("neckar.plots") / "page.html").read_text(encoding="utf-8")
    header = (
        f"<header><h1>{escape(title)}</h1><p>{escape(chip)} · Neckar {__version__}</p></header>"
    )
    body = header + _calibration(residuals, "calibrated", of)
    return template.replace("{{title}}", escape(title)).replace("{{body}}", body)


def _in_full(runs: Sequence[Run]) -> Iterator[tuple[int, Run]]:
    """The first runs and the last."""
    numbers = range(len(runs))
    yield from ((n, runs[n]) for n in numbers if n < MOST_RUNS - 1 or n == len(runs) - 1)


def _header(title: str, chip: str, runs: Sequence[Run]) -> str:
    network = sum(run.results.duration for run in runs)
    wall = sum(run.wall_time for run in runs)
    costs = [run.forecast.cost for run in runs if run.forecast.cost]
    tiles = [
        ("run" if len(runs) == 1 else "runs", f"{len(runs)}"),
        ("network time", show(network, "s")),
        ("computed in", show(wall, "s")),
        ("spikes recorded", f"{sum(_n_spikes(run) for run in runs):,}".replace(",", " ")),
        ("on silicon", show(sum(cost.chip for cost in costs), "s")),
        ("chip energy", show(sum(cost.energy_chip for cost in costs), "J")),
    ]
    boxes = "".join(
        f"<div><b>{escape(value)}</b><span>{name}</span></div>" for name, value in tiles
    )
    date = time.strftime("%Y-%m-%d %H:%M")
    return (
        f"<header><h1>{escape(title)}</h1><p>{escape(chip)} · Neckar {__version__} · {date}</p>"
        f'</header><section class="tiles">{boxes}</section>'
    )


def _n_spikes(run: Run) -> int:
    return sum(len(train) for cells in run.results.spikes.values() for train in cells.values())


def _losses(runs: Sequence[Run]) -> Iterator[str]:
    for number, run in enumerate(runs, start=1):
        lost = run.results.dropped_in, run.results.dropped_out
        if any(lost):
            yield (
                f"run {number}: the link lost {lost[0]} spikes on their way in and {lost[1]} on "
                "their way out"
            )
        traffic = run.forecast.traffic
        if traffic and traffic.lost_on_buses:
            yield f"run {number}: {traffic.lost_on_buses} spikes found no room before PADI buses"


def _warnings(lines: Sequence[str]) -> str:
    unique = dict.fromkeys(lines)
    items = "".join(f"<li>{escape(line)}</li>" for line in unique)
    return f'<section class="warnings"><h2>Warnings</h2><ul>{items}</ul></section>' if items else ""


def _overview(runs: Sequence[Run]) -> str:
    rows = [
        (
            str(number),
            show(run.results.duration, "s"),
            f"{_n_spikes(run)}",
            show(run.wall_time, "s"),
            show(run.forecast.cost.chip, "s") if run.forecast.cost else "",
        )
        for number, run in enumerate(runs, start=1)
    ]
    head = ("run", "network time", "spikes", "computed in", "on silicon")
    long = len(rows) > 12
    table = _table(head, rows)
    inside = f"<details><summary>{len(rows)} runs</summary>{table}</details>" if long else table
    return f"<section><h2>All runs</h2>{inside}</section>"


def _run(number: int, run: Run, runs: Sequence[Run]) -> str:
    last, network = run.snippets[-1], run.snippets[-1].network
    name = f"Run {number + 1}" if len(runs) > 1 else "Activity"
    parts = [f"<section><h2>{name}</h2>"]
    if any(len(cells) for cells in run.results.spikes.values()):
        parts.append(_svg(raster(run.results)))
    if any(len(cells) for cells in run.results.samples.values()):
        parts.append(_svg(traces(run.results)))
    parts.append(_populations(network, run.results))
    parts.append("</section>")
    is_new = number == 0 or runs[number - 1].snippets[-1].routing is not last.routing
    if is_new:
        name = f"{name} on" if len(runs) > 1 else "On"
        parts.append(f"<section><h2>{name} the chip</h2>")
        parts += [_usage(run.forecast), _svg(occupation(last)), _parameters(run.forecast)]
        parts += [_projections(run.forecast, network), "</section>"]
    return "\n".join(parts)


def _populations(network: Network, results: Results) -> str:
    rows = []
    for population in network.populations:
        trains = results.spikes.get(population.name, {})
        n_spikes = sum(len(train) for train in trains.values())
        rate = n_spikes / len(trains) / results.duration if trains and results.duration else 0.0
        seen = (f"{len(trains)}", f"{n_spikes}", _rate(rate)) if trains else ("–", "–", "–")
        rows.append((population.name, _kind(population), f"{population.size}", *seen))
    head = ("population", "kind", "cells", "recorded", "spikes", "mean rate")
    return _table(head, rows)


def _rate(rate: float) -> str:
    return f"{rate / 1e3:.2f} kHz" if rate else "0"


def _kind(population: Population) -> str:
    if isinstance(population.cell, LIF):
        return "LIF neurons"
    if isinstance(population.cell, SpikeTimes):
        return "spikes of the host"
    if isinstance(population.cell, OnChipPoisson):
        return "Poisson, on chip"
    return "neuron circuits"


def _usage(forecast: Forecast) -> str:
    usage = forecast.usage
    if usage is None:
        return ""
    drivers = [n for side in usage.drivers for n in side]
    shares = [
        ("neurons", usage.neurons, 512),
        ("synapses", usage.synapses, 131072),
        ("rows, top", usage.rows[0], 256),
        ("rows, bottom", usage.rows[1], 256),
        ("drivers of the fullest bus", max(drivers), 32),
        ("background sources", usage.sources, 8),
    ]
    items = "".join(
        f'<div class="share"><span>{name}</span><meter max="{full}" value="{taken}"></meter>'
        f"<span>{taken} of {full}</span></div>"
        for name, taken, full in shares
    )
    return f'<div class="shares">{items}</div>'


def _parameters(forecast: Forecast) -> str:
    rows = [
        (
            one.population,
            one.name,
            *(quantity(v, one.unit) for v in (one.wanted, one.got, one.error, one.worst)),
        )
        for one in forecast.parameters
    ]
    head = ("population", "value", "wanted", "on the chip", "rms error", "worst")
    return f"<h3>Wanted and got</h3>{_table(head, rows)}" if rows else ""


def _projections(forecast: Forecast, network: Network) -> str:
    rows = [
        (
            weight.name,
            f"{weight.connections}",
            f"{weight.synapses}",
            f"{weight.smallest:.4g} .. {weight.largest:.4g}",
            f"{weight.error:.2g}",
        )
        for weight in forecast.weights
    ]
    if not rows:
        return ""
    head = ("projection", "connections", "synapses", "weights", "rounding")
    drawn = [p for p in network.projections if 1 < len(p.pre) < _MOST_CONNECTIONS]
    matrices = "".join(_svg(weights(network, p)) for p in drawn[:_MOST_MATRICES])
    grid = f'<div class="matrices">{matrices}</div>' if matrices else ""
    return f"<h3>Connections</h3>{_table(head, rows)}{grid}"


def _calibration(
    residuals: Sequence[Residual],
    name: str = "nightly calibration",
    of: str = "all 512 neurons",
) -> str:
    if not residuals:
        return ""
    rows = [
        (
            r.name,
            f"{r.wanted:.2f}",
            f"{r.before.mean():.2f} ± {r.before.std():.2f}",
            f"{r.after.mean():.2f} ± {r.after.std():.2f}",
            f"{r.ratio:.2f}",
        )
        for r in residuals
    ]
    head = (of, "wanted", "median codes", name, "spread left")
    figure = _svg(calibration(residuals))
    return f"<section><h2>The chip, calibrated</h2>{figure}{_table(head, rows)}</section>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    def line(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    body = "".join(line(row, "td") for row in rows)
    return (
        f'<div class="table"><table><thead>{line(head, "th")}</thead><tbody>{body}</tbody></table>'
        "</div>"
    )


def _svg(figure: "Figure") -> str:
    """A figure as part of the document: its letters are the reader's, its colours follow them."""
    import matplotlib as mpl

    buffer = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "neckar", "savefig.dpi": 200}):
        figure.savefig(buffer, format="svg", facecolor="none", metadata={"Date": None})
    drawing = buffer.getvalue()
    drawing = drawing[drawing.index("<svg") :]
    for colour, name in _THEMED.items():
        drawing = drawing.replace(f": {colour}", f": var({name})")
    drawing = re.sub(
        r'(<svg[^>]*?) width="[^"]*" height="[^"]*"|(<svg[^>]*?) height="[^"]*"', r"\1\2", drawing
    )
    return f"<figure>{_own_names(drawing)}</figure>"


def _own_names(drawing: str) -> str:
    """Names within drawings, so that two of them in one document do not mix."""
    mark = f"f{next(_SERIAL)}-"
    drawing = re.sub(r'\bid="', f'id="{mark}', drawing)
    drawing = re.sub(r'href="#', f'href="#{mark}', drawing)
    return re.sub(r"url\(#", f"url(#{mark}", drawing)
