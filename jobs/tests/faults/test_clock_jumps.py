"""Wall clocks jump by hours and years, each process's by itself, while jobs run."""

import random
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
import pytest

import own_postgresql
from cast import signed_up
from faults.processes import JOB, Processes, until
from faults.weather import WallClock, library
from neckar_jobs.files import Files
from neckar_jobs.model import Code, CodeKind, Submission
from neckar_jobs.service import jobs
from neckar_jobs.site import Site
from neckar_jobs.store import projects, queue
from neckar_jobs.store.database import Database
from neckar_jobs.store.jobs import Filter

N_JOBS = 16
HOUR, YEAR = 3600, 365 * 86_400
JUMPS = (HOUR, -HOUR, 3 * YEAR, -2 * YEAR, 0)


def jumping(clocks: list[WallClock], is_over: threading.Event) -> None:
    """One clock after the other."""
    chance = random.Random(5)
    while not is_over.wait(0.2):
        chance.choice(clocks).jump_to(chance.choice(JUMPS))


def test_no_job_is_lost_or_runs_twice_and_no_token_expires_when_clocks_jump(tmp_path):
    """On PostgreSQL where there is one, since that has a clock of its own."""
    with ExitStack() as stack:
        place = Path(stack.enter_context(TemporaryDirectory(prefix="neckar-clocks-")))
        place.chmod(0o755)  # PostgreSQL has an account of its own
        preloaded, clocks = library(place), {}

        def weather(name: str) -> dict[str, str]:
            clocks[name] = WallClock(place, name)
            return {"LD_PRELOAD": preloaded, "NECKAR_CLOCK": str(clocks[name].path)}

        address = f"sqlite:///{tmp_path / 'jobs.db'}"
        if own_postgresql.programs() is not None:
            server = own_postgresql.running(place / "server", environment=weather("database"))
            address = stack.enter_context(server)
        database = Database(address)
        stack.callback(database.close)
        database.migrate()
        site = Site(database=database, files=Files(tmp_path / "files"))
        begun = time.time()
        found, used = _lived_through(site, tmp_path, address, weather, clocks)
    for job in found:
        assert (job.state, job.attempt) == ("finished", 1), job
        assert begun <= job.submitted_at <= job.started_at <= job.ended_at <= time.time()
        assert 1.0 <= job.usage <= job.ended_at - begun
    assert used == pytest.approx(sum(job.usage for job in found), rel=1e-12)
    marks = tmp_path / "marks"
    assert not (marks / "at-the-same-time").exists()
    assert Counter((marks / "done").read_text().split()) == {str(job.id): 1 for job in found}


def _lived_through(site, folder, address, weather, clocks):
    """All jobs when they are over, and what was used of the quota."""
    token, key = signed_up(site)
    processes = Processes(folder, address, key, n_runners=2, weather=weather)
    is_over = threading.Event()
    http = httpx2.Client(headers={"Authorization": f"Bearer {token}"}, timeout=30.0)
    marks = folder / "marks"
    marks.mkdir()
    job = {"collab": "private-ada", "platform": "Demo", "command": "sh run.py"}
    job["code"] = {"kind": "text", "text": JOB.format(folder=marks, seconds=1)}
    processes.start()
    jumper = threading.Thread(target=jumping, args=(list(clocks.values()), is_over))
    jumper.start()
    try:
        for number in range(N_JOBS):
            answer = http.post(f"{processes.address(number)}/v4/jobs", json=job)
            assert answer.status_code == 201, answer.text

        def all_are_over() -> bool:
            for number in range(2):
                answer = http.get(f"{processes.address(number)}/v4/me")
                assert answer.status_code == 200, answer.text
            return all(each.ended_at for each in _jobs(site))

        until(all_are_over, "jobs do not end")
    finally:
        is_over.set()
        jumper.join()
        processes.stop()
        http.close()
    with site.database.reading() as c:
        [quota] = projects.quotas_of(c, "private-ada", "Demo")
    return _jobs(site), quota.usage


def _jobs(site):
    from neckar_jobs.store import jobs as store

    with site.database.reading() as c:
        return store.page(c, Filter(), size=N_JOBS)


def test_who_used_much_by_a_clock_that_ran_ahead_is_not_last_for_years(site, clock):
    with site.database.writing() as c:
        queue.take_part(c, "lab", "Demo")
        queue.count_use(c, "lab", "Demo", 5.0, clock.now + 10 * YEAR)
        queue.count_use(c, "lab", "Demo", 1.0, clock.now)
        after = queue._share(c, "lab", "Demo")
        queue.take_part(c, "club", "Demo")
        queue.count_use(c, "club", "Demo", 1.0, clock.now)
        assert after == pytest.approx(queue._share(c, "club", "Demo"))


def test_a_job_whose_length_nobody_measured_costs_no_more_than_it_may_run(site, clock):
    from cast import ADA, PROVIDER
    from neckar_jobs.service import claims

    code = Code(kind=CodeKind.TEXT, text="print(1)")
    jobs.submit(site, ADA, Submission(collab="lab", platform="Demo", code=code, limit=600.0))
    lease = claims.claim(site, PROVIDER, "r", ["Demo"])
    claims.begin(site, lease.job.id, lease.key, "h")
    clock.now += 10 * YEAR
    ended = claims.end(site, lease.job.id, lease.key, "finished")
    assert ended.usage == pytest.approx(600.0 / 3600)
