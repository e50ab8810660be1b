"""Counting jobs: how many a day, how long they waited, who used what."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Integer, cast, func, select

from neckar_jobs.states import OVER
from neckar_jobs.store.tables import charge, job, project, quota

DAY = 86400.0


@dataclass(frozen=True, kw_only=True)
class Used:
    """What a project has used of a platform."""

    project: str
    collab: str
    title: str
    platform: str
    units: str
    amount: float


def per_day(connection: Connection, since: float) -> list[tuple[int, str, int]]:
    """Days since 1970, state, and how many jobs of that day are in that state by now."""
    day = cast(func.floor(job.c.submitted_at / DAY), Integer).label("day")
    query = select(day, job.c.state, func.count()).where(job.c.submitted_at >= since)
    rows = connection.execute(query.group_by(day, job.c.state).order_by(day))
    return [(int(day), str(state), int(number)) for day, state, number in rows]


def waits(connection: Connection, platform: str | None, n: int) -> list[float]:
    """How long the last `n` jobs that have started waited, in seconds."""
    query = select(job.c.started_at - job.c.submitted_at).where(job.c.started_at.is_not(None))
    if platform is not None:
        query = query.where(job.c.platform == platform)
    return list(connection.execute(query.order_by(job.c.id.desc()).limit(n)).scalars())


def used(connection: Connection, since: float, collabs: Sequence[str] | None, n: int) -> list[Used]:
    """Who used most by jobs that ended since then; of these collabs, or of all."""
    amount = func.sum(charge.c.amount).label("amount")
    columns = (project.c.id, project.c.collab, project.c.title, quota.c.platform, quota.c.units)
    query = (
        select(*columns, amount)
        .select_from(charge.join(quota).join(project).join(job, job.c.id == charge.c.job))
        .where(job.c.ended_at >= since, job.c.state.in_(OVER))
    )
    if collabs is not None:
        query = query.where(project.c.collab.in_(collabs))
    rows = connection.execute(query.group_by(*columns).order_by(amount.desc()).limit(n))
    return [
        Used(project=i, collab=c, title=t, platform=p, units=u, amount=a)
        for i, c, t, p, u, a in rows
    ]


def people(connection: Connection, since: float) -> int:
    """How many people have submitted something since then."""
    query = select(func.count(job.c.owner.distinct())).where(job.c.submitted_at >= since)
    return connection.execute(query).scalar_one()
