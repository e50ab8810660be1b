"""A PostgreSQL of our own, in a temporary folder, for as long as the tests run."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

FAST = "-c fsync=off -c full_page_writes=off -c max_connections=200"


def programs() -> Path | None:
    """Where Debian keeps `initdb`, if PostgreSQL is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    path = shutil.which("initdb")
    return Path(path).parent if path else None


@contextmanager
def running(
    folder: Path, settings: str = FAST, environment: Mapping[str, str] | None = None
) -> Iterator[str]:
    """The address of a fresh server, with more variables in its environment."""
    where = programs()
    assert where is not None, "PostgreSQL is not installed: apt install postgresql"
    data = folder / "data"
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(folder, "postgres", "postgres")
        for parent in folder.parents:
            if parent != parent.parent and not os.access(parent, os.X_OK):
                parent.chmod(parent.stat().st_mode | 0o011)
    _run(where / "initdb", "-D", str(data), "-A", "trust", "-U", "neckar", "--no-sync")
    port = free_port()
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 {settings}"
    (folder / "options").write_text(options)
    _start(where, folder, environment)
    try:
        yield f"postgresql+psycopg://neckar@127.0.0.1:{port}/postgres"
    finally:
        _run(where / "pg_ctl", "-D", str(data), "-m", "immediate", "stop")


def crash(folder: Path) -> None:
    """Kill the server with everything it does, as if the power had gone, and start it again."""
    where = programs()
    assert where is not None
    group = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    mine = subprocess.run(["pgrep", "-P", str(group)], capture_output=True, text=True)
    for process in (group, *map(int, mine.stdout.split())):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    for patience in (0.1, 0.5, 2.0, 5.0):  # until nothing of the old one is left
        time.sleep(patience)
        with suppress(subprocess.CalledProcessError):
            _start(where, folder)
            return
    raise RuntimeError(f"PostgreSQL does not come back: {(folder / 'log').read_text()[-2000:]}")


def _start(where: Path, folder: Path, environment: Mapping[str, str] | None = None) -> None:
    log, options = str(folder / "log"), (folder / "options").read_text()
    start = (where / "pg_ctl", "-D", folder / "data", "-w", "-l", log, "-o", options, "start")
    more = [f"{name}={value}" for name, value in (environment or {}).items()]
    _run("env", *more, *start)


def _run(*command: object) -> None:
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["runuser", "-u", "postgres", "--", *words]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, cwd="/")


def free_port() -> int:
    """A port of this computer that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
