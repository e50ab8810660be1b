"""What a run brought: spikes and analog readings over time."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from neckar.brainscales2.mapping.results import Key, Results, Samples
from neckar.plots.style import canvas, in_style
from neckar.units import us

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH = 7.0  # inches
_ROW_HEIGHT, _LOWEST, _HIGHEST = 0.045, 1.8, 6.0  # of a raster, inches
_MANY = 20_000  # spikes, beyond which they are drawn as pixels
_POINTS = 1500  # of a trace; what lies between is drawn as its extremes
_N_TRACES = 8  # on one axis
_TRACE_HEIGHT = 1.5


@in_style
def raster(results: Results) -> "Figure":
    """One line per observed cell, one mark per spike, populations below each other."""
    spikes = results.spikes
    n_cells = sum(len(cells) for cells in spikes.values())
    figure = canvas(_WIDTH, float(np.clip(0.8 + _ROW_HEIGHT * n_cells, _LOWEST, _HIGHEST)))
    axes = figure.subplots()
    first, ticks = 0, []
    is_crowd = sum(len(train) for cells in spikes.values() for train in cells.values()) > _MANY
    for number, cells in enumerate(spikes.values()):
        axes.eventplot(
            [cells[cell] / us for cell in sorted(cells)],
            lineoffsets=(first + np.arange(len(cells))).tolist(),
            linelengths=0.85,
            linewidths=0.9,
            colors=f"C{number % 6}",
            rasterized=is_crowd,
        )
        ticks.append(first + (len(cells) - 1) / 2)
        first += len(cells)
        axes.axhline(first - 0.5, lw=0.4, color="#7a8794")
    axes.set_yticks(ticks, list(spikes))
    axes.tick_params(axis="y", length=0)
    axes.set(ylim=(max(first, 1) - 0.5, -0.5), xlim=(0, results.duration / us))
    axes.set(title="spikes", xlabel="hardware time [µs]")
    return figure


@in_style
def traces(results: Results) -> "Figure":
    """The readings of every observed variable, one axis for each."""
    samples = {key: cells for key, cells in results.samples.items() if cells}
    figure = canvas(_WIDTH, 0.6 + _TRACE_HEIGHT * max(1, len(samples)))
    axes = figure.subplots(max(1, len(samples)), 1, sharex=True, squeeze=False)[:, 0]
    for axis, (key, cells) in zip(axes, samples.items(), strict=False):
        _trace(axis, key, cells)
    axes[-1].set(xlabel="hardware time [µs]", xlim=(0, results.duration / us))
    return figure


def _trace(axes: "Axes", key: Key, cells: Mapping[Any, Samples]) -> None:
    population, variable, device = key
    for cell in sorted(cells)[:_N_TRACES]:
        time, value = _thin(cells[cell])
        axes.plot(time / us, value, lw=0.9, label=f"cell {cell}")
    more = f", {_N_TRACES} of {len(cells)} cells" if len(cells) > _N_TRACES else ""
    axes.set(title=f"{population}, {variable}{more}", ylabel=f"{device} [LSB]")
    if len(cells) > 1:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2)


def _thin(samples: Samples) -> tuple[np.ndarray, np.ndarray]:
    """A trace with few points that looks the same: per stretch its lowest and highest reading."""
    per_stretch = 2 * -(-len(samples.time) // _POINTS)
    if per_stretch <= 2:
        return samples.time, samples.value
    n = len(samples.time) // per_stretch
    value = samples.value[: n * per_stretch].reshape(n, per_stretch)
    where = np.sort(np.stack([value.argmin(axis=1), value.argmax(axis=1)], axis=1), axis=1)
    index = (where + per_stretch * np.arange(n)[:, None]).ravel()
    return samples.time[index], samples.value[index]
