"""Writers of SQLite that wait for each other anyway share the one wait for the disk."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from sqlalchemy import Connection, Transaction
from sqlalchemy.exc import SQLAlchemyError

MOST = 50  # writers that share a commit


@dataclass(eq=False)
class _Group:
    """Changes of several writers in one transaction."""

    connection: Connection
    size: int = 0
    is_over: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None  # why nothing of it was kept

    def end(self, error: BaseException | None = None) -> None:
        """Commit, or give everything up; tell those who wait."""
        try:
            if error is not None:
                self.error = error
                with suppress(SQLAlchemyError):  # SQLite may have done so already
                    self.connection.rollback()
            else:
                self.connection.commit()
        except BaseException as failed:
            self.error = failed
        finally:
            self.connection.close()
            self.is_over.set()


class Together:
    """Lets one writer of this process in after the other; those who stand in line commit as one.

    Whoever is through leaves the transaction open to the next in line, and waits until the last
    one has committed. Each has a savepoint, so that what goes wrong for one is nothing to others.
    """

    def __init__(self, begin: Callable[[], Connection]) -> None:
        self._begin = begin
        self._turn, self._line = threading.Lock(), threading.Lock()
        self._waiting = 0
        self._open: _Group | None = None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is kept, when this is over, as a whole or not at all."""
        self._stand_in_line(1)
        with self._turn:
            self._stand_in_line(-1)
            group = self._open = self._open or _Group(self._begin())
            savepoint = group.connection.begin_nested()
            try:
                yield group.connection
                savepoint.commit()
            except BaseException as error:
                self._undo(group, savepoint, error)
                raise
            group.size += 1
            self._pass_on(group)
        group.is_over.wait()
        if group.error is not None:
            raise group.error

    def _undo(self, group: _Group, savepoint: Transaction, error: BaseException) -> None:
        if _stands(group.connection):
            savepoint.rollback()
            self._pass_on(group)
        else:
            self._open = None
            group.end(error)

    def _pass_on(self, group: _Group) -> None:
        if not self._waiting or group.size >= MOST:
            self._open = None
            group.end()

    def _stand_in_line(self, step: int) -> None:
        with self._line:
            self._waiting += step


def _stands(connection: Connection) -> bool:
    """Whether the transaction is still there. On a full disk, SQLite gives it up by itself."""
    return bool(getattr(connection.connection.dbapi_connection, "in_transaction", False))
