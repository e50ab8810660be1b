"""What has been there for long."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, select

from neckar_jobs.states import OVER
from neckar_jobs.store.tables import audit, job, token


def last_sign(connection: Connection) -> float | None:
    """When somebody last did something here."""
    columns = (job.c.submitted_at, job.c.ended_at, token.c.used_at, audit.c.at)
    signs = (connection.execute(select(func.max(column))).scalar_one() for column in columns)
    return max((each for each in signs if each is not None), default=None)


def hidden_jobs(connection: Connection, before: float) -> list[int]:
    """Jobs that were taken off all lists and ended before that time."""
    ended = (job.c.state.in_(OVER), job.c.ended_at < before)
    query = select(job.c.id).where(job.c.hidden.is_(True), *ended)
    return list(connection.execute(query.order_by(job.c.id)).scalars())


def jobs_with_logs(connection: Connection, before: float) -> list[int]:
    """Jobs that ended before that time and whose log is still there."""
    ended = (job.c.state.in_(OVER), job.c.ended_at < before)
    query = select(job.c.id).where(job.c.log_size > 0, *ended)
    return list(connection.execute(query.order_by(job.c.id)).scalars())


def tokens(connection: Connection, before: float) -> list[str]:
    """Tokens that expired before that time."""
    query = select(token.c.id).where(token.c.expires_at < before)
    return list(connection.execute(query).scalars())


def remove_tokens(connection: Connection, ids: Sequence[str]) -> None:
    """Forget tokens."""
    connection.execute(delete(token).where(token.c.id.in_(list(ids))))
