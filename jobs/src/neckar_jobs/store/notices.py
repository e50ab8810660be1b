"""What people keep for later: filters of theirs, and times of maintenance."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from neckar_jobs.model import Maintenance, SavedFilter
from neckar_jobs.store.tables import maintenance, saved_filter


def filters_of(connection: Connection, owner: str) -> list[SavedFilter]:
    """Somebody's filters, in the order of their names."""
    query = select(saved_filter).where(saved_filter.c.owner == owner).order_by(saved_filter.c.name)
    return [SavedFilter(**row) for row in connection.execute(query).mappings()]


def save_filter(connection: Connection, owner: str, name: str, query: str) -> None:
    """Keep a filter; one of the same name is replaced."""
    same = (saved_filter.c.owner == owner, saved_filter.c.name == name)
    connection.execute(delete(saved_filter).where(*same))
    connection.execute(insert(saved_filter), {"owner": owner, "name": name, "query": query})


def remove_filter(connection: Connection, owner: str, number: int) -> bool:
    """Forget a filter; false if there was none."""
    same = (saved_filter.c.owner == owner, saved_filter.c.id == number)
    return connection.execute(delete(saved_filter).where(*same)).rowcount == 1


def announce(
    connection: Connection, platform: str, begins_at: float, ends_at: float, text: str
) -> Maintenance:
    """Note a time at which a platform may not be there."""
    values = {"platform": platform, "begins_at": begins_at, "ends_at": ends_at, "text": text}
    statement = insert(maintenance).returning(maintenance.c.id)
    number = connection.execute(statement, values).scalar_one()
    return Maintenance(
        id=number, platform=platform, begins_at=begins_at, ends_at=ends_at, text=text
    )


def announced(
    connection: Connection, *, after: float, platforms: Sequence[str] | None = None
) -> list[Maintenance]:
    """What is not over at `after`, the next first; of these platforms ("" is all)."""
    query = select(maintenance).where(maintenance.c.ends_at > after)
    if platforms is not None:
        query = query.where(maintenance.c.platform.in_(platforms))
    query = query.order_by(maintenance.c.begins_at, maintenance.c.id)
    return [Maintenance(**row) for row in connection.execute(query).mappings()]


def take_back(connection: Connection, number: int) -> bool:
    """Remove an announcement; false if there was none."""
    return connection.execute(delete(maintenance).where(maintenance.c.id == number)).rowcount == 1
