"""Builders of programs."""

from __future__ import annotations

from typing import Any

from neckar.brainscales2.chip.registers import words
from neckar.brainscales2.chip.registers.base import Register
from pystadls_vx_v3.program import ContainerTicket, PlaybackProgram, listing
from pystadls_vx_v3.steps import (
    REGISTER_AT,
    Blocking,
    Reading,
    Step,
    Writing,
    blocking,
    reading,
    writing,
)

_OTHER_KIND = "Container types of 'config' and 'config_reference' don't match."
_MESSAGES_OF_A_WRITE = 2  # address and value


class PlaybackProgramBuilder:
    """Collects steps; `done()` hands out the program and leaves the builder empty."""

    def __init__(self) -> None:
        self._steps: list[Step] = []

    def write(self, coordinate: Any, register: Any, *reference_or_backend: Any) -> None:
        """Write a register; after it may come a register it differs from, and the way it takes.

        Of a whole chip, only what differs is written then; other registers are written whole.
        """
        references = [given for given in reference_or_backend if isinstance(given, Register)]
        if any(type(reference) is not type(register) for reference in references):
            raise RuntimeError(_OTHER_KIND)
        step = writing(coordinate, register, bool(references))
        if words.to_write(step.register) == 0:
            raise RuntimeError("Container not writeable.")
        self._steps.append(step)

    def read(self, coordinate: Any, backend: Any = None) -> ContainerTicket:
        """Read a register."""
        ticket = ContainerTicket(coordinate)
        step = reading(coordinate, ticket)
        if words.by_name(REGISTER_AT[type(coordinate)].__name__)[1] == 0:
            raise RuntimeError("Container not readable.")
        self._steps.append(step)
        return ticket

    def block_until(self, coordinate: Any, until: Any) -> None:
        """Wait for a time, for what is under way, or until a polled word has its value."""
        self._steps.append(blocking(coordinate, until))

    def merge_back(self, other: PlaybackProgramBuilder) -> None:
        """Append the steps of another builder and leave it empty."""
        steps, other._steps = other._steps, []
        self._steps += steps

    def copy_back(self, other: PlaybackProgramBuilder) -> None:
        """Append the steps of another builder; what it reads goes to the same tickets."""
        self._steps += other._steps

    def done(self) -> PlaybackProgram:
        """The program so far; the builder starts anew."""
        steps, self._steps = self._steps, []
        return PlaybackProgram(steps)

    def empty(self) -> bool:
        """Whether nothing was collected."""
        return not self._steps

    def is_write_only(self) -> bool:
        """Whether nothing is read."""
        return not any(isinstance(step, Reading) for step in self._steps)

    def size_to_fpga(self) -> int:
        """How many messages the program is."""
        return sum(_messages(step) for step in self._steps)

    def size_from_fpga(self) -> int:
        """How many words will come back for what is read."""
        return sum(_answers(step) for step in self._steps)

    def __repr__(self) -> str:
        return (
            f"PlaybackProgramBuilder(to FPGA size: {self.size_to_fpga()}, "
            f"is write only: {str(self.is_write_only()).lower()})"
        )

    def __str__(self) -> str:
        return listing(self._steps)


def _messages(step: Step) -> int:
    if isinstance(step, Writing):
        return words.to_write(step.register) * _MESSAGES_OF_A_WRITE
    return 1 if isinstance(step, Blocking) else _answers(step)


def _answers(step: Step) -> int:
    if not isinstance(step, Reading):
        return 0
    return words.by_name(REGISTER_AT[type(step.coordinate)].__name__)[1]


__all__ = ["PlaybackProgramBuilder"]
