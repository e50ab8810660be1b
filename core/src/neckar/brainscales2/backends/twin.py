"""The emulated chip as a place to run programs."""

import os
from contextvars import ContextVar
from dataclasses import replace
from itertools import count

from neckar.brainscales2.backends.sharing import remote
from neckar.brainscales2.twin.chip import Progress, Twin
from neckar.errors import NeckarError

_sessions = count()

progress: ContextVar[Progress | None] = ContextVar("progress", default=None)
"""Who is told how far a program is; taken over by chips that are asked for afterwards."""


def default() -> Twin:
    """The chip that the environment asks for.

    `NECKAR_SERIAL` names the chip, `NECKAR_SEED` its noise; with `NECKAR_IDEAL=1` it has neither
    mismatch nor noise. With `QUIGGELDY_ENABLED` it is one that somebody else holds.
    """
    if remote.is_asked_for():
        return replace(remote.shared(), progress=progress.get())
    if os.environ.get("NECKAR_IDEAL", "0") not in ("", "0"):
        return replace(Twin.ideal(), progress=progress.get())
    return Twin(
        serial=_number("NECKAR_SERIAL", Twin.serial),
        seed=_number("NECKAR_SEED", Twin.seed),
        progress=progress.get(),
    )


def taken_again() -> Twin:
    """The same for another session of this process, in which noise does not come again."""
    return replace(default(), trial=next(_sessions))


def _number(name: str, otherwise: int) -> int:
    text = os.environ.get(name, str(otherwise))
    if not text.isdecimal():
        raise NeckarError(f"{name} = {text!r}: needed is a whole number, for example {otherwise}")
    return int(text)
