"""How the job service bears many jobs, runners and followers at the same time.

More than 10 000 jobs wait; 200 people follow jobs, 20 runners claim, two people submit and list.
First the runners want 200 jobs per second together, then as many as they can get. With `--soak
SECONDS` whole lives of jobs follow, and a look at memory. Everything happens at fixed times, so an
answer that is late does not make the next question later: it counts as late, too.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from lean_http import Caller
from machine import RESULTS, processor
from processes import Cost, cost

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "jobs" / "tests"))

import own_postgresql  # noqa: E402
from cast import signed_up  # noqa: E402
from neckar_jobs.files import Files  # noqa: E402
from neckar_jobs.site import Site  # noqa: E402
from neckar_jobs.store.database import Database  # noqa: E402

N_WAITING, N_RUNNERS, N_FOLLOWERS = 10_000, 20, 200
CLAIMS, PEOPLE, LIVES = 200.0, 10.0, 10.0  # claims, questions of one person, jobs; per second
PAGE = 50  # jobs of a list
AT_ONCE = 10_000  # jobs of one array
DURABLE = "-c max_connections=100"  # all else as PostgreSQL comes: commits are on the disk
SETTINGS = """
lease_seconds = 60.0

[platforms.Demo]
title = "Demonstration"
units = "seconds"
per_second = 1.0
system = "demo"
limit = 600.0
network = false
gift = 1e9
"""
JOB = {"collab": "private-ada", "platform": "Demo", "code": {"kind": "text", "text": "pass"}}


@dataclass
class Seen:
    """Seconds of every answer, by what was asked; who got which job; what everything cost."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    claimed: Counter[int] = field(default_factory=Counter)
    told: int = 0
    lasted: float = 0.0
    costs: list[dict[str, Cost]] = field(default_factory=list)  # every second

    def note(self, what: str, due: float) -> None:
        """An answer came, to what was to be asked at `due`."""
        self.seconds.setdefault(what, []).append(time.perf_counter() - due)


class Service:
    """Processes of the service, and who talks to them."""

    def __init__(self, folder: Path, database: str, server: int | None, processes: int) -> None:
        self.database = Database(database)
        self.database.migrate()
        site = Site(database=self.database, files=Files(folder / "files"))
        token, key = signed_up(site)
        self._person, self._provider = {"authorization": f"Bearer {token}"}, {"x-api-key": key}
        (folder / "settings.toml").write_text(SETTINGS)
        self._ports = [own_postgresql.free_port() for _ in range(processes)]
        environment = {**os.environ, "NECKAR_JOBS_DATABASE": database}
        words = [sys.executable, "-m", "neckar_jobs.cli", "serve", "--folder", str(folder)]
        words += ["--settings", str(folder / "settings.toml")]
        self._processes = [
            subprocess.Popen([*words, "--port", str(port)], env=environment) for port in self._ports
        ]
        self._server = server

    def person(self, number: int) -> Caller:
        """Somebody who submits, lists and follows."""
        return Caller(self._ports[number % len(self._ports)], self._person)

    def runner(self, number: int) -> Caller:
        """Somebody who takes jobs."""
        return Caller(self._ports[number % len(self._ports)], self._provider)

    def costs(self) -> dict[str, Cost]:
        """What everything has cost so far."""
        several = {f"service {k + 1}": cost(p.pid) for k, p in enumerate(self._processes)}
        database = {} if self._server is None else {"database": cost(self._server)}
        return {**several, **database, "clients": cost(os.getpid(), alone=True)}

    async def ready(self) -> None:
        """Wait until all processes answer."""
        for number in range(len(self._ports)):
            for _ in range(600):
                try:
                    await self.person(number).ask("GET", "/health/ready")
                    break
                except OSError:
                    await asyncio.sleep(0.1)

    async def fill(self, wanted: int) -> list[int]:
        """Put jobs into the queue, as arrays; return the numbers of the last."""
        while wanted > 0:
            over = {"k": list(range(min(wanted, AT_ONCE)))}
            job = {**JOB, "over": over, "command": "run.py {k}"}
            status, made = await self.person(0).ask("POST", "/v4/jobs/arrays", job)
            assert status == 201, made
            wanted -= AT_ONCE
        with self.database.writing() as c:  # what databases find out by themselves within a minute
            c.exec_driver_sql("ANALYZE")
        return [each["id"] for each in json.loads(made)["items"]]

    def settle(self) -> None:
        """Let all jobs be over that runners have taken and did not run."""
        over = "UPDATE job SET state = 'cancelled', lease = NULL WHERE state = 'claimed'"
        with self.database.writing() as c:
            c.exec_driver_sql(over)

    def close(self) -> None:
        """End all."""
        self.database.close()
        for process in self._processes:
            process.terminate()
            process.wait()


Act = Callable[[], Awaitable[None]]


