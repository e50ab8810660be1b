"""A Slurm of our own on this computer, in a temporary folder, for as long as the tests run.

Its daemons are started by hand: no systemd, no cgroups, no accounting, nothing in /etc. Chips are
licences `chip_849` and `chip_57`, one of each, and two GRES of the type `bss2`.
"""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 30.0  # s until a node is ready
SBIN = "/usr/sbin:/sbin"
CONF = """
ClusterName=neckar
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/controller.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/controller.log
SlurmdLogFile={folder}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
MpiDefault=none
ReturnToService=2
SlurmdTimeout=10
KillWait=5
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
Licenses=chip_849:1,chip_57:1
GresTypes=neurochip
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={node} CPUs={cpus} RealMemory=2000 \
Gres=neurochip:bss2:2
PartitionName=cube Nodes=n1 Default=YES MaxTime=90 State=UP OverSubscribe=FORCE:4
"""


@dataclass(frozen=True)
class OwnSlurm:
    """Where it is; `environment` is what its commands need."""

    folder: Path
    environment: dict[str, str]

    def stop_node(self) -> None:
        """Let the node vanish, as if somebody had pulled the plug, with all that runs on it."""
        for daemon in _daemons(self.folder / "n1.pid"):
            _end(daemon)

    def start_node(self) -> None:
        """Bring it back; returns when it is ready for jobs."""
        _run("slurmd", "-N", "n1", environment=self.environment)
        _await_node(self)

    def say(self, *words: str) -> str:
        """What one of its commands answers."""
        environment = {**os.environ, **self.environment}
        return subprocess.run(
            words, env=environment, check=True, capture_output=True, text=True
        ).stdout


def is_installed() -> bool:
    """Whether all programs are there."""
    path = f"{os.environ['PATH']}:{SBIN}"
    return all(shutil.which(name, path=path) for name in ("slurmctld", "slurmd", "munged"))


@contextmanager
def running(folder: Path) -> Iterator[OwnSlurm]:
    """A cluster of one node, ready for jobs."""
    folder.mkdir(parents=True, exist_ok=True)
    for parent in (folder, *folder.parents):
        if parent.owner() == getpass.getuser() and parent != parent.parent:
            parent.chmod(parent.stat().st_mode | 0o011)  # munged is somebody else
    environment = {"SLURM_CONF": str(folder / "slurm.conf")}
    _write(folder)
    try:
        _start_munge(folder / "munge")
        _run("slurmctld", environment=environment)
        found = OwnSlurm(folder, environment)
        found.start_node()
        yield found
    finally:
        for name in ("n1.pid", "controller.pid", "munge/pid"):
            for daemon in _daemons(folder / name):
                _end(daemon)


def _write(folder: Path) -> None:
    (folder / "state").mkdir()
    (folder / "spool" / "n1").mkdir(parents=True)
    controller, node = _free_ports(2)
    values = {
        "host": socket.gethostname().split(".")[0],
        "user": getpass.getuser(),
        "folder": folder,
        "controller": controller,
        "node": node,
        "cpus": max(1, os.cpu_count() or 1),
    }
    (folder / "slurm.conf").write_text(CONF.format(**values))
    (folder / "gres.conf").write_text("Name=neurochip Type=bss2 Count=2 Flags=CountOnly\n")
    (folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n")


def _start_munge(folder: Path) -> None:
    folder.mkdir(mode=0o755)
    key = folder / "key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    before: tuple[str, ...] = ()
    if os.geteuid() == 0:  # munge refuses to run as root
        for path in (folder, key):
            shutil.chown(path, "munge", "munge")
        before = ("runuser", "-u", "munge", "--")
    places = {"socket": "socket", "key-file": "key", "pid-file": "pid", "log-file": "log"}
    options = [f"--{name}={folder / place}" for name, place in places.items()]
    _run(*before, "munged", "--force", f"--seed-file={folder / 'seed'}", *options)


def _await_node(slurm: OwnSlurm) -> None:
    end = time.monotonic() + PATIENCE
    while (
        state := slurm.say("sinfo", "--noheader", "--nodes=n1", "-o", "%T").split()[0]
    ) != "idle":
        if state == "down":  # said by a person, and only a person may take it back
            resume = ("scontrol", "update", "NodeName=n1", "State=RESUME")
            subprocess.run(resume, env={**os.environ, **slurm.environment}, capture_output=True)
        if time.monotonic() > end:
            logs = "\n".join(p.read_text()[-2000:] for p in slurm.folder.glob("*.log"))
            raise RuntimeError(f"the node did not become ready:\n{logs}")
        time.sleep(0.05)


def _run(*words: str, environment: dict[str, str] | None = None) -> None:
    path = f"{os.environ['PATH']}:{SBIN}"
    clean = {"PATH": path, **(environment or {})}
    done = subprocess.run(words, env=clean, capture_output=True, text=True, cwd="/")
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr or done.stdout}")


def _daemons(path: Path) -> list[int]:
    """A daemon and, of a node, those that stand beside its jobs, with all that they started."""
    try:
        first = int(path.read_text())
    except (FileNotFoundError, ValueError):
        return []
    conf = str(path.parent).encode()
    steps = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
            settings = (process / "environ").read_bytes()
        except OSError:
            continue
        if path.name == "n1.pid" and b"slurmstepd" in words and conf in settings + words:
            steps.append(int(process.name))
    return [first] + [each for step in steps for each in (step, *_below(step))]


def _below(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [each for child in children for each in (int(child), *_below(int(child)))]


def _end(pid: int) -> None:
    """End a daemon at once, and wait until it is gone; a zombie is gone."""
    try:
        os.kill(pid, 9)
        end = time.monotonic() + PATIENCE
        while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
            assert time.monotonic() < end
            time.sleep(0.01)
    except (ProcessLookupError, FileNotFoundError):
        return


def _free_ports(n: int) -> list[int]:
    probes = [socket.socket() for _ in range(n)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
