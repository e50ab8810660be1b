"""What people want to be told by mail, and what they have not been told yet."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, literal, select, update

from neckar_jobs.model import UNASKED, Job, Matter, News, Role
from neckar_jobs.states import OVER, State
from neckar_jobs.store.database import pieces
from neckar_jobs.store.due import is_due
from neckar_jobs.store.tables import account, job, mail_wish, member, news

GATHERING = 60.0  # s in which more may come, before a mail is written
_MATTER_OF = {State.FINISHED: Matter.FINISHED, State.FAILED: Matter.FAILED}
_COLUMNS = [news.c[name] for name in News.__dataclass_fields__]


def wishes(connection: Connection, name: str) -> dict[Matter, bool]:
    """What somebody wants to be told."""
    rows = connection.execute(select(mail_wish).where(mail_wish.c.account == name))
    chosen = {Matter(row.matter): bool(row.wanted) for row in rows}
    return {matter: chosen.get(matter, matter in UNASKED) for matter in Matter}


def wish(connection: Connection, name: str, wanted: Mapping[Matter, bool]) -> None:
    """Note what somebody wants to be told; what is not named stays as it was."""
    same = (mail_wish.c.account == name, mail_wish.c.matter.in_(list(wanted)))
    connection.execute(delete(mail_wish).where(*same))
    rows = [{"account": name, "matter": each, "wanted": is_so} for each, is_so in wanted.items()]
    if rows:
        connection.execute(insert(mail_wish), rows)
    unwanted = [matter for matter, is_so in wanted.items() if not is_so]
    connection.execute(delete(news).where(news.c.account == name, news.c.matter.in_(unwanted)))


def note_end(connection: Connection, ended: Job, state: State, at: float) -> None:
    """A job is over: write it down if its owner wants to know."""
    matter = _MATTER_OF.get(state)
    if matter is None:
        return
    columns = ["account", "matter", "job", "said", "at", "due_at"]
    values: tuple[object, ...] = (matter, ended.id, {}, at, at + GATHERING)
    literals = (
        literal(value, news.c[name].type) for name, value in zip(columns[1:], values, strict=True)
    )
    wanted = select(mail_wish.c.account, *literals).where(
        mail_wish.c.account == ended.owner, mail_wish.c.matter == matter, mail_wish.c.wanted
    )
    connection.execute(insert(news).from_select(columns, wanted))


def tell(
    connection: Connection, names: Iterable[str], matter: Matter, said: Mapping[str, Any], at: float
) -> None:
    """Write down what these people are to be told, if they want to know."""
    chosen = [name for name in dict.fromkeys(names) if wishes(connection, name)[matter]]
    known = select(account.c.name).where(account.c.name.in_(chosen), account.c.closed.is_(False))
    rest = {"matter": matter, "job": None, "said": dict(said), "at": at, "due_at": at + GATHERING}
    rows = [{"account": name, **rest} for name in connection.execute(known).scalars()]
    if rows:
        connection.execute(insert(news), rows)


def administrators(connection: Connection, collab: str) -> list[str]:
    """Who answers for a collab."""
    if collab.startswith("private-"):
        return [collab.removeprefix("private-")]
    query = select(member.c.account).where(
        member.c.collab == collab, member.c.role == Role.ADMINISTRATOR
    )
    return list(connection.execute(query).scalars())


def admins(connection: Connection) -> list[str]:
    """Who answers for the platform."""
    return list(connection.execute(select(account.c.name).where(account.c.is_admin)).scalars())


def due(connection: Connection, now: float) -> list[str]:
    """Whose news it is time to look at."""
    query = select(news.c.account).where(is_due(news.c.due_at, now)).distinct()
    return list(connection.execute(query.order_by(news.c.account)).scalars())


def of(connection: Connection, name: str) -> list[News]:
    """All news of somebody, the oldest first; nobody else takes them before this is over."""
    lock = select(account.c.name).where(account.c.name == name).with_for_update()
    connection.execute(lock)
    rows = connection.execute(select(*_COLUMNS).where(news.c.account == name).order_by(news.c.id))
    found = [dict(row._mapping) for row in rows]
    return [News(**{**row, "matter": Matter(row["matter"])}) for row in found]


def put_off(connection: Connection, name: str, until: float) -> None:
    """Look at somebody's news later."""
    connection.execute(update(news).where(news.c.account == name).values(due_at=until))


def remove(connection: Connection, told: Sequence[News]) -> None:
    """They are told."""
    for some in pieces([each.id for each in told]):
        connection.execute(delete(news).where(news.c.id.in_(some)))


def remove_all(connection: Connection) -> None:
    """Nobody will be told."""
    connection.execute(delete(news))


def going_on(connection: Connection, arrays: Iterable[int]) -> set[int]:
    """Those of these arrays that are not over."""
    first = func.coalesce(job.c.array, job.c.id)
    wanted = list(arrays)
    some = (job.c.array.in_(wanted) | job.c.id.in_(wanted), job.c.state.not_in(OVER))
    return set(connection.execute(select(first).where(*some).distinct()).scalars())
