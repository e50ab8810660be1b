"""Sessions at a chip that a process holds: the process here is a few lines of Python."""

import json
import sys
import time

import pytest

from neckar_jobs.errors import InvalidError, JobsError
from neckar_jobs.machines.holder import Holder
from neckar_jobs.machines.machine import Limits, Work
from neckar_jobs.model import Going

PROCESS = """
import json, sys
def say(**line): print(json.dumps(line), flush=True)
say(listening=["127.0.0.1", 6020], chip="demo")
for line in sys.stdin:
    order = json.loads(line)
    if "dismiss" in order:
        say(ended=order["dismiss"], seconds=1.5, programs=3, why=order["why"])
    elif order["digest"] == "d" * 64:
        sys.exit(1)
    elif order["seconds"] < 1:
        say(ended=order["admit"], seconds=order["seconds"], programs=1, why="used up")
    else:
        say(used=order["admit"], seconds=0.5, programs=1)
"""


@pytest.fixture
def holder(tmp_path):
    script = tmp_path / "process.py"
    script.write_text(PROCESS)
    made = Holder(f"{{python}} {script}")
    yield made
    made.close()


def work(tmp_path, name="session", seconds=60.0, **hardware):
    folder = tmp_path / name
    folder.mkdir()
    return Work(
        name=name,
        folder=folder,
        log=tmp_path / f"{name}.log",
        command=["session"],
        environment={},
        limits=Limits(seconds=seconds),
        network=False,
        hardware=hardware or {"digest": "a" * 64},
    )


def outcome(holder, handle):
    end = time.monotonic() + 20
    while isinstance(found := holder.poll([handle])[handle], Going):
        assert time.monotonic() < end
        time.sleep(0.01)
    return found


def test_the_log_says_where_the_chip_is_and_what_was_used(holder, tmp_path):
    handle = holder.start(work(tmp_path))
    log = tmp_path / "session.log"
    assert log.read_text() == (
        "export QUIGGELDY_ENABLED=1 QUIGGELDY_IP=127.0.0.1 QUIGGELDY_PORT=6020\n"
    )
    while holder.poll([handle]) != {handle: Going(seconds=0.5, chip="demo")}:
        time.sleep(0.01)
    holder.stop(handle)
    found = outcome(holder, handle)
    assert (found.code, found.seconds, found.reason) == (0, 1.5, "its user ended it")
    assert log.read_text().endswith("3 programs, 1.500 s: its user ended it\n")
    assert json.loads((tmp_path / "session" / "provenance.json").read_text())["chip"] == "demo"


def test_a_session_whose_time_is_used_up_is_over(holder, tmp_path):
    found = outcome(holder, holder.start(work(tmp_path, seconds=0.25)))
    assert (found.code, found.seconds, found.reason) == (0, 0.25, "used up")


def test_when_the_process_dies_its_sessions_have_failed_and_the_next_finds_another(
    holder, tmp_path
):
    first = holder.start(work(tmp_path, "first"))
    last = holder.start(work(tmp_path, "last", digest="d" * 64))
    for handle in (first, last):
        assert outcome(holder, handle).code == 1
    holder.stop(first)
    again = holder.start(work(tmp_path, "again"))
    assert isinstance(holder.poll([again])[again], Going)


def test_without_a_digest_there_is_no_session(holder, tmp_path):
    with pytest.raises(InvalidError, match="digest"):
        holder.start(work(tmp_path, digest=7))


def test_a_process_that_holds_no_chip_is_told(tmp_path):
    for command, why in (
        (f"{sys.executable} -c pass", "holds no chip"),
        ("no-such-thing", "cannot be"),
    ):
        with pytest.raises(JobsError, match=why):
            Holder(command).start(work(tmp_path, why[:5]))


def test_whoever_is_sent_away_is_told_why(holder, tmp_path):
    handle = holder.start(work(tmp_path))
    holder.stop(handle, "nothing is left")
    assert outcome(holder, handle).reason == "nothing is left"
    assert (tmp_path / "session.log").read_text().endswith("1.500 s: nothing is left\n")
