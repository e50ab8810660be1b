"""Runs commands here and now, one after the other, without walls. For tests and trusted code."""

import subprocess
import time
from collections.abc import Mapping, Sequence

from neckar_jobs.machines.machine import Outcome, Work


class Inline:
    """A machine on which a command has ended when `start` returns."""

    lasting = False

    def __init__(self) -> None:
        self._outcomes: dict[str, Outcome] = {}

    def start(self, work: Work) -> str:
        """Run the command to its end."""
        begun = time.monotonic()
        with work.log.open("ab") as log:
            code, reason = _run(work, log.fileno())
        seconds = time.monotonic() - begun
        self._outcomes[work.name] = Outcome(code=code, seconds=seconds, reason=reason)
        return work.name

    def poll(self, handles: Sequence[str]) -> Mapping[str, Outcome | None]:
        """Everything has ended."""
        return {handle: self._outcomes[handle] for handle in handles}

    def stop(self, handle: str, why: str = "") -> None:
        """There is nothing to end."""


def _run(work: Work, log: int) -> tuple[int, str]:
    try:
        done = subprocess.run(
            work.command,
            cwd=work.folder,
            env=dict(work.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=work.limits.seconds,
        )
    except subprocess.TimeoutExpired:
        return 124, f"it ran longer than {work.limits.seconds:g} s"
    except OSError as error:
        return 127, f"it could not be started: {error}"
    return done.returncode, ""
