"""Whose turn it is, and who holds what."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Label,
    ScalarSelect,
    Select,
    Table,
    and_,
    bindparam,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from neckar_jobs.accounting import NOTHING, ran_ahead, recent
from neckar_jobs.model import FileKind, Job
from neckar_jobs.states import State
from neckar_jobs.store import jobs
from neckar_jobs.store.tables import (
    HAS_ENDED,
    IS_HELD,
    IS_WAITING,
    data_file,
    job,
    link,
    platform,
    share,
)


@dataclass(frozen=True, kw_only=True)
class Held:
    """A lease as it stands: who has it and how often they were heard of."""

    job: int
    key: str
    seconds: float
    beat: int


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What one collab has in the queue of a platform."""

    collab: str
    waiting: int
    held: int
    recent: float


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A job that was just given to a runner, and what else there is to be known about it."""

    job: Job
    seconds: float  # of its lease
    stale: str | None  # how the machine of an earlier attempt called the command
    has_inputs: bool
    has_links: bool


def take_part(connection: Connection, collab: str, platform: str) -> None:
    """Give a collab its place in the fair share of a platform, if it has none."""
    if _share(connection, collab, platform) is None:
        values = {"collab": collab, "platform": platform, "recent": NOTHING}
        connection.execute(insert(share), values)


def count_use(connection: Connection, collab: str, platform: str, usage: float, at: float) -> None:
    """Remember that a collab used something, so that others go first for a while."""
    before = _share(connection, collab, platform)
    if before is None or ran_ahead(before, at):
        before = NOTHING
    value = recent(before, usage, at)
    mine = and_(share.c.collab == collab, share.c.platform == platform)
    connection.execute(update(share).where(mine).values(recent=value))


def take_next(
    connection: Connection,
    platforms: Sequence[str],
    *,
    runner: str,
    key: str,
    seconds: float,
    beyond_limit: bool = False,
) -> Taken | None:
    """Give the job whose turn it is to a runner, on one of the platforms that are not paused.

    Between collabs: whoever has fewer jobs with runners goes first, among equals whoever used
    less lately. Within a collab: priority, then age. With `beyond_limit`, the lease lasts so many
    seconds longer than the job may run.
    """
    lease = {"by": runner, "key": key, "seconds": seconds, "share_of_limit": int(beyond_limit)}
    for turn in connection.execute(_TURNS, {"platforms": list(platforms)}).all():
        row = connection.execute(_TAKING, {**turn._mapping, **lease}).one_or_none()
        if row is not None:  # else others have just taken all of them
            return Taken(
                job=jobs.read(connection, [row])[0],
                seconds=row.lease_seconds,
                stale=row.handle,
                has_inputs=row.has_inputs,
                has_links=row.has_links,
            )
    return None


def held(connection: Connection, number: int, key: str) -> Job | None:
    """The job that this lease is for, locked for this transaction; none if it is over."""
    query = select(*jobs.ROW).where(*_lease_on(number, key)).with_for_update()
    row = connection.execute(query).one_or_none()
    return None if row is None else jobs.read(connection, [row])[0]


def beat(connection: Connection, number: int, key: str) -> Job | None:
    """Note that the holder of a lease lives, and return its job; none if the lease is over."""
    more = update(job).where(*_lease_on(number, key)).values(beat=job.c.beat + 1)
    row = connection.execute(more.returning(*jobs.ROW)).one_or_none()
    return None if row is None else jobs.read(connection, [row])[0]


def lease_of(connection: Connection, number: int) -> Held | None:
    """The lease on a job."""
    row = connection.execute(_leases().where(job.c.id == number)).one_or_none()
    return None if row is None else Held(**row._mapping)


def leases(connection: Connection) -> list[Held]:
    """All leases."""
    return [Held(**row._mapping) for row in connection.execute(_leases())]


def standing(connection: Connection, platform: str) -> list[Waiting]:
    """What every collab has waiting on a platform, in the order of their turns."""
    counts = (_count(IS_WAITING).label("waiting"), _count(IS_HELD).label("held"))
    each = select(share.c.collab, *counts, share.c.recent).where(share.c.platform == platform)
    found = each.subquery()
    query = select(found).where(found.c.waiting + found.c.held > 0)
    rows = connection.execute(query.order_by(found.c.held, found.c.recent, found.c.collab))
    return [Waiting(**row._mapping) for row in rows]


def ahead(connection: Connection, this: Job) -> int:
    """How many jobs of the same collab go before this one."""
    earlier = and_(job.c.priority == this.priority, job.c.id < this.id)
    return sum(_ranges(connection, this, job.c.priority > this.priority, earlier))


def behind(connection: Connection, this: Job, most: int) -> int:
    """How many go after it; nobody counts much further than `most`."""
    later = and_(job.c.priority == this.priority, job.c.id > this.id)
    return sum(_ranges(connection, this, job.c.priority < this.priority, later, most=most))


def durations(connection: Connection, platform: str, n: int) -> list[float]:
    """How long the last `n` jobs of a platform ran, in seconds."""
    ran = (job.c.platform == platform, HAS_ENDED, job.c.started_at.is_not(None))
    query = select(job.c.ended_at - job.c.started_at).where(*ran, job.c.state == State.FINISHED)
    return list(connection.execute(query.order_by(job.c.id.desc()).limit(n)).scalars())


def _share(connection: Connection, collab: str, platform: str) -> float | None:
    mine = and_(share.c.collab == collab, share.c.platform == platform)
    return connection.execute(select(share.c.recent).where(mine)).scalar_one_or_none()


def _same() -> ColumnElement[bool]:
    return and_(job.c.platform == share.c.platform, job.c.collab == share.c.collab)


def _count(which: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(job).where(_same(), which).scalar_subquery()


def _ranges(
    connection: Connection, this: Job, *which: ColumnElement[bool], most: int | None = None
) -> Sequence[int]:
    """How many jobs wait in each of these parts of the same collab's queue."""
    theirs = (job.c.platform == this.platform, job.c.collab == this.collab, IS_WAITING)
    parts = [select(job.c.id).where(*theirs, each).limit(most).subquery() for each in which]
    counts = [select(func.count()).select_from(part).scalar_subquery() for part in parts]
    return connection.execute(select(*counts)).one()


