"""Whether it is time for something, by a clock that may have jumped."""

from sqlalchemy import ColumnElement, or_

LONGEST = 86_400.0  # s that anything here is put off at most


def is_due(at: ColumnElement[float], now: float) -> ColumnElement[bool]:
    """Times that have come; those too far ahead were written by a clock that was wrong."""
    return or_(at <= now, at > now + LONGEST)
