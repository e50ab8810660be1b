"""What a mapped network takes of the chip, as numbers and as a figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neckar.brainscales2.chip.datasheet import N_BUSES, N_COLUMNS, N_HEMISPHERES, N_ROWS
from neckar.brainscales2.chip.wiring import bus_of_driver, driver_of_row
from neckar.brainscales2.mapping.mapped import Mapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NOBODY = -1
_N_NAMES = 12  # in a legend; more would hide the chip
_TALL = 200  # pixels; a legend must not push lower axes apart
_EMPTY = "#f4f4f4"
_SIDES = ("top", "bottom")


@dataclass(frozen=True, kw_only=True, eq=False)
class Occupation:
    """Who sits where; -1 where nobody does. Indices as in the network.

    Args:
        neurons: population of each neuron circuit, (hemisphere, column).
        synapses: projection of each synapse, (hemisphere, row, column).
        buses: PADI bus 0..3 from which each row takes events, (hemisphere, row).
    """

    neurons: np.ndarray
    synapses: np.ndarray
    buses: np.ndarray


def occupation(mapped: Mapped) -> Occupation:
    """Look up who sits where."""
    neurons = np.full(N_HEMISPHERES * N_COLUMNS, NOBODY)
    for index, population in enumerate(mapped.network.populations):
        neurons[mapped.placement.circuits.get(population.name, np.zeros(0, dtype=int))] = index
    synapses = np.full((N_HEMISPHERES, N_ROWS, N_COLUMNS), NOBODY)
    s = mapped.routing.synapses
    synapses[s.hemisphere, s.row, s.column] = np.repeat(
        np.arange(len(mapped.network.projections)), np.diff(s.starts)
    )
    buses = np.broadcast_to(
        bus_of_driver(driver_of_row(np.arange(N_ROWS))), (N_HEMISPHERES, N_ROWS)
    )
    return Occupation(
        neurons=neurons.reshape(N_HEMISPHERES, N_COLUMNS),
        synapses=synapses,
        buses=np.where(mapped.routing.row_mode > 0, buses, NOBODY),
    )


def draw(mapped: Mapped, output: str | Path) -> None:
    """Save the figure of a mapped network."""
    figure(mapped).savefig(output, dpi=150)


def figure(mapped: Mapped) -> "Figure":
    """The chip as it lies: synapses above and below, the two rows of neurons between them."""
    from matplotlib.figure import Figure

    taken = occupation(mapped)
    canvas = Figure(figsize=(9, 11), layout="constrained")
    axes = canvas.subplots(
        4, 2, width_ratios=(1, 24), height_ratios=(16, 1, 1, 16), sharex="col", squeeze=False
    )
    for hemisphere, (array_row, neuron_row) in enumerate(((0, 1), (3, 2))):
        _draw_synapses(axes[array_row], taken, hemisphere)
        _draw_neurons(axes[neuron_row], taken, hemisphere)
    axes[3, 1].set_xlabel("column")
    axes[3, 0].set_xlabel("bus")
    network = mapped.network
    _name(axes[0, 1], "projections", [p.name for p in network.projections], taken.synapses, "tab20")
    _name(axes[1, 1], "populations", [p.name for p in network.populations], taken.neurons, "tab20")
    _name(axes[3, 1], "PADI buses", [str(bus) for bus in range(N_BUSES)], taken.buses, "Dark2")
    canvas.suptitle(_title(mapped))
    return canvas


def _draw_synapses(axes: Sequence["Axes"], taken: Occupation, hemisphere: int) -> None:
    left, right = axes
    _show(left, taken.buses[hemisphere][:, None], "Dark2")
    _show(right, taken.synapses[hemisphere], "tab20")
    left.set_ylabel(f"{_SIDES[hemisphere]} hemisphere, synapse row")
    if hemisphere == 0:  # rows are counted from the neurons outwards
        left.invert_yaxis()
        right.invert_yaxis()
    right.set_yticks([])
    left.set_xticks([])


def _draw_neurons(axes: Sequence["Axes"], taken: Occupation, hemisphere: int) -> None:
    left, right = axes
    left.set_axis_off()
    _show(right, taken.neurons[hemisphere][None, :], "tab20")
    right.set_yticks([0], [f"{_SIDES[hemisphere]} neurons"])


def _show(axes: "Axes", index: np.ndarray, colours: str) -> None:
    from matplotlib import colormaps

    n_colours = colormaps[colours].N  # then they repeat
    axes.set_facecolor(_EMPTY)
    axes.imshow(
        np.ma.masked_equal(np.where(index == NOBODY, NOBODY, index % n_colours), NOBODY),
        cmap=colours,
        vmin=-0.5,
        vmax=n_colours - 0.5,
        aspect="auto",
        interpolation="nearest",
    )


def _name(axes: "Axes", title: str, names: Sequence[str], index: np.ndarray, colours: str) -> None:
    """A legend of those that are on the chip, beside the axes."""
    from matplotlib import colormaps
    from matplotlib.patches import Patch

    present = np.unique(index[index != NOBODY]).tolist()
    colour_of = colormaps[colours]
    handles = [Patch(color=colour_of(k % colour_of.N), label=names[k]) for k in present[:_N_NAMES]]
    if len(present) > _N_NAMES:
        handles.append(Patch(color="none", label=f"… and {len(present) - _N_NAMES} more"))
    if handles:
        legend = axes.legend(
            handles=handles,
            title=title,
            loc="center left",
            bbox_to_anchor=(1.01, 0.5),
            fontsize="small",
            frameon=False,
        )
        legend.set_in_layout(axes.get_window_extent().height > _TALL)


def _title(mapped: Mapped) -> str:
    n_neurons = sum(circuits.size for circuits in mapped.placement.circuits.values())
    n_rows = np.count_nonzero(mapped.routing.row_mode, axis=1)
    return (
        f"{n_neurons} neurons, {len(mapped.routing.synapses.row)} synapses in {n_rows[0]} rows of "
        f"the top and {n_rows[1]} of the bottom hemisphere"
    )