def _lease_on(number: int, key: str) -> tuple[ColumnElement[bool], ...]:
    return (job.c.id == number, job.c.lease == key, IS_HELD)


def _leases() -> Select[Any]:
    columns = (job.c.id.label("job"), job.c.lease.label("key"))
    rest = (job.c.lease_seconds.label("seconds"), job.c.beat)
    return select(*columns, *rest).where(IS_HELD)


# Statements of which there are hundreds per second are put together once.


def _turns() -> Select[Any]:
    open_ones = (share.c.platform.in_(bindparam("platforms", expanding=True)),)
    some = exists().where(_same(), IS_WAITING)
    query = select(share.c.collab.label("of"), share.c.platform.label("on"))
    query = query.join(platform, platform.c.name == share.c.platform)
    query = query.where(*open_ones, platform.c.paused == "", some)
    return query.order_by(_count(IS_HELD), share.c.recent, share.c.collab)


def _taking() -> ReturningUpdate[Any]:
    theirs = (job.c.platform == bindparam("on"), job.c.collab == bindparam("of"))
    first = select(job.c.id).where(*theirs, IS_WAITING)
    first = first.order_by(job.c.priority.desc(), job.c.id).limit(1)
    first = first.with_for_update(skip_locked=True).correlate(None)
    values = {
        "state": State.CLAIMED,
        "attempt": job.c.attempt + 1,
        "version": job.c.version + 1,
        "beat": 0,
        "runner": bindparam("by"),
        "lease": bindparam("key"),
        "lease_seconds": bindparam("seconds") + bindparam("share_of_limit") * job.c.limit,
    }
    taking = update(job).where(job.c.id == first.scalar_subquery()).values(values)
    return taking.returning(*jobs.ROW, _has(data_file, "has_inputs"), _has(link, "has_links"))


def _has(table: Table, name: str) -> Label[bool]:
    given = exists().where(table.c.job == job.c.id, table.c.kind == FileKind.INPUT)
    return given.correlate(job).label(name)


_TURNS, _TAKING = _turns(), _taking()
