"""The emulated chip as a place to run programs."""

import os

from neckar.brainscales2.twin.chip import Twin


def default() -> Twin:
    """The chip that the environment asks for.

    `NECKAR_SERIAL` names the chip, `NECKAR_SEED` its noise; with `NECKAR_IDEAL=1` it has neither
    mismatch nor noise.
    """
    if os.environ.get("NECKAR_IDEAL", "0") not in ("", "0"):
        return Twin.ideal()
    return Twin(
        serial=int(os.environ.get("NECKAR_SERIAL", Twin.serial)),
        seed=int(os.environ.get("NECKAR_SEED", Twin.seed)),
    )
