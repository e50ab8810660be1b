"""What all tests of the service stand on: a site on each database, and a few people."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

import own_postgresql
from cast import DEMO
from neckar_jobs.files import Files
from neckar_jobs.site import Site
from neckar_jobs.store import projects
from neckar_jobs.store.database import Database
from neckar_jobs.store.tables import metadata


class Clock:
    """A wall clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """One PostgreSQL for all tests of this process."""
    if own_postgresql.programs() is None:
        pytest.skip("PostgreSQL is not installed: apt install postgresql")
    with tempfile.TemporaryDirectory(prefix="neckar-pg-") as folder:
        os.chmod(folder, 0o755)
        with own_postgresql.running(Path(folder) / "server") as address:
            _migrated(address)
            yield address


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of SQLite with all tables and nothing in them."""
    path = tmp_path_factory.mktemp("empty") / "jobs.db"
    _migrated(f"sqlite:///{path}")
    return path


def _migrated(address: str) -> None:
    database = Database(address)
    database.migrate()
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("empty"), tmp_path / "jobs.db")
        found = Database(f"sqlite:///{tmp_path / 'jobs.db'}")
    else:
        found = Database(request.getfixturevalue("server"))
    yield found
    if request.param == "postgresql":
        with found.writing() as c:
            names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
            c.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    found.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(database: Database, tmp_path: Path, clock: Clock) -> Site:
    """A site with the platform Demo."""
    with database.writing() as c:
        projects.set_platform(c, DEMO)
    return Site(database=database, files=Files(tmp_path / "files"), clock=clock)
