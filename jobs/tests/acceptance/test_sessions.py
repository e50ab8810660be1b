"""From a person at a notebook to a chip and back: sessions are jobs, and pay like jobs."""

import os
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from cast import DEMO
from neckar_jobs.api.app import application
from neckar_jobs.client.client import Client
from neckar_jobs.client.provider import Provider
from neckar_jobs.client.session import session
from neckar_jobs.errors import JobsError
from neckar_jobs.machines.holder import Holder
from neckar_jobs.runner.runner import Offer, Runner
from neckar_jobs.states import State
from neckar_jobs.store import projects

pytest.importorskip("neckar")
SCRIPT = """
from dlens_vx_v3 import hal, halco, hxcomm, sta
word = halco.PPUMemoryWordOnDLS()
with hxcomm.ManagedConnection() as connection:
    assert type(connection).__name__ == "QuiggeldyConnectionHandle"
    builder = sta.PlaybackProgramBuilder()
    builder.write(word, hal.PPUMemoryWord(42))
    ticket = builder.read(word)
    sta.run(connection, builder.done())
    print(connection.get_unique_identifier(), int(ticket.get().value))
"""


@pytest.fixture
def at_the_chip(service, site, tmp_path):
    """A client of ada's, and how to let time pass for the runner that lets her in."""
    with site.database.writing() as c:
        projects.set_platform(c, replace(DEMO, system="session", gift=1.0, hardware={}))
    provider = TestClient(application(site), headers=service.headers["provider"])
    offer = Offer(platform="Demo", system="session", python=sys.executable, path="/usr/bin")
    holder = Holder("{python} -m neckar serve --sessions --ideal")
    desk = Provider(provider)
    ahead = [0.0]
    how = {"name": "runner", "slots": 8, "stopwatch": lambda: time.monotonic() + ahead[0]}
    runner = Runner(desk, holder, [offer], tmp_path / "work", **how)
    ada = TestClient(application(site), headers=service.headers["ada"])

    def tick(_seconds=0.0, *, later=0.0):
        ahead[0] += later
        runner.tick()
        time.sleep(0.01)

    with ada, provider:
        yield Client(http=ada), tick
        runner.leave()
        holder.close()


def over(client, tick):
    [job] = client.jobs()
    while job.ended_at is None:
        tick()
        job = client.job(job.id)
    return job


def test_a_script_uses_the_chip_of_a_session_and_the_collab_pays(at_the_chip):
    client, tick = at_the_chip
    with session(client, platform="Demo", collab="lab", sleep=tick) as variables:
        done = run(variables, tick)
        assert done.stdout == "['twin-ideal'] 42\n", done.stderr
    job = over(client, tick)
    assert (job.state, job.reason) == (State.FINISHED, "its user ended it")
    assert job.usage > 0
    assert job.provenance["chip"] == "twin-ideal"
    log = client.log(job.id).decode()
    assert "1 programs" in log
    assert variables["NECKAR_CHIP_KEY"] not in log + repr(job)
    [project] = client.projects()
    assert sum(quota["usage"] for quota in project["quotas"]) == pytest.approx(job.usage)


def run(variables, tick):
    """A program of somebody, while the runner goes on as it does."""
    environment = {**os.environ, **variables, "PYTHONPATH": os.pathsep.join(sys.path)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen([sys.executable, "-c", SCRIPT], env=environment, **pipes)
    while process.poll() is None:
        tick()
    out, err = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_session_that_outruns_its_quota_is_ended_and_told(at_the_chip, site):
    client, tick = at_the_chip
    with site.database.writing() as c:
        projects.set_platform(c, replace(DEMO, system="session", gift=1e-7, hardware={}))
    with session(client, platform="Demo", collab="lab", sleep=tick) as variables:
        assert run(variables, tick).returncode == 0
        tick()
        tick(later=site.lease_seconds / 6)  # when the next heartbeat is due
        job = over(client, tick)
    assert (job.state, job.reason) == (
        State.FINISHED,
        "lab has used up its quota of Demonstration",
    )
    assert job.usage > 1e-7
    assert "lab has used up its quota" in client.log(job.id).decode()


def test_a_session_that_is_cancelled_before_it_began_is_told(at_the_chip):
    client, _ = at_the_chip

    def cancel(_seconds):
        [job] = client.jobs()
        client.cancel(job.id)

    asked = session(client, platform="Demo", collab="lab", sleep=cancel)
    with pytest.raises(JobsError, match="is cancelled"), asked:
        pass
