"""Figures of networks, runs and chips, in one style: `plt.style.use("neckar.plots.neckar")`."""

from neckar.plots.activity import raster, traces
from neckar.plots.chip import calibration, weights
from neckar.plots.occupation import occupation
from neckar.plots.watch import Run, watch

__all__ = ["Run", "calibration", "occupation", "raster", "traces", "watch", "weights"]
