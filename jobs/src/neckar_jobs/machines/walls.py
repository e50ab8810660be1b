"""What stands between a command and the rest of the computer, as words to put before it.

Behind bubblewrap a command sees the system read-only, its own folder, an empty home and nothing
else: no other job's files, no database, no process but its own, and no network unless the platform
allows it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from neckar_jobs.errors import JobsError
from neckar_jobs.machines.machine import Limits, Work

Walls = Callable[[Work], Iterator[str]]

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt")
SETTINGS = ("alternatives", "fonts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime")
FOR_NETWORK = ("resolv.conf", "hosts", "nsswitch.conf", "ssl", "ca-certificates.conf")
HOME = "/home/job"


def bubblewrap(readable: Sequence[Path] = ()) -> Walls:
    """Walls by bubblewrap. `readable` are folders that every command may read."""
    if shutil.which("bwrap") is None:
        raise JobsError("bubblewrap is not installed: apt install bubblewrap")
    open_ones = [Path(p).resolve() for p in (*readable, *software())]

    def words(work: Work) -> Iterator[str]:
        yield from ("bwrap", "--unshare-all", "--clearenv")
        yield from ("--uid", "1000", "--gid", "1000", "--hostname", "neckar")
        if work.network:
            yield "--share-net"
        yield from ("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", HOME)
        for place in SYSTEM:
            yield from _as_it_is(Path(place))
        for name in SETTINGS + (FOR_NETWORK if work.network else ()):
            yield from _as_it_is(Path("/etc") / name)
        for path in open_ones:
            yield from _as_it_is(path)
        folder = str(work.folder.resolve())
        yield from ("--bind", folder, folder, "--chdir", folder)
        for name, value in {**work.environment, "HOME": HOME}.items():
            yield from ("--setenv", name, value)
        yield "--"

    return words


def check() -> None:
    """Complain if bubblewrap cannot build walls on this computer."""
    bubblewrap()
    words = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        raise JobsError(
            f"bubblewrap cannot build walls here ({done.stderr.strip()}), as in containers that "
            "may not make namespaces. With --without-walls commands have all rights of this "
            "account: for your own code only"
        )


def none(work: Work) -> Iterator[str]:
    """No walls: the command may do whatever the runner may. Only for code that is trusted."""
    folder = str(work.folder.resolve())
    yield from ("env", "--ignore-environment", f"--chdir={folder}")
    for name, value in {**work.environment, "HOME": folder}.items():
        yield f"{name}={value}"


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
