"""A service of several processes, any of which may be killed; it comes back at the same place."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

import own_postgresql

LEASE_SECONDS = 4.0
JOB = """
exec 9> {folder}/$NECKAR_JOB
flock -n -E 77 9
test $? -ne 77 || echo $NECKAR_JOB >> {folder}/at-the-same-time
sleep {seconds}
echo job $NECKAR_JOB
echo $NECKAR_JOB >> {folder}/done
"""
"""Tells that it was done, and whether it ran beside itself: a `flock` that is ended together with
the job says something else than 77."""
SETTINGS = """
[platforms.Demo]
title = "Demonstration"
units = "seconds"
per_second = 1.0
system = "demo"
limit = 60.0
network = false
gift = 1e6
"""


@dataclass
class Processes:
    """Processes of the service, and runners.

    Args:
        folder: where everything is kept.
        database: its address.
        key: of the provider whose runners these are.
        weather: in which a process runs; see `weather.c`.
    """

    folder: Path
    database: str
    key: str
    ports: list[int] = field(default_factory=list)
    n_services: int = 2
    n_runners: int = 3
    weather: Callable[[str], dict[str, str]] = lambda _name: {}  # variables, by process
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    killed: dict[str, int] = field(default_factory=dict)

    def start(self) -> None:
        """Start everything."""
        (self.folder / "settings.toml").write_text(SETTINGS)
        self.ports = [own_postgresql.free_port() for _ in range(self.n_services)]
        for name in (*self._services(), *(f"runner-{n}" for n in range(self.n_runners))):
            self._start(name)
        self.wait_for_services()

    def wait_for_services(self) -> None:
        """Until both answer."""
        until(lambda: all(map(_answers, self.ports)), "the service does not answer")

    def address(self, number: int) -> str:
        """Of a process of the service."""
        return f"http://127.0.0.1:{self.ports[number % len(self.ports)]}"

    def kill(self, name: str) -> None:
        """End a process as if the power had gone, and start it again."""
        self._running[name].kill()
        self._running[name].wait()
        kind = name.split("-")[0]
        self.killed[kind] = self.killed.get(kind, 0) + 1
        self._start(name)

    def kill_some(self, chance: random.Random) -> None:
        """End any of them."""
        self.kill(chance.choice([*self._running]))

    def stop(self) -> None:
        """End all of them."""
        for process in self._running.values():
            process.send_signal(signal.SIGTERM)
        for process in self._running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
            process.wait()

    def _services(self) -> list[str]:
        return [f"service-{port}" for port in self.ports]

    def _start(self, name: str) -> None:
        kind, number = name.split("-")
        if kind == "service":
            words = ["serve", "--port", number, "--folder", str(self.folder)]
        else:
            own = str(self.folder / name)
            words = ["runner", self.address(int(number)), "--slots", "4", "--folder", own]
            words.append("--without-walls")
        words += ["--settings", str(self.folder / "settings.toml")]
        environment = {
            **os.environ,
            "NECKAR_JOBS_DATABASE": self.database,
            "NECKAR_JOBS_LEASE_SECONDS": str(LEASE_SECONDS),
            "NECKAR_JOBS_KEY": self.key,
            "PYTHONPATH": os.pathsep.join(sys.path),
            **self.weather(name),
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", "neckar_jobs.cli", *words],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )


def until(is_true: Callable[[], bool], otherwise: str, seconds: float = 120.0) -> None:
    """Wait for it."""
    end = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > end:
            raise AssertionError(otherwise)
        time.sleep(0.05)


def _answers(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200
    except httpx2.TransportError:
        return False
