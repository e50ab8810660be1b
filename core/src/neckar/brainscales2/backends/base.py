"""A place to run programs."""

from typing import Protocol, Self

from neckar.brainscales2.program import Program
from neckar.brainscales2.recording import Recording


class Session(Protocol):
    """A chip in hand. It keeps its state from one program to the next."""

    def run(self, program: Program) -> Recording:
        """Play a program and return what came back."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


class Backend(Protocol):
    """Where chips are. `identifier` names the chip, calibrations are kept under it."""

    @property
    def identifier(self) -> str:
        """Name of the chip."""

    def open(self) -> Session:
        """Take a chip in hand."""
