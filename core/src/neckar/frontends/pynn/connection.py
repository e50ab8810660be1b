"""The chip that an experiment runs on: given by the user or opened on first use."""

from __future__ import annotations

from typing import Any

from neckar.brainscales2.backends import twin
from neckar.brainscales2.backends.base import Session


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
            self._session = (self._backend or twin.default()).open().__enter__()
        return self._session

    def end(self) -> None:
        """Close the session if it was opened here."""
        if self._is_ours and self._session is not None:
            self._session.__exit__(None, None, None)
            self._session = None
