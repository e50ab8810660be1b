"""The chip that an experiment runs on: given by the user or opened on first use."""

from __future__ import annotations

from typing import Any

from neckar.brainscales2.backends import twin
from neckar.brainscales2.backends.base import Session
from neckar.brainscales2.twin.chip import Twin
from neckar.errors import CalibrationError


class Connection:
    """A session that is opened when it is needed and closed by whoever opened it.

    Args:
        given: a session or a backend; without one the default twin is opened.
    """

    def __init__(self, given: Any = None) -> None:
        self._backend = given if hasattr(given, "open") else None
        self._session: Session | None = None if self._backend else given
        self._is_ours = given is None or self._backend is not None

    def get(self) -> Session:
        """The session, opened now if it is not yet."""
        if self._session is None:
            chip = self._backend or twin.taken_again()
            self._session = chip.open().__enter__()
        return self._session

    @property
    def twin(self) -> Twin:
        """The chip, to calibrate for it. A session is one with the default chip if it is ours."""
        if isinstance(self._backend, Twin):
            return self._backend
        chip = twin.default()
        if self._backend is None and (self._is_ours or _is(self._session, chip)):
            return chip
        raise CalibrationError(
            "cells that are calibrated on demand need to know the chip; give setup(connection=...) "
            "a Twin or leave it out"
        )

    def end(self) -> None:
        """Close the session if it was opened here."""
        if self._is_ours and self._session is not None:
            self._session.__exit__(None, None, None)
            self._session = None


def _is(session: Any, chip: Twin) -> bool:
    name = getattr(session, "get_unique_identifier", None)
    return name is not None and name() == [chip.identifier]
