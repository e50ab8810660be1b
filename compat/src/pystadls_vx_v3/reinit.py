"""Programs that bring a chip back into the state its user expects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pystadls_vx_v3.program import PlaybackProgram


class ReinitStackEntry:
    """Programs that are played before the next ones whenever the chip has to be set up anew."""

    def __init__(self, connection: Any) -> None:
        self._stack: list[ReinitStackEntry] = connection.reinit_stack
        self._programs: list[PlaybackProgram] = []
        self._is_pending = False

    def set(
        self,
        programs: PlaybackProgram | Sequence[PlaybackProgram],
        snapshots: Any = None,
        enforce: bool = True,
    ) -> None:
        """Say which programs; with `enforce` they are played before the next run."""
        if isinstance(snapshots, bool):
            snapshots, enforce = None, snapshots
        self._programs = [programs] if isinstance(programs, PlaybackProgram) else list(programs)
        self._is_pending = enforce
        if self not in self._stack:
            self._stack.append(self)

    def enforce(self) -> None:
        """Play them before the next run."""
        if self not in self._stack:
            raise RuntimeError("nothing to enforce: set() or pop() decides what is on the stack")
        self._is_pending = True

    def pop(self) -> None:
        """Take them off the stack; only the last one that was set can go."""
        if not self._stack or self._stack[-1] is not self:
            raise RuntimeError("only the last entry of the stack can be popped")
        self._stack.pop()
        self._is_pending = False

    def play(self, connection: Any) -> bool:
        """Play them if it is time; says whether it was."""
        is_pending, self._is_pending = self._is_pending, False
        if is_pending:
            for program in self._programs:
                connection.run(program.program)
        return is_pending


def play_pending(connection: Any) -> None:
    """Play what is enforced, and everything above it on the stack."""
    stack = connection.reinit_stack
    connection.keep_ready([each.program for entry in stack for each in entry._programs])
    is_disturbed = False
    for entry in connection.reinit_stack:
        entry._is_pending |= is_disturbed
        is_disturbed = entry.play(connection)
