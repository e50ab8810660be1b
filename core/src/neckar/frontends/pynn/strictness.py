"""A habit of PyNN's scripts that the original tolerates no longer, and we do."""

import os

STRICT = "NECKAR_PYNN_STRICT"


def is_strict() -> bool:
    """Whether parameters may only be set once the initial configuration is known.

    The original's current release demands it, many scripts written for it do not comply.
    """
    return os.environ.get(STRICT, "") not in ("", "0")
