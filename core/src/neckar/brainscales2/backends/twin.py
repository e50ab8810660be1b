"""The emulated chip as a place to run programs."""

import os

from neckar.brainscales2.twin.chip import Twin
from neckar.errors import NeckarError


def default() -> Twin:
    """The chip that the environment asks for.

    `NECKAR_SERIAL` names the chip, `NECKAR_SEED` its noise; with `NECKAR_IDEAL=1` it has neither
    mismatch nor noise.
    """
    if os.environ.get("NECKAR_IDEAL", "0") not in ("", "0"):
        return Twin.ideal()
    return Twin(
        serial=_number("NECKAR_SERIAL", Twin.serial), seed=_number("NECKAR_SEED", Twin.seed)
    )


def _number(name: str, otherwise: int) -> int:
    text = os.environ.get(name, str(otherwise))
    if not text.isdecimal():
        raise NeckarError(f"{name} = {text!r}: needed is a whole number, for example {otherwise}")
    return int(text)
