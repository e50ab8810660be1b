import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cast import walls_can_be_built
from neckar_jobs.errors import JobsError
from neckar_jobs.machines import slurm as module
from neckar_jobs.machines import walls
from neckar_jobs.machines.machine import Limits, Outcome, Work
from neckar_jobs.machines.slurm import Slurm
from neckar_jobs.machines.slurm_words import Terms

PATIENCE = 60.0  # s
MEMORY = 200 * 1024**2


@pytest.fixture
def work(tmp_path: Path) -> Callable[..., Work]:
    """Work of a name, ready to be started."""

    def make(name: str, *command: str, **changes: object) -> Work:
        folder = tmp_path / name
        folder.mkdir()
        made = Work(
            name=name,
            folder=folder,
            log=tmp_path / f"{name}.log",
            command=command,
            environment={"PATH": "/usr/bin:/bin", "CHIP": "849"},
            limits=Limits(seconds=60.0, memory=MEMORY),
            network=False,
        )
        return replace(made, **changes)  # type: ignore[arg-type]

    return make


def machine(**terms: object) -> Slurm:
    wall = None if walls_can_be_built() else walls.none
    return Slurm(Terms(**terms), wall, every=0.1)  # type: ignore[arg-type]


def wait(machine: Slurm, *handles: str) -> list[Outcome]:
    outcomes: dict[str, Outcome] = {}
    end = time.monotonic() + PATIENCE
    while left := [handle for handle in handles if handle not in outcomes]:
        found = machine.poll(left)
        outcomes |= {handle: outcome for handle, outcome in found.items() if outcome}
        assert time.monotonic() < end
        time.sleep(0.05)
    return [outcomes[handle] for handle in handles]


def python(script: str) -> tuple[str, ...]:
    return (sys.executable, "-c", script)


def until_it_prints(work: Work, text: str) -> None:
    end = time.monotonic() + PATIENCE
    while not work.log.exists() or text not in work.log.read_text():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_many_jobs_run_with_their_environment_and_are_asked_for_at_once(slurm, work, monkeypatch):
    on = machine(partition="cube")
    script = "import os; print(os.environ['CHIP'], os.environ['SLURM_JOB_NAME']); raise SystemExit"
    first = work("job_1_1", *python(f"{script}(3)"))
    second = work("job_2_1", *python(f"{script}(0)"))
    handles = [on.start(first), on.start(second)]
    asked: list[str] = []
    run = module._run
    monkeypatch.setattr(module, "_run", lambda *words: (asked.append(words[0]), run(*words))[1])
    on.poll(handles)
    assert asked == ["squeue"]
    outcomes = wait(on, *handles)
    assert [(each.code, each.reason) for each in outcomes] == [(3, ""), (0, "")]
    assert first.log.read_text() == "849 job_1_1\n"
    assert second.log.read_text() == "849 job_2_1\n"
    assert all(0 < each.seconds < 30 for each in outcomes)


def test_jobs_for_the_same_chip_wait_for_each_other(slurm, work):
    on = machine(licenses=["chip_{serial}:1"], gres=["neurochip:bss2:1"])
    hardware = {"serial": 849}
    long = work("job_1_1", "sh", "-c", "echo $SLURM_HARDWARE_LICENSES; sleep 99", hardware=hardware)
    first = on.start(long)
    until_it_prints(long, "chip_849:1")
    second = on.start(work("job_2_1", "true", hardware=hardware))
    words = ("squeue", "--noheader", f"--jobs={second.split()[0]}", "-o", "%T %r %W")
    end = time.monotonic() + PATIENCE
    while (said := slurm.say(*words).strip()) != "PENDING Licenses chip_849:1":
        assert said.startswith("PENDING ")
        assert time.monotonic() < end
        time.sleep(0.05)
    on.stop(second)
    on.stop(first)
    assert [each.reason for each in wait(on, first, second)] == ["it was cancelled in Slurm"] * 2


def test_a_command_that_is_stopped_may_tidy_up(slurm, work):
    script = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    time.sleep(0.2); print('tidy'); sys.exit(7)\n"
        "signal.signal(signal.SIGTERM, end); print('on', flush=True); time.sleep(99)\n"
    )
    mine = work("job_1_1", *python(script))
    on = machine()
    handle = on.start(mine)
    until_it_prints(mine, "on")
    on.stop(handle)
    [outcome] = wait(on, handle)
    assert outcome.code != 0
    assert outcome.reason == "it was cancelled in Slurm"
    assert mine.log.read_text() == "on\ntidy\n"


def test_what_takes_too_long_or_too_much_is_told_apart(slurm, work):
    slow = work("job_1_1", "sleep", "99", limits=Limits(seconds=0.5, memory=MEMORY))
    fill = (
        "import time\n"
        f"held = bytearray({2 * MEMORY})\n"
        "for at in range(0, len(held), 4096): held[at] = 1\n"
        "time.sleep(60)\n"
    )
    large = work("job_2_1", *python(fill))
    killed = work("job_3_1", *python("import os; os.kill(os.getpid(), 11)"))
    on = machine()
    outcomes = wait(on, *[on.start(each) for each in (slow, large, killed)])
    assert [each.reason for each in outcomes] == [
        "it ran longer than 0.5 s",
        "it needed more memory than 200 MB",
        "it was ended by SIGSEGV",
    ]
    assert all(each.code != 0 for each in outcomes)


