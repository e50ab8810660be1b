"""Numbers over many jobs, counted where they lie."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from neckar_jobs.states import HELD, Stage, State
from neckar_jobs.store.tables import chip_session, job, project

DAY = 86400.0  # s
ENDED = (State.FINISHED, State.FAILED, State.CANCELLED)


def ended_by_day(
    connection: Connection, start: float, end: float
) -> list[tuple[str, int, int, float]]:
    """Platform, day after `start`, jobs that ended on it and what they used in its units."""
    day = func.floor((job.c.ended_at - start) / DAY)
    query = select(job.c.platform, day, func.count(), func.coalesce(func.sum(job.c.usage), 0.0))
    query = query.where(
        job.c.state.in_(ENDED),
        job.c.started_at.is_not(None),
        job.c.ended_at >= start,
        job.c.ended_at < end,
    )
    rows = connection.execute(query.group_by(job.c.platform, day))
    return [(platform, int(day), count, usage) for platform, day, count, usage in rows]


def active_users(connection: Connection, start: float, end: float) -> dict[str, int]:
    """How many people submitted jobs to which platform."""
    query = select(job.c.platform, func.count(job.c.owner.distinct()))
    query = query.where(job.c.submitted_at >= start, job.c.submitted_at < end)
    rows = connection.execute(query.group_by(job.c.platform)).all()
    return {row[0]: row[1] for row in rows}


def first_submissions(connection: Connection, platforms: Sequence[str]) -> list[float]:
    """When each person submitted their first job."""
    first = func.min(job.c.submitted_at)
    query = select(first).group_by(job.c.owner).order_by(first)
    if platforms:
        query = query.where(job.c.platform.in_(platforms))
    return list(connection.execute(query).scalars())


def projects_since(connection: Connection, stage: Stage) -> list[float]:
    """When the projects that are at this stage were begun, or handed in."""
    at = func.coalesce(project.c.submitted_at, project.c.created_at)
    query = select(at).where(project.c.stage == stage).order_by(at)
    return list(connection.execute(query).scalars())


def queues(connection: Connection) -> dict[str, tuple[int, int]]:
    """How many jobs wait for each platform, and how many are with runners."""
    waiting = func.count().filter(job.c.state == State.SUBMITTED)
    held = func.count().filter(job.c.state.in_(HELD))
    query = select(job.c.platform, waiting, held).where(job.c.state.in_((State.SUBMITTED, *HELD)))
    rows = connection.execute(query.group_by(job.c.platform))
    return {platform: (n_waiting, n_held) for platform, n_waiting, n_held in rows}


def durations(
    connection: Connection, platform: str, states: Sequence[State], n: int
) -> list[float]:
    """How long the last `n` jobs took from submission to their end, in seconds."""
    query = select(job.c.ended_at - job.c.submitted_at).where(
        job.c.platform == platform, job.c.state.in_(states), job.c.ended_at.is_not(None)
    )
    return list(connection.execute(query.order_by(job.c.id.desc()).limit(n)).scalars())


def by_person(connection: Connection, start: float, end: float) -> list[tuple[str, str, str, int]]:
    """Person, platform, "jobs" or "sessions", and how many of them ended."""
    found = []
    for name, table in (("jobs", job), ("sessions", chip_session)):
        c = table.c
        query = select(c.owner, c.platform, func.count()).group_by(c.owner, c.platform)
        query = query.where(c.state.in_(ENDED), c.ended_at >= start, c.ended_at < end)
        found += [(who, where, name, n) for who, where, n in connection.execute(query)]
    return found
