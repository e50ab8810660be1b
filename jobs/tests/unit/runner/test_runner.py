import hashlib
import io
import sys
import time
import zipfile

import pytest
from starlette.testclient import TestClient

from cast import ADA, PROVIDER, walls_can_be_built, wanted
from neckar_jobs.api.app import application
from neckar_jobs.client.provider import Provider
from neckar_jobs.errors import InvalidError
from neckar_jobs.identity import tokens
from neckar_jobs.machines.inline import Inline
from neckar_jobs.machines.local import Local
from neckar_jobs.machines.machine import Outcome
from neckar_jobs.model import Code, CodeKind, DataFile, FileKind, Going
from neckar_jobs.runner import serve
from neckar_jobs.runner.runner import Offer, Runner
from neckar_jobs.runner.serve import machines, offer_of, own_folder
from neckar_jobs.service import claims, jobs
from neckar_jobs.states import State, is_over

WALLS = pytest.mark.skipif(not walls_can_be_built(), reason="bubblewrap cannot build walls here")


@pytest.fixture
def desk(site):
    secret, _ = tokens.issue_key(site, "root", "provider", ["Demo"])
    with TestClient(application(site), headers={"x-api-key": secret}) as http:
        yield Provider(http)


@pytest.fixture(params=[Inline, pytest.param(Local, marks=WALLS)])
def runner(request, desk, tmp_path):
    offer = Offer(
        platform="Demo",
        system="demo",
        python=sys.executable,
        path="/usr/bin:/bin",
        templates={"CHIP": "{chip}"},
        provenance={"site": "here"},
    )
    runner = Runner(desk, request.param(), [offer], tmp_path / "work", name="runner")
    yield runner
    runner.leave()  # before the service ends under its errands


def run(site, runner, submission):
    number = jobs.submit(site, ADA, submission).id
    for _ in range(1000):
        runner.tick()
        job = jobs.look(site, ADA, number)
        if is_over(job.state):
            return job
        time.sleep(0.01)
    raise AssertionError(job)


def text(code, **rest):
    return wanted(code=Code(kind=CodeKind.TEXT, text=code), **rest)


def test_a_script_runs_and_brings_back_log_and_files(site, runner):
    script = (
        "import json, os, sys\n"
        "print('for', sys.argv[1], os.environ['CHIP'])\n"
        "os.mkdir('out'); open('out/a.txt', 'w').write('result')\n"
        "json.dump({'serial': 849}, open('provenance.json', 'w'))\n"
    )
    job = run(site, runner, text(script, hardware={"chip": 7}))

    log = jobs.log(site, ADA, job.id)
    assert job.state == State.FINISHED, log
    assert log == b"for demo 7\n"
    files = jobs.files(site, ADA, job.id, FileKind.OUTPUT)
    assert [(f.path, f.size, f.content_type) for f in files] == [
        ("out/a.txt", 6, "text/plain"),
    ]
    assert site.files.path(files[0].sha256).read_bytes() == b"result"
    code = {"sha256": hashlib.sha256(script.encode()).hexdigest()}
    assert job.provenance == {"site": "here", "runner": "runner", "code": code, "serial": 849}
    assert job.usage > 0


def test_a_script_that_fails_says_so(site, runner):
    job = run(site, runner, text("print('oh'); raise SystemExit(3)"))
    assert (job.state, job.reason) == (State.FAILED, "the command returned 3")
    assert jobs.log(site, ADA, job.id) == b"oh\n"


def test_parameters_of_an_array_reach_the_command(site, runner):
    first, second = jobs.submit_array(
        site,
        ADA,
        text("import sys; print(sys.argv[1:])", command="run.py --tau {tau}"),
        {"tau": [1, "a b"]},
    )
    while not is_over(jobs.look(site, ADA, second.id).state):
        runner.tick()
    assert jobs.log(site, ADA, first.id) == b"['--tau', '1']\n"
    assert jobs.log(site, ADA, second.id) == b"['--tau', 'a b']\n"


def test_an_archive_and_inputs_are_laid_out(site, runner):
    bag = io.BytesIO()
    with zipfile.ZipFile(bag, "w") as archive:
        archive.writestr("model/net.py", "print(open('data/in.txt').read())")
    code, _ = site.files.put([bag.getvalue()])
    digest, size = site.files.put([b"42"])
    submission = wanted(
        code=Code(kind=CodeKind.ARCHIVE, text=code),
        command="model/net.py",
        inputs=(DataFile(path="data/in.txt", size=size, sha256=digest),),
    )
    job = run(site, runner, submission)
    assert jobs.log(site, ADA, job.id) == b"42\n"
    assert jobs.files(site, ADA, job.id, FileKind.OUTPUT) == []


