"""Whether it is time for something, by a clock that may have jumped."""

from sqlalchemy import ColumnElement, Connection, or_, select

LONGEST = 86_400.0  # s that anything here is put off at most
AGAIN = (60.0, 300.0, 1800.0, 7200.0, 43_200.0)  # s until the next attempt


def is_due(at: ColumnElement[float], now: float) -> ColumnElement[bool]:
    """Times that have come; those too far ahead were written by a clock that was wrong."""
    return or_(at <= now, at > now + LONGEST)


def is_any_due(connection: Connection, at: ColumnElement[float], now: float) -> bool:
    """Whether one of these times has come."""
    query = select(at).where(is_due(at, now)).limit(1)
    return connection.execute(query).first() is not None


def next_attempt(failed: int, now: float) -> float | None:
    """When to try again what has failed now, and so often before; none to give it up."""
    return now + AGAIN[failed] if failed < len(AGAIN) else None
