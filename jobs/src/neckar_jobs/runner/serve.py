"""A runner as a process: asks for work until it is told to leave."""

import logging
import platform
import signal
import socket
import sys
import time
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path
from types import FrameType
from typing import Any

import httpx2

from neckar_jobs.client.provider import Provider
from neckar_jobs.errors import SignInError
from neckar_jobs.machines.local import Local
from neckar_jobs.machines.machine import Machine
from neckar_jobs.runner.runner import Offer, Runner

BUSY, IDLE, AWAY = 0.1, 0.5, 5.0  # s between two ticks: with jobs, without, without the service
_log = logging.getLogger("neckar_jobs.runner")


def offer_of(name: str, described: Mapping[str, Any]) -> Offer:
    """A platform of the settings, as commands of this Python serve it."""
    folder = Path(sys.executable).parent
    return Offer(
        platform=name,
        system=described["system"],
        python=described.get("python", sys.executable),
        path=described.get("path", f"{folder}:/usr/local/bin:/usr/bin:/bin"),
        network=described.get("network", False),
        environment=described.get("environment", {}),
        templates=described.get("templates", {}),
        provenance={"python": platform.python_version(), "packages": packages()},
    )


def packages() -> dict[str, str]:
    """What is installed, and in which version."""
    return {each.metadata["Name"]: each.version for each in distributions()}


def serve(
    address: str,
    key: str,
    platforms: Mapping[str, Mapping[str, Any]],
    folder: Path,
    *,
    slots: int = 1,
    machine: Machine | None = None,
) -> None:
    """Run jobs until SIGTERM or SIGINT comes; then stop what runs and bring it back."""
    http = httpx2.Client(base_url=address, headers={"x-api-key": key}, timeout=30.0)
    offers = [offer_of(name, described) for name, described in platforms.items()]
    name = f"{socket.gethostname()}:{folder.name}"
    folder.mkdir(parents=True, exist_ok=True)
    runner = Runner(Provider(http), machine or Local(), offers, folder, name=name, slots=slots)

    def leave(_signal: int, _frame: FrameType | None) -> None:
        runner.leaving = True

    logging.getLogger("httpx2").setLevel(logging.WARNING)
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, leave)
    _log.info("%s takes jobs of %s from %s", name, ", ".join(platforms), address)
    while not runner.leaving:
        time.sleep(_tick(runner))
    runner.leave()


def _tick(runner: Runner) -> float:
    try:
        runner.tick()
    except ConnectionError as error:
        _log.warning("%s; trying again", error)
        return AWAY
    except SignInError as error:
        raise SystemExit(f"neckar-jobs: {error}") from None
    return BUSY if runner.busy else IDLE
