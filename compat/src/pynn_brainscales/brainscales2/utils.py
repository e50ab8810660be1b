from pynn_brainscales.refusal import DRAWING

raise NotImplementedError(f"{__name__}: {DRAWING}")
