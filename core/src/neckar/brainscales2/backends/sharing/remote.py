"""A chip that somebody else holds, as a place to run programs.

The environment says where, in the words of the original: `QUIGGELDY_ENABLED`, `QUIGGELDY_IP` and
`QUIGGELDY_PORT`; `NECKAR_CHIP_KEY` is the key of a session there. Without one you are whom
`QUIGGELDY_USER_NO_MUNGE` names, if that is believed there.
"""

import getpass
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from neckar import errors
from neckar.brainscales2.backends.sharing import letters
from neckar.brainscales2.backends.sharing.line import Line, LineError
from neckar.brainscales2.program import Program
from neckar.brainscales2.recording import Recording
from neckar.brainscales2.twin.chip import Twin

ENABLED, ADDRESS, PORT = "QUIGGELDY_ENABLED", "QUIGGELDY_IP", "QUIGGELDY_PORT"
KEY, USER = "NECKAR_CHIP_KEY", "QUIGGELDY_USER_NO_MUNGE"


def is_asked_for() -> bool:
    """Whether the environment leads to a chip that somebody else holds."""
    return os.environ.get(ENABLED, "0") not in ("", "0")


class SharedSession:
    """A visit to a chip that somebody else holds.

    Raises:
        NeckarError: the environment does not say where it is, or nobody is there, or whoever is
            there does not know us.
    """

    def __init__(self) -> None:
        self._line = _connected()
        try:
            hello, _ = self._asked(_hello())
        except errors.NeckarError:
            self._line.close()
            raise
        self.identifier: str = hello["identifier"]
        self.serial: int | None = hello["serial"]
        self.is_ideal: bool = hello["is_ideal"]
        self._left: list[Program] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._line.close()

    def run(self, program: Program) -> Recording:
        """Play a program when it is its turn."""
        return letters.to_recording(self._asked({"ask": "run"}, letters.of_program(program))[1])

    def keep_ready(self, programs: Sequence[Program]) -> None:
        """Leave programs there that are played when the chip comes back from somebody else."""
        if list(programs) != self._left:
            self._left = list(programs)
            written = [letters.of_program(each) for each in programs]
            sizes = [len(each) for each in written]
            self._asked({"ask": "keep ready", "sizes": sizes}, b"".join(written))

    def end(self) -> None:
        """The whole session is over, for all connections that belong to it."""
        self._asked({"ask": "end"})

    def _asked(self, question: dict[str, Any], body: bytes = b"") -> tuple[dict[str, Any], bytes]:
        with suppress(LineError):  # the other side may have said why before it left
            self._line.say(question, body)
        header, body = self._line.hear()
        if "error" in header:
            raise _error(header)
        return header, body


@dataclass(frozen=True, kw_only=True)
class SharedTwin(Twin):
    """An emulated chip that somebody else holds: known like one of our own, played there."""

    named: str = field(default="", compare=False)

    @property
    def identifier(self) -> str:
        """Name of the chip."""
        return self.named

    def open(self) -> SharedSession:  # type: ignore[override]
        """Take part in it."""
        return SharedSession()


def shared() -> SharedTwin:
    """The chip that the environment leads to."""
    with SharedSession() as session:
        if session.serial is None:
            raise errors.NeckarError(f"{session.identifier}: who holds it does not say its serial")
        chip = Twin.ideal() if session.is_ideal else Twin(serial=session.serial)
        return SharedTwin(
            serial=chip.serial, spread=chip.spread, noise=chip.noise, named=session.identifier
        )


def _connected() -> Line:
    missing = [name for name in (ADDRESS, PORT) if name not in os.environ]
    if missing:
        raise errors.NeckarError(
            f"{', '.join(missing)} not set: where is the shared chip? `neckar-jobs chip` asks for a"
            f" session and sets them; without {ENABLED} you get a chip of your own"
        )
    where = os.environ[ADDRESS], int(os.environ[PORT])
    try:
        connected = socket.create_connection(where)
    except OSError as error:
        raise errors.NeckarError(f"nobody holds a chip at {where[0]}:{where[1]}: {error}") from None
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Line(connected, letters.MOST_BYTES)


def _hello() -> dict[str, str]:
    if key := os.environ.get(KEY):
        return {"key": key}
    return {"user": os.environ.get(USER) or getpass.getuser()}


def _error(header: dict[str, Any]) -> Exception:
    """What the other side has raised, as far as it is one of ours."""
    kinds = {"ProgramError": errors.ProgramError, "CalibrationError": errors.CalibrationError}
    kind, message = header.get("kind", ""), str(header["error"])
    if kind in kinds:
        return kinds[kind](message)
    return errors.NeckarError(message if kind == "NeckarError" else f"{kind}: {message}")
