from pynn_brainscales.brainscales2.utils import chip_plotter

__all__ = ["chip_plotter"]
