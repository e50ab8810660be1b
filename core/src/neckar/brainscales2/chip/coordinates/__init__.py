"""Names of all circuits of the chip: 248 coordinate types, made from `table.json`.

`AtomicNeuronOnDLS(NeuronColumnOnDLS(3), NeuronRowOnDLS.bottom)`, `SynapseRowOnSynram(7)
.toSynapseDriverOnSynapseDriverBlock()`, `iter_all(PADIBusOnDLS)`. Names as in the public `halco`
library; `min`, `max` and `size` are plain integers.
"""

import json
from pathlib import Path
from typing import Any

from neckar.brainscales2.chip.coordinates.base import (
    Coordinate,
    Enum,
    EnumRanged,
    Ranged,
    X,
    Y,
    iter_all,
)
from neckar.brainscales2.chip.coordinates.build import build
from neckar.brainscales2.chip.coordinates.special import (
    LogicalNeuronCompartments,
    LogicalNeuronOnDLS,
    SpikeLabel,
)

_types = build(json.loads((Path(__file__).parent / "table.json").read_text()), __name__)
_types |= {
    "LogicalNeuronCompartments": LogicalNeuronCompartments,
    "LogicalNeuronOnDLS": LogicalNeuronOnDLS,
}
globals().update(_types)

COORDINATES: dict[str, type[Any]] = dict(sorted(_types.items()))
"""All coordinate types by name."""


def __getattr__(name: str) -> Any:
    raise AttributeError(f"there is no coordinate called {name!r}")


__all__ = [
    "COORDINATES",
    "Coordinate",
    "Enum",
    "EnumRanged",
    "Ranged",
    "SpikeLabel",
    "X",
    "Y",
    "iter_all",
    *COORDINATES,
]
