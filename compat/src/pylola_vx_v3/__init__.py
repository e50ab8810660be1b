"""All registers that belong together, by the circuits they set."""

from neckar.brainscales2.chip.registers import LOLA, Morphology, PPUElfFile, PPUProgram
from pyhaldls_vx_v3.serialization import (
    from_json,
    from_portablebinary,
    to_json,
    to_portablebinary,
)

globals().update(LOLA)
containers = [kind for kind in LOLA.values() if kind.coordinate_type is not None]

__all__ = [
    "Morphology",
    "PPUElfFile",
    "PPUProgram",
    "containers",
    "from_json",
    "from_portablebinary",
    "to_json",
    "to_portablebinary",
    *LOLA,
]
