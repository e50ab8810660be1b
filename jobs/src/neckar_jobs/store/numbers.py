"""Numbers about everything at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from neckar_jobs.model import Platform
from neckar_jobs.states import State
from neckar_jobs.store import outbox
from neckar_jobs.store.projects import platforms
from neckar_jobs.store.tables import job


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """How an installation stands."""

    platforms: Sequence[Platform]
    jobs: Mapping[tuple[str, str], int]  # by platform and state
    oldest: Mapping[str, float]  # when the oldest waiting job was submitted, by platform
    used: Mapping[str, float]  # by all jobs, in units, by platform
    mails: Mapping[str, int]  # by how they stand


def about(connection: Connection) -> Numbers:
    """What the tables say at this moment."""
    by_state = select(job.c.platform, job.c.state, func.count()).group_by(
        job.c.platform, job.c.state
    )
    waiting = select(job.c.platform, func.min(job.c.submitted_at)).where(
        job.c.state == State.SUBMITTED
    )
    used = select(job.c.platform, func.sum(job.c.usage)).where(job.c.usage.is_not(None))
    return Numbers(
        platforms=platforms(connection),
        jobs={(platform, state): n for platform, state, n in connection.execute(by_state)},
        oldest=dict(map(tuple, connection.execute(waiting.group_by(job.c.platform)))),
        used=dict(map(tuple, connection.execute(used.group_by(job.c.platform)))),
        mails=outbox.counts(connection),
    )
