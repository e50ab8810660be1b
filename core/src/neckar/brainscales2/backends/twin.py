"""The emulated chip as a place to run programs."""

import os
from contextvars import ContextVar
from dataclasses import replace

from neckar.brainscales2.twin.chip import Progress, Twin

progress: ContextVar[Progress | None] = ContextVar("progress", default=None)
"""Who is told how far the programs on default chips are."""


def default() -> Twin:
    """The chip that the environment asks for.

    `NECKAR_SERIAL` names the chip, `NECKAR_SEED` its noise; with `NECKAR_IDEAL=1` it has neither
    mismatch nor noise.
    """
    if os.environ.get("NECKAR_IDEAL", "0") not in ("", "0"):
        return replace(Twin.ideal(), progress=progress.get())
    return Twin(
        serial=int(os.environ.get("NECKAR_SERIAL", Twin.serial)),
        seed=int(os.environ.get("NECKAR_SEED", Twin.seed)),
        progress=progress.get(),
    )