def test_an_archive_that_climbs_out_is_refused(site, runner):
    bag = io.BytesIO()
    with zipfile.ZipFile(bag, "w") as archive:
        archive.writestr("../../evil.py", "print('out')")
    digest, _ = site.files.put([bag.getvalue()])
    job = run(site, runner, wanted(code=Code(kind=CodeKind.ARCHIVE, text=digest)))
    assert job.state == State.FAILED
    assert "'..'" in job.reason


def test_a_job_that_takes_too_long_is_ended(site, runner):
    job = run(site, runner, text("import time; time.sleep(60)", limit=0.3))
    assert (job.state, job.reason) == (State.FAILED, "it ran longer than 0.3 s")


def test_a_command_with_an_unknown_brace_says_what_is_known(site, runner):
    job = run(site, runner, text("1", command="run.py {sytem}"))
    assert job.state == State.FAILED
    assert "known are {system}" in job.reason


def test_what_a_second_attempt_prints_follows_what_the_first_one_did(site, runner):
    number = jobs.submit(site, ADA, text("print('a longer second line')")).id
    first = claims.claim(site, PROVIDER, "lost", ["Demo"])
    claims.write_log(site, number, first.key, 0, b"first\n")
    claims.lose(site, number, first.key)
    while not is_over(jobs.look(site, ADA, number).state):
        runner.tick()
        time.sleep(0.01)
    assert jobs.log(site, ADA, number) == b"first\na longer second line\n"


class Elsewhere:
    """A machine whose commands outlive runners, and go on for a while when asked to end."""

    lasting = True

    def __init__(self):
        self.started, self.ended = [], set()

    def start(self, work):
        self.started.append(work.name)
        return work.name

    def poll(self, handles):
        over, goes_on = Outcome(code=0, seconds=1.0), Going(seconds=0.5)
        return {handle: over if handle in self.ended else goes_on for handle in handles}

    def stop(self, handle, why=""):
        pass


def test_a_second_attempt_begins_once_the_first_has_ended(site, desk, tmp_path):
    number = jobs.submit(site, ADA, text("pass")).id
    first = claims.claim(site, PROVIDER, "lost", ["Demo"])
    claims.begin(site, number, first.key, "the first")
    claims.lose(site, number, first.key)
    machine = Elsewhere()
    offer = Offer(platform="Demo", system="demo", python=sys.executable, path="/usr/bin:/bin")
    runner = Runner(desk, machine, [offer], tmp_path / "work", name="runner")
    for _ in range(20):
        runner.tick()
        time.sleep(0.001)
    assert (runner.busy, machine.started) == (1, [])
    machine.ended.add("the first")
    while jobs.look(site, ADA, number).state != State.RUNNING:
        runner.tick()
    assert machine.started == [f"job_{number}_2"]
    runner.leave()


def test_settings_that_a_job_leaves_open_come_from_the_schema():
    schema = {"properties": {"chip": {"type": "integer", "default": 7}, "other": {}}}
    offer = offer_of("Demo", {"system": "demo", "hardware": schema, "memory": 10**9})
    assert (offer.hardware, offer.memory) == ({"chip": 7}, 10**9)


def test_every_runner_of_a_host_has_a_folder_and_the_next_one_finds_it(tmp_path, monkeypatch):
    monkeypatch.setattr(serve.socket, "gethostname", lambda: "node.example.org")
    with own_folder(tmp_path) as (first, name), own_folder(tmp_path) as (second, _):
        assert name.endswith("-1")
        assert second.name.endswith("-2")
    with own_folder(tmp_path) as (again, _):
        assert again == first


def test_a_machine_that_does_not_exist_is_refused():
    with pytest.raises(InvalidError, match="'lokal'; there are 'local', 'slurm' and 'held'"):
        list(machines({"Demo": {"machine": "lokal"}}, 1))


@WALLS
def test_a_job_that_has_ended_and_is_lost_before_anybody_knew_is_let_go(site, desk, tmp_path):
    now, number = [0.0], jobs.submit(site, ADA, text("pass")).id
    offer = Offer(platform="Demo", system="demo", python=sys.executable, path="/usr/bin:/bin")
    runner = Runner(desk, Local(), [offer], tmp_path / "work", name="r", stopwatch=lambda: now[0])

    def unreachable(*_, **__):
        raise ConnectionError("away")

    ended, desk.end = desk.end, unreachable
    for _ in range(300):
        runner.tick()
        time.sleep(0.01)
        if any(held.outcome for held in runner._held.values()):
            break
    (held,) = runner._held.values()
    claims.lose(site, number, held.lease.key)
    now[0] += held.lease.seconds / 2
    runner.leaving = True
    runner.tick()
    assert runner.busy == 0
    assert jobs.look(site, ADA, number).state == State.SUBMITTED
    desk.end, runner.leaving = ended, False
    while not is_over(jobs.look(site, ADA, number).state):
        runner.tick()
    assert jobs.look(site, ADA, number).state == State.FINISHED
    runner.leave()
