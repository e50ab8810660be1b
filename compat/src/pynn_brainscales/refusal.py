"""Names of the original that are not available: asking for one says why and what to do instead."""

from collections.abc import Callable, Mapping
from typing import Any

PLASTICITY = (
    "plasticity rules are not available yet; instead: change weights and parameters between runs "
    "or snippets"
)
GRENADE = "there is no grenade below this PyNN; instead: neckar.run and neckar.network"
EXAMPLES = "the original's examples are not part of this project; instead: examples/"
SPIKE_IO = (
    "sources outside of the chip cannot be wired to an emulated one; instead: SpikeSourceArray"
)


def refuser(module: str, why: Mapping[str, str]) -> Callable[[str], Any]:
    """A `__getattr__` for a module that refuses the names in `why`."""

    def __getattr__(name: str) -> Any:
        if name in why:
            raise NotImplementedError(f"{module}.{name}: {why[name]}")
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return __getattr__
