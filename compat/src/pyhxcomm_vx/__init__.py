"""Connections to a chip. Here a connection is a session with the default twin."""

import importlib
from collections.abc import Callable
from typing import Any, Self

from neckar.brainscales2.backends.base import Session
from neckar.brainscales2.program import Program
from neckar.brainscales2.recording import Recording
from pyhxcomm_vx.mock import Nobody

_NETWORK = "there is no chip behind a network address here; instead: ManagedConnection()"
_MOCK = "opened by its manager only; instead: ManagedMultiZeroMockConnection()"
_SIMULATION = "there is no simulation of the digital logic; instead: ManagedConnection()"
_REFUSED = {
    "ManagedMultiARQConnection": _NETWORK,
    "ManagedMultiSimConnection": _SIMULATION,
    "ManagedQuiggeldyConnection": _NETWORK,
    "MultiARQConnection": _NETWORK,
    "MultiSimConnection": _SIMULATION,
    "MultiZeroMockConnection": _MOCK,
    "QuiggeldyConnection": _NETWORK,
    "get_unused_port": _NETWORK,
    "launch_quiggeldy_locally_from_env": _NETWORK,
    "terminate": _NETWORK,
    "unset_quiggeldy_env": _NETWORK,
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
        self.reinit_stack: list[Any] = []

    def run(self, program: Program) -> Recording:
        """Play a program."""
        return self._session.run(program)

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
    """A chip behind a network address; for type checks, there are none here."""


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
    """Takes a chip in hand when entered and puts it back when left."""

    def __init__(self) -> None:
        self._open: list[Any] = []

    def __enter__(self) -> ConnectionHandle:
        backend = importlib.import_module("neckar.brainscales2.backends.twin").default()
        session = backend.open()
        self._open.append(session)
        return ConnectionHandle(session.__enter__(), backend.identifier)

    def __exit__(self, *exc: object) -> None:
        while self._open:
            self._open.pop().__exit__(*(exc or (None, None, None)))

    def copy(self) -> Self:
        """Another way to take a chip in hand."""
        return type(self)()


class ManagedMultiZeroMockConnection(ManagedConnection):
    """For trying out software without a chip: whatever is read is zero."""

    def __enter__(self) -> MultiZeroMockConnectionHandle:
        return MultiZeroMockConnectionHandle(Nobody(), "zero-mock")


def get_repo_state() -> str:
    """Which version of the software this is."""
    from importlib import metadata

    try:
        return f"neckar {metadata.version('neckar')}"
    except metadata.PackageNotFoundError:
        return "neckar, not installed"


def refuser(module: str, why: dict[str, str]) -> Callable[[str], Any]:
    """A `__getattr__` for a module that refuses the names in `why`."""

    def __getattr__(name: str) -> Any:
        if name in why:
            raise NotImplementedError(f"{module}.{name}: {why[name]}")
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return __getattr__


__getattr__ = refuser("dlens_vx_v3.hxcomm", _REFUSED)

__all__ = [
    "ConnectionHandle",
    "HXCubeSetupEntry",
    "HwdbEntry",
    "ManagedConnection",
    "ManagedMultiZeroMockConnection",
    "MultiARQConnectionHandle",
    "MultiSimConnectionHandle",
    "MultiZeroMockConnectionHandle",
    "QuiggeldyConnectionHandle",
    "SimulationEntry",
    "ZeroMockEntry",
    "get_repo_state",
]
