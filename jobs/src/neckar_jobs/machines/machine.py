"""Somewhere a command can run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from neckar_jobs.model import Going


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a command may take. None means no limit of this kind."""

    seconds: float
    memory: int | None = 8 * 1024**3  # bytes: of each process, or of all where a machine can
    cpu_seconds: float | None = None
    file_size: int | None = 4 * 1024**3  # bytes of a file it writes
    files: int | None = 1024  # open at once
    processes: int | None = 256


@dataclass(frozen=True, kw_only=True)
class Work:
    """A command that is ready to be started."""

    name: str  # by which people find it in lists of the machine
    folder: Path  # where it starts; the only place it may write to
    log: Path  # takes what it prints
    command: Sequence[str]
    environment: Mapping[str, str]
    limits: Limits
    network: bool
    hardware: Mapping[str, Any] = field(default_factory=dict)  # settings of the chips


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a command ended."""

    code: int  # zero is good
    seconds: float  # it had the machine
    reason: str = ""  # in words, where the code does not say it


class Machine(Protocol):
    """Starts commands, says how far they are, ends them.

    `lasting` says whether commands outlive the runner that has started them. On such a machine a
    handle means something to the next runner, too, and starting the same work again finds the
    command that was started before.
    """

    @property
    def lasting(self) -> bool:
        """Whether commands outlive their runner."""
        ...

    def start(self, work: Work) -> str:
        """Start the command; return the handle by which the machine knows it."""
        ...

    def poll(self, handles: Sequence[str]) -> Mapping[str, Outcome | Going | None]:
        """Say of all these commands at once how they ended; none for those that just go on."""
        ...

    def stop(self, handle: str, why: str = "") -> None:
        """End a command, with everything it has started, if there is one.

        Where somebody is told, they are told `why`.

        On a lasting machine this is a request, and `poll` tells when it is so; on others it has
        ended when this returns.
        """
        ...
