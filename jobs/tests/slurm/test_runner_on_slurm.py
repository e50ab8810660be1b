import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from cast import ADA, walls_can_be_built, wanted
from neckar_jobs.api.app import application
from neckar_jobs.client.provider import Provider
from neckar_jobs.identity import tokens
from neckar_jobs.machines import walls
from neckar_jobs.machines.slurm import Slurm
from neckar_jobs.machines.slurm_words import Terms
from neckar_jobs.model import Code, CodeKind, FileKind
from neckar_jobs.runner.runner import Offer, Runner
from neckar_jobs.service import claims, jobs
from neckar_jobs.site import Site
from neckar_jobs.states import State, is_over
from neckar_jobs.store import queue
from neckar_jobs.store.database import Database
from neckar_jobs.store.tables import job as table

PATIENCE = 60.0  # s
WHEN_ASKED = """
import os, time
print("begun", flush=True)
while not os.path.exists("go"): time.sleep(0.02)
open("result.txt", "w").write("42")
print("ended")
"""


@pytest.fixture
def database(request, tmp_path):
    """On SQLite only: what is looked at here is Slurm."""
    shutil.copy(request.getfixturevalue("empty"), tmp_path / "jobs.db")
    found = Database(f"sqlite:///{tmp_path / 'jobs.db'}")
    yield found
    found.close()


@pytest.fixture
def site(site: Site) -> Site:
    return replace(site, lease_seconds=6.0)


@pytest.fixture
def desk(site):
    secret, _ = tokens.issue_key(site, "root", "provider", ["Demo"])
    with TestClient(application(site), headers={"x-api-key": secret}) as http:
        yield Provider(http)


@pytest.fixture
def runner(desk, slurm, tmp_path) -> Iterator[Callable[..., Runner]]:
    """A runner in a folder; one that nobody ticks any more is as good as killed."""
    made: list[Runner] = []

    def make(place: str = "work", slots: int = 3) -> Runner:
        offer = Offer(
            platform="Demo",
            system="demo",
            python=sys.executable,
            path="/usr/bin:/bin",
            memory=300 * 1024**2,
        )
        wall = None if walls_can_be_built() else walls.none
        machine = Slurm(Terms(partition="cube"), wall, every=0.1)
        made.append(Runner(desk, machine, [offer], tmp_path / place, name=place, slots=slots))
        return made[-1]

    yield make
    for each in made:
        each.leave()  # before the service ends under its errands


def submit(site, script):
    return jobs.submit(site, ADA, wanted(code=Code(kind=CodeKind.TEXT, text=script))).id


def tick_until(runner, is_so):
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end
        runner.tick()
        time.sleep(0.02)


def look(site, number):
    return jobs.look(site, ADA, number)


def result(site, runner, number):
    tick_until(runner, lambda: is_over(look(site, number).state))
    job = look(site, number)
    return job, jobs.log(site, ADA, number).decode()


def go(tmp_path, number, attempt=1, place="work"):
    (tmp_path / place / f"job_{number}_{attempt}" / "go").touch()


def started(site, runner):
    number = submit(site, WHEN_ASKED)
    tick_until(runner, lambda: look(site, number).log_size > 0)
    return number


def slurm_number(site, number):
    with site.database.reading() as c:
        return c.execute(select(table.c.handle).where(table.c.id == number)).scalar_one().split()[0]


def lose(site, number):
    with site.database.reading() as c:
        lease = queue.lease_of(c, number)
    assert claims.lose(site, number, lease.key) is not None


def test_several_jobs_at_once_come_back_with_their_files(site, runner):
    on = runner(slots=3)
    numbers = [submit(site, f"open('a.txt', 'w').write('x'); print({n})") for n in range(5)]
    for n, number in enumerate(numbers):
        job, log = result(site, on, number)
        assert (job.state, log) == (State.FINISHED, f"{n}\n")
        assert [f.path for f in jobs.files(site, ADA, number, FileKind.OUTPUT)] == ["a.txt"]
    tick_until(on, lambda: on.busy == 0)


def test_a_runner_that_comes_back_in_time_goes_on_under_its_old_lease(site, runner, tmp_path):
    number = started(site, runner())
    again = runner()
    tick_until(again, lambda: again.busy == 1)
    go(tmp_path, number)
    job, log = result(site, again, number)
    assert (job.state, job.attempt, log) == (State.FINISHED, 1, "begun\nended\n")
    assert [f.path for f in jobs.files(site, ADA, number, FileKind.OUTPUT)] == ["go", "result.txt"]


def test_one_that_comes_back_late_is_given_the_job_again_and_goes_on(site, runner, tmp_path):
    number = started(site, runner())
    lose(site, number)
    again = runner()
    tick_until(again, lambda: look(site, number).state == State.RUNNING)
    go(tmp_path, number)
    job, log = result(site, again, number)
    assert (job.state, job.attempt, log) == (State.FINISHED, 2, "begun\nended\n")


def test_another_runner_ends_what_was_started_and_begins_anew(site, runner, slurm, tmp_path):
    number = started(site, runner())
    before = slurm_number(site, number)
    lose(site, number)
    other = runner("elsewhere")
    tick_until(other, lambda: look(site, number).log_size > len("begun\n"))
    after = slurm_number(site, number)
    words = (
        "squeue",
        "--noheader",
        "--states=all",
        f"--jobs={before},{after}",
        "-o",
        "%i %T %S %e",
    )
    said = {number: rest for number, *rest in map(str.split, slurm.say(*words).splitlines())}
    assert (said[before][0], said[after][0]) == ("CANCELLED", "RUNNING")
    assert said[before][2] <= said[after][1]
    go(tmp_path, number, attempt=2, place="elsewhere")
    job, log = result(site, other, number)
    assert (job.state, job.attempt) == (State.FINISHED, 2)
    assert log == "begun\nbegun\nended\n"


def test_what_is_over_for_the_service_is_ended_by_a_runner_that_comes_back(
    site, runner, slurm, tmp_path
):
    number = started(site, runner())
    at_slurm = slurm_number(site, number)
    jobs.cancel(site, ADA, number)
    lose(site, number)
    assert look(site, number).state == State.CANCELLED
    again = runner()
    words = ("squeue", "--noheader", "--states=all", f"--jobs={at_slurm}", "-o", "%T")
    tick_until(again, lambda: slurm.say(*words).strip() == "CANCELLED")
    assert not (tmp_path / "work" / f"job_{number}_1").exists()


def test_a_user_cancels_a_job_on_slurm(site, runner):
    on = runner()
    number = started(site, on)
    jobs.cancel(site, ADA, number)
    job, _ = result(site, on, number)
    assert (job.state, job.reason) == (State.CANCELLED, "cancelled by ada")
    assert job.usage > 0


def test_a_runner_that_leaves_lets_jobs_go_on(site, runner, tmp_path):
    on = runner()
    number = started(site, on)
    on.leave()
    go(tmp_path, number)
    job, log = result(site, runner(), number)
    assert (job.state, job.attempt, log) == (State.FINISHED, 1, "begun\nended\n")
