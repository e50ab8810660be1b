"""Runs commands on this computer, each behind walls.

A warden ends a command when the runner dies, so a lost runner never leaves one behind.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from neckar_jobs.machines.machine import Outcome, Work
from neckar_jobs.machines.walls import Walls, bubblewrap, limited

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
    """Processes of this computer, behind walls by bubblewrap unless there shall be others."""

    lasting = False

    def __init__(self, walls: Walls | None = None) -> None:
        self._walls = walls or bubblewrap()
        self._running: dict[str, _Running] = {}

    def start(self, work: Work) -> str:
        """Start the command behind walls of its own."""
        words = [*limited(work.limits), *self._walls(work), *work.command]
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

    def stop(self, handle: str, why: str = "") -> None:
        """Ask to end, wait a little, end. Commands of earlier runners have ended with them."""
        if running := self._running.get(handle):
            _end(running.process)

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
