"""A runner as a process: asks for work until it is told to leave."""

import fcntl
import logging
import os
import platform
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import distributions
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import httpx2

from neckar_jobs.client.provider import Provider
from neckar_jobs.errors import InvalidError, SignInError
from neckar_jobs.machines import holder, walls
from neckar_jobs.machines.holder import Holder
from neckar_jobs.machines.local import Local
from neckar_jobs.machines.machine import Limits, Machine
from neckar_jobs.machines.slurm import Slurm
from neckar_jobs.machines.slurm_words import Terms
from neckar_jobs.machines.walls import Walls
from neckar_jobs.runner.runner import Offer, Runner

LOCAL, SLURM, HELD = "local", "slurm", "held"
SLURM_SLOTS = 20  # jobs that a runner has with Slurm at once, waiting ones too
BUSY, IDLE, AWAY = 0.1, 0.5, 5.0  # s between two ticks: with jobs, without, without the service
BROKEN = 70  # sysexits.h: an internal error
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
        memory=described.get("memory", Limits.memory),
        environment=described.get("environment", {}),
        templates=described.get("templates", {}),
        hardware=_defaults(described.get("hardware", {})),
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
    within: Walls | None = None,
) -> None:
    """Run jobs until SIGTERM or SIGINT comes; then stop what runs here and bring it back.

    `within` replaces the walls that bubblewrap builds. Jobs on Slurm go on without a runner; the
    next one that uses `folder` on this host takes them over.
    """
    http = httpx2.Client(base_url=address, headers={"x-api-key": key}, timeout=30.0)
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    with own_folder(folder) as (own, name):
        runners = []
        for place, machine, names, most in machines(platforms, slots, within):
            offers = [offer_of(each, platforms[each]) for each in names]
            desk = Provider(http)
            runners.append(Runner(desk, machine, offers, own / place, name=name, slots=most))
        _log.info("%s takes jobs of %s from %s", name, ", ".join(platforms), address)
        _go_on(runners)


def machines(
    platforms: Mapping[str, Mapping[str, Any]], slots: int, within: Walls | None = None
) -> Iterator[tuple[str, Machine, list[str], int]]:
    """Machines as the settings want them: name, machine, its platforms, how many jobs at once."""
    kinds = {name: described.get("machine", LOCAL) for name, described in platforms.items()}
    for name, kind in kinds.items():
        if kind not in (LOCAL, SLURM, HELD):
            known = f"{LOCAL!r}, {SLURM!r} and {HELD!r}"
            raise InvalidError(f"{name}: machine = {kind!r}; there are {known}")
    if here := [name for name, kind in kinds.items() if kind == LOCAL]:
        if within is None:
            walls.check()
        yield LOCAL, Local(within), here, slots
    for name in (name for name, kind in kinds.items() if kind == HELD):
        described = platforms[name]
        held = Holder(described["holder"], described.get("environment"))
        yield f"{HELD}-{name}", held, [name], holder.SLOTS
    for name in (name for name, kind in kinds.items() if kind == SLURM):
        wanted = dict(platforms[name].get("slurm", {}))
        most = int(wanted.pop("slots", SLURM_SLOTS))
        if unknown := sorted(set(wanted) - set(Terms.__dataclass_fields__)):
            known = ", ".join(["slots", *Terms.__dataclass_fields__])
            raise InvalidError(f"{name}: unknown settings {unknown} of Slurm; there are {known}")
        yield f"{SLURM}-{name}", Slurm(Terms(**wanted), within), [name], most


@contextmanager
def own_folder(folder: Path) -> Iterator[tuple[Path, str]]:
    """The first place of this host in `folder` that no living runner uses, and its name.

    So a runner that comes back finds what it was doing.
    """
    host = socket.gethostname()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for number in count(1):
        own = folder / f"{host}-{number}"
        with (folder / f"{own.name}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            own.mkdir(exist_ok=True)
            yield own, own.name
            return


def _go_on(runners: list[Runner]) -> None:
    def leave(_signal: int, _frame: FrameType | None) -> None:
        for runner in runners:
            runner.leaving = True

    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, leave)
    try:
        while not any(runner.leaving for runner in runners):
            time.sleep(min(_tick(runner) for runner in runners))
        for runner in runners:
            runner.leave()
    except Exception:  # errands would go on, and start commands that nobody looks after
        _log.critical("this runner is broken, and ends with all it has started", exc_info=True)
        os._exit(BROKEN)


def _defaults(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of the hardware that the platform's schema has a value for."""
    properties = schema.get("properties", {})
    return {name: each["default"] for name, each in properties.items() if "default" in each}


def _tick(runner: Runner) -> float:
    try:
        runner.tick()
    except ConnectionError as error:
        _log.warning("%s; trying again", error)
        return AWAY
    except SignInError as error:
        raise SystemExit(f"neckar-jobs: {error}") from None
    return BUSY if runner.busy else IDLE
