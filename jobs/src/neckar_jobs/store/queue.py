"""Whose turn it is, and who holds what."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, select, update

from neckar_jobs.accounting import NOTHING, recent
from neckar_jobs.states import HELD, State
from neckar_jobs.store.tables import job, share


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


def take_part(connection: Connection, collab: str, platform: str) -> None:
    """Give a collab its place in the fair share of a platform, if it has none."""
    if _share(connection, collab, platform) is None:
        values = {"collab": collab, "platform": platform, "recent": NOTHING}
        connection.execute(insert(share), values)


def count_use(connection: Connection, collab: str, platform: str, usage: float, at: float) -> None:
    """Remember that a collab used something, so that others go first for a while."""
    before = _share(connection, collab, platform)
    value = recent(NOTHING if before is None else before, usage, at)
    mine = and_(share.c.collab == collab, share.c.platform == platform)
    connection.execute(update(share).where(mine).values(recent=value))


def next_job(connection: Connection, platforms: list[str]) -> int | None:
    """The job whose turn it is, locked for this transaction.

    Between collabs: whoever has fewer jobs with runners goes first, among equals whoever used
    less lately. Within a collab: priority, then age.
    """
    query = _turns().where(share.c.platform.in_(platforms))
    for turn in connection.execute(query).all():
        waiting = (
            _waiting(turn.collab, turn.platform).order_by(job.c.priority.desc(), job.c.id).limit(1)
        )
        found: int | None = connection.execute(
            waiting.with_for_update(skip_locked=True)
        ).scalar_one_or_none()
        if found is not None:
            return found
    return None


def lease_of(connection: Connection, number: int) -> Held | None:
    """The lease on a job."""
    query = _leases().where(job.c.id == number)
    row = connection.execute(query).one_or_none()
    return None if row is None else Held(**row._mapping)


def leases(connection: Connection) -> list[Held]:
    """All leases."""
    return [Held(**row._mapping) for row in connection.execute(_leases())]


def beat(connection: Connection, number: int, key: str) -> bool:
    """Note that the holder of a lease lives. False if it is theirs no longer."""
    theirs = and_(job.c.id == number, job.c.lease == key, job.c.state.in_(HELD))
    done = connection.execute(update(job).where(theirs).values(beat=job.c.beat + 1))
    return done.rowcount == 1


def handle_of(connection: Connection, number: int) -> str | None:
    """How the machine of an earlier attempt called the command."""
    return connection.execute(select(job.c.handle).where(job.c.id == number)).scalar_one()


def standing(connection: Connection, platform: str) -> list[Waiting]:
    """What every collab has waiting on a platform, in the order of their turns."""
    is_waiting = func.count(job.c.id).filter(job.c.state == State.SUBMITTED)
    is_held = func.count(job.c.id).filter(job.c.state.in_(HELD))
    alive = (State.SUBMITTED, *HELD)
    query = (
        select(share.c.collab, is_waiting.label("waiting"), is_held.label("held"), share.c.recent)
        .join(job, and_(job.c.collab == share.c.collab, job.c.platform == share.c.platform))
        .where(share.c.platform == platform, job.c.state.in_(alive))
        .group_by(share.c.collab, share.c.recent)
        .order_by(is_held, share.c.recent, share.c.collab)
    )
    return [Waiting(**row._mapping) for row in connection.execute(query)]


def ahead(connection: Connection, number: int) -> int:
    """How many jobs of the same collab go before this one."""
    this = select(job).where(job.c.id == number).subquery()
    earlier = and_(job.c.priority == this.c.priority, job.c.id < this.c.id)
    query = (
        select(func.count(job.c.id))
        .join(this, and_(job.c.collab == this.c.collab, job.c.platform == this.c.platform))
        .where(job.c.state == State.SUBMITTED, (job.c.priority > this.c.priority) | earlier)
    )
    return connection.execute(query).scalar_one()


def durations(connection: Connection, platform: str, n: int) -> list[float]:
    """How long the last `n` jobs of a platform ran, in seconds."""
    ran = (job.c.platform == platform, job.c.started_at.is_not(None), job.c.ended_at.is_not(None))
    query = select(job.c.ended_at - job.c.started_at).where(*ran, job.c.state == State.FINISHED)
    return list(connection.execute(query.order_by(job.c.id.desc()).limit(n)).scalars())


def _share(connection: Connection, collab: str, platform: str) -> float | None:
    mine = and_(share.c.collab == collab, share.c.platform == platform)
    return connection.execute(select(share.c.recent).where(mine)).scalar_one_or_none()


def _turns() -> Select[Any]:
    held = select(func.count()).where(_same(), job.c.state.in_(HELD)).scalar_subquery()
    some = select(job.c.id).where(_same(), job.c.state == State.SUBMITTED).exists()
    query = select(share.c.collab, share.c.platform).where(some)
    return query.order_by(held, share.c.recent, share.c.collab)


def _same() -> ColumnElement[bool]:
    return and_(job.c.platform == share.c.platform, job.c.collab == share.c.collab)


def _waiting(collab: str, platform: str) -> Select[Any]:
    theirs = (job.c.platform == platform, job.c.collab == collab)
    return select(job.c.id).where(*theirs, job.c.state == State.SUBMITTED)


def _leases() -> Select[Any]:
    columns = (job.c.id.label("job"), job.c.lease.label("key"))
    rest = (job.c.lease_seconds.label("seconds"), job.c.beat)
    return select(*columns, *rest).where(job.c.state.in_(HELD))
