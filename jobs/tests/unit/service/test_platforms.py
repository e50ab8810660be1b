"""Platforms are described by several processes of a service at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from sqlalchemy import text

from conftest import DEMO
from neckar_jobs.store import projects
from neckar_jobs.store.database import Database


def test_two_processes_that_begin_together_describe_the_same_platform(database: Database) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    other = Database(url)
    with ThreadPoolExecutor(1) as thread:
        with database.writing() as c:
            projects.set_platform(c, DEMO)
            late = thread.submit(_describe, other)
            _until_it_waits(c, late)
        late.result(timeout=10)
    other.close()
    with database.reading() as c:
        assert [each.title for each in projects.platforms(c)] == ["described later"]


def _describe(database: Database) -> None:
    with database.writing() as c:
        projects.set_platform(c, replace(DEMO, title="described later"))


def _until_it_waits(c, late) -> None:
    """On PostgreSQL, see the other wait for a lock; SQLite lets it wait before it begins."""
    if c.dialect.name == "sqlite":
        return
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    while c.execute(waiting).scalar_one() == 0:
        assert not late.done()
