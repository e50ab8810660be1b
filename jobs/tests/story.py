"""A site on which something has happened: people, projects, jobs in every state, with results."""

import io
import json
import math
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np

from neckar_jobs.files import content_type
from neckar_jobs.identity import accounts
from neckar_jobs.model import (
    SESSION,
    Code,
    CodeKind,
    DataFile,
    Delivery,
    Going,
    Lease,
    Matter,
    Platform,
    Role,
    Submission,
    User,
)
from neckar_jobs.service import (
    claims,
    comments,
    jobs,
    mail,
    notices,
    people,
    projects,
    subscriptions,
)
from neckar_jobs.service.envelope import stopping
from neckar_jobs.service.posting import SECRET
from neckar_jobs.site import Site
from neckar_jobs.states import State
from neckar_jobs.store import outbox, secrets
from neckar_jobs.store import projects as project_store
from neckar_jobs.store import subscriptions as subscription_store

PASSWORD = "correct horse"
ROOT = Path(__file__).parents[2]
DAY = 86400.0
CHIPS = (
    {"name": "849", "serial": 849, "calibrated": "2026-11-20", "spread": {"τ_mem": "4 %"}},
    {"name": "57", "serial": 57, "calibrated": "2026-11-18", "spread": {"τ_mem": "5 %"}},
)
CHIP = Platform(
    name="BrainScaleS-2",
    title="BrainScaleS-2, emulated",
    units="chip-hours",
    per_second=1 / 3600,
    system="brainscales2",
    limit=7200.0,
    network=False,
    gift=1.0,
    chips=CHIPS,
    hardware={
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "serial": {"type": "integer", "minimum": 0, "title": "Serial number of the chip"},
            "readout": {"enum": ["MADC", "CADC"], "title": "Converter that records voltages"},
            "SOFTWARE_VERSION": {"type": "string", "title": "Release of the software"},
        },
    },
)
SHARED = replace(
    CHIP,
    name="BrainScaleS-2-interactive",
    title="BrainScaleS-2, shared by sessions",
    system=SESSION,
    limit=3600.0,
    chips=CHIPS[:1],
    hardware={},
)
AT_THE_CHIP = User(name="local", platforms=frozenset({SHARED.name}))
RUNNER = User(name="local", platforms=frozenset({CHIP.name}))
ROOT_USER = User(name="root", is_admin=True)
ADA = User(name="ada", roles={"dendrites": Role.ADMINISTRATOR, "lab": Role.EDITOR})
BOB = User(name="bob", roles={"dendrites": Role.EDITOR})
CODE = (ROOT / "examples" / "demo.py").read_text(encoding="utf-8")


