"""One chip for several processes: one of them holds it, the others send it their programs."""

import os
import secrets
import socket
import subprocess
import sys

from neckar.brainscales2.backends.sharing.remote import ADDRESS, ENABLED, KEY, PORT

_HERE = "127.0.0.1"
_started: dict[int, subprocess.Popen[bytes]] = {}


def get_unused_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as some:
        some.bind((_HERE, 0))
        return int(some.getsockname()[1])


def launch_quiggeldy_locally_from_env() -> tuple[int, int]:
    """Start a process that holds a chip, and lead connections of this one to it.

    Returns:
        Number of the process, and the port it listens at.
    """
    port, key = get_unused_port(), secrets.token_urlsafe(24)
    unset_quiggeldy_env()  # the chip is one that the process makes
    process = subprocess.Popen(
        [sys.executable, "-m", "neckar", "serve", "--port", str(port)],
        env=os.environ | {KEY: key, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    if not process.stdout.readline().startswith(b"export"):
        raise RuntimeError("Could not start quiggeldy")
    _started[process.pid] = process
    os.environ |= {ENABLED: "1", ADDRESS: _HERE, PORT: str(port), KEY: key}
    return process.pid, port


def unset_quiggeldy_env() -> None:
    """Lead connections to chips of their own again."""
    for name in (ENABLED, ADDRESS, PORT, KEY):
        os.environ.pop(name, None)


def terminate(pid: int) -> None:
    """End a process that holds a chip."""
    process = _started.pop(pid, None)
    if process is None:
        raise RuntimeError(f"process {pid} was not started by launch_quiggeldy_locally_from_env()")
    process.terminate()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
