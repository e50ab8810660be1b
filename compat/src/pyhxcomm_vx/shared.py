"""One chip for several processes: one of them holds it, the others send it their programs.

`python -m pyhxcomm_vx.shared PORT` holds the chip that the environment asks for. Programs of
different users are played one after the other. Who comes after somebody else has the chip set up
anew by the programs left for that purpose. Only this machine is listened to, and only those who
know the key in the environment, since what they send is unpickled.
"""

import importlib
import os
import secrets
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from multiprocessing.connection import Client, Connection, Listener
from typing import Any, Self

from neckar.brainscales2.program import Program
from neckar.brainscales2.recording import Recording

ENABLED, ADDRESS, PORT = "QUIGGELDY_ENABLED", "QUIGGELDY_IP", "QUIGGELDY_PORT"
KEY = "NECKAR_SHARED_KEY"
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
    port, key = get_unused_port(), secrets.token_hex(16)
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, str(port)],
        env=os.environ | {KEY: key, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    with process.stdout as said:
        if said.readline() != b"ready\n":
            raise RuntimeError("Could not start quiggeldy")
    _started[process.pid] = process
    os.environ |= {ENABLED: "1", ADDRESS: _HERE, PORT: str(port), KEY: key}
    return process.pid, port


def unset_quiggeldy_env() -> None:
    """Lead connections to chips of their own again."""
    for name in (ENABLED, ADDRESS, PORT):
        os.environ.pop(name, None)


def terminate(pid: int) -> None:
    """End a process that holds a chip."""
    process = _started.pop(pid, None)
    if process is None:
        raise RuntimeError(f"process {pid} was not started by launch_quiggeldy_locally_from_env()")
    process.terminate()
    process.wait()


class SharedSession:
    """A chip that somebody else holds."""

    def __init__(self) -> None:
        missing = [name for name in (ADDRESS, PORT, KEY) if name not in os.environ]
        if missing:
            raise RuntimeError(
                f"{', '.join(missing)} not set: where is the shared chip? Start one with"
                " launch_quiggeldy_locally_from_env(), or take one of your own: ManagedConnection()"
            )
        at = (os.environ[ADDRESS], int(os.environ[PORT]))
        self._line = Client(at, authkey=bytes.fromhex(os.environ[KEY]))
        self.identifier: str = self._ask("identifier")
        self._left: list[Program] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._line.close()

    def run(self, program: Program) -> Recording:
        """Play a program when it is its turn."""
        return self._ask("run", program)

    def keep_ready(self, programs: Sequence[Program]) -> None:
        """Leave programs there that are played when the chip comes back from somebody else."""
        if list(programs) != self._left:
            self._left = list(programs)
            self._ask("keep_ready", self._left)

    def _ask(self, *question: Any) -> Any:
        self._line.send(question)
        answer = self._line.recv()
        if isinstance(answer, BaseException):
            raise answer
        return answer


class Holder:
    """Holds a chip for others."""

    def __init__(self) -> None:
        backend = importlib.import_module("neckar.brainscales2.backends.twin").default()
        self._identifier, self._session = backend.identifier, backend.open()
        self._turn = threading.Lock()
        self._last: Connection | None = None
        self._ready: dict[Connection, list[Program]] = {}

    def serve(self, line: Connection) -> None:
        """Answer one user until they leave."""
        while True:
            try:
                name, *arguments = line.recv()
            except (EOFError, ConnectionError):
                self._ready.pop(line, None)
                return
            try:
                line.send(getattr(self, f"_{name}_")(line, *arguments))
            except Exception as error:  # whatever it is, the user has to know
                line.send(error)

    def _identifier_(self, line: Connection) -> str:
        return self._identifier

    def _keep_ready_(self, line: Connection, programs: list[Program]) -> None:
        self._ready[line] = programs

    def _run_(self, line: Connection, program: Program) -> Recording:
        with self._turn:
            if self._last not in (None, line):
                for again in self._ready.get(line, []):
                    self._session.run(again)
            self._last = line
            return self._session.run(program)


def main() -> None:
    """Hold a chip and listen."""
    port, key = int(sys.argv[1]), bytes.fromhex(os.environ[KEY])
    holder = Holder()
    with Listener((_HERE, port), authkey=key) as listener:
        print("ready", flush=True)
        while True:
            line = listener.accept()
            threading.Thread(target=holder.serve, args=(line,), daemon=True).start()


if __name__ == "__main__":
    main()
