"""A machine that runs no commands: it lets people use a chip that a process holds for them.

A job is a session. While it runs, whoever has its key may send programs to the chip; its settings
of the hardware carry the SHA-256 of the key. What it costs is the time it had the chip. The process
is told who may come, and tells what was used, in lines of JSON:

    to it     {"admit": "job_17_1", "digest": "9f86…", "seconds": 600}
              {"dismiss": "job_17_1", "why": "…"}
    from it   {"listening": ["127.0.0.1", 6020], "chip": "…"}
              {"used": "job_17_1", "seconds": 3.2, "programs": 12}
              {"ended": "job_17_1", "seconds": 3.2, "programs": 12, "why": "…"}

The log of a session begins with the variables that lead programs to the chip.
"""

import json
import logging
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neckar_jobs.errors import InvalidError, JobsError
from neckar_jobs.machines.machine import Outcome, Work
from neckar_jobs.model import Going

READY_SECONDS = 60.0  # until the process has to say where it listens
SLOTS = 64  # sessions at the same time
ENDED = "its user ended it"
VARIABLES = "export QUIGGELDY_ENABLED=1 QUIGGELDY_IP={host} QUIGGELDY_PORT={port}\n"
_log = logging.getLogger("neckar_jobs.holder")


@dataclass(eq=False)
class _Session:
    log: Path
    seconds: float = 0.0
    programs: int = 0
    outcome: Outcome | None = None


class Holder:
    """Sessions at one chip.

    Args:
        command: starts the process; `{python}` becomes the Python of the runner.
        environment: what the process gets besides that of the runner.
    """

    lasting = False

    def __init__(self, command: str, environment: Mapping[str, str] | None = None) -> None:
        self._words = [word.format(python=sys.executable) for word in shlex.split(command)]
        self._environment = dict(environment or {})
        self._process: subprocess.Popen[str] | None = None
        self._sessions: dict[str, _Session] = {}
        self._where: tuple[str, int] | None = None
        self._chip = ""
        self._changed = threading.Condition()

    def start(self, work: Work) -> str:
        """Let somebody in."""
        digest = work.hardware.get("digest")
        if not isinstance(digest, str):
            raise InvalidError("a session needs `digest`, the SHA-256 of its key")
        host, port = self._listening()
        provenance = {"chip": self._chip, "interactive": True}
        (work.folder / "provenance.json").write_text(json.dumps(provenance), encoding="utf-8")
        work.log.write_text(VARIABLES.format(host=host, port=port), encoding="utf-8")
        with self._changed:
            self._sessions[work.name] = _Session(work.log)
        self._say({"admit": work.name, "digest": digest, "seconds": work.limits.seconds})
        return work.name

    def poll(self, handles: Sequence[str]) -> Mapping[str, Outcome | Going | None]:
        """Sessions that are over have an outcome, which is told once."""
        with self._changed:
            sessions = {handle: self._sessions[handle] for handle in handles}
            for handle, session in sessions.items():
                if session.outcome is not None:
                    del self._sessions[handle]
            return {
                handle: session.outcome or Going(seconds=session.seconds, chip=self._chip)
                for handle, session in sessions.items()
            }

    def stop(self, handle: str, why: str = "") -> None:
        """Let nobody in with this session's key any more."""
        with self._changed:
            session = self._sessions.get(handle)
            if session is None or session.outcome is not None:
                return
        self._say({"dismiss": handle, "why": why or ENDED})
        with self._changed:
            is_over = self._changed.wait_for(lambda: session.outcome is not None, READY_SECONDS)
        if not is_over:
            self.close()

    def close(self) -> None:
        """Put the chip back."""
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
        try:
            process.wait(READY_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _listening(self) -> tuple[str, int]:
        """Where the chip is; the process is started if there is none."""
        if self._is_gone():
            self.close()
            self._begin()
        with self._changed:
            self._changed.wait_for(lambda: self._where or self._is_gone(), READY_SECONDS)
            where = self._where
        if where is None:
            self.close()
            raise JobsError(f"{shlex.join(self._words)} holds no chip")
        return where

    def _begin(self) -> None:
        self._where = None
        try:
            self._process = subprocess.Popen(
                self._words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, **self._environment},
                text=True,
                start_new_session=True,
            )
        except OSError as error:
            raise JobsError(f"{shlex.join(self._words)} cannot be started: {error}") from None
        threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()

    def _is_gone(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _say(self, line: Mapping[str, Any]) -> None:
        process = self._process
        try:
            assert process is not None
            assert process.stdin is not None
            process.stdin.write(json.dumps(line) + "\n")
            process.stdin.flush()
        except (OSError, ValueError) as error:
            _log.warning("the process that holds the chip is gone: %s", error)

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                with self._changed:
                    self._hear(json.loads(line))
                    self._changed.notify_all()
        process.wait()
        with self._changed:
            for session in self._sessions.values():
                self._end(session, 1, "the process that held the chip has ended")
            self._changed.notify_all()

    def _hear(self, said: Mapping[str, Any]) -> None:
        if "listening" in said:
            host, port = said["listening"]
            self._where, self._chip = (str(host), int(port)), str(said.get("chip", ""))
        session = self._sessions.get(str(said.get("used", said.get("ended"))))
        if session is not None:
            session.seconds, session.programs = float(said["seconds"]), int(said["programs"])
            if "ended" in said:
                self._end(session, 0, str(said["why"]) or ENDED)

    def _end(self, session: _Session, code: int, why: str) -> None:
        if session.outcome is None:
            session.outcome = Outcome(code=code, seconds=session.seconds, reason=why)
            with session.log.open("a", encoding="utf-8") as log:
                log.write(f"{session.programs} programs, {session.seconds:.3f} s: {why}\n")
