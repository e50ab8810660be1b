"""How the job service bears many jobs, runners and followers at the same time.

10 000 jobs wait on PostgreSQL behind two processes of the service; 200 people follow jobs, 20
runners claim them one after the other, and somebody submits and lists meanwhile. `--soak SECONDS`
goes on for longer and looks at memory.
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
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import numpy as np
from machine import RESULTS, processor

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "jobs" / "tests"))

import own_postgresql  # noqa: E402
from neckar_jobs.files import Files  # noqa: E402
from neckar_jobs.identity import accounts, tokens  # noqa: E402
from neckar_jobs.site import Site  # noqa: E402
from neckar_jobs.store.database import Database  # noqa: E402

N_WAITING, N_RUNNERS, N_FOLLOWERS = 10_000, 20, 200
PAGE = 50  # jobs of a list
SETTINGS = """
[platforms.Demo]
title = "Demonstration"
units = "seconds"
per_second = 1.0
system = "demo"
limit = 600.0
network = false
gift = 1e9
"""


@dataclass
class Seen:
    """Seconds of every answer, by what was asked; who got which job; what followers were told."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    claimed: Counter[int] = field(default_factory=Counter)
    told: int = 0
    megabytes: list[float] = field(default_factory=list)

    def note(self, what: str, begin: float) -> None:
        """An answer came, to what was asked at `begin`."""
        self.seconds.setdefault(what, []).append(time.perf_counter() - begin)


class Service:
    """Two processes and who talks to them."""

    def __init__(self, folder: Path, database: str) -> None:
        site_of = Database(database)
        site_of.migrate()
        site = Site(database=site_of, files=Files(folder / "files"))
        accounts.create(site, "ada", "correct horse", by="bench", is_admin=True)
        self.token, _ = tokens.issue(site, "ada", name="bench")
        self.key, _ = tokens.issue_key(site, "ada", "provider", ["Demo"])
        site_of.close()
        (folder / "settings.toml").write_text(SETTINGS)
        self.ports = [own_postgresql.free_port() for _ in range(2)]
        environment = {**os.environ, "NECKAR_JOBS_DATABASE": database}
        words = [sys.executable, "-m", "neckar_jobs.cli", "serve", "--folder", str(folder)]
        words += ["--settings", str(folder / "settings.toml")]
        self.processes = [
            subprocess.Popen(
                [*words, "--port", str(port)],
                env=environment,
            )
            for port in self.ports
        ]
        for port in self.ports:
            _await(port)

    def http(self, number: int, **headers: str) -> httpx2.AsyncClient:
        """A client of one of the two; a person's unless headers say otherwise."""
        return httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{self.ports[number % 2]}",
            headers=headers or {"Authorization": f"Bearer {self.token}"},
            timeout=60.0,
        )

    def megabytes(self) -> float:
        """Memory of both."""
        pages = [Path(f"/proc/{p.pid}/statm").read_text().split()[1] for p in self.processes]
        return sum(map(int, pages)) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def close(self) -> None:
        """End both."""
        for process in self.processes:
            process.terminate()
            process.wait()


