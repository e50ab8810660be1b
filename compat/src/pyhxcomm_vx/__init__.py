"""Connections to a chip. Here a connection is a session with the default twin."""

import importlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Self

from neckar.brainscales2.backends.base import Session
from neckar.brainscales2.backends.sharing.remote import SharedSession, is_asked_for
from neckar.brainscales2.program import Program
from neckar.brainscales2.recording import Recording
from pyhxcomm_vx.mock import Nobody
from pyhxcomm_vx.shared import (
    get_unused_port,
    launch_quiggeldy_locally_from_env,
    terminate,
    unset_quiggeldy_env,
)
from pyhxcomm_vx.time_info import ConnectionTimeInfo

_BOARDS = "no boards are within reach here; instead: ManagedConnection()"
_MOCK = "opened by its manager only; instead: ManagedMultiZeroMockConnection()"
_SHARED = "opened by its manager only; instead: ManagedQuiggeldyConnection()"
_SIMULATION = "there is no simulation of the digital logic; instead: ManagedConnection()"
_REFUSED = {
    "MultiARQConnection": _BOARDS,
    "MultiSimConnection": _SIMULATION,
    "MultiZeroMockConnection": _MOCK,
    "QuiggeldyConnection": _SHARED,
}


class HwdbEntry:
    """What is known about a setup before anything is connected."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class ZeroMockEntry(HwdbEntry):
    """A setup without a chip."""


class SimulationEntry(HwdbEntry):
    """A setup with a simulation instead of a chip."""


class HXCubeSetupEntry(HwdbEntry):
    """A setup with one chip, as the twin emulates it."""


class ConnectionHandle:
    """A chip in hand; a session that also answers the questions of the original."""

    def __init__(self, session: Session, identifier: str) -> None:
        self._session, self._identifier = session, identifier
        self._is_closed = False
        self.reinit_stack: list[Any] = []
        self._time_info = ConnectionTimeInfo()

    def run(self, program: Program) -> Recording:
        """Play a program.

        Raises:
            RuntimeError: its manager has put the chip back.
        """
        if self._is_closed:
            raise RuntimeError("the connection is closed; use it within `with ManagedConnection()`")
        begin = time.perf_counter()
        recording = self._session.run(program)
        took = timedelta(seconds=time.perf_counter() - begin)
        self._time_info += ConnectionTimeInfo(execution_duration=took)
        return recording

    def close(self) -> None:
        """Put the chip back."""
        self._is_closed = True
        self._session.__exit__(None, None, None)

    def keep_ready(self, programs: Sequence[Program]) -> None:
        """Programs that set up the chip after somebody else had it; here nobody has."""

    @property
    def time_info(self) -> list[ConnectionTimeInfo]:
        """How long the chips behind this connection were at work."""
        return [self._time_info]

    def get_unique_identifier(self, hwdb_path: Any = None) -> list[str]:
        """Names of the chips behind this connection."""
        return [self._identifier]

    def get_hwdb_entry(self) -> list[HwdbEntry]:
        """What is known about the setups behind this connection."""
        return [HXCubeSetupEntry()]

    @property
    def bitfile_info(self) -> str:
        """What the FPGA runs; here no FPGA does."""
        return f"emulated by Neckar: {self._identifier}"

    def get_repo_state(self) -> str:
        """Which version of the software this is."""
        return get_repo_state()

    def __len__(self) -> int:
        return 1

    def __bool__(self) -> bool:
        return True


class QuiggeldyConnectionHandle(ConnectionHandle):
    """A chip that several share."""

    _session: SharedSession

    def keep_ready(self, programs: Sequence[Program]) -> None:
        """Programs that set up the chip after somebody else had it."""
        self._session.keep_ready(programs)


class MultiARQConnectionHandle(ConnectionHandle):
    """Chips at hand; for type checks, there are none here."""


class MultiSimConnectionHandle(ConnectionHandle):
    """Simulated chips; for type checks, there are none here."""


class MultiZeroMockConnectionHandle(ConnectionHandle):
    """Nobody, who answers zero to every question."""

    def get_hwdb_entry(self) -> list[HwdbEntry]:
        """What is known about the setups behind this connection: nothing."""
        return [ZeroMockEntry()]


class ManagedConnection:
    """Takes a chip in hand when entered and puts it back when left.

    With `HXCOMM_ENABLE_ZERO_MOCK` in the environment it is nobody's, with `QUIGGELDY_ENABLED` one
    that is shared, otherwise an emulated chip of its own.
    """

    def __init__(self) -> None:
        self._open: list[ConnectionHandle] = []

    def __enter__(self) -> ConnectionHandle:
        if _is_set("HXCOMM_ENABLE_ZERO_MOCK"):
            return MultiZeroMockConnectionHandle(Nobody(), "zero-mock")
        if is_asked_for():
            return self._share()
        backend = importlib.import_module("neckar.brainscales2.backends.twin").taken_again()
        handle = ConnectionHandle(backend.open().__enter__(), backend.identifier)
        self._open.append(handle)
        return handle

    def _share(self) -> QuiggeldyConnectionHandle:
        session = SharedSession()
        handle = QuiggeldyConnectionHandle(session, session.identifier)
        self._open.append(handle)
        return handle

    def __exit__(self, *exc: object) -> None:
        while self._open:
            self._open.pop().close()

    def copy(self) -> Self:
        """Another way to take a chip in hand."""
        return type(self)()


class ManagedQuiggeldyConnection(ManagedConnection):
    """Takes part in a chip that several share."""

    def __enter__(self) -> QuiggeldyConnectionHandle:
        return self._share()


class ManagedMultiZeroMockConnection(ManagedConnection):
    """For trying out software without a chip: whatever is read is zero."""

    def __enter__(self) -> MultiZeroMockConnectionHandle:
        return MultiZeroMockConnectionHandle(Nobody(), "zero-mock")


class ManagedMultiARQConnection(ManagedConnection):
    """Refused: takes boards in hand."""

    def __init__(self) -> None:
        raise NotImplementedError(f"dlens_vx_v3.hxcomm.{type(self).__name__}: {_BOARDS}")


class ManagedMultiSimConnection(ManagedConnection):
    """Refused: takes a simulation of the digital logic in hand."""

    def __init__(self) -> None:
        raise NotImplementedError(f"dlens_vx_v3.hxcomm.{type(self).__name__}: {_SIMULATION}")


def _is_set(name: str) -> bool:
    return os.environ.get(name, "0") not in ("", "0")


def get_repo_state() -> str:
    """Which version of the software this is."""
    from importlib import metadata

    try:
        return f"neckar {metadata.version('neckar')}"
    except metadata.PackageNotFoundError:
        return "neckar, not installed"


def refuser(module: str, why: Mapping[str, str]) -> Callable[[str], Any]:
    """A `__getattr__` for a module that refuses the names in `why`."""

    def __getattr__(name: str) -> Any:
        if name in why:
            raise NotImplementedError(f"{module}.{name}: {why[name]}")
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return __getattr__


__getattr__ = refuser("dlens_vx_v3.hxcomm", _REFUSED)

__all__ = [
    "ConnectionHandle",
    "ConnectionTimeInfo",
    "HXCubeSetupEntry",
    "HwdbEntry",
    "ManagedConnection",
    "ManagedMultiARQConnection",
    "ManagedMultiSimConnection",
    "ManagedMultiZeroMockConnection",
    "ManagedQuiggeldyConnection",
    "MultiARQConnectionHandle",
    "MultiSimConnectionHandle",
    "MultiZeroMockConnectionHandle",
    "QuiggeldyConnectionHandle",
    "SimulationEntry",
    "ZeroMockEntry",
    "get_repo_state",
    "get_unused_port",
    "launch_quiggeldy_locally_from_env",
    "terminate",
    "unset_quiggeldy_env",
]