class Past:
    """A clock that a story can set back, and that otherwise shows the time."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def tell(site: Site, clock: Past) -> dict[str, int | str]:
    """Let it all happen; return jobs and a project that pages are looked at with."""
    now = clock.now
    with site.database.writing() as c:
        project_store.set_platform(c, CHIP)
    for name, full in (("ada", "Ada L."), ("bob", "Bob B."), ("root", "The admin")):
        how = {"full_name": full, "mail": f"{name}@example.org", "is_admin": name == "root"}
        accounts.create(site, name, PASSWORD, by="story", **how)
    people.found(site, ADA, "dendrites", "Dendritic computation", True)
    people.set_member(site, ADA, "dendrites", "bob", Role.EDITOR)
    people.found(site, ROOT_USER, "lab", "", False)
    people.set_member(site, ROOT_USER, "lab", "ada", Role.EDITOR)
    project = _projects(site, clock, now)
    _past(site, clock, now)
    numbers = _today(site, clock, now)
    clock.now = now
    notices.announce(
        site, ROOT_USER, "", now + 3 * DAY, now + 3 * DAY + 7200, "New kernel on all hosts"
    )
    _sessions(site, clock, now)
    clock.now = now
    _hooks(site, clock, numbers["finished"])
    notices.save_filter(site, ADA, "failed sweeps", "state=failed&tag=sweep")
    return {**numbers, "project": project, "stop": _mails(site, clock)}


def _sessions(site: Site, clock: Past, now: float) -> None:
    """Three people at one chip: two go on, one waits."""
    with site.database.writing() as c:
        project_store.set_platform(c, SHARED)
    for user, ago, seconds in ((ADA, 2400, 83.0), (BOB, 600, 2950.0)):
        clock.now = now - ago
        session = replace(_wanted("session", user), platform=SHARED.name, command="session")
        jobs.submit(site, user, replace(session, hardware=None))
        lease = claims.claim(site, AT_THE_CHIP, "this computer", [SHARED.name])
        assert lease is not None
        claims.begin(site, lease.job.id, lease.key, "2")
        claims.live(site, lease.job.id, lease.key, Going(seconds=seconds, chip="849"))
    clock.now = now - 20
    jobs.submit(site, ADA, replace(session, collab="dendrites", hardware=None))


def _hooks(site: Site, clock: Past, job: int) -> None:
    """An address that took a message, after it did not."""
    made, _ = subscriptions.subscribe(site, ADA, "https://lab.example.org/told")
    tries = (("test", None, 403, "lab.example.org answers 403"), ("test", None, 204, ""))
    with site.database.writing() as c:
        for event, number, status, trouble in (*tries, ("job.over", job, 204, "")):
            done = Delivery(
                **{"id": 0, "subscription": made.id, "event": event, "job": number},
                **{"at": clock.now - 3600, "status": status, "trouble": trouble},
            )
            subscription_store.delivered(c, done)


def _mails(site: Site, clock: Past) -> str:
    """Some that arrived, one that waits, one that was given up; the word that ends ada's."""
    mail.choose(site, ADA, {Matter.FAILED: True})
    with site.database.writing() as c:
        for _ in range(3):
            posted = outbox.put(c, "ada", "“f-I curve” finished", "…", clock.now - DAY)
            outbox.sent(c, posted)
        lost = outbox.put(c, "bob", "2 jobs finished, 1 failed", "…", clock.now - DAY)
        outbox.put_off(c, lost, None, "550 5.1.1 bob@example.org: mailbox unknown")
        waits = outbox.put(c, "root", "To decide: “Sampling with noise”", "…", clock.now - 7200)
        outbox.put_off(c, waits, clock.now + 1800, "[Errno 111] Connection refused")
        return stopping("ada", secrets.get(c, SECRET))


def _projects(site: Site, clock: Past, now: float) -> str:
    clock.now = now - 40 * DAY
    text = "Plateau potentials in two compartments, measured on several chips."
    one = projects.ask(site, ADA, collab="dendrites", title="Plateaus", abstract=text)
    projects.hand_in(site, ADA, one.id)
    projects.decide(site, ROOT_USER, one.id, accept=True)
    projects.grant(site, ROOT_USER, one.id, platform=CHIP.name, limit=40.0)
    clock.now = now - DAY
    two = projects.ask(site, ADA, collab="lab", title="Sampling with noise", abstract="Boltzmann.")
    projects.hand_in(site, ADA, two.id)
    return two.id


def _past(site: Site, clock: Past, now: float) -> None:
    """Two weeks of jobs."""
    chance = random.Random(7)
    for day in range(21, 0, -1):
        for _ in range(chance.randint(0, 4) + (2 if day % 7 > 2 else 0)):
            clock.now = now - day * DAY + chance.uniform(0, 0.3 * DAY)
            user, name = chance.choice(((ADA, "f-I curve"), (BOB, "plateau sweep")))
            tags = ("sweep",) if user is BOB else ()
            lease = _start(site, clock, user, name, tags=tags, wait=10 ** chance.uniform(0, 3.4))
            clock.now += 10 ** chance.uniform(1.5, 3.2)
            failed = chance.random() < 0.15
            _end(site, lease, State.FAILED if failed else State.FINISHED)


