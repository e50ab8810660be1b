"""Figures of where a network sits on the chip and of who is connected to whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from neckar.brainscales2.chip.datasheet import N_BUSES, N_COLUMNS, N_HEMISPHERES, N_ROWS
from neckar.brainscales2.chip.wiring import bus_of_driver, driver_of_row
from neckar.frontends.pynn import simulator
from neckar.frontends.pynn.snapshot import circuits_of

_LARGEST_LEGEND = 16  # entries
_UNUSED = "0.93"
_BAND = 0.9  # of a row, between one and the next


class PlotTypes(Enum):
    """What a plot shows."""

    SANDWICH = 1  # the chip in one picture, neurons between the synapses
    SEPARATE = 2  # neurons above, synapses below
    POPULATIONMATRIX = 3  # which populations are connected
    NEURONMATRIX = 4  # which neurons are connected


_FILE = {
    PlotTypes.SANDWICH: "sandwich",
    PlotTypes.SEPARATE: "separate",
    PlotTypes.POPULATIONMATRIX: "pop_matrix",
    PlotTypes.NEURONMATRIX: "neuron_matrix",
}


@dataclass
class _Style:
    """Settings that every plot has; those of the plotter hold where a plot gives none."""

    do_label_synapses: bool = False
    has_grid: bool = True
    color_is_source: bool = True
    alpha: float = 0.9
    custom_title: str | None = None
    population_contrast_groups: dict[str, list[int]] | None = None


class ChipPlotter:
    """Collects plots, draws them and writes them to files.

    Args:
        do_label_synapses: list projections in the legend.
        has_grid: lines behind the plots.
        color_is_source: synapses have the colour of the sending population, else the receiving.
        alpha: opacity.
        custom_title: above the plots.
        population_contrast_groups: numbers of populations by group; a group has one hue.
    """

    def __init__(
        self,
        do_label_synapses: bool = False,
        has_grid: bool = True,
        color_is_source: bool = True,
        alpha: float = 0.9,
        custom_title: str | None = None,
        population_contrast_groups: dict[str, list[int]] | None = None,
    ) -> None:
        self.default_settings = asdict(
            _Style(
                do_label_synapses,
                has_grid,
                color_is_source,
                alpha,
                custom_title,
                population_contrast_groups,
            )
        )
        self.plot_list: list[dict[str, Any]] = []

    # --- which plots -----------------------------------------------------------------------

    def add_plot_chip_map(
        self,
        *,
        neuron_height: int = 50,
        center: Sequence[float] | None = None,
        sort_synapse_by_padi_bus: bool = True,
        highlight_empty_rows: bool = True,
        separate_view: bool = False,
        **style: Any,
    ) -> None:
        """Add a map of the chip.

        Args:
            neuron_height: of a row of neurons between the synapses, in synapse rows.
            center: of the chip in the plot.
            sort_synapse_by_padi_bus: rows of one bus side by side, else as they lie on the chip.
            highlight_empty_rows: show in grey where no synapse is.
            separate_view: neurons and synapses in two axes.
            **style: settings of the plotter that are different in this plot.
        """
        kind = PlotTypes.SEPARATE if separate_view else PlotTypes.SANDWICH
        more = {
            "neuron_height": 0 if separate_view else neuron_height,
            "center": (0.0, 0.0) if center is None else tuple(center),
            "sort_synapse_by_padi_bus": sort_synapse_by_padi_bus,
            "highlight_empty_rows": highlight_empty_rows,
        }
        self._add(kind, style, more)

    def add_plot_matrix(self, *, plot_each_neuron: bool = False, **style: Any) -> None:
        """Add a matrix of connections between populations, or between all of their cells."""
        kind = PlotTypes.NEURONMATRIX if plot_each_neuron else PlotTypes.POPULATIONMATRIX
        self._add(kind, style, {})

    def _add(self, kind: PlotTypes, style: dict[str, Any], more: dict[str, Any]) -> None:
        unknown = style.keys() - self.default_settings.keys()
        if unknown:
            raise TypeError(f"ChipPlotter: unknown settings {', '.join(sorted(unknown))}")
        chosen = {name: value for name, value in style.items() if value is not None}
        settings = self.default_settings | chosen | more | {"plot_type": kind}
        figure, axes = _canvas(kind)
        self.plot_list.append({"plot_type": kind, "fig": figure, "ax": axes, "settings": settings})

    def modify_plot(self, plot_id: int, setting_name: str, new_setting_value: Any) -> None:
        """Change a setting of a plot; draw it again to see it."""
        self.plot_list[plot_id]["settings"][setting_name] = new_setting_value

    def remove_plot(self, plot_id: int) -> None:
        """Forget a plot."""
        if 0 <= plot_id < len(self.plot_list):
            self.plot_list.pop(plot_id)

    def clear_plot(self, plot_id: int) -> None:
        """Empty a plot."""
        from matplotlib import pyplot

        plot = self.plot_list[plot_id]
        pyplot.close(plot["fig"])
        plot["fig"], plot["ax"] = _canvas(plot["plot_type"])

    def clear_all_plots(self) -> None:
        """Empty all plots."""
        for plot_id in range(len(self.plot_list)):
            self.clear_plot(plot_id)

    # --- drawing ---------------------------------------------------------------------------

    def plot_all(self) -> None:
        """Draw all plots."""
        for plot_id in range(len(self.plot_list)):
            self.plot_by_id(plot_id)

    def plot_by_id(self, plot_id: int) -> None:
        """Draw a plot, as the network is mapped now."""
        plot = self.plot_list[plot_id]
        axes, settings = plot["ax"], plot["settings"]
        if plot["plot_type"] is PlotTypes.SEPARATE:
            self._draw_neurons(axes[0], settings)
            self._draw_synapses(axes[1], settings)
        elif plot["plot_type"] is PlotTypes.SANDWICH:
            self._draw_synapses(axes, settings)
            self._draw_neurons(axes, settings)
        else:
            self._draw_matrix(axes, settings, plot["plot_type"] is PlotTypes.NEURONMATRIX)
        first = axes[0] if isinstance(axes, list) else axes
        first.set_title(settings["custom_title"] or plot["plot_type"].name.lower())

    def _draw_neurons(self, axes: Any, settings: dict[str, Any]) -> None:
        x0, y0 = _corner(settings)
        height = max(settings["neuron_height"], 1)
        populations = simulator.active().populations
        colours = _colours(len(populations), settings)
        for number, circuits in _circuits().items():
            row, column = np.divmod(circuits, N_COLUMNS)
            axes.bar(
                x0 + column,
                height * _BAND,
                bottom=y0 + N_ROWS + height * row,
                width=1.0,
                align="edge",
                color=colours[number],
                label=populations[number].label,
            )
        _finish(axes, settings, len(populations))
        axes.set_xlim(x0, x0 + N_COLUMNS)
        axes.set(xlabel="column", ylabel="neurons" if settings["neuron_height"] == 0 else "row")

    def _draw_synapses(self, axes: Any, settings: dict[str, Any]) -> None:
        x0, y0 = _corner(settings)
        state = simulator.active()
        colours = _colours(len(state.populations), settings)
        synapses = self._synapses()
        used = np.unique(np.concatenate([*(place[:, 1] for _, place in synapses), _NONE]))
        if settings["highlight_empty_rows"]:
            empty = np.setdiff1d(np.arange(N_HEMISPHERES * N_ROWS), used)
            for y in _heights(empty, y0, settings):
                axes.axhspan(y, y + 1, color=_UNUSED, lw=0, zorder=0)
        sources = {source for (source, _), _ in synapses if settings["color_is_source"]}
        for source in sorted(sources - set(_circuits())):
            label = state.populations[source].label  # of cells that are not on the chip
            axes.scatter([], [], marker="s", color=[colours[source]], label=label)
        for number, ((source, target), place) in enumerate(synapses):
            axes.scatter(
                x0 + place[:, 0] + 0.5,
                _heights(place[:, 1], y0, settings) + 0.5,
                s=1.5,
                marker="s",
                linewidths=0,
                color=[colours[source if settings["color_is_source"] else target]],
                label=state.projections[number].label if settings["do_label_synapses"] else None,
            )
        _finish(axes, settings, len(synapses))
        axes.set(xlabel="column", ylabel="synapse row")
        axes.set_ylim(y0, y0 + N_HEMISPHERES * (N_ROWS + settings["neuron_height"]))

    def _draw_matrix(self, axes: Any, settings: dict[str, Any], of_neurons: bool) -> None:
        state = simulator.active()
        colours = _colours(len(state.populations), settings)
        for (source, target), projection in zip(_ends(), state.projections, strict=True):
            x, y = (
                _pairs(projection, state.populations[source], state.populations[target])
                if of_neurons
                else (np.array([source]), np.array([target]))
            )
            axes.scatter(
                x,
                y,
                s=2 if of_neurons else 60,
                marker="s",
                color=[colours[source if settings["color_is_source"] else target]],
                label=projection.label if settings["do_label_synapses"] else None,
            )
        if not of_neurons:
            labels = [population.label for population in state.populations]
            axes.set_xticks(range(len(labels)), labels, rotation=90, fontsize="x-small")
            axes.set_yticks(range(len(labels)), labels, fontsize="x-small")
            axes.set(xlim=(-0.5, len(labels) - 0.5), ylim=(-0.5, len(labels) - 0.5))
        axes.set(xlabel="from", ylabel="to")
        _finish(axes, settings, len(state.projections))

    # --- files -----------------------------------------------------------------------------

    def save_all(
        self,
        folder: str = "",
        name: str = "",
        formats: Sequence[str] | None = None,
        dpi: float = 300,
    ) -> None:
        """Write all plots to files."""
        for plot_id in range(len(self.plot_list)):
            self.save_by_id(plot_id, folder, name, formats, dpi, str(plot_id))

    def save_by_id(
        self,
        plot_id: int,
        folder: str = "",
        name: str = "",
        formats: Sequence[str] | None = None,
        dpi: float = 300,
        sub_name: str = "",
    ) -> None:
        """Write a plot to `<folder>/<name><sub_name>.<format>`, drawn if it has not been."""
        plot = self.plot_list[plot_id]
        if not any(axes.has_data() for axes in plot["fig"].axes):
            self.plot_by_id(plot_id)
        Path(folder).mkdir(parents=True, exist_ok=True)
        for each in formats or ("png", "pdf"):
            file = f"{name or _FILE[plot['plot_type']]}{sub_name}.{each}"
            plot["fig"].savefig(Path(folder) / file, bbox_inches="tight", dpi=dpi)

    # --- data ------------------------------------------------------------------------------

    def retrieve_data(
        self, neuron_map: bool, synapse_map: bool, pop_matrix: bool, neuron_matrix: bool
    ) -> dict[str, list[Any]]:
        """What the plots show, as lists.

        Args:
            neuron_map: per population (column, row) of every neuron; and of sources their number,
                size and how many sources come before.
            synapse_map: per projection the numbers of its populations, then (column, row) of every
                synapse; and rows without synapses.
            pop_matrix: per projection itself and the numbers of its populations.
            neuron_matrix: the same, and pairs of connected ids.
        """
        data: dict[str, list[Any]] = {}
        state = simulator.active()
        if neuron_map:
            placed = {k: np.divmod(c, N_COLUMNS)[::-1] for k, c in _circuits().items()}
            data["neuron_map"] = [
                np.stack(placed[k], axis=1).tolist() if k in placed else []
                for k in range(len(state.populations))
            ]
            sizes = [(k, p.size) for k, p in enumerate(state.populations) if k not in placed]
            before = np.cumsum([0, *(size for _, size in sizes)]).tolist()
            data["external_pop_ids"] = [
                [k, size, b] for (k, size), b in zip(sizes, before, strict=False)
            ]
        if synapse_map:
            synapses = self._synapses()
            data["synapse_map"] = [[list(e), *place.tolist()] for e, place in synapses]
            used = {row for _, place in synapses for row in place[:, 1].tolist()}
            data["unused_rows"] = [r for r in range(N_HEMISPHERES * N_ROWS) if r not in used]
        pairs = [[p, list(e)] for p, e in zip(state.projections, _ends(), strict=True)]
        if pop_matrix or neuron_matrix:
            data["pre_post_pop_matrix"] = pairs
        if neuron_matrix:
            data["pre_post_neuron_matrix"] = [
                [p, e, np.stack(_pairs(p, *(state.populations[k] for k in e)), axis=1).tolist()]
                for p, e in pairs
            ]
        return data

    def get_padibus_pop_counts(self) -> dict[str, list[int]]:
        """How many rows of every PADI bus, counted over the chip, hear the host or the chip."""
        counts = {"external": [0] * (2 * N_BUSES), "onChip": [0] * (2 * N_BUSES)}
        placed = _circuits()
        seen: set[int] = set()
        for (source, _), place in self._synapses():
            kind = "onChip" if source in placed else "external"
            for row in set(place[:, 1].tolist()) - seen:
                seen.add(row)
                counts[kind][_bus(row)] += 1
        return counts

    def get_most_often_postneuron(self) -> tuple[int, int, int]:
        """Population (its number) and index of the cell with most connections, and how many."""
        most = (-1, -1, -1)
        for number, population in enumerate(simulator.active().populations):
            counts = np.zeros(population.size, dtype=int)
            for projection in simulator.active().projections:
                if projection.target_population is population:
                    counts += np.bincount(projection.pop_post_index, minlength=population.size)
            if counts.max() > most[2]:
                most = number, int(np.argmax(counts)), int(counts.max())
        return most

    def convert_synapse_y_to_padi_coord(self, y_coord: int) -> int:
        """Where a synapse row of the chip lies if rows are sorted by their bus."""
        return int(_sorted_by_bus()[int(y_coord)])

    def _synapses(self) -> list[tuple[tuple[int, int], np.ndarray]]:
        """Per projection the numbers of its populations and (column, row) of its synapses."""
        found = []
        for ends, projection in zip(_ends(), simulator.active().projections, strict=True):
            place = [
                (int(synapse.synapse_on_row), int(synapse.synapse_row))
                for synapses in projection.placed_connections
                for synapse in synapses
            ]
            found.append((ends, np.array(place, dtype=int).reshape(-1, 2)))
        return found


_NONE = np.zeros(0, dtype=int)


def _canvas(kind: PlotTypes) -> tuple[Any, Any]:
    from matplotlib import pyplot

    if kind is not PlotTypes.SEPARATE:
        return pyplot.subplots()
    figure, axes = pyplot.subplots(2, sharex=True)
    return figure, list(axes)


def _finish(axes: Any, settings: dict[str, Any], n_entries: int) -> None:
    """Grid, legend and opacity."""
    axes.grid(settings["has_grid"], lw=0.3)
    for artist in (*axes.collections, *axes.patches):
        artist.set_alpha(settings["alpha"])
    if 0 < n_entries <= _LARGEST_LEGEND and axes.get_legend_handles_labels()[1]:
        axes.legend(fontsize="x-small", loc="center left", bbox_to_anchor=(1.01, 0.5))


def _corner(settings: dict[str, Any]) -> tuple[float, float]:
    """Lower left corner of the chip, whose centre is where the user wants it."""
    x, y = settings["center"]
    return x - N_COLUMNS / 2, y - N_ROWS - settings["neuron_height"]


def _heights(rows: np.ndarray, y0: float, settings: dict[str, Any]) -> np.ndarray:
    """Where synapse rows lie in the plot; the neurons are between the hemispheres."""
    shown = _sorted_by_bus()[rows] if settings["sort_synapse_by_padi_bus"] else rows
    is_other = shown >= N_ROWS
    return np.asarray(y0 + shown + N_HEMISPHERES * settings["neuron_height"] * is_other)


def _bus(row: int) -> int:
    hemisphere, on_hemisphere = divmod(row, N_ROWS)
    return int(hemisphere * N_BUSES + bus_of_driver(driver_of_row(on_hemisphere)))


def _sorted_by_bus() -> np.ndarray:
    """Places of all synapse rows if those of one bus lie side by side."""
    buses = np.array([_bus(row) for row in range(N_HEMISPHERES * N_ROWS)])
    places = np.empty_like(buses)
    places[np.argsort(buses, kind="stable")] = np.arange(buses.size)
    return places


def _circuits() -> dict[int, np.ndarray]:
    """Neuron circuits by the number of their population."""
    state = simulator.active()
    circuits = circuits_of(state.populations, state.projections, state.ground())
    numbers = {population.name: number for number, population in enumerate(state.populations)}
    return {numbers[name]: each.ravel() for name, each in circuits.items()}


def _ends() -> list[tuple[int, int]]:
    """Numbers of the populations that each projection connects."""
    state = simulator.active()
    number = {id(population): k for k, population in enumerate(state.populations)}
    return [
        (number[id(p.source_population)], number[id(p.target_population)])
        for p in state.projections
    ]


def _pairs(projection: Any, source: Any, target: Any) -> tuple[np.ndarray, np.ndarray]:
    """Ids of connected cells."""
    return (
        int(source.first_id) + projection.pop_pre_index,
        int(target.first_id) + projection.pop_post_index,
    )


def _colours(n: int, settings: dict[str, Any]) -> np.ndarray:
    """One colour per population; a group shares a hue and differs in brightness."""
    from matplotlib.colors import hsv_to_rgb

    groups = list((settings["population_contrast_groups"] or {}).values())
    grouped = {member for group in groups for member in group}
    groups += [[k] for k in range(n) if k not in grouped]
    hsv = np.zeros((n, 3))
    for hue, group in enumerate(groups):
        for place, member in enumerate(group):
            if member < n:
                hsv[member] = hue / len(groups), 0.8, 0.95 - 0.55 * place / max(len(group), 2)
    return np.asarray(hsv_to_rgb(hsv))
