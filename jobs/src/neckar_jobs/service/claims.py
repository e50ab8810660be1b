"""What runners do with jobs. A runner has a job while it shows the key of its lease."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from neckar_jobs import policy
from neckar_jobs.accounting import cost
from neckar_jobs.errors import LeaseError
from neckar_jobs.model import (
    ChipSession,
    CodeKind,
    DataFile,
    FileKind,
    Going,
    Job,
    Lease,
    Link,
    Quota,
    User,
)
from neckar_jobs.service import telling
from neckar_jobs.site import Site
from neckar_jobs.states import State
from neckar_jobs.store import data_files, jobs, links, logs, projects, queue

MOST_ATTEMPTS = 2  # a job whose runner is lost goes back once


FOREIGN = "nmpi/"  # begins the names of runners that send no heartbeats; see `service.foreign`


def claim(
    site: Site, user: User, runner: str, wanted: Sequence[str], *, patience: float | None = None
) -> Lease | None:
    """Take the job whose turn it is on one of the platforms, if there is one.

    With `patience`, the lease lasts so many seconds longer than the job may run.
    """
    for platform in wanted:
        policy.require(policy.may_run(user, platform), f"run jobs of {platform}")
    key, beyond = str(uuid.uuid4()), patience is not None
    seconds = site.lease_seconds if patience is None else patience
    with site.database.writing() as c:
        taken = queue.take_next(
            c, wanted, runner=runner, key=key, seconds=seconds, beyond_limit=beyond
        )
        if taken is None:
            return None
        number = taken.job.id
        return Lease(
            job=taken.job,
            key=key,
            seconds=taken.seconds,
            inputs=tuple(data_files.of(c, number, FileKind.INPUT)) if taken.has_inputs else (),
            linked=_linked(c, number) if taken.has_links else (),
            stale=taken.stale,
        )


def take(c: Connection, job: Job, runner: str, seconds: float) -> Job:
    """Give a job that waits to a runner who asks for this one."""
    values = {"runner": runner, "lease": str(uuid.uuid4()), "lease_seconds": seconds, "beat": 0}
    return jobs.move(c, job, State.CLAIMED, attempt=job.attempt + 1, **values)


def begin(site: Site, number: int, key: str, handle: str) -> Job:
    """Say that the command has been started, and by which handle the machine knows it."""
    with site.database.writing() as c:
        job = _held(c, number, key)
        if job.state != State.CLAIMED:
            return job  # it was cancelled meanwhile, or this is said twice
        return jobs.move(c, job, State.RUNNING, handle=handle, started_at=site.clock())


def live(site: Site, number: int, key: str, going: Going | None = None) -> Job:
    """Renew a lease. The answer tells whether the job should stop.

    A session that is `going` is charged for the time that it has had the chip until now.
    """
    with site.database.writing() as c:
        job = queue.beat(c, number, key)
        if job is None:
            raise LeaseError(f"job {number} is not with this runner any more; stop it")
        return job if going is None else _count(c, site, job, going)


def _count(c: Connection, site: Site, job: Job, going: Going) -> Job:
    """Charge what a session has used, and end it when nothing is left."""
    platform = projects.get_platform(c, job.platform)
    usage = cost(going.seconds, platform.per_second)
    if job.provenance is None and going.chip:
        job = jobs.change(c, job, provenance={"chip": going.chip})
    if usage <= (job.usage or 0.0):
        return job
    quotas = set_usage(c, site, job, usage)
    job = jobs.change(c, job, usage=usage)
    is_spent = sum(q.limit for q in quotas) <= usage + sum(q.usage for q in quotas)
    if job.state != State.RUNNING or not is_spent:
        return job
    reason = f"{job.collab} has used up its quota of {platform.title}"
    return jobs.move(c, job, State.STOPPING, reason=reason)


def write_log(site: Site, number: int, key: str, offset: int, data: bytes) -> int:
    """Add to what the job printed; return where its log ends."""
    with site.database.writing() as c:
        job = _held(c, number, key)
        size = logs.append(c, number, job.log_size, offset, data)
        if size != job.log_size:
            jobs.change(c, job, log_size=size)
        return size


def put_output(site: Site, number: int, key: str, file: DataFile) -> None:
    """Add a file to what the job leaves behind."""
    with site.database.writing() as c:
        jobs.change(c, _held(c, number, key))
        data_files.add(c, number, FileKind.OUTPUT, [file])


def needs(site: Site, number: int, key: str, sha256: str) -> bool:
    """Whether a content belongs to what the job was given."""
    with site.database.writing() as c:
        job = _held(c, number, key)
        given = {file.sha256 for file in data_files.of(c, number, FileKind.INPUT)}
        return sha256 in given or (job.code.kind == CodeKind.ARCHIVE and job.code.text == sha256)


def end(
    site: Site,
    number: int,
    key: str,
    state: State,
    *,
    reason: str = "",
    seconds: float | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> Job:
    """Say how a job ended and how long it had the chip; count what it used."""
    with site.database.writing() as c:
        job = _held(c, number, key)
        state = _ended(job, state)
        now = site.clock()
        if seconds is None:
            seconds = ran(job, now)
        usage = cost(seconds, projects.get_platform(c, job.platform).per_second)
        usage = max(usage, job.usage or 0.0)  # a session that began anew has paid before
        set_usage(c, site, job, usage)
        values: dict[str, Any] = {"usage": usage, "ended_at": now, "lease": None}
        if provenance is not None:
            values["provenance"] = dict(provenance)
        values["reason"] = reason or job.reason
        return jobs.move(c, job, state, **values)


def ran(job: Job, now: float) -> float:
    """How long a job ran, by a clock: never less than nothing or longer than it may."""
    return 0.0 if job.started_at is None else min(max(0.0, now - job.started_at), job.limit)


def set_usage(c: Connection, site: Site, what: Job | ChipSession, usage: float) -> Sequence[Quota]:
    """Say what a job or session used all in all; saying it again changes nothing.

    Returns the quotas that pay, as they are without it.
    """
    before = what.usage or 0.0
    quotas = projects.pay(c, what, usage)
    telling.quota(c, site, what.collab, quotas, before=before, after=usage)
    queue.count_use(c, what.collab, what.platform, usage - before, site.clock())
    return quotas


def lose(site: Site, number: int, key: str) -> Job | None:
    """Take a job from a runner that has not been heard of; none if it was quicker."""
    with site.database.writing() as c:
        job = jobs.get(c, number, lock=True)  # first, for another process may look just now
        lease = queue.lease_of(c, number)
        if lease is None or lease.key != key:
            return None
        return _return(c, site, job, f"runner {job.runner} was lost")


def _return(c: Connection, site: Site, job: Job, reason: str) -> Job:
    values: dict[str, Any] = {"reason": reason, "lease": None}
    if job.state == State.STOPPING:
        return jobs.move(c, job, State.CANCELLED, ended_at=site.clock(), **values)
    may_run_on = job.state == State.RUNNING and (job.runner or "").startswith(FOREIGN)
    if may_run_on:
        reason = f"{reason}; where it ran, it may be running still"
        return jobs.move(
            c, job, State.FAILED, ended_at=site.clock(), **{**values, "reason": reason}
        )
    if job.attempt < MOST_ATTEMPTS:
        return jobs.move(c, job, State.SUBMITTED, runner=None, started_at=None, **values)
    values["reason"] = f"{reason}, for the second time"
    return jobs.move(c, job, State.FAILED, ended_at=site.clock(), **values)


def _ended(job: Job, state: State) -> State:
    """What a job that was asked to stop becomes if it ended by itself first: what it says."""
    if job.state == State.CLAIMED and state == State.CANCELLED:
        return State.FAILED
    return state


def _held(c: Connection, number: int, key: str) -> Job:
    job = queue.held(c, number, key)
    if job is None:
        state = jobs.get(c, number).state
        raise LeaseError(
            f"job {number} is {state} and not with this runner any more; stop it and "
            "forget its results"
        )
    return job


def _linked(c: Connection, number: int) -> tuple[Link, ...]:
    return tuple(links.of(c, [number], FileKind.INPUT)[number])
