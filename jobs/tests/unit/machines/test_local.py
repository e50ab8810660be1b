import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from cast import walls_can_be_built
from neckar_jobs.machines.local import Local
from neckar_jobs.machines.machine import Limits, Work

PATIENCE = 30.0  # s

pytestmark = pytest.mark.skipif(
    not walls_can_be_built(), reason="bubblewrap cannot build walls here"
)


@pytest.fixture
def work(tmp_path: Path) -> Work:
    folder = tmp_path / "mine"
    folder.mkdir()
    return Work(
        name="job_1",
        folder=folder,
        log=tmp_path / "job_1.log",
        command=("true",),
        environment={"PATH": "/usr/bin:/bin"},
        limits=Limits(seconds=20.0),
        network=False,
    )


def run(work: Work, script: str):
    machine = Local()
    handle = machine.start(replace(work, command=(sys.executable, "-c", script)))
    return wait(machine, handle), work.log.read_text()


def is_running(seconds: str) -> bool:
    """Whether some process sleeps for so long."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if path.read_bytes().split(b"\0")[:2] == [b"sleep", seconds.encode()]:
                return True
    return False


def wait(machine: Local, handle: str):
    end = time.monotonic() + PATIENCE
    while (outcome := machine.poll([handle])[handle]) is None:
        assert time.monotonic() < end
        time.sleep(0.005)
    return outcome


def test_a_command_writes_into_its_own_folder_and_nowhere_else(work, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "secret").write_text("of somebody else")
    outcome, log = run(
        work,
        "import os\n"
        "open('mine.txt', 'w').write('x')\n"
        f"print(os.path.exists({str(tmp_path / 'other')!r}))\n"
        "print(os.path.exists('/etc/passwd'), os.path.exists('/var'), os.environ['HOME'])\n"
        "try: open('/usr/evil', 'w')\n"
        "except OSError as error: print(error.strerror)\n",
    )
    assert outcome.code == 0, log
    assert log.split("\n")[:2] == ["False", "False False /home/job"]
    assert "Read-only file system" in log
    assert (work.folder / "mine.txt").read_text() == "x"


def test_a_command_sees_no_process_but_its_own_and_no_network(work):
    outcome, log = run(
        work,
        "import os, socket\n"
        "print(len([p for p in os.listdir('/proc') if p.isdigit()]) < 4)\n"
        "try: socket.create_connection(('1.1.1.1', 80), 1)\n"
        "except OSError as error: print('no network')\n",
    )
    assert (outcome.code, log) == (0, "True\nno network\n")


def test_the_environment_of_the_runner_stays_with_the_runner(work, monkeypatch):
    monkeypatch.setenv("NECKAR_JOBS_KEY", "secret")
    _, log = run(work, "import os; print(sorted(os.environ))")
    assert "NECKAR_JOBS_KEY" not in log


def test_memory_and_sizes_of_files_are_held_to_their_limits(work):
    small = replace(work, limits=Limits(seconds=20.0, memory=256 * 1024**2, file_size=1024**2))
    outcome, log = run(small, "x = bytearray(512 * 1024**2)")
    assert outcome.code != 0
    assert "MemoryError" in log
    outcome, _ = run(small, "open('big', 'wb').write(bytes(2 * 1024**2))")
    assert outcome.code != 0


def test_a_command_that_takes_too_long_is_ended_with_its_children(work):
    short = replace(work, limits=Limits(seconds=0.5))
    outcome, _ = run(short, "import subprocess; subprocess.run(['sleep', '987'])")
    assert outcome.reason == "it ran longer than 0.5 s"
    assert not is_running("987")


def test_a_command_is_stopped(work):
    machine = Local()
    handle = machine.start(replace(work, command=("sleep", "986")))
    machine.stop(handle)
    assert wait(machine, handle).code != 0


def test_a_command_that_listens_may_tidy_up(work):
    script = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    print('tidy'); sys.exit(7)\n"
        "signal.signal(signal.SIGTERM, end); print('on', flush=True); time.sleep(99)\n"
    )
    machine = Local()
    handle = machine.start(replace(work, command=(sys.executable, "-c", script)))
    while not work.log.exists() or "on" not in work.log.read_text():
        time.sleep(0.01)
    machine.stop(handle)
    assert wait(machine, handle).code == 7
    assert work.log.read_text() == "on\ntidy\n"


def test_a_command_dies_with_its_runner(work, tmp_path):
    script = (
        "import sys, time, pathlib\n"
        "from neckar_jobs.machines.local import Local\n"
        "from neckar_jobs.machines.machine import Limits, Work\n"
        f"folder = pathlib.Path({str(work.folder)!r})\n"
        "work = Work(name='j', folder=folder, log=folder / 'log', command=('sleep', '985'),\n"
        "            environment={}, limits=Limits(seconds=99), network=False)\n"
        "Local().start(work); print('started', flush=True); time.sleep(99)\n"
    )
    path = os.pathsep.join(sys.path)
    runner = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )
    with runner:
        assert runner.stdout is not None
        assert runner.stdout.readline() == b"started\n"
        runner.send_signal(signal.SIGKILL)
    end = time.monotonic() + PATIENCE
    while is_running("985"):
        assert time.monotonic() < end
        time.sleep(0.01)
