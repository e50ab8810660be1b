from pynn_brainscales.brainscales2.standardmodels import cells, cells_base, synapses

__all__ = ["cells", "cells_base", "synapses"]
