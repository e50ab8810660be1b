"""A connection to SQLite or PostgreSQL, and what a transaction is on either."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from neckar_jobs.store.together import Together

T = TypeVar("T")
AT_ONCE = 1000  # values in one statement; databases have a limit
WAIT = 30.0  # s to wait for a lock before giving up
CONNECTIONS = 20  # that are kept; as many again for a moment
UNSURE = 1.0  # s after which an idle connection is asked whether it still stands
MIGRATIONS = Path(__file__).parents[1] / "migrations"


class Database:
    """Where everything but the contents of files is kept."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self._is_closed = False
        event.listen(self.engine, "checkin", self._come_back)
        is_sqlite = self.engine.dialect.name == "sqlite"
        # On PostgreSQL every statement sees its own moment anyway; saying BEGIN and COMMIT around
        # reading would only cost two more ways to the server.
        level = {} if is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        self._reading = self.engine.execution_options(**level)
        self._together = Together(self._begin_writing) if is_sqlite else None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that changes nothing."""
        with self._reading.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that happens as a whole or not at all."""
        if self._together is not None:
            with self._together.writing() as connection:
                yield connection
        else:
            with self.engine.begin() as connection:
                yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A transaction that changes nothing, all of whose statements see the same moment."""
        with self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    def migrate(self, to: str = "head") -> None:
        """Bring the tables to the shape that this version expects, or one before it did."""
        with self.engine.connect() as connection:
            command.upgrade(_alembic(connection), to)
            connection.commit()

    def revision(self, connection: Connection) -> str:
        """Which shape the tables have."""
        found = MigrationContext.configure(connection).get_current_revision()
        assert found is not None, "the tables were never made"
        return found

    def _begin_writing(self) -> Connection:
        connection = self.engine.connect().execution_options(writes=True)
        try:
            connection.begin()
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Give all connections back; those that threads still use when they are done with them."""
        self._is_closed = True
        self.engine.dispose()

    def _come_back(self, connection: object | None, record: ConnectionPoolEntry) -> None:
        if self._is_closed and connection is not None:
            record.close()


def pieces(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Values in pieces of which each fits into one statement."""
    return (values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE))


def _alembic(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        engine = create_engine(
            url,
            pool_size=CONNECTIONS,
            max_overflow=CONNECTIONS,
            pool_use_lifo=True,
            skip_autocommit_rollback=True,
        )
        event.listen(engine, "checkin", _note_time)
        event.listen(engine, "checkout", _make_sure)
        return engine
    engine = create_engine(
        url,
        connect_args={"timeout": WAIT, "check_same_thread": False},
        pool_size=CONNECTIONS,
        max_overflow=CONNECTIONS,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _note_time(_connection: object, record: Any) -> None:
    record.info["idle_since"] = time.monotonic()


def _make_sure(connection: Any, record: Any, _proxy: object) -> None:
    """Ask a connection that nobody used lately: the server may have been restarted since."""
    if time.monotonic() - record.info.get("idle_since", time.monotonic()) < UNSURE:
        return
    try:
        was, connection.autocommit = connection.autocommit, True
        connection.execute("")
        connection.autocommit = was
    except connection.Error as error:  # of the driver
        raise InvalidatePoolError("the server has gone away") from error


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver's own idea of BEGIN comes too late
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later could find that somebody was faster.
    options: Any = connection.get_execution_options()
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")
