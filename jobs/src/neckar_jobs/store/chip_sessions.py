"""Interactive use of chips, as providers report it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, update

from neckar_jobs.errors import UnknownError
from neckar_jobs.model import ChipSession
from neckar_jobs.states import State
from neckar_jobs.store.tables import chip_session


def add(connection: Connection, **values: Any) -> int:
    """Note that somebody has begun; return the number of the session."""
    statement = insert(chip_session).returning(chip_session.c.id)
    return connection.execute(statement, {"state": State.RUNNING, **values}).scalar_one()


def get(connection: Connection, number: int) -> ChipSession:
    """Look one session up."""
    query = select(chip_session).where(chip_session.c.id == number).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        raise UnknownError(f"there is no session {number}, or it is not yours to see")
    return _session(row._mapping)


def change(connection: Connection, number: int, **values: Any) -> ChipSession:
    """Set columns of a session."""
    same = chip_session.c.id == number
    connection.execute(update(chip_session).where(same).values(**values))
    return get(connection, number)


def page(
    connection: Connection,
    *,
    collabs: Sequence[str] = (),
    owners: Sequence[str] = (),
    platforms: Sequence[str] = (),
    states: Sequence[State] = (),
    after: float | None = None,
    before: float | None = None,
    start: int = 0,
    size: int = 100,
) -> list[ChipSession]:
    """Sessions, the newest first. Several values of one kind are alternatives; kinds add up."""
    c = chip_session.c
    query = select(chip_session).order_by(c.id.desc()).offset(start).limit(size)
    several = ((c.collab, collabs), (c.owner, owners), (c.platform, platforms), (c.state, states))
    for column, values in several:
        if values:
            query = query.where(column.in_(values))
    if after is not None:
        query = query.where(c.started_at >= after)
    if before is not None:
        query = query.where(c.started_at < before)
    return [_session(row) for row in connection.execute(query).mappings()]


def _session(row: Any) -> ChipSession:
    values = {name: row[name] for name in ChipSession.__dataclass_fields__}
    return ChipSession(**{**values, "state": State(values["state"])})
