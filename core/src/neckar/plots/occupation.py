"""The chip as it lies, with what a network takes of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neckar.brainscales2.chip.datasheet import N_BUSES, N_COLUMNS
from neckar.brainscales2.mapping.mapped import Mapped
from neckar.brainscales2.mapping.occupation import NOBODY, Occupation
from neckar.brainscales2.mapping.occupation import occupation as look_up
from neckar.plots.style import canvas, in_style
from neckar.units import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_N_NAMES = 12  # in a legend; more would hide the chip
_LETTERS = 28  # of a name in a legend
_EMPTY = "#edf0f2"
_SIDES = ("top", "bottom")
_WIDTH, _TALL, _SHORT, _FLAT = 7.0, 2.9, 0.7, 0.22  # inches
_FEW = 64  # columns, which are looked at more closely

_Name = tuple[str, tuple[float, float, float, float] | str | None]
"""What stands in the legend, and its colour; headlines have none."""


@in_style
def occupation(mapped: Mapped) -> "Figure":
    """Synapses above and below, the two rows of neurons between them.

    A hemisphere without synapses is drawn low; where only columns beside each other are in use, no
    others are shown.
    """
    taken = look_up(mapped)
    heights = [_SHORT if (side == NOBODY).all() else _TALL for side in taken.synapses]
    ratios = (heights[0], _FLAT, _FLAT, heights[1])
    figure = canvas(_WIDTH, 0.9 + sum(ratios))
    axes = figure.subplots(
        4, 2, width_ratios=(1, 30), height_ratios=ratios, sharex="col", squeeze=False
    )
    for hemisphere, (array_row, neuron_row) in enumerate(((0, 1), (3, 2))):
        _draw_synapses(axes[array_row], taken, hemisphere)
        _draw_neurons(axes[neuron_row], taken, hemisphere)
    first, last = _columns(taken)
    axes[0, 1].set_title(_title(mapped))
    axes[3, 1].set(xlabel=f"column, of {N_COLUMNS}", xlim=(first - 0.5, last + 0.5))
    axes[3, 0].set_xlabel("bus")
    network = mapped.network
    names = [
        *_names("projections", [p.name for p in network.projections], taken.synapses, "tab20"),
        *_names("populations", [p.name for p in network.populations], taken.neurons, "tab20"),
        *_names("PADI buses", [str(bus) for bus in range(N_BUSES)], taken.buses, "Dark2"),
    ]
    _legend(figure, names)
    return figure


def _columns(taken: Occupation) -> tuple[int, int]:
    """First and last column that are shown."""
    used = np.flatnonzero((taken.neurons != NOBODY).any(axis=0))
    if not used.size or used[-1] - used[0] >= _FEW:
        return 0, N_COLUMNS - 1
    n_shown = max(16, int(used[-1] - used[0]) + 1)
    first = min(int(used[0]), N_COLUMNS - n_shown)
    return first, first + n_shown - 1


def _draw_synapses(axes: Sequence["Axes"], taken: Occupation, hemisphere: int) -> None:
    left, right = axes
    _show(left, taken.buses[hemisphere][:, None], "Dark2")
    _show(right, taken.synapses[hemisphere], "tab20")
    left.set_ylabel(f"row, {_SIDES[hemisphere]}")
    if hemisphere == 0:  # rows are counted from the neurons outwards
        left.invert_yaxis()
        right.invert_yaxis()
    right.set_yticks([])
    left.set_xticks([])
    left.set_yticks([0, 64, 128, 192] if (taken.synapses[hemisphere] != NOBODY).any() else [0])


def _draw_neurons(axes: Sequence["Axes"], taken: Occupation, hemisphere: int) -> None:
    left, right = axes
    left.set_axis_off()
    left.text(1, 0.5, "neurons", ha="right", va="center", fontsize=8, transform=left.transAxes)
    _show(right, taken.neurons[hemisphere][None, :], "tab20")
    right.set_yticks([])


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


def _names(title: str, names: Sequence[str], index: np.ndarray, colours: str) -> list[_Name]:
    """A headline, and name and colour of everybody who is on the chip."""
    from matplotlib import colormaps

    present = np.unique(index[index != NOBODY]).tolist()
    colour_of = colormaps[colours]
    found: list[_Name] = [(title, None)] if present else []
    found += [(_short(names[k]), colour_of(k % colour_of.N)) for k in present[:_N_NAMES]]
    if len(present) > _N_NAMES:
        found.append((f"… and {len(present) - _N_NAMES} more", "none"))
    return found


def _short(name: str) -> str:
    return name if len(name) <= _LETTERS else name[: _LETTERS - 1] + "…"


def _legend(figure: "Figure", names: Sequence[_Name]) -> None:
    """All names beside the chip."""
    from matplotlib.patches import Patch

    handles = [
        Patch(color="none" if colour is None else colour, label=name) for name, colour in names
    ]
    if not handles:
        return
    legend = figure.legend(
        handles=handles, loc="outside right upper", handlelength=1.0, handleheight=1.0
    )
    for text, (_, colour) in zip(legend.get_texts(), names, strict=True):
        text.set_fontweight("bold" if colour is None else "normal")


def _title(mapped: Mapped) -> str:
    n_neurons = sum(circuits.size for circuits in mapped.placement.circuits.values())
    n_synapses = len(mapped.routing.synapses.row)
    top, bottom = np.count_nonzero(mapped.routing.row_mode, axis=1)
    neurons, synapses = counted(n_neurons, "neuron"), counted(n_synapses, "synapse")
    return f"{neurons}, {synapses} in {top} rows above and {bottom} below"
