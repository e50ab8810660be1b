from neckar.frontends.pynn.chip_plotter import ChipPlotter, PlotTypes

__all__ = ["ChipPlotter", "PlotTypes"]