def main() -> None:
    """Measure, print, keep."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--soak", type=float, default=20.0, metavar="SECONDS")
    seconds = options.parse_args().soak
    with tempfile.TemporaryDirectory(prefix="neckar-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with own_postgresql.running(folder / "server") as database:
            service = Service(folder, database)
            try:
                seen = asyncio.run(_measure(service, seconds))
            finally:
                service.close()
    _report(seen, seconds)


async def _measure(service: Service, seconds: float) -> Seen:
    seen, is_over = Seen(), asyncio.Event()
    numbers = await _fill(service)
    followers = [
        asyncio.create_task(_follow(service, k, numbers[k % len(numbers)], seen))
        for k in range(N_FOLLOWERS)
    ]
    await asyncio.sleep(1)
    others = [_claim(service, k, seen, is_over) for k in range(N_RUNNERS)]
    working = [
        asyncio.create_task(each)
        for each in (*others, _submit(service, seen, is_over), _list(service, seen, is_over))
    ]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        seen.megabytes.append(service.megabytes())
        await asyncio.sleep(1)
    is_over.set()
    await asyncio.gather(*working)
    for follower in followers:
        follower.cancel()
    await asyncio.gather(*followers, return_exceptions=True)
    return seen


async def _fill(service: Service) -> list[int]:
    """Put all of them into the queue, as arrays."""
    async with service.http(0) as http:
        job = {**_JOB, "over": {"k": list(range(N_WAITING))}, "command": "run.py {k}"}
        made = (await http.post("/v4/jobs/arrays", json=job, timeout=600)).raise_for_status()
        return [each["id"] for each in made.json()["items"]]


_JOB = {"collab": "private-ada", "platform": "Demo", "code": {"kind": "text", "text": "pass"}}


async def _follow(service: Service, k: int, number: int, seen: Seen) -> None:
    async with (
        service.http(k) as http,
        http.stream("GET", f"/v4/jobs/{number}/events", timeout=None) as answer,
    ):
        async for _ in answer.aiter_lines():
            seen.told += 1


async def _claim(service: Service, k: int, seen: Seen, is_over: asyncio.Event) -> None:
    wanted = {"runner": f"runner {k}", "platforms": ["Demo"]}
    async with service.http(k, **{"x-api-key": service.key}) as http:
        while not is_over.is_set():
            begin = time.perf_counter()
            answer = await http.post("/v4/claims", json=wanted)
            seen.note("claim", begin)
            if answer.status_code == 200:
                seen.claimed[answer.json()["job"]["id"]] += 1


async def _submit(service: Service, seen: Seen, is_over: asyncio.Event) -> None:
    async with service.http(0) as http:
        while not is_over.is_set():
            begin = time.perf_counter()
            (await http.post("/v4/jobs", json=_JOB)).raise_for_status()
            seen.note("submit", begin)
            await asyncio.sleep(0.05)


async def _list(service: Service, seen: Seen, is_over: asyncio.Event) -> None:
    async with service.http(1) as http:
        while not is_over.is_set():
            begin = time.perf_counter()
            (await http.get("/v4/jobs", params={"size": PAGE})).raise_for_status()
            seen.note("list", begin)
            await asyncio.sleep(0.05)


def _await(port: int) -> None:
    for _ in range(600):
        try:
            if httpx2.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    raise SystemExit("the service does not answer")


def _report(seen: Seen, seconds: float) -> None:
    twice = sum(n > 1 for n in seen.claimed.values())
    rate = sum(seen.claimed.values()) / seconds
    text = (
        f"{N_WAITING} jobs wait on PostgreSQL behind two processes of the service, {N_FOLLOWERS} "
        f"people follow, {N_RUNNERS} runners claim all the time, one person submits and one lists "
        f"({PAGE} jobs), for {seconds:g} s; {processor()}, {os.cpu_count()} cores for "
        "all of it.\n\n| asked | answers | median | 99 % |\n|---|---|---|---|\n"
    )
    for what, times in seen.seconds.items():
        middle, late = np.quantile(times, (0.5, 0.99)) * 1e3
        text += f"| {what} | {len(times)} | {middle:.0f} ms | {late:.0f} ms |\n"
    text += (
        f"\n{rate:.0f} jobs are claimed per second, {twice} of them twice; followers were told "
        f"{seen.told} lines. Memory of both processes: {seen.megabytes[0]:.0f} MB in the first "
        f"second, {seen.megabytes[-1]:.0f} MB in the last.\n"
    )
    print(text)
    (RESULTS / "job_service.md").write_text(text, encoding="utf-8")
    report = {"seconds": seconds, "rate": rate, "twice": twice, "megabytes": seen.megabytes}
    times = {
        k: [round(float(q), 6) for q in np.quantile(v, (0.5, 0.9, 0.99))]
        for k, v in seen.seconds.items()
    }
    written = json.dumps({**report, "quantiles": times}, indent=1)
    (RESULTS / "job_service.json").write_text(written + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
