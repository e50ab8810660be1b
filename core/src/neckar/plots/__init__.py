"""Figures of networks, runs and chips, in one style: `plt.style.use("neckar.plots.neckar")`."""

from neckar.plots.activity import raster, traces
from neckar.plots.chip import calibration, occupation, weights

__all__ = ["calibration", "occupation", "raster", "traces", "weights"]
