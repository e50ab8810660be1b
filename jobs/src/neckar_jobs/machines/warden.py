"""Stands between whoever started a command and the command, so that nothing of it is left behind.

    python -I -S warden.py GRACE COMMAND ...
    python -I -S warden.py --alone GRACE LIMIT STATUS COMMAND ...

As a child of a runner, standard input is a pipe whose other end only the runner holds. When it
closes, because the runner says so or is dead, the command is asked to end, and after GRACE seconds
it and everything it has started is ended. Whatever loses its parent on the way becomes a child of
this process, so nothing escapes, at whatever moment the pipe closes.

Alone, as on a node of a cluster, nobody holds a pipe: the command is ended after LIMIT seconds or
when SIGTERM comes. How it ended is written into the file STATUS, which appears in one move.

Exits as the command did.
"""

import ctypes
import json
import os
import select
import signal
import sys
import time
from contextlib import suppress

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
SIGNS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main() -> int:
    """Run the command; return what it returned, or 128 and the signal that ended it."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    if sys.argv[1] == "--alone":
        grace, limit, status, command = sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5:]
        return _alone(float(grace), float(limit), status, command)
    for sign in SIGNS:
        signal.signal(sign, signal.SIG_IGN)
    command_pid = _start(sys.argv[2:])
    code, _ = _attend(command_pid, float(sys.argv[1]), 0, None)
    return code


def _alone(grace: float, limit: float, status: str, command: list[str]) -> int:
    asked, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    for sign in SIGNS:
        signal.signal(sign, lambda *_: None)
    begun = time.monotonic()
    command_pid = _start(command)
    code, why = _attend(command_pid, grace, asked, limit)
    ended = {"code": code, "seconds": round(time.monotonic() - begun, 3), "why": why}
    with open(f"{status}.new", "w") as file:
        json.dump(ended, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(f"{status}.new", status)
    return code


def _attend(command_pid: int, grace: float, asked: int, limit: float | None) -> tuple[int, str]:
    """Wait until it ends, or shall end; return its code, and why it had to."""
    gone, ended = os.pidfd_open(command_pid), dict[int, int]()
    ready, _, _ = select.select([asked, gone], [], [], limit)
    why = "asked" if asked in ready else "" if ready else "late"
    if not why and _some_are_left(ended) and ended[command_pid] == -signal.SIGTERM:
        # Whoever asks everybody at once has reached bubblewrap before us.
        why = "asked" if select.select([asked], [], [], 0.5)[0] else ""
    if why:
        for pid in _below(os.getpid()):  # bubblewrap itself would just vanish
            if pid != command_pid or not _below(command_pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + grace
        while _some_are_left(ended) and time.monotonic() < end:
            time.sleep(0.005)
    while _some_are_left(ended):
        for pid in _children(os.getpid()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)
    code = ended[command_pid]
    return (code if code >= 0 else 128 - code), why


def _some_are_left(ended: dict[int, int]) -> bool:
    """Note how children ended, those that we inherited, too; say whether there are more."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True
        ended[pid] = os.waitstatus_to_exitcode(status)


def _start(command: list[str]) -> int:
    pid = os.fork()
    if pid:
        return pid
    for sign in SIGNS:
        signal.signal(sign, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
        os._exit(127)


def _children(pid: int) -> list[int]:
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(word) for word in file.read().split()]
    except FileNotFoundError:
        return []  # it has just ended


def _below(pid: int) -> list[int]:
    return [each for child in _children(pid) for each in (child, *_below(child))]


if __name__ == "__main__":
    sys.exit(main())