def test_a_node_that_vanishes_is_named(slurm, work):
    mine = work("job_1_1", "sh", "-c", "echo on; sleep 99")
    on = machine()
    handle = on.start(mine)
    until_it_prints(mine, "on")
    slurm.stop_node()
    try:
        slurm.say("scontrol", "update", "NodeName=n1", "State=DOWN", "Reason=test")
        [outcome] = wait(on, handle)
    finally:
        slurm.start_node()
    assert outcome.reason == "the node that it ran on failed: n1"


def test_the_next_runner_knows_the_handle_and_the_same_work_is_not_started_twice(slurm, work):
    mine = work("job_1_1", "sh", "-c", "echo on; sleep 0.5")
    handle = machine().start(mine)
    again = machine()
    assert again.start(mine) == handle
    [outcome] = wait(again, handle)
    assert outcome.code == 0
    assert mine.log.read_text() == "on\n"


def test_a_job_that_slurm_has_forgotten_is_known_by_what_it_left(slurm, work, tmp_path):
    mine = work("job_1_1", "sh", "-c", "exit 4")
    on = machine()
    number, place = on.start(mine).split()
    wait(on, f"{number} {place}")
    [outcome] = wait(on, f"999999 {place}")
    assert (outcome.code, outcome.reason) == (4, "")
    [outcome] = wait(on, f"999999 {tmp_path / 'never'}")
    assert "forgotten job 999999" in outcome.reason
    on.stop(f"{number} {place}")  # asking for too much does no harm


def test_a_handle_of_another_machine_says_nothing_about_jobs_that_run(slurm, work):
    mine = work("job_1_1", "sh", "-c", "echo on; sleep 99")
    on = machine()
    handle, local = on.start(mine), "job_7_1 4711"
    until_it_prints(mine, "on")
    on.stop(local)
    found: dict[str, Outcome | None] = {}
    while not found.get(local):
        found = dict(on.poll([local, handle]))
    assert found[handle] is None
    on.stop(handle)
    wait(on, handle)


def test_an_answer_that_makes_no_sense_says_nothing_about_jobs(slurm, work, monkeypatch):
    on = machine()
    handle = on.start(work("job_1_1", "true"))
    monkeypatch.setattr(module.slurm_words, "squeue", lambda _: ["squeue", "--what"])
    assert on.poll([handle]) == {handle: None}


def test_what_slurm_says_against_a_job_is_shown_in_full(slurm, work):
    with pytest.raises(JobsError, match="Invalid license specification"):
        machine(licenses=["chip_7"]).start(work("job_1_1", "true"))
    with pytest.raises(JobsError, match="invalid partition specified: nowhere"):
        machine(partition="nowhere").start(work("job_2_1", "true"))
    with pytest.raises(JobsError, match="unrecognized option '--what'"):
        machine(options=["--what"]).start(work("job_3_1", "true"))


def test_what_slurm_would_never_start_does_not_wait_for_ever(slurm, work):
    on = machine(partition="cube")
    handle = on.start(work("job_1_1", "true", limits=Limits(seconds=1e6, memory=MEMORY)))
    [outcome] = wait(on, handle)
    assert (outcome.code, outcome.reason) == (1, "Slurm would never start it (PartitionTimeLimit)")


def test_while_the_controller_is_away_nothing_is_concluded(slurm, work, monkeypatch, tmp_path):
    conf = Path(slurm.environment["SLURM_CONF"])
    handle = machine().start(work("job_1_1", "true"))
    away = tmp_path / "away.conf"
    lines = conf.read_text().replace("SlurmctldPort=", "SlurmctldPort=1 #")
    away.write_text(lines + "MessageTimeout=1\n")
    monkeypatch.setenv("SLURM_CONF", str(away))
    assert machine().poll([handle]) == {handle: None}
    with pytest.raises(ConnectionError):
        machine().start(work("job_2_1", "true"))


@pytest.mark.skipif(not walls_can_be_built(), reason="bubblewrap cannot build walls here")
def test_walls_stand_on_the_node_too(slurm, work, tmp_path):
    (tmp_path / "secret").write_text("of somebody else")
    script = (
        "import os\n"
        f"print(os.path.exists({str(tmp_path / 'secret')!r}), os.path.exists('/run'))\n"
        "print(len([p for p in os.listdir('/proc') if p.isdigit()]) < 6, os.environ['HOME'])\n"
        "print([name for name in os.environ if 'KEY' in name])\n"
    )
    mine = work("job_1_1", *python(script))
    on = machine()
    wait(on, on.start(mine))
    assert mine.log.read_text() == "False False\nTrue /home/job\n[]\n"
