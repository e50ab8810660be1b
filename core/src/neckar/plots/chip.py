"""What the synapses of a network hold, and how well the neurons are calibrated."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neckar.brainscales2.calibration import Residual
from neckar.network import Network, Projection
from neckar.plots.style import canvas, in_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BINS = 30
_NARROW = 0.1  # of a value that all have, on either side of it
_TAILS = 0.005  # of the distribution, which may lie outside the axis
_COLUMNS = 3


@in_style
def weights(network: Network, projection: Projection) -> "Figure":
    """The weights of a projection, presynaptic cells to the right, postsynaptic ones downwards."""
    from matplotlib.ticker import MaxNLocator

    shape = network[projection.target].size, network[projection.source].size
    matrix = np.zeros(shape)
    np.add.at(matrix, (projection.post, projection.pre), projection.weight_code)
    connected = np.zeros(shape, dtype=bool)
    connected[projection.post, projection.pre] = True
    figure = canvas(3.4, float(np.clip(3.0 * shape[0] / shape[1], 1.6, 4.0)))
    axes = figure.subplots()
    image = axes.imshow(
        np.ma.masked_array(matrix, ~connected), aspect="auto", interpolation="nearest", vmin=0
    )
    axes.set(title=projection.name, xlabel=f"cell of {projection.source}")
    axes.set_ylabel(f"cell of {projection.target}")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    figure.colorbar(image, ax=axes, label=f"{projection.receptor} weight")
    return figure


@in_style
def calibration(residuals: Sequence[Residual]) -> "Figure":
    """How calibrated quantities spread over the neurons, with median codes and with their own."""
    n_rows = -(-len(residuals) // _COLUMNS)
    figure = canvas(7.0, 0.5 + 1.5 * n_rows)
    axes = figure.subplots(n_rows, _COLUMNS, squeeze=False)
    for axis, residual in zip(axes.flat, residuals, strict=False):
        _distribution(axis, residual)
    for axis in axes.flat[len(residuals) :]:
        axis.set_axis_off()
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=2)
    return figure


def _distribution(axes: "Axes", residual: Residual) -> None:
    low, high = np.quantile(residual.before, (_TAILS, 1 - _TAILS))
    low, high = min(low, residual.after.min()), max(high, residual.after.max())
    if high == low:
        margin = _NARROW * abs(low) or 1.0
        low, high = low - margin, high + margin
    bins = np.linspace(low, high, _BINS + 1).tolist()
    axes.hist(residual.before, bins, color="C1", alpha=0.75, label="median codes")
    axes.hist(residual.after, bins, color="C0", alpha=0.75, label="calibrated")
    axes.axvline(residual.wanted, color="#33404d", lw=0.8, ls=":")
    axes.set_title(residual.name)
    axes.set_yticks([])
    axes.spines.left.set_visible(False)
