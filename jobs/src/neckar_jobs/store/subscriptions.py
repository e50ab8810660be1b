"""Who wants to be told when a job is over, and what they have not been told yet."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, delete, insert, literal, select, update

from neckar_jobs.errors import UnknownError
from neckar_jobs.model import Delivery, Subscription
from neckar_jobs.store.due import is_any_due, is_due
from neckar_jobs.store.tables import delivery, notice, subscription

KEPT = 20  # attempts at each address


@dataclass(frozen=True, kw_only=True)
class Due:
    """A message that is to be sent now."""

    id: int
    job: int
    attempts: int  # that have failed
    subscription: Subscription
    secret: str


def add(connection: Connection, owner: str, address: str, secret: str, at: float) -> Subscription:
    """Somebody wants to be told."""
    values = {"owner": owner, "address": address, "secret": secret, "created_at": at, "trouble": ""}
    statement = insert(subscription).returning(subscription.c.id)
    number = connection.execute(statement, values).scalar_one()
    return Subscription(id=number, owner=owner, address=address, created_at=at, trouble="")


def of(connection: Connection, owner: str) -> list[Subscription]:
    """What somebody wants to be told."""
    query = select(*_COLUMNS).where(subscription.c.owner == owner).order_by(subscription.c.id)
    return [Subscription(**row._mapping) for row in connection.execute(query)]


def remove(connection: Connection, owner: str, number: int) -> bool:
    """They want it no longer."""
    theirs = (subscription.c.id == number, subscription.c.owner == owner)
    return connection.execute(delete(subscription).where(*theirs)).rowcount == 1


def get(connection: Connection, owner: str, number: int) -> tuple[Subscription, str]:
    """One of somebody's, and its secret."""
    theirs = (subscription.c.id == number, subscription.c.owner == owner)
    row = connection.execute(select(*_COLUMNS, subscription.c.secret).where(*theirs)).one_or_none()
    if row is None:
        raise UnknownError(f"there is no subscription {number}, or it is not yours")
    values = dict(row._mapping)
    secret = values.pop("secret")
    return Subscription(**values), secret


def delivered(connection: Connection, new: Delivery) -> Delivery:
    """Note an attempt, and forget those that were long before."""
    values = {name: value for name, value in vars(new).items() if name != "id"}
    number = connection.execute(insert(delivery).returning(delivery.c.id), values).scalar_one()
    own = delivery.c.subscription == new.subscription
    kept = select(delivery.c.id).where(own).order_by(delivery.c.id.desc()).limit(KEPT)
    connection.execute(delete(delivery).where(own, delivery.c.id.not_in(kept)))
    return replace(new, id=number)


def deliveries(connection: Connection, numbers: Sequence[int]) -> dict[int, list[Delivery]]:
    """The last attempts at these addresses, the newest first."""
    found: dict[int, list[Delivery]] = {number: [] for number in numbers}
    query = select(delivery).where(delivery.c.subscription.in_(numbers))
    for row in connection.execute(query.order_by(delivery.c.id.desc())):
        found[row.subscription].append(Delivery(**row._mapping))
    return found


def note_end(connection: Connection, owner: str, job: int) -> None:
    """A job is over: write down who is to be told."""
    columns = ["subscription", "job", "attempts", "due_at"]
    wanted = select(subscription.c.id, literal(job), literal(0), literal(0.0))
    query = wanted.where(subscription.c.owner == owner)
    connection.execute(insert(notice).from_select(columns, query))


def is_waiting(connection: Connection, now: float) -> bool:
    """Whether there is a message to be sent."""
    return is_any_due(connection, notice.c.due_at, now)


def take_due(connection: Connection, now: float, seconds: float, most: int) -> Sequence[Due]:
    """Messages to be sent now; nobody else takes them for so many seconds."""
    query = select(notice.c.id, notice.c.job, notice.c.attempts, subscription.c.secret)
    query = query.add_columns(*(column.label(f"s_{column.name}") for column in _COLUMNS))
    query = query.join(subscription, subscription.c.id == notice.c.subscription)
    query = query.where(is_due(notice.c.due_at, now)).order_by(notice.c.id).limit(most)
    rows = connection.execute(query.with_for_update(of=notice, skip_locked=True)).all()
    taken = notice.c.id.in_([row.id for row in rows])
    connection.execute(update(notice).where(taken).values(due_at=now + seconds))
    return [_due(dict(row._mapping)) for row in rows]


def sent(connection: Connection, one: Due) -> None:
    """It has arrived."""
    connection.execute(delete(notice).where(notice.c.id == one.id))
    _say(connection, one, "")


def put_off(connection: Connection, one: Due, due_at: float | None, trouble: str) -> None:
    """It has not; try again then, or never."""
    this = notice.c.id == one.id
    if due_at is None:
        connection.execute(delete(notice).where(this))
    else:
        values = {"attempts": one.attempts + 1, "due_at": due_at}
        connection.execute(update(notice).where(this).values(**values))
    _say(connection, one, trouble)


def _say(connection: Connection, one: Due, trouble: str) -> None:
    this = subscription.c.id == one.subscription.id
    connection.execute(update(subscription).where(this).values(trouble=trouble[:500]))


def _due(row: dict[str, object]) -> Due:
    values = {name: row.pop(f"s_{name}") for name in Subscription.__dataclass_fields__}
    return Due(subscription=Subscription(**values), **row)  # type: ignore[arg-type]


_COLUMNS = [subscription.c[name] for name in Subscription.__dataclass_fields__]
