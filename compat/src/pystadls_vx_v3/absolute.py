"""Builders of programs whose steps have times."""

from __future__ import annotations

from typing import Any, Self

from neckar.brainscales2.chip.coordinates import TimerOnDLS
from neckar.brainscales2.chip.registers import Timer
from pystadls_vx_v3.builder import PlaybackProgramBuilder
from pystadls_vx_v3.program import ContainerTicket
from pystadls_vx_v3.steps import Reading, Step, reading, writing

_NAME = "AbsoluteTimePlaybackProgramBuilder"


class AbsoluteTimePlaybackProgramBuilder:
    """Collects steps with times; `done()` sorts them by time into an ordinary builder."""

    def __init__(self) -> None:
        self._timed: list[tuple[Any, Step]] = []

    def write(self, time: Any, coordinate: Any, register: Any, reference: Any = None) -> None:
        """Write a register at a time."""
        if type(coordinate) is TimerOnDLS:
            raise RuntimeError(f"Editing the FPGA-Timer is forbidden when using the {_NAME}")
        self._timed.append((Timer.Value(time), writing(coordinate, register)))

    def read(self, time: Any, coordinate: Any) -> ContainerTicket:
        """Read a register at a time."""
        ticket = ContainerTicket(coordinate)
        self._timed.append((Timer.Value(time), reading(coordinate, ticket)))
        return ticket

    def merge(self, other: AbsoluteTimePlaybackProgramBuilder) -> None:
        """Take over the steps of another builder and leave it empty."""
        timed, other._timed = other._timed, []
        self._timed += timed

    def copy(self, other: AbsoluteTimePlaybackProgramBuilder) -> None:
        """Append the steps of another builder, which must read nothing."""
        if not other.is_write_only():
            raise RuntimeError(f"Non-write-only {_NAME} cannot be copied")
        self._timed += other._timed

    def done(self) -> PlaybackProgramBuilder:
        """All steps in the order of their times, after setting the timer to zero."""
        made = PlaybackProgramBuilder()
        made.write(TimerOnDLS(), Timer())
        made.merge_back(self.in_order())
        self._timed = []
        return made

    def in_order(self) -> PlaybackProgramBuilder:
        """All steps in the order of their times; keeps them, and leaves the timer as it is."""
        made, now = PlaybackProgramBuilder(), -1
        for time, step in sorted(self._timed, key=lambda timed: int(timed[0])):
            if int(time) > now:
                made.block_until(TimerOnDLS(), time)
                now = int(time)
            made._steps.append(step)
        return made

    def empty(self) -> bool:
        """Whether nothing was collected."""
        return not self._timed

    def is_write_only(self) -> bool:
        """Whether nothing is read."""
        return not any(isinstance(step, Reading) for _, step in self._timed)

    def __iadd__(self, shift: Any) -> Self:
        self._timed = [(time + int(shift), step) for time, step in self._timed]
        return self

    def __add__(self, shift: Any) -> Self:
        made = self._copied("+")
        made += shift
        return made

    def __imul__(self, factor: float) -> Self:
        self._timed = [(Timer.Value(round(int(t) * factor)), step) for t, step in self._timed]
        return self

    def __mul__(self, factor: float) -> Self:
        made = self._copied("*")
        made *= factor
        return made

    def _copied(self, operation: str) -> Self:
        if not self.is_write_only():
            raise RuntimeError(
                f"'{operation}'-operation is invalid for non-write-only {_NAME} (cannot be copied)"
            )
        made = type(self)()
        made.copy(self)
        return made

    def __repr__(self) -> str:
        return f"{_NAME}({len(self._timed)} steps)"

    def __str__(self) -> str:
        lines = [f"{_NAME} command queue: ({len(self._timed)} elements)"]
        return "\n".join([*lines, *(f"t: {time}, {step}" for time, step in self._timed)])


__all__ = ["AbsoluteTimePlaybackProgramBuilder"]
