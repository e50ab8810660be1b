"""Mails that are to be sent, that were, and that could not be."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from neckar_jobs.errors import UnknownError
from neckar_jobs.model import Mail, Posted
from neckar_jobs.store.due import is_any_due, is_due
from neckar_jobs.store.tables import mail

_COLUMNS = [mail.c[name] for name in Mail.__dataclass_fields__]


def put(
    connection: Connection, name: str, subject: str, text: str, at: float, address: str = ""
) -> Mail:
    """Put a mail into the outbox."""
    values: dict[str, Any] = {"account": name, "address": address, "subject": subject}
    values |= {"text": text, "posted": Posted.WAITING, "made_at": at, "attempts": 0, "trouble": ""}
    statement = insert(mail).returning(mail.c.id)
    number = connection.execute(statement, {**values, "due_at": at}).scalar_one()
    return Mail(id=number, **values)


def is_waiting(connection: Connection, now: float) -> bool:
    """Whether there is a mail to be sent."""
    return is_any_due(connection, mail.c.due_at, now)


def take_due(connection: Connection, now: float, seconds: float, most: int) -> list[Mail]:
    """Mails to be sent now; nobody else takes them for so many seconds."""
    query = select(*_COLUMNS).where(is_due(mail.c.due_at, now)).order_by(mail.c.id).limit(most)
    found = [_mail(row) for row in connection.execute(query.with_for_update(skip_locked=True))]
    taken = mail.c.id.in_([each.id for each in found])
    connection.execute(update(mail).where(taken).values(due_at=now + seconds))
    return found


def sent(connection: Connection, one: Mail) -> None:
    """A server has taken it. What it said is nobody's business any more."""
    _change(connection, one.id, posted=Posted.SENT, due_at=None, text="", trouble="")


def put_off(connection: Connection, one: Mail, due_at: float | None, trouble: str) -> None:
    """No server has taken it; try again then, or never."""
    posted = Posted.GIVEN_UP if due_at is None else Posted.WAITING
    values = {"posted": posted, "due_at": due_at, "trouble": trouble[:500]}
    _change(connection, one.id, attempts=one.attempts + 1, **values)


def again(connection: Connection, number: int, now: float) -> Mail:
    """Begin anew with a mail that could not be sent."""
    found = get(connection, number)
    values = {"posted": Posted.WAITING, "due_at": now, "attempts": 0}
    _change(connection, found.id, **values)
    return get(connection, number)


def get(connection: Connection, number: int) -> Mail:
    """One mail that is not sent."""
    unsent = (mail.c.id == number, mail.c.posted != Posted.SENT)
    row = connection.execute(select(*_COLUMNS).where(*unsent)).one_or_none()
    if row is None:
        raise UnknownError(f"no mail {number} waits or was given up")
    return _mail(row)


def remove(connection: Connection, number: int) -> None:
    """Forget a mail."""
    connection.execute(delete(mail).where(mail.c.id == get(connection, number).id))


def withdraw(connection: Connection, name: str) -> None:
    """Forget what somebody who wants no mail was to be told; not what they asked for."""
    mine = (mail.c.account == name, mail.c.address == "", mail.c.posted != Posted.SENT)
    connection.execute(delete(mail).where(*mine))


def unsent(connection: Connection, most: int) -> list[Mail]:
    """What waits and what was given up, the newest first."""
    query = select(*_COLUMNS).where(mail.c.posted != Posted.SENT).order_by(mail.c.id.desc())
    return [_mail(row) for row in connection.execute(query.limit(most))]


def counts(connection: Connection) -> dict[str, int]:
    """How many there are of each kind."""
    rows = connection.execute(select(mail.c.posted, func.count()).group_by(mail.c.posted))
    found = dict(map(tuple, rows))
    return {posted: found.get(posted, 0) for posted in Posted}


def last_made(connection: Connection, name: str) -> float | None:
    """When somebody was last told something."""
    mine = (mail.c.account == name, mail.c.address == "")
    return connection.execute(select(func.max(mail.c.made_at)).where(*mine)).scalar_one()


def made_since(connection: Connection, name: str, since: float) -> int:
    """How many mails to other addresses somebody has asked for."""
    mine = (mail.c.account == name, mail.c.address != "", mail.c.made_at > since)
    return connection.execute(select(func.count()).select_from(mail).where(*mine)).scalar_one()


def n_old(connection: Connection, before: float) -> int:
    """How many mails were made before that time, and do not wait."""
    query = select(func.count()).select_from(mail).where(*_done(before))
    return connection.execute(query).scalar_one()


def remove_old(connection: Connection, before: float) -> None:
    """Forget those."""
    connection.execute(delete(mail).where(*_done(before)))


def _done(before: float) -> tuple[ColumnElement[bool], ...]:
    return mail.c.posted != Posted.WAITING, mail.c.made_at < before


def _change(connection: Connection, number: int, **values: Any) -> None:
    connection.execute(update(mail).where(mail.c.id == number).values(**values))


def _mail(row: Any) -> Mail:
    values = dict(row._mapping)
    return Mail(**{**values, "posted": Posted(values["posted"])})
