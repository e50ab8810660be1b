"""A connection to SQLite or PostgreSQL, and what a transaction is on either."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, event

WAIT = 30.0  # s to wait for a lock before giving up
MIGRATIONS = Path(__file__).parents[1] / "migrations"


class Database:
    """Where everything but the contents of files is kept."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that changes nothing."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that happens as a whole or not at all."""
        with self.engine.connect() as connection:
            connection.execution_options(writes=True)
            with connection.begin():
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

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _alembic(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=20, pool_pre_ping=True)
    engine = create_engine(
        url, connect_args={"timeout": WAIT, "check_same_thread": False}, pool_size=20
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver's own idea of BEGIN comes too late
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later could find that somebody was faster.
    options: Any = connection.get_execution_options()
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")