def _today(site: Site, clock: Past, now: float) -> dict[str, int]:
    clock.now = now - 5400
    lease = _start(site, clock, ADA, "Recurrent network, balanced", tags=("recurrent", "paper"))
    job = lease.job.id
    log = "".join(f"step {n:3d}   rate {20 + 8 * math.sin(n / 5):5.1f} Hz\n" for n in range(60))
    claims.write_log(site, job, lease.key, 0, log.encode())
    picture = (ROOT / "docs" / "figures" / "recurrent_network.png").read_bytes()
    for path, data in (("network.png", picture), *_results()):
        _leave(site, lease, path, data)
    clock.now += 214.0
    provenance = {
        "chip": {"serial": 849, "calibration": "sha256:5c1f…"},
        "seed": 1234,
        "packages": {"neckar": "0.1.0", "numpy": "2.4.6", "PyNN": "0.13.0"},
    }
    _end(site, lease, State.FINISHED, provenance)
    clock.now += 600
    comments.write(site, BOB, job, "Looks **balanced** to me; `w_inh` is what changed?")
    clock.now = now - 3000
    failed = _start(site, clock, ADA, "Winner-take-all", tags=("sweep",))
    words = "Traceback (most recent call last):\n  …\nValueError: weight 64 exceeds 63\n"
    claims.write_log(site, failed.job.id, failed.key, 0, words.encode())
    _end(site, failed, State.FAILED, reason="the command ended with 1")
    clock.now = now - 95
    running = _start(site, clock, ADA, "Plateau potentials, chip 57")
    claims.write_log(site, running.job.id, running.key, 0, b"calibrating 512 neurons\n")
    clock.now = now - 40
    waiting = jobs.submit(site, ADA, _wanted("Spike-timing window", ADA))
    jobs.submit(site, BOB, _wanted("plateau sweep", BOB))
    return {
        "finished": job,
        "failed": failed.job.id,
        "running": running.job.id,
        "waiting": waiting.id,
    }


def _wanted(name: str, user: User, tags: tuple[str, ...] = ()) -> Submission:
    code = Code(kind=CodeKind.TEXT, text=CODE)
    return Submission(
        collab="dendrites" if user is BOB else own(user),
        platform=CHIP.name,
        code=code,
        name=name,
        tags=tags,
        hardware={"serial": 849},
    )


def own(user: User) -> str:
    """Where the jobs of these people belong."""
    return "dendrites" if "dendrites" in user.roles else f"private-{user.name}"


def _start(
    site: Site, clock: Past, user: User, name: str, *, tags: tuple[str, ...] = (), wait: float = 3.0
) -> Lease:
    jobs.submit(site, user, _wanted(name, user, tags))
    clock.now += wait
    lease = claims.claim(site, RUNNER, "this computer", [CHIP.name])
    assert lease is not None
    claims.begin(site, lease.job.id, lease.key, "1")
    return lease


def _end(
    site: Site, lease: Lease, state: State, provenance: dict | None = None, *, reason: str = ""
) -> None:
    claims.end(site, lease.job.id, lease.key, state, provenance=provenance, reason=reason)


def _leave(site: Site, lease: Lease, path: str, data: bytes) -> None:
    sha256, size = site.files.put([data])
    kind = content_type(path)
    file = DataFile(path=path, size=size, sha256=sha256, content_type=kind)
    claims.put_output(site, lease.job.id, lease.key, file)


def _results() -> Iterator[tuple[str, bytes]]:
    yield "network.nwb", recorded()
    times = np.linspace(0, 0.1, 400)
    rows = (f"{t:.5f},{-0.06 + 0.01 * math.sin(90 * t):.6f}\n" for t in times)
    yield "membrane.csv", ("time,v\n" + "".join(rows)).encode()
    yield "rates.json", json.dumps({"excitatory": [21.5, 20.9], "inhibitory": 38.2}).encode()
    yield "notes.md", b"# Notes\n\nSecond run after the fix of `w_inh`.\n"
    yield "analysis.ipynb", json.dumps(NOTEBOOK).encode()


def recorded(spikes: int = 900) -> bytes:
    """A file as NWB has it: spike times of 48 units, and a membrane."""
    chance = np.random.default_rng(3)
    burst = 0.04 * chance.integers(0, 12, spikes) + 0.004 * chance.standard_normal(spikes)
    units = chance.integers(0, 48, spikes)
    kept = io.BytesIO()
    with h5py.File(kept, "w") as file:
        order = np.lexsort((burst, units))
        file["units/spike_times"] = np.abs(burst[order])
        file["units/spike_times_index"] = np.searchsorted(units[order], np.arange(48), "right")
        v = -0.065 + 0.012 * np.abs(np.sin(np.linspace(0, 40, 6000)))
        file["acquisition/v/data"] = v
        file["acquisition/v/data"].attrs["unit"] = "volts"
        file["acquisition/v/starting_time"] = 0.0
        file["acquisition/v/starting_time"].attrs["rate"] = 12_000.0
    return kept.getvalue()


NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "source": ["# Analysis\n", "The rate over time."]},
        {
            "cell_type": "code",
            "execution_count": 1,
            "source": "rates.mean()",
            "outputs": [{"output_type": "execute_result", "data": {"text/plain": ["21.2"]}}],
        },
    ]
}
