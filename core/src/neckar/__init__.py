"""The BrainScaleS neuromorphic platform without the hardware."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neckar.brainscales2.twin.chip import Twin
    from neckar.brainscales2.twin.noise import Noise
    from neckar.brainscales2.twin.variation import Spread
    from neckar.errors import NeckarError
    from neckar.run import run

__all__ = ["NeckarError", "Noise", "Spread", "Twin", "run"]
__version__ = "0.1.0"

_HOME = {
    "NeckarError": "neckar.errors",
    "Noise": "neckar.brainscales2.twin.noise",
    "Spread": "neckar.brainscales2.twin.variation",
    "Twin": "neckar.brainscales2.twin.chip",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that `neckar.units` stays light."""
    if name == "run":
        return import_module("neckar.run")
    if name not in _HOME:
        raise AttributeError(f"module 'neckar' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
