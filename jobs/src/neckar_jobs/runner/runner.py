"""Takes jobs from the queue and hands them to a machine."""

import json
import logging
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from neckar_jobs.client.provider import Provider
from neckar_jobs.errors import JobsError, LeaseError, UnknownError
from neckar_jobs.files import content_type
from neckar_jobs.machines.machine import Limits, Machine, Outcome, Work
from neckar_jobs.model import Going, Lease, cancelled
from neckar_jobs.runner import collect, notes, prepare
from neckar_jobs.runner.fetch import fetch
from neckar_jobs.runner.notes import Note
from neckar_jobs.states import State

PIECE = 256 * 1024  # bytes of a log that are sent at once
LARGEST_PROVENANCE = 256 * 1024  # bytes
BEHIND = 1.0  # s between two looks at what an earlier runner has left behind
ERRANDS = 4  # folders that are prepared or emptied at once
_log = logging.getLogger("neckar_jobs.runner")


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A platform as this runner serves it."""

    platform: str
    system: str
    python: str  # runs scripts
    path: str  # where commands are looked for
    network: bool = False
    memory: int | None = Limits.memory  # bytes
    environment: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)  # variables from settings
    hardware: Mapping[str, Any] = field(default_factory=dict)  # settings that jobs leave open
    provenance: Mapping[str, Any] = field(default_factory=dict)  # true of every job


@dataclass(kw_only=True)
class _Held:
    """A job that is ours. Its errand, if it has one, is done by another thread."""

    lease: Lease
    folder: Path
    beaten: float  # when the service last confirmed the lease, by our stop-watch
    stale: str | None = None  # has to end before we begin
    note: Note | None = None  # none until the folder is prepared
    begun: bool = False  # the service knows the handle
    sent: int = 0  # bytes of what this attempt has printed
    stopping: bool = False
    outcome: Outcome | None = None
    going: Going | None = None  # what a command that goes on has used
    errand: Future[None] | None = None
    is_over: bool = False  # the service has been told how it ended
    is_lost: bool = False  # the lease is not ours any more

    @property
    def log(self) -> Path:
        return self.folder.with_suffix(".log")

    @property
    def handle(self) -> str | None:
        return None if self.note is None else self.note.handle


class Runner:
    """Keeps up to `slots` jobs going on one machine. Call `tick` now and then.

    Nobody else may use its folder. What an earlier runner has left there goes on, if the machine
    is one on which commands outlive their runner: under the old lease while the service still
    knows it, otherwise under a new one once the queue gives the job to us again.
    """

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
        self._pool = ThreadPoolExecutor(ERRANDS, thread_name_prefix="errand")
        self.leaving = False
        self._left_behind = self._found() if folder.exists() else []
        self._looked_behind = float("-inf")

    @property
    def busy(self) -> int:
        """How many jobs are with this runner."""
        return len(self._held)

    def tick(self) -> None:
        """Show that we live, note what ended, then start what fits."""
        self._look_behind()
        for held in list(self._held.values()):
            self._guarded(held, self._keep)
        self._poll()
        for held in list(self._held.values()):
            self._guarded(held, self._advance)
        while not self.leaving and len(self._held) < self._slots and self._take():
            pass

    def leave(self) -> None:
        """End what would not outlive us, and say so, before the process ends."""
        self.leaving = True
        if not self._machine.lasting:
            for held in list(self._held.values()):
                if held.handle is None:
                    self._let_go(held)
                else:
                    self._machine.stop(held.handle)
            while self._held:
                self.tick()
                time.sleep(0.01)
        self._pool.shutdown(cancel_futures=True)

    def _take(self) -> bool:
        lease = self._desk.claim(self._name, list(self._offers))
        if lease is None:
            return False
        adopted = [n for n in self._left_behind if n.handle is not None and n.handle == lease.stale]
        if adopted:
            self._left_behind.remove(adopted[0])
            self._adopt(replace(adopted[0], lease=lease))
            return True
        folder = self._folder / f"job_{lease.job.id}_{lease.job.attempt}"
        held = _Held(lease=lease, folder=folder, beaten=self._stopwatch())
        if lease.stale is not None:
            self._machine.stop(lease.stale)
            held.stale = lease.stale if self._machine.lasting else None
        self._held[lease.job.id] = held
        self._guarded(held, self._advance)
        return True

    def _adopt(self, note: Note, *, begun: bool = False) -> None:
        """Go on with a job that an earlier runner has started."""
        job = note.lease.job
        _log.info("job %d goes on as %s", job.id, note.handle)
        held = _Held(lease=note.lease, folder=note.folder, beaten=self._stopwatch(), note=note)
        held.begun, held.sent = begun, max(0, job.log_size - note.log_starts)
        self._held[job.id] = held
        notes.write(note)

    # What an earlier runner has left behind.

    def _found(self) -> list[Note]:
        if self._machine.lasting:
            return list(notes.kept(self._folder))
        shutil.rmtree(self._folder)  # it all ended with that runner
        return []

    def _look_behind(self) -> None:
        """Keep what may still become ours; end the rest."""
        now = self._stopwatch()
        if not self._left_behind or now - self._looked_behind < BEHIND:
            return
        self._looked_behind = now
        for note in list(self._left_behind):
            try:
                self._judge(note)
            except ConnectionError as error:
                _log.warning("job %d: %s; asking again", note.lease.job.id, error)

    def _judge(self, note: Note) -> None:
        number, key = note.lease.job.id, note.lease.key
        try:
            job = self._desk.live(number, key)
        except LeaseError:
            if not self._may_come_back(note):
                self._left_behind.remove(note)
                if note.handle is not None:
                    self._machine.stop(note.handle)
                _clear(note.folder)
            return
        self._left_behind.remove(note)
        begun = note.handle is not None and job.state != State.CLAIMED
        self._adopt(replace(note, lease=replace(note.lease, job=job)), begun=begun)

    def _may_come_back(self, note: Note) -> bool:
        """Whether the job waits in the queue, and this is what was started for it last."""
        try:
            job = self._desk.look(note.lease.job.id)
        except UnknownError:
            return False
        waits = job.state == State.SUBMITTED and job.attempt == note.lease.job.attempt
        return waits and note.handle is not None

    # Errands: what takes long, and is done beside the heartbeats.

    def _advance(self, held: _Held) -> None:
        if held.errand is not None:
            if not held.errand.done():
                return
            errand, held.errand = held.errand, None
            errand.result()
        if held.is_over:
            self._forget(held)
        elif held.stale is None and not held.begun:
            held.errand = self._pool.submit(self._start, held)
        elif held.outcome is not None:
            held.errand = self._pool.submit(self._finish, held)

    def _start(self, held: _Held) -> None:
        try:
            if held.note is None:
                _clear(held.folder)
                held.folder.mkdir(parents=True)
                code = fetch(self._desk, held.lease, held.folder)
                starts, before = held.lease.job.log_size, collect.seen(held.folder)
                note = Note(
                    lease=held.lease,
                    folder=held.folder,
                    log_starts=starts,
                    code=code,
                    before=before,
                )
                notes.write(note)
                held.note = note
            if held.note.handle is None and not held.is_lost and not self.leaving:
                handle = self._machine.start(self._work(held))
                held.note = replace(held.note, handle=handle)
                notes.write(held.note)
        except (LeaseError, ConnectionError):
            raise
        except (JobsError, OSError) as error:
            held.folder.mkdir(parents=True, exist_ok=True)
            held.log.write_text(f"{error}\n")
            self._send_log(held)
            self._end(held, State.FAILED, reason=str(error), seconds=0.0)
            return
        if held.handle is None:
            return
        if held.is_lost:
            self._machine.stop(held.handle)
            return
        self._desk.begin(held.lease.job.id, held.lease.key, held.handle)
        held.begun = True

    def _work(self, held: _Held) -> Work:
        job = held.lease.job
        offer = self._offers[job.platform]
        hardware = {**offer.hardware, **(job.hardware or {})}
        environment = prepare.environment(
            offer.environment, job, hardware, offer.templates, offer.path
        )
        return Work(
            name=held.folder.name,
            folder=held.folder,
            log=held.log,
            command=prepare.words(job, offer.system, offer.python),
            environment=environment,
            limits=Limits(seconds=job.limit, memory=offer.memory),
            network=offer.network,
            hardware=hardware,
        )

    def _finish(self, held: _Held) -> None:
        outcome, note, lease = held.outcome, held.note, held.lease
        assert outcome is not None
        assert note is not None
        self._send_log(held)
        own = _own_provenance(held.folder / prepare.PROVENANCE)
        for path in collect.outputs(held.folder, note.before):
            if own is None or path != prepare.PROVENANCE:
                file = held.folder / path
                self._desk.put_output(lease.job.id, lease.key, path, file, content_type(path))
        state, reason = _verdict(outcome, held.stopping)
        always = self._offers[lease.job.platform].provenance
        provenance = {**always, "runner": self._name, "code": dict(note.code), **(own or {})}
        self._end(held, state, reason=reason, seconds=outcome.seconds, provenance=provenance)

    def _end(self, held: _Held, state: State, **rest: Any) -> None:
        self._desk.end(held.lease.job.id, held.lease.key, state, **rest)
        held.is_over = True

    # What every tick does for every job.

    def _poll(self) -> None:
        waiting = {held.stale: held for held in self._held.values() if held.stale is not None}
        going = {
            held.handle: held
            for held in self._held.values()
            if held.handle is not None and held.begun and held.outcome is None
        }
        asked = [*waiting, *going]
        for handle, found in self._machine.poll(asked).items() if asked else ():
            if handle in waiting:
                waiting[handle].stale = None if isinstance(found, Outcome) else handle
            elif isinstance(found, Outcome):
                going[handle].outcome = found
            else:
                going[handle].going = found
                self._guarded(going[handle], self._send_log)

    def _keep(self, held: _Held) -> None:
        """Renew a lease in time; let go of what we can no longer be sure to own."""
        lease, now = held.lease, self._stopwatch()
        if now - held.beaten > 2 / 3 * lease.seconds:
            raise LeaseError(f"job {lease.job.id}: the service could not be reached in time")
        if now - held.beaten > lease.seconds / 6 and not held.is_over:
            job = self._desk.live(lease.job.id, lease.key, held.going)
            held.beaten = now
            if job.state == State.STOPPING and held.handle is not None and not held.stopping:
                held.stopping = True
                own_wish = job.reason == cancelled(job.owner)
                self._machine.stop(held.handle, "" if own_wish else job.reason)

    def _send_log(self, held: _Held) -> None:
        if not held.log.exists():
            return
        starts = held.note.log_starts if held.note else held.lease.job.log_size
        with held.log.open("rb") as file:
            file.seek(held.sent)
            while data := file.read(PIECE):
                lease = held.lease
                end = self._desk.write_log(lease.job.id, lease.key, starts + held.sent, data)
                held.sent = end - starts
                file.seek(held.sent)

    def _guarded(self, held: _Held, action: Callable[[_Held], None]) -> None:
        """Act for a job; when it turns out not to be ours, end it and forget it."""
        try:
            if not held.is_lost:
                action(held)
        except LeaseError as error:
            _log.warning("%s", error)
            self._let_go(held)
        except ConnectionError:
            return  # tried again at the next tick, until the lease is in danger

    def _let_go(self, held: _Held) -> None:
        held.is_lost = True  # before the handle is read: an errand looks at it after it has one
        if held.handle is not None:
            self._machine.stop(held.handle)
            if not self._machine.lasting and held.outcome is None:  # it is told only once
                self._machine.poll([held.handle])
        self._forget(held)

    def _forget(self, held: _Held) -> None:
        self._held.pop(held.lease.job.id, None)
        if held.errand is None:
            _clear(held.folder)
        else:
            held.errand.add_done_callback(lambda _: _clear(held.folder))


def _clear(folder: Path) -> None:
    """Remove a folder and what lies beside it under the same name."""
    shutil.rmtree(folder, ignore_errors=True)
    for path in folder.parent.glob(f"{folder.name}.*"):
        path.unlink(missing_ok=True)


def _own_provenance(path: Path) -> dict[str, Any] | None:
    """What a command has written about itself; none if it cannot be kept with the job."""
    if not path.is_file() or path.is_symlink() or path.stat().st_size > LARGEST_PROVENANCE:
        return None
    try:
        own = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
    return own if isinstance(own, dict) else None


def _verdict(outcome: Outcome, stopping: bool) -> tuple[State, str]:
    if outcome.code == 0:
        return State.FINISHED, outcome.reason
    if stopping:
        return State.CANCELLED, ""
    return State.FAILED, outcome.reason or f"the command returned {outcome.code}"
