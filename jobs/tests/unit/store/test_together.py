"""Writers of SQLite share commits, and nothing else."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from neckar_jobs.store import secrets

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def in_line(database, number):
    """Wait until so many others want to write."""
    end = time.monotonic() + 10
    while database._together._waiting < number and time.monotonic() < end:
        time.sleep(0.001)
    assert database._together._waiting >= number


def write(database, name, others=0, error=None):
    """Make a secret once so many stand in line, and perhaps regret it."""
    with database.writing() as c:
        kept = secrets.get(c, name)
        in_line(database, others)
        if error is not None:
            raise error
    return kept


def names(database):
    with database.reading() as c:
        return set(c.exec_driver_sql("SELECT name FROM secret").scalars())


@pytest.fixture
def commits(database):
    """When each transaction was committed."""
    seen = []
    event.listen(database.engine, "commit", lambda _: seen.append(time.monotonic()))
    return seen


def test_those_who_stand_in_line_commit_as_one(database, commits):
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(write, database, "0", others=7)
        done = [first] + [pool.submit(write, database, str(k)) for k in range(1, 8)]
        assert all(each.result() for each in done)
    assert len(commits) == 1
    assert names(database) == set("01234567")


def test_what_goes_wrong_for_one_is_nothing_to_others(database, commits):
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(write, database, "a", others=2)
        wrong = pool.submit(write, database, "b", error=ValueError("no"))
        last = pool.submit(write, database, "c")
        with pytest.raises(ValueError, match="no"):
            wrong.result()
        assert first.result()
        assert last.result()
    assert len(commits) == 1
    assert names(database) == {"a", "c"}


def test_nobody_is_told_that_something_was_kept_that_sqlite_gave_up(database):
    given_up = threading.Event()

    def full_disk():
        with database.writing() as c:
            secrets.get(c, "b")
            c.connection.dbapi_connection.execute("ROLLBACK")  # as SQLite does on a full disk
            given_up.set()
            raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(write, database, "a", others=1)
        second = pool.submit(full_disk)
        with pytest.raises(OperationalError, match="full"):
            second.result()
        with pytest.raises(OperationalError, match="full"):
            first.result()
    assert given_up.is_set()
    assert names(database) == set()
    assert write(database, "d")
