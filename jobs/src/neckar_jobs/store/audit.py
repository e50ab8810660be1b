"""Who did what, kept for ever."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, insert, select

from neckar_jobs.model import Entry
from neckar_jobs.store.tables import audit


def note(connection: Connection, *, at: float, who: str, what: str, on: str, **detail: Any) -> None:
    """Write one line."""
    connection.execute(
        insert(audit), {"at": at, "who": who, "what": what, "on": on, "detail": detail}
    )


def count(connection: Connection, *, what: str, on: str, since: float, until: float) -> int:
    """How often something has happened in this time."""
    which = (audit.c.at >= since, audit.c.at <= until, audit.c.what == what, audit.c.on == on)
    query = select(func.count()).select_from(audit).where(*which)
    return connection.execute(query).scalar_one()


def entries(connection: Connection, *, size: int, below: int | None = None) -> list[Entry]:
    """The newest lines."""
    query = select(audit).order_by(audit.c.id.desc()).limit(size)
    if below is not None:
        query = query.where(audit.c.id < below)
    return [_entry(row) for row in connection.execute(query).mappings()]


def _entry(row: Mapping[Any, Any]) -> Entry:
    return Entry(**{name: row[name] for name in Entry.__dataclass_fields__})
