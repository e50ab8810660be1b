"""Names of the original that are not available: asking for one says why and what to do instead."""

PLASTICITY = (
    "plasticity rules are not available yet; instead: change weights and parameters between runs "
    "or snippets"
)
GRENADE = "there is no grenade below this PyNN; instead: neckar.run and neckar.network"
EXAMPLES = "the original's examples are not part of this project; instead: examples/"
SPIKE_IO = (
    "sources outside of the chip cannot be wired to an emulated one; instead: SpikeSourceArray"
)
