from pynn_brainscales.refusal import EXAMPLES

raise NotImplementedError(f"{__name__}: {EXAMPLES}")
