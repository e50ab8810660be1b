"""Projects, quotas and who paid what."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    ScalarSelect,
    Select,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from neckar_jobs.accounting import charges
from neckar_jobs.errors import UnknownError
from neckar_jobs.model import ChipSession, Job, Platform, Project, Quota
from neckar_jobs.states import STAGES, Stage, step
from neckar_jobs.store.tables import charge, chip_session_charge, platform, project, quota

_INSERT: dict[str, Callable[..., postgresql.Insert | sqlite.Insert]] = {
    "postgresql": postgresql.insert,
    "sqlite": sqlite.insert,
}


def add(connection: Connection, *, at: float, is_gift: bool, **values: Any) -> str:
    """Note a request for resources; return its name."""
    name = str(uuid.uuid4())
    row = dict(id=name, stage=Stage.IN_PREPARATION, is_gift=is_gift, created_at=at, **values)
    connection.execute(insert(project), row)
    return name


def get(connection: Connection, name: str) -> Project:
    """Look one project up."""
    rows = connection.execute(select(project).where(project.c.id == name)).all()
    if not rows:
        raise UnknownError(f"there is no project {name}, or it is not yours to see")
    return _projects(connection, rows)[0]


def page(
    connection: Connection,
    *,
    collabs: Sequence[str] | None = None,
    owners: Sequence[str] | None = None,
    stage: Stage | None = None,
    start: int = 0,
    size: int = 100,
) -> list[Project]:
    """Projects, the newest first."""
    query = select(project).order_by(project.c.created_at.desc(), project.c.id)
    if collabs is not None:
        query = query.where(project.c.collab.in_(collabs))
    if owners is not None:
        query = query.where(project.c.owner.in_(owners))
    if stage is not None:
        query = query.where(project.c.stage == stage)
    return _projects(connection, connection.execute(query.offset(start).limit(size)).all())


def change(connection: Connection, name: str, **values: Any) -> Project:
    """Set columns of a project."""
    connection.execute(update(project).where(project.c.id == name).values(**values))
    return get(connection, name)


def move(connection: Connection, current: Project, wanted: Stage, at: float) -> Project:
    """Hand a project in, accept or reject it."""
    stage = step(f"project {current.title!r}", current.stage, wanted, STAGES)
    stamp = "submitted_at" if stage == Stage.UNDER_REVIEW else "decided_at"
    return change(connection, current.id, stage=stage, **{stamp: at})


def remove(connection: Connection, name: str) -> None:
    """Take a project out, with its quotas."""
    connection.execute(delete(project).where(project.c.id == name))


def had_gift(connection: Connection, collab: str, platform_name: str) -> bool:
    """Whether a collab got its first quota of a platform as a gift already."""
    query = (
        select(func.count())
        .select_from(quota.join(project, project.c.id == quota.c.project))
        .where(project.c.collab == collab, project.c.is_gift, quota.c.platform == platform_name)
    )
    return connection.execute(query).scalar_one() > 0


def add_quota(
    connection: Connection, name: str, *, platform_name: str, units: str, limit: float
) -> int:
    """Let a project use a platform; return the number of the quota."""
    values = {
        "project": name,
        "platform": platform_name,
        "units": units,
        "limit": limit,
        "before": 0.0,
    }
    return connection.execute(insert(quota).returning(quota.c.id), values).scalar_one()


def get_quota(connection: Connection, number: int) -> Quota:
    """One quota with what has been used of it."""
    row = connection.execute(_quotas().where(quota.c.id == number)).one_or_none()
    if row is None:
        raise UnknownError(f"there is no quota {number}")
    return Quota(**row._mapping)


def change_quota(
    connection: Connection, number: int, *, limit: float | None = None, usage: float | None = None
) -> Quota:
    """Give more or less, or say how much has been used all in all."""
    current = get_quota(connection, number)
    values: dict[str, Any] = {}
    if limit is not None:
        values["limit"] = limit
    if usage is not None:
        values["before"] = quota.c.before + (usage - current.usage)
    if values:
        connection.execute(update(quota).where(quota.c.id == number).values(**values))
    return get_quota(connection, number)


def remove_quota(connection: Connection, number: int) -> None:
    """Take a quota away."""
    connection.execute(delete(quota).where(quota.c.id == number))


def quotas_of(connection: Connection, collab: str, platform_name: str) -> list[Quota]:
    """What a collab's accepted projects may use of a platform, oldest first."""
    rows = connection.execute(_ACCEPTED, {"collab": collab, "platform": platform_name})
    return [Quota(**row._mapping) for row in rows]


