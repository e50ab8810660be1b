"""Names that are no circuits: `Enum`, `X`, `Y`, and `EnumRanged_<size>_` of any size."""

import re
from typing import Any

from neckar.brainscales2.chip.coordinates.base import Enum, X, Y, enum_type, iter_all, ranged


def __getattr__(name: str) -> Any:
    if match := re.fullmatch(r"EnumRanged_(\d+)_", name):
        return enum_type(int(match[1]))
    raise AttributeError(f"there is no common coordinate called {name!r}")


__all__ = ["Enum", "X", "Y", "iter_all", "ranged"]