async def paced(act: Act, seen: Seen, what: str, *, rate: float, first: float, end: float) -> None:
    """Do something `rate` times per second from `first` on; what is late is not left out."""
    due = first
    while due < end:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await act()
        seen.note(what, due)
        due += 1 / rate


async def unpaced(act: Act, seen: Seen, what: str, *, end: float) -> None:
    """Do something again and again."""
    while (begin := time.perf_counter()) < end:
        await act()
        seen.note(what, begin)


def claiming(caller: Caller, k: int, seen: Seen) -> Act:
    """A runner that takes jobs and does not run them."""
    wanted = {"runner": f"runner {k}", "platforms": ["Demo"]}

    async def act() -> None:
        status, lease = await caller.ask("POST", "/v4/claims", wanted)
        assert status == 200, (status, lease)
        seen.claimed[json.loads(lease)["job"]["id"]] += 1

    return act


def living(caller: Caller, k: int, seen: Seen) -> Act:
    """A runner that takes a job through all of its life."""
    wanted = {"runner": f"runner {k}", "platforms": ["Demo"]}
    print_, over = b"a line of a log\n" * 20, {"state": "finished", "seconds": 0.5}

    async def act() -> None:
        _, lease = await caller.ask("POST", "/v4/claims", wanted)
        told = json.loads(lease)
        number, key = told["job"]["id"], told["key"]
        seen.claimed[number] += 1
        steps = (("begin", {"handle": "1"}), ("log?offset=0", print_), ("live", None))
        for step, body in (*steps, (f"log?offset={len(print_)}", print_), ("end", over)):
            path = f"/v4/claims/{number}/{step}"
            status, answer = await caller.ask("POST", path, body, lease=key)
            assert status == 200, (step, status, answer)

    return act


def submitting(caller: Caller) -> Act:
    """Somebody who submits."""

    async def act() -> None:
        status, _ = await caller.ask("POST", "/v4/jobs", JOB)
        assert status == 201

    return act


def listing(caller: Caller) -> Act:
    """Somebody who looks at lists."""

    async def act() -> None:
        status, _ = await caller.ask("GET", f"/v4/jobs?size={PAGE}")
        assert status == 200

    return act


async def following(service: Service, k: int, numbers: list[int], seen: Seen) -> None:
    """Somebody who follows one job after the other."""
    for number in numbers[k::N_FOLLOWERS]:
        async for data in service.person(k).follow(f"/v4/jobs/{number}/events"):
            seen.told += data.count(b"\n")


@contextmanager
def followed(service: Service, numbers: list[int], seen: Seen) -> Iterator[None]:
    """Two hundred people follow jobs meanwhile."""
    tasks = [asyncio.create_task(following(service, k, numbers, seen)) for k in range(N_FOLLOWERS)]
    try:
        yield
        for failed in (task for task in tasks if task.done()):
            failed.result()
    finally:
        for task in tasks:
            task.cancel()


async def measured(service: Service, runs: str, seconds: float, numbers: list[int]) -> Seen:
    """Runners that want so many jobs ("paced"), as many as they get ("unpaced") or all of them."""
    seen = Seen()
    with followed(service, numbers, seen):
        await asyncio.sleep(2)
        first = time.perf_counter()
        end = first + seconds
        people = {"submit": submitting(service.person(0)), "list": listing(service.person(1))}
        rate = LIVES if runs == "whole" else PEOPLE
        tasks = [
            paced(act, seen, what, rate=rate, first=first, end=end) for what, act in people.items()
        ]
        for k in range(N_RUNNERS):
            caller = service.runner(k)
            act = (living if runs == "whole" else claiming)(caller, k, seen)
            if runs == "unpaced":
                tasks.append(unpaced(act, seen, "claim", end=end))
                continue
            what, rate = ("claim", CLAIMS) if runs == "paced" else ("life of a job", LIVES)
            start = first + k / rate
            each = rate / N_RUNNERS
            tasks.append(paced(act, seen, what, rate=each, first=start, end=end))
        watching = asyncio.create_task(_watch(service, seen))
        await asyncio.gather(*tasks)
        seen.lasted = time.perf_counter() - first
        watching.cancel()
        seen.costs.append(service.costs())
    service.settle()
    return seen


async def _watch(service: Service, seen: Seen) -> None:
    while True:
        seen.costs.append(service.costs())
        await asyncio.sleep(1)


async def everything(service: Service, seconds: float, soak: float) -> dict[str, Seen]:
    """One after the other, on one queue."""
    await service.ready()
    numbers = await service.fill(N_WAITING + int(CLAIMS * seconds * 2.5))
    found = {
        "paced": await measured(service, "paced", seconds, numbers),
        "unpaced": await measured(service, "unpaced", seconds / 2, numbers),
    }
    if soak:
        found["whole"] = await measured(service, "whole", soak, numbers[::-1])
    return found


