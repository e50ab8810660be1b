"""Jobs with runners that know nothing of leases: those of the original.

They take a job, say how it goes when they see fit, and show nothing but the key of their provider.
The service keeps the lease for them, for as long as the job may last: one that is lost sooner could
be running still.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import Connection

from neckar_jobs import policy
from neckar_jobs.accounting import converted, cost
from neckar_jobs.errors import StateError
from neckar_jobs.files import checked_path, content_type
from neckar_jobs.model import DataFile, FileKind, Job, Link, User
from neckar_jobs.service import claims, outside
from neckar_jobs.service.jobs import visible
from neckar_jobs.site import Site
from neckar_jobs.states import HELD, State, is_over
from neckar_jobs.store import audit, data_files, jobs, links, logs, projects, queue

PATIENCE = 3600.0  # s beyond the time that a job may run, until its provider counts as lost


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a provider says about a job; none where it says nothing."""

    state: State | None = None
    usage: tuple[float, str] | None = None  # all in all, and in which units
    provenance: Mapping[str, Any] | None = None
    outputs: Sequence[Link] = ()
    log: bytes | None = None  # all of it


def take(site: Site, user: User, platform: str) -> Job | None:
    """Take the job whose turn it is."""
    lease = claims.claim(site, user, _name(user), [platform], patience=PATIENCE)
    return None if lease is None else lease.job


def report(site: Site, user: User, number: int, said: Report) -> Job:
    """Note what a provider says, however often it says so.

    A job that is over stays what it became; files, log and use are still taken down.
    """
    with site.database.writing() as c:
        job = _theirs(c, user, number)
        values: dict[str, Any] = {}
        if said.log is not None:
            values["log_size"] = logs.replace(c, number, job.log_size, said.log)
        links.add(c, number, FileKind.OUTPUT, said.outputs)
        if said.provenance is not None:
            values["provenance"] = dict(said.provenance)
        job = jobs.change(c, job, **values)
        job = _used(c, site, user, job, said.usage)
        return _moved(c, site, user, job, said.state)


def append_log(site: Site, user: User, number: int, data: bytes) -> None:
    """Add to the log of a job."""
    with site.database.writing() as c:
        job = _theirs(c, user, number)
        size = logs.append(c, number, job.log_size, job.log_size, data)
        jobs.change(c, job, log_size=size)


def files(
    site: Site, numbers: Sequence[int], kind: FileKind
) -> dict[int, tuple[list[DataFile], list[Link]]]:
    """Files of jobs that were found to be visible: those that are kept here, those elsewhere."""
    with site.database.reading() as c:
        here, there = data_files.of_several(c, numbers, kind), links.of(c, numbers, kind)
    return {number: (here[number], there[number]) for number in numbers}


def file(site: Site, number: int, kind: FileKind, path: str) -> DataFile:
    """One file of a job that was found to be visible."""
    with site.database.reading() as c:
        return data_files.get(c, number, kind, path)


def keep_outputs(site: Site, user: User, number: int, trusted: Collection[str]) -> bool:
    """Fetch all files that a job has left elsewhere, so that they are kept here.

    False if there is none. Nothing has changed if one of them cannot be had. Together they may be
    as large as one file.
    """
    with site.database.reading() as c:
        job = visible(c, user, number)
        policy.require(policy.may_change(user, job), f"move the files of job {number}")
        there = links.of(c, [number], FileKind.OUTPUT)[number]
    kept: list[DataFile] = []
    for link in there:
        room = site.files.largest - sum(file.size for file in kept)
        kept.append(_fetched(site, link, trusted, room))
    with site.database.writing() as c:
        data_files.add(c, number, FileKind.OUTPUT, kept)
        links.remove(c, number, FileKind.OUTPUT)
        jobs.change(c, jobs.get(c, number))
    return bool(kept)


def link(url: str, path: str | None, *, folder: str = "", **rest: Any) -> Link:
    """A file elsewhere; one without a path gets it from its address, in `folder`."""
    if path is None:
        path = folder + (unquote(urlsplit(url).path).rpartition("/")[2] or "file")
    return Link(url=url, path=checked_path(path.lstrip("/")), **rest)


def _fetched(site: Site, link: Link, trusted: Collection[str], largest: int) -> DataFile:
    with outside.fetched(link.url, largest=largest, trusted=trusted) as pieces:
        sha256, size = site.files.put(pieces)
    kind = link.content_type or content_type(link.path)
    return DataFile(path=link.path, size=size, sha256=sha256, content_type=kind)


def _theirs(c: Connection, user: User, number: int) -> Job:
    job = jobs.get(c, number, lock=True)
    policy.require(policy.may_run(user, job.platform), f"run jobs of {job.platform}")
    if job.state in HELD and not _is_foreign(job):
        raise StateError(f"job {number} is with the runner {job.runner}")
    lease = queue.lease_of(c, number)
    if lease is not None:
        queue.beat(c, number, lease.key)
    return job


def _used(c: Connection, site: Site, user: User, job: Job, usage: tuple[float, str] | None) -> Job:
    """Set what a job used. Units that lead nowhere are noted and not counted."""
    if usage is None:
        return job
    units = projects.get_platform(c, job.platform).units
    value = converted(*usage, units)
    if value is None or not 0 <= value < 1e15:
        on, at = f"job {job.id}", site.clock()
        audit.note(c, at=at, who=user.name, what="job.usage_unclear", on=on, said=list(usage))
        return job
    claims.set_usage(c, site, job, value)
    return jobs.change(c, job, usage=value)


def _moved(c: Connection, site: Site, user: User, job: Job, wanted: State | None) -> Job:
    """Bring a job to where its provider says it is, by the way that the table of states allows."""
    if wanted is None or is_over(job.state) or (job.state == State.STOPPING and wanted in HELD):
        return job
    if wanted == State.SUBMITTED:
        return _returned(c, job)
    if job.state == State.SUBMITTED:
        job = claims.take(c, job, _name(user), job.limit + PATIENCE)
    if job.state == State.CLAIMED and wanted in (State.RUNNING, State.FINISHED):
        job = jobs.move(c, job, State.RUNNING, started_at=site.clock())
    return _ended(c, site, job, wanted) if is_over(wanted) else job


def _returned(c: Connection, job: Job) -> Job:
    """A provider says "submitted" of a job that waits with it, or to be rid of one that ran."""
    if job.state != State.RUNNING:
        return job
    reason = f"{job.runner} gave it back"
    return jobs.move(
        c, job, State.SUBMITTED, reason=reason, lease=None, runner=None, started_at=None
    )


def _ended(c: Connection, site: Site, job: Job, wanted: State) -> Job:
    now = site.clock()
    if job.usage is None:
        usage = cost(claims.ran(job, now), projects.get_platform(c, job.platform).per_second)
        claims.set_usage(c, site, job, usage)
        job = jobs.change(c, job, usage=usage)
    return jobs.move(c, job, wanted, ended_at=now, lease=None)


def _name(user: User) -> str:
    return claims.FOREIGN + user.name


def _is_foreign(job: Job) -> bool:
    return (job.runner or "").startswith(claims.FOREIGN)