def pay(connection: Connection, what: Job | ChipSession, usage: float) -> list[Quota]:
    """Say what a job or session used all in all; what was said before is taken back.

    Returns the quotas as they are without it.
    """
    this = charge.c.job if isinstance(what, Job) else chip_session_charge.c.chip_session
    connection.execute(delete(this.table).where(this == what.id))
    quotas = quotas_of(connection, what.collab, what.platform)
    paid = charges(usage, quotas)
    rows = [
        {this.name: what.id, "quota": number, "amount": amount} for number, amount in paid.items()
    ]
    if rows:
        connection.execute(insert(this.table), rows)
    return quotas


def settle(connection: Connection, job: int) -> None:
    """Let quotas remember what a job cost that will be removed."""
    paid = select(charge.c.quota, charge.c.amount).where(charge.c.job == job)
    for number, amount in connection.execute(paid).all():
        more = quota.c.before + amount
        connection.execute(update(quota).where(quota.c.id == number).values(before=more))


def platforms(connection: Connection) -> list[Platform]:
    """Everything there is to compute with."""
    query = select(platform).order_by(platform.c.name)
    return [Platform(**row) for row in connection.execute(query).mappings()]


def get_platform(connection: Connection, name: str) -> Platform:
    """One platform."""
    query = select(platform).where(platform.c.name == name)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        known = ", ".join(each.name for each in platforms(connection)) or "none yet"
        raise UnknownError(f"there is no platform {name!r}; there are: {known}")
    return Platform(**row)


def set_platform(connection: Connection, wanted: Platform) -> None:
    """Add a platform or describe it anew, whatever another process adds at the same moment."""
    adding = _INSERT[connection.dialect.name](platform).values(**vars(wanted))
    connection.execute(
        adding.on_conflict_do_update(index_elements=[platform.c.name], set_=vars(wanted))
    )


def _quotas() -> Select[Any]:
    usage = (quota.c.before + _paid(charge) + _paid(chip_session_charge)).label("usage")
    c = quota.c
    return select(c.id, c.project, c.platform, c.units, c.limit, usage)


def _accepted() -> Select[Any]:
    theirs = (project.c.collab == bindparam("collab"), project.c.stage == Stage.ACCEPTED)
    query = _quotas().join(project, project.c.id == quota.c.project)
    return query.where(*theirs, quota.c.platform == bindparam("platform")).order_by(quota.c.id)


def _paid(table: Table) -> ScalarSelect[float]:
    total = select(func.coalesce(func.sum(table.c.amount), 0.0))
    return total.where(table.c.quota == quota.c.id).scalar_subquery()


_ACCEPTED = _accepted()  # put together once: every job asks when it comes, and when it ends


def _projects(connection: Connection, rows: Sequence[Row[Any]]) -> list[Project]:
    found: dict[str, list[Quota]] = {row.id: [] for row in rows}
    query = _quotas().where(quota.c.project.in_(list(found))).order_by(quota.c.id)
    for each in connection.execute(query):
        found[each.project].append(Quota(**each._mapping))
    return [_project(row, tuple(found[row.id])) for row in rows]


def _project(row: Row[Any], quotas: tuple[Quota, ...]) -> Project:
    texts = ("id", "collab", "owner", "title", "abstract", "description")
    copied = {name: row._mapping[name] for name in (*texts, "submitted_at", "decided_at")}
    return Project(stage=Stage(row.stage), quotas=quotas, **copied)