def run(name: str, seconds: float, soak: float) -> dict[str, Seen]:
    """On one database: "PostgreSQL" behind two processes, "SQLite" in one."""
    with tempfile.TemporaryDirectory(prefix="neckar-bench-") as temporary:
        folder = Path(temporary)
        folder.chmod(0o755)
        if name == "SQLite":
            return _run(Service(folder, f"sqlite:///{folder}/jobs.db", None, 1), seconds, soak)
        server = folder / "server"
        with own_postgresql.running(server, DURABLE) as database:
            pid = int((server / "data" / "postmaster.pid").read_text().split()[0])
            return _run(Service(folder, database, pid, 2), seconds, soak)


def _run(service: Service, seconds: float, soak: float) -> dict[str, Seen]:
    try:
        return asyncio.run(everything(service, seconds, soak))
    finally:
        service.close()


def main() -> None:
    """Measure, print, keep."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=20.0)
    options.add_argument("--soak", type=float, default=0.0, metavar="SECONDS")
    options.add_argument("--on", choices=("PostgreSQL", "SQLite"), action="append")
    chosen = options.parse_args()
    found = {
        name: run(name, chosen.seconds, chosen.soak)
        for name in chosen.on or ("PostgreSQL", "SQLite")
    }
    text = report(found)
    print(text)
    (RESULTS / "job_service.md").write_text(text, encoding="utf-8")
    written = json.dumps({k: {r: _numbers(s) for r, s in v.items()} for k, v in found.items()})
    (RESULTS / "job_service.json").write_text(written + "\n", encoding="utf-8")


NAMES = {"paced": "200 claims per second", "unpaced": "all they can get", "whole": "whole lives"}


def report(found: dict[str, dict[str, Seen]]) -> str:
    """What was found, to be read."""
    text = (
        f"At least {N_WAITING} jobs wait. {N_FOLLOWERS} people follow jobs, one submits and one "
        f"lists {PAGE} jobs, {PEOPLE:g} times per second each; {N_RUNNERS} runners claim. "
        f"An answer counts from when it should have been asked for. {processor()}, "
        f"{os.cpu_count()} cores for all of it, clients and database included; commits are on the "
        "disk.\n\n"
        "| database | runners want | asked | answers | median | 99 % |\n|---|---|---|---|---|---|\n"
    )
    for name, runs in found.items():
        for run, seen in runs.items():
            for what, times in seen.seconds.items():
                middle, late = np.quantile(times, (0.5, 0.99)) * 1e3
                text += f"| {name} | {NAMES[run]} | {what} | {len(times)} |"
                text += f" {middle:.0f} ms | {late:.0f} ms |\n"
    text += "\n| database | runners want | jobs per second | twice | CPU of "
    text += "service | database | clients | lines told |\n|---|---|---|---|---|---|---|---|\n"
    for name, runs in found.items():
        for run, seen in runs.items():
            shares = [f"{100 * share:.0f} %" for share in _shares(seen)]
            rate, twice = len(seen.claimed) / seen.lasted, _twice(seen)
            text += f"| {name} | {NAMES[run]} | {rate:.0f} | {twice} | {' | '.join(shares)} |"
            text += f" {seen.told} |\n"
    for name, runs in found.items():
        if "whole" in runs:
            text += _memory(name, runs["whole"])
    return text


def _memory(name: str, seen: Seen) -> str:
    """Memory of all processes, ten times."""
    names = list(seen.costs[0])
    text = f"\nMegabytes on {name} while {LIVES:g} jobs per second are run:\n\n| second | "
    text += " | ".join(names) + " |\n" + "|---" * (len(names) + 1) + "|\n"
    for at in np.linspace(0, len(seen.costs) - 1, 11).astype(int):
        row = (f"{seen.costs[at][each].megabytes:.0f}" for each in names)
        text += f"| {at} | {' | '.join(row)} |\n"
    return text


def _shares(seen: Seen) -> tuple[float, float, float]:
    """Cores that the service, the database and we ourselves have had, on average."""
    first, last = seen.costs[0], seen.costs[-1]
    used = {name: (last[name].seconds - first[name].seconds) / seen.lasted for name in last}
    service = sum(share for name, share in used.items() if name.startswith("service"))
    return service, used.get("database", 0.0), used["clients"]


def _twice(seen: Seen) -> int:
    return sum(n > 1 for n in seen.claimed.values())


def _numbers(seen: Seen) -> dict[str, object]:
    quantiles = {
        what: [round(float(q), 6) for q in np.quantile(times, (0.5, 0.9, 0.99))]
        for what, times in seen.seconds.items()
    }
    megabytes = {
        name: [round(each[name].megabytes, 1) for each in seen.costs[::10]]
        for name in seen.costs[0]
    }
    return {
        "seconds": round(seen.lasted, 2),
        "rate": round(len(seen.claimed) / seen.lasted, 1),
        "twice": _twice(seen),
        "cores": [round(share, 3) for share in _shares(seen)],
        "quantiles": quantiles,
        "megabytes every 10 s": megabytes,
    }


if __name__ == "__main__":
    main()
