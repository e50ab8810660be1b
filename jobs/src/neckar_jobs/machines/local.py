"""Runs commands on this computer, each behind walls made by bubblewrap.

A command sees the system read-only, its own folder, an empty home and nothing else: no other
job's files, no database, no process but its own, and no network unless the platform allows it.
A warden ends it when the runner dies, so a lost runner never leaves one behind.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from neckar_jobs.errors import JobsError
from neckar_jobs.machines.machine import Limits, Outcome, Work

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt")
SETTINGS = ("alternatives", "fonts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime")
FOR_NETWORK = ("resolv.conf", "hosts", "nsswitch.conf", "ssl", "ca-certificates.conf")
HOME = "/home/job"
SOFTWARE_ENDED = 128  # a code above it means: ended by the signal code - 128
GRACE = 3.0  # s between the request to end and the end
WARDEN = Path(__file__).with_name("warden.py")


@dataclass(kw_only=True)
class _Running:
    process: subprocess.Popen[bytes]
    begun: float
    limit: float
    late: bool = False


class Local:
    """Bubblewrap on this computer. `readable` are folders that every command may read."""

    def __init__(self, *, readable: Sequence[Path] = ()) -> None:
        if shutil.which("bwrap") is None:
            raise JobsError("bubblewrap is not installed: apt install bubblewrap")
        self._readable = [Path(p).resolve() for p in (*readable, *software())]
        self._running: dict[str, _Running] = {}

    def start(self, work: Work) -> str:
        """Start the command behind walls of its own."""
        words = [*limited(work.limits), *self.walls(work), "--", *work.command]
        with work.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(WARDEN), str(GRACE), *words],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={"PATH": os.environ.get("PATH", os.defpath)},
            )
        handle = f"{work.name} {process.pid}"
        begun, limit = time.monotonic(), work.limits.seconds
        self._running[handle] = _Running(process=process, begun=begun, limit=limit)
        return handle

    def poll(self, handles: Sequence[str]) -> Mapping[str, Outcome | None]:
        """Look at each; end those that have run for too long."""
        return {handle: self._look(handle) for handle in handles}

    def stop(self, handle: str) -> None:
        """Ask to end, wait a little, end. Commands of earlier runners have ended with them."""
        if running := self._running.get(handle):
            _end(running.process)

    def walls(self, work: Work) -> Iterator[str]:
        """The words that make bubblewrap build the walls around `work`."""
        yield from ("bwrap", "--unshare-all", "--clearenv")
        yield from ("--uid", "1000", "--gid", "1000", "--hostname", "neckar")
        if work.network:
            yield "--share-net"
        yield from ("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", HOME)
        for place in SYSTEM:
            yield from _as_it_is(Path(place))
        for name in SETTINGS + (FOR_NETWORK if work.network else ()):
            yield from _as_it_is(Path("/etc") / name)
        for path in self._readable:
            yield from _as_it_is(path)
        folder = str(work.folder.resolve())
        yield from ("--bind", folder, folder, "--chdir", folder)
        for name, value in {**work.environment, "HOME": HOME}.items():
            yield from ("--setenv", name, value)

    def _look(self, handle: str) -> Outcome | None:
        running = self._running[handle]
        seconds = time.monotonic() - running.begun
        if running.process.poll() is None and seconds > running.limit:
            running.late = True
            _end(running.process)
        if (code := running.process.poll()) is None:
            return None
        if running.process.stdin is not None:
            running.process.stdin.close()
        reason = f"it ran longer than {running.limit:g} s" if running.late else _reason(code)
        del self._running[handle]
        return Outcome(code=code, seconds=seconds, reason=reason)


def software() -> list[Path]:
    """Where the Python that runs this, and what it imports, lies outside of the system.

    The folder that somebody happened to start in, and their home, are nobody's software.
    """
    places = {sys.prefix, sys.base_prefix, *(p for p in sys.path if p and Path(p).is_dir())}
    paths = sorted({Path(place).resolve() for place in places} - {Path.cwd(), Path.home()})
    inside = [p for p in paths if p != Path("/") and not _is_below(p, [Path(s) for s in SYSTEM])]
    return [p for p in inside if not _is_below(p, [q for q in inside if q != p])]


def limited(limits: Limits) -> Iterator[str]:
    """The words that make the kernel hold a command to its limits."""
    yield from ("prlimit", "--core=0")
    if limits.memory is not None:
        yield f"--as={limits.memory}"
    if limits.cpu_seconds is not None:
        yield f"--cpu={limits.cpu_seconds:.0f}"
    if limits.file_size is not None:
        yield f"--fsize={limits.file_size}"
    if limits.files is not None:
        yield f"--nofile={limits.files}"
    if limits.processes is not None:
        yield f"--nproc={limits.processes}"


def _as_it_is(path: Path) -> Iterator[str]:
    if path.is_symlink() and str(path) in SYSTEM:
        yield from ("--symlink", os.readlink(path), str(path))
    elif path.exists():
        yield from ("--ro-bind", str(path), str(path))


def _is_below(path: Path, others: Sequence[Path]) -> bool:
    return any(path == other or other in path.parents for other in others)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Tell the warden, who ends the command and everything it has started."""
    assert process.stdin is not None
    process.stdin.close()
    process.wait()


def _reason(code: int) -> str:
    if code <= SOFTWARE_ENDED:
        return ""
    try:
        return f"it was ended by {signal.Signals(code - SOFTWARE_ENDED).name}"
    except ValueError:
        return ""
