"""Stands between a runner and a command, so that nothing of the command outlives the runner.

    python -I -S warden.py GRACE COMMAND ...

Standard input is a pipe whose other end only the runner holds. When it closes, because the runner
says so or is dead, the command is asked to end, and after GRACE seconds it and everything it has
started is ended. Whatever loses its parent on the way becomes a child of this process, so nothing
escapes, at whatever moment the pipe closes. Exits as the command did.
"""

import ctypes
import os
import select
import signal
import sys
import time
from contextlib import suppress

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def main() -> int:
    """Run the command; return what it returned, or 128 and the signal that ended it."""
    grace, command = float(sys.argv[1]), sys.argv[2:]
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for sign in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)
    command_pid = _start(command)
    gone = os.pidfd_open(command_pid)
    ready, _, _ = select.select([0, gone], [], [])
    if gone not in ready:
        for pid in _below(command_pid) or [command_pid]:  # bubblewrap itself would just vanish
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        select.select([gone], [], [], grace)
    code = _end_all(command_pid)
    return code if code >= 0 else 128 - code


def _start(command: list[str]) -> int:
    pid = os.fork()
    if pid:
        return pid
    for sign in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(sign, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
        os._exit(127)


def _end_all(command_pid: int) -> int:
    """End every child, those that we inherit meanwhile, too; say how the command ended."""
    code = 0
    while True:
        for pid in _children(os.getpid()):
            os.kill(pid, signal.SIGKILL)
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if pid == command_pid:
            code = os.waitstatus_to_exitcode(status)
        if pid == 0:
            time.sleep(0.001)


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
