"""Processes are killed at random while jobs run; no job is lost and nothing is counted wrong.

`NECKAR_N_KILLED_JOBS` says over how many jobs (40).
"""

import os
import random
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
import pytest

import own_postgresql
from cast import signed_up
from faults.processes import JOB, Processes, until
from neckar_jobs.files import Files
from neckar_jobs.site import Site
from neckar_jobs.store import projects
from neckar_jobs.store.database import Database

N_JOBS = int(os.environ.get("NECKAR_N_KILLED_JOBS", "40"))
OFTEN = 1.0  # s from when the last one is back, on average
LOST = "was lost"


class Databases:
    """One that can be killed, and one that is only a file."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind, self.folder = kind, folder
        self.n_killed = 0

    def __enter__(self) -> str:
        if self.kind == "sqlite":
            return f"sqlite:///{self.folder / 'jobs.db'}"
        self._place = TemporaryDirectory(prefix="neckar-pg-")
        self.folder = Path(self._place.name)
        self.folder.chmod(0o755)  # PostgreSQL has an account of its own
        self._server = own_postgresql.running(self.folder / "server")
        return self._server.__enter__()

    def __exit__(self, *exc: object) -> None:
        if self.kind == "postgresql":
            self._server.__exit__(None, None, None)
            self._place.cleanup()

    def kill(self) -> None:
        if self.kind == "postgresql":
            own_postgresql.crash(self.folder / "server")
            self.n_killed += 1


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Databases:
    if request.param == "postgresql" and own_postgresql.programs() is None:
        pytest.skip("PostgreSQL is not installed: apt install postgresql")
    return Databases(request.param, tmp_path)


class Submitter:
    """Submits through whatever process answers, again and again until it knows the number."""

    def __init__(self, processes: Processes, token: str) -> None:
        self._processes = processes
        self._http = httpx2.Client(headers={"Authorization": f"Bearer {token}"}, timeout=10.0)

    def close(self) -> None:
        self._http.close()

    def __call__(self, number: int, script: str) -> None:
        job = {
            "collab": "private-ada",
            "platform": "Demo",
            "code": {"kind": "text", "text": script},
            "command": "sh run.py",
        }
        while True:
            with suppress(httpx2.TransportError):
                answer = self._http.post(
                    f"{self._processes.address(number)}/v4/jobs",
                    json=job,
                    headers={"Idempotency-Key": f"job {number}"},
                )
                if answer.status_code == 201:
                    return
                assert answer.status_code >= 500, answer.text
            time.sleep(0.05)


def killing(processes: Processes, databases: Databases, is_over: threading.Event) -> None:
    """One after the other, each when the last one has come back."""
    chance = random.Random(4)
    while not is_over.wait(chance.expovariate(1 / OFTEN)):
        if databases.kind == "postgresql" and chance.random() < 0.2:
            databases.kill()
        else:
            processes.kill_some(chance)
        processes.wait_for_services()


def test_no_job_is_lost_or_runs_twice_whatever_is_killed(databases, tmp_path):
    with databases as address:
        database = Database(address)
        database.migrate()
        site = Site(database=database, files=Files(tmp_path / "files"))
        token, key = signed_up(site)
        processes = Processes(tmp_path, address, key)
        processes.start()
        is_over = threading.Event()
        killer = threading.Thread(target=lambda: killing(processes, databases, is_over))
        try:
            killer.start()
            marks = tmp_path / "marks"
            marks.mkdir()
            submit, script = Submitter(processes, token), JOB.format(folder=marks, seconds=0.2)
            for number in range(N_JOBS):
                submit(number, script)
            submit.close()
            until(
                lambda: len(_over(database)) == N_JOBS, "jobs do not end", seconds=60 + 2 * N_JOBS
            )
        finally:
            is_over.set()
            killer.join()
            processes.stop()
        found = _over(database)
        quota = _used(database)
        database.close()
    assert not (marks / "at-the-same-time").exists()
    states = Counter(state for _, state, _, _ in found)
    assert states["finished"] + states["failed"] == N_JOBS
    assert all(LOST in reason for _, state, reason, _ in found if state == "failed")
    done = Counter((marks / "done").read_text().split())
    for number, state, _, usage in found:
        assert state == "failed" or done[str(number)] >= 1
        assert usage is None or usage >= 0
    assert quota == pytest.approx(sum(usage or 0.0 for *_, usage in found), rel=1e-12)
    assert processes.killed["service"] > 0
    assert processes.killed["runner"] > 0
    print(dict(states), processes.killed, databases.n_killed, "ran again:", _again(done))


def _again(done: Counter[str]) -> int:
    return sum(n - 1 for n in done.values())


def _over(database: Database) -> list[tuple[int, str, str, float | None]]:
    """Number, state, reason and usage of all jobs that are over, once all are known."""
    from sqlalchemy import select
    from sqlalchemy.exc import SQLAlchemyError

    from neckar_jobs.store.tables import job

    query = select(job.c.id, job.c.state, job.c.reason, job.c.usage)
    query = query.where(job.c.state.in_(["finished", "failed", "cancelled"]))
    while True:
        with suppress(SQLAlchemyError), database.reading() as c:
            return [tuple(row) for row in c.execute(query)]
        time.sleep(0.1)


def _used(database: Database) -> float:
    with database.reading() as c:
        return sum(quota.usage for quota in projects.quotas_of(c, "private-ada", "Demo"))
