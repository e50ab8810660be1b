"""Takes jobs from the queue and hands them to a machine."""

import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from neckar_jobs.client.provider import Provider
from neckar_jobs.errors import JobsError, LeaseError
from neckar_jobs.files import content_type
from neckar_jobs.machines.machine import Limits, Machine, Outcome, Work
from neckar_jobs.model import CodeKind, Lease
from neckar_jobs.runner import collect, prepare
from neckar_jobs.states import State

PIECE = 256 * 1024  # bytes of a log that are sent at once
LARGEST_PROVENANCE = 256 * 1024  # bytes


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A platform as this runner serves it."""

    platform: str
    system: str
    python: str  # runs scripts
    path: str  # where commands are looked for
    network: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)  # variables from settings
    provenance: Mapping[str, Any] = field(default_factory=dict)  # true of every job


@dataclass(kw_only=True)
class _Held:
    lease: Lease
    folder: Path
    log: Path
    beaten: float  # when the service last confirmed the lease, by our stop-watch
    before: collect.Seen = field(default_factory=dict)
    handle: str | None = None
    sent: int = 0  # bytes of the log
    stopping: bool = False


class Runner:
    """Keeps up to `slots` jobs going on one machine. Call `tick` now and then."""

    def __init__(
        self,
        desk: Provider,
        machine: Machine,
        offers: Sequence[Offer],
        folder: Path,
        *,
        name: str,
        slots: int = 1,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        self._desk, self._machine, self._name = desk, machine, name
        self._offers = {offer.platform: offer for offer in offers}
        self._folder, self._slots, self._stopwatch = folder, slots, stopwatch
        self._held: dict[int, _Held] = {}
        self.leaving = False

    @property
    def busy(self) -> int:
        """How many jobs are with this runner."""
        return len(self._held)

    def tick(self) -> None:
        """Show that we live, note what ended, then start what fits."""
        for held in list(self._held.values()):
            self._guarded(held, self._keep)
        handles = {held.handle: held for held in self._held.values() if held.handle is not None}
        for handle, outcome in self._machine.poll(list(handles)).items():
            held = handles[handle]
            self._guarded(held, self._send_log)
            if outcome is not None and held.lease.job.id in self._held:
                self._guarded(held, partial(self._finish, outcome=outcome))
        while not self.leaving and len(self._held) < self._slots and self._take():
            pass

    def leave(self) -> None:
        """Stop everything and say so, before the process ends."""
        self.leaving = True
        for held in list(self._held.values()):
            if held.handle is not None:
                self._machine.stop(held.handle)
        self.tick()

    def _take(self) -> bool:
        lease = self._desk.claim(self._name, list(self._offers))
        if lease is None:
            return False
        folder = self._folder / f"job_{lease.job.id}_{lease.job.attempt}"
        log = folder.with_suffix(".log")
        held = _Held(lease=lease, folder=folder, log=log, beaten=self._stopwatch())
        self._held[lease.job.id] = held
        self._guarded(held, self._start)
        return True

    def _start(self, held: _Held) -> None:
        lease, job = held.lease, held.lease.job
        if lease.stale is not None:
            self._machine.stop(lease.stale)
        try:
            work = self._work(held)
            held.before = collect.seen(held.folder)
            held.handle = self._machine.start(work)
        except JobsError as error:
            held.log.write_text(f"{error}\n")
            self._send_log(held)
            self._over(held, State.FAILED, reason=str(error), seconds=0.0)
            return
        self._desk.begin(job.id, lease.key, held.handle)

    def _work(self, held: _Held) -> Work:
        job = held.lease.job
        offer = self._offers[job.platform]
        self._fetch(held)
        environment = prepare.environment(offer.environment, job, offer.templates, offer.path)
        return Work(
            name=held.folder.name,
            folder=held.folder,
            log=held.log,
            command=prepare.words(job, offer.system, offer.python),
            environment=environment,
            limits=Limits(seconds=job.limit),
            network=offer.network,
        )

    def _fetch(self, held: _Held) -> None:
        lease, folder = held.lease, held.folder
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        held.log.unlink(missing_ok=True)
        code = lease.job.code
        if code.kind == CodeKind.TEXT:
            prepare.write_text(folder, lease.job)
        elif code.kind == CodeKind.GIT:
            prepare.clone(folder, code)
        elif code.kind == CodeKind.LINK:
            prepare.download(folder, code.text)
        else:
            with self._desk.content(lease, code.text) as archive:
                prepare.unpack(folder, archive)
        for file in lease.inputs:
            with self._desk.content(lease, file.sha256) as source:
                prepare.put(folder, file.path, source)
        for link in lease.linked:
            prepare.put_linked(folder, link)

    def _keep(self, held: _Held) -> None:
        """Renew a lease in time; let go of what we can no longer be sure to own."""
        lease, now = held.lease, self._stopwatch()
        if now - held.beaten > 2 / 3 * lease.seconds:
            raise LeaseError(f"job {lease.job.id}: the service could not be reached in time")
        if now - held.beaten > lease.seconds / 6:
            job = self._desk.live(lease.job.id, lease.key)
            held.beaten = now
            if job.state == State.STOPPING and held.handle is not None and not held.stopping:
                held.stopping = True
                self._machine.stop(held.handle)

    def _send_log(self, held: _Held) -> None:
        if not held.log.exists():
            return
        with held.log.open("rb") as file:
            file.seek(held.sent)
            while data := file.read(PIECE):
                lease = held.lease
                held.sent = self._desk.write_log(lease.job.id, lease.key, held.sent, data)
                file.seek(held.sent)

    def _finish(self, held: _Held, outcome: Outcome) -> None:
        lease = held.lease
        for path in collect.outputs(held.folder, held.before):
            self._desk.put_output(
                lease.job.id, lease.key, path, held.folder / path, content_type(path)
            )
        state, reason = _verdict(outcome, held.stopping)
        provenance = self._provenance(held)
        self._over(held, state, reason=reason, seconds=outcome.seconds, provenance=provenance)

    def _provenance(self, held: _Held) -> dict[str, Any]:
        path = held.folder / prepare.PROVENANCE
        own: dict[str, Any] = {}
        if path.is_file() and not path.is_symlink() and path.stat().st_size < LARGEST_PROVENANCE:
            try:
                own = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                own = {"unreadable": prepare.PROVENANCE}
        offer = self._offers[held.lease.job.platform]
        return {**offer.provenance, "runner": self._name, **(own if isinstance(own, dict) else {})}

    def _over(self, held: _Held, state: State, **rest: Any) -> None:
        self._desk.end(held.lease.job.id, held.lease.key, state, **rest)
        self._forget(held)

    def _guarded(self, held: _Held, action: Callable[[_Held], None]) -> None:
        """Act for a job; when it turns out not to be ours, end it and forget it."""
        try:
            action(held)
        except LeaseError:
            if held.handle is not None:
                self._machine.stop(held.handle)
                self._machine.poll([held.handle])
            self._forget(held)
        except ConnectionError:
            return  # tried again at the next tick, until the lease is in danger

    def _forget(self, held: _Held) -> None:
        self._held.pop(held.lease.job.id, None)
        shutil.rmtree(held.folder, ignore_errors=True)
        held.log.unlink(missing_ok=True)


def _verdict(outcome: Outcome, stopping: bool) -> tuple[State, str]:
    if outcome.code == 0:
        return State.FINISHED, ""
    if stopping:
        return State.CANCELLED, ""
    return State.FAILED, outcome.reason or f"the command returned {outcome.code}"
