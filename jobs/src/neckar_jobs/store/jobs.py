"""Jobs in the database: put in, look up, list, change. Transactions are the caller's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    collate,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from neckar_jobs.errors import StateError, UnknownError
from neckar_jobs.model import Code, CodeKind, Comment, Job, Submission
from neckar_jobs.states import ALLOWED, State, is_over, step
from neckar_jobs.store import news, subscriptions
from neckar_jobs.store.database import pieces
from neckar_jobs.store.tables import comment, job, tag


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which jobs to list. Several values of one kind are alternatives; kinds add up."""

    collabs: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    states: tuple[State, ...] = ()
    tags: tuple[str, ...] = ()
    array: int | None = None
    text: str = ""  # in name, code or command
    after: float | None = None  # submitted at or after
    before: float | None = None
    visible_to: tuple[str, tuple[str, ...]] | None = None  # an owner, and collabs


def add(
    connection: Connection,
    submission: Submission,
    *,
    owner: str,
    limit: float,
    at: float,
    once: str | None = None,
    array: int | None = None,
) -> Job:
    """Put a job at the end of the queue."""
    values = _new(submission, owner=owner, limit=limit, at=at, once=once, array=array)
    tagged = literal(bool(submission.tags)).label("is_tagged")
    row = connection.execute(insert(job).returning(*job.c, tagged), values).one()
    if submission.tags:
        tag_with(connection, row.id, submission.tags)
    return read(connection, [row])[0]


def add_array(
    connection: Connection,
    submission: Submission,
    parameters: Sequence[Mapping[str, Any]],
    *,
    owner: str,
    limit: float,
    at: float,
) -> list[int]:
    """Put one job for each of the parameters at the end of the queue; return their numbers."""
    values = _new(submission, owner=owner, limit=limit, at=at)
    statement = insert(job).returning(job.c.id)
    first = connection.execute(statement, {**values, "parameters": parameters[0]}).scalar_one()
    rest = [{**values, "parameters": each, "array": first} for each in parameters[1:]]
    others = connection.execute(statement, rest).scalars() if rest else ()
    numbers = [first, *sorted(others)]  # databases number rows as they come
    if tags := dict.fromkeys(submission.tags):
        connection.execute(insert(tag), [{"job": n, "tag": t} for n in numbers for t in tags])
    return numbers


def _new(
    submission: Submission,
    *,
    owner: str,
    limit: float,
    at: float,
    once: str | None = None,
    array: int | None = None,
) -> dict[str, Any]:
    return {
        "owner": owner,
        "collab": submission.collab,
        "platform": submission.platform,
        "code_kind": submission.code.kind,
        "code": submission.code.text,
        "revision": submission.code.revision,
        "command": submission.command,
        "name": submission.name,
        "hardware": submission.hardware,
        "priority": submission.priority,
        "limit": limit,
        "parameters": submission.parameters,
        "array": array,
        "once": once,
        "state": State.SUBMITTED,
        "reason": "",
        "attempt": 0,
        "beat": 0,
        "submitted_at": at,
        "log_size": 0,
        "version": 1,
        "hidden": False,
    }


def get(connection: Connection, number: int, *, lock: bool = False) -> Job:
    """Look one job up; with `lock`, nobody else changes it before this transaction is over."""
    query = select(*ROW).where(job.c.id == number)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise UnknownError(f"there is no job {number}, or it is not yours to see")
    return read(connection, [row])[0]


def find_once(connection: Connection, owner: str, once: str) -> Job | None:
    """The job that the same submission has led to before."""
    query = select(*ROW).where(job.c.owner == owner, job.c.once == once)
    rows = connection.execute(query).all()
    return read(connection, rows)[0] if rows else None


def page(
    connection: Connection,
    which: Filter,
    *,
    size: int,
    below: int | None = None,
    start: int = 0,
) -> list[Job]:
    """The newest `size` jobs whose number is below `below`, without the first `start`."""
    query = _matching(connection, select(*ROW), which)
    if below is not None:
        query = query.where(job.c.id < below)
    rows = connection.execute(query.order_by(job.c.id.desc()).limit(size).offset(start)).all()
    return read(connection, rows)


def count(connection: Connection, which: Filter, *, most: int | None = None) -> int:
    """How many jobs there are of this kind; nobody counts further than `most`."""
    found = _matching(connection, select(job.c.id), which).limit(most).subquery()
    return connection.execute(select(func.count()).select_from(found)).scalar_one()


def change(connection: Connection, current: Job, **values: Any) -> Job:
    """Set columns of a job that nobody has changed since it was looked up."""
    unchanged = (job.c.id == current.id, job.c.version == current.version)
    statement = update(job).where(*unchanged).values(version=current.version + 1, **values)
    row = connection.execute(statement.returning(*ROW)).one_or_none()
    if row is None:
        raise StateError(f"job {current.id} changed while it was being changed; look again")
    return read(connection, [row])[0]


def move(connection: Connection, current: Job, wanted: State, **values: Any) -> Job:
    """Bring a job into another state, if the table of states allows it."""
    state = step(f"job {current.id}", current.state, wanted, ALLOWED)
    if is_over(state):
        subscriptions.note_end(connection, current.owner, current.id)
        news.note_end(connection, current, state, values["ended_at"])
    return change(connection, current, state=state, **values)


def remove(connection: Connection, number: int) -> None:
    """Take a job out for good, with its log, comments, tags and list of files."""
    connection.execute(delete(job).where(job.c.id == number))


def touched(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[int, int, str]]:
    """Version, size of the log and state of several jobs, for those who follow them."""
    query = select(job.c.id, job.c.version, job.c.log_size, job.c.state)
    query = query.where(job.c.id.in_(bindparam("numbers", expanding=True)))
    rows = connection.execute(query, {"numbers": list(numbers)})
    return {row.id: (row.version, row.log_size, row.state) for row in rows}


def tag_with(connection: Connection, number: int, tags: Sequence[str]) -> None:
    """Add tags; those that it has already stay."""
    present = set(connection.execute(select(tag.c.tag).where(tag.c.job == number)).scalars())
    if new := [{"job": number, "tag": each} for each in dict.fromkeys(tags) if each not in present]:
        connection.execute(insert(tag), new)


def untag(connection: Connection, number: int, tags: Sequence[str]) -> None:
    """Take tags away; those that it has not are ignored."""
    connection.execute(delete(tag).where(tag.c.job == number, tag.c.tag.in_(tags)))


def tags_of(connection: Connection, collab: str | None = None) -> list[str]:
    """All tags of visible jobs, of one collab or of all."""
    query = select(tag.c.tag).join(job, job.c.id == tag.c.job).where(job.c.hidden.is_(False))
    if collab is not None:
        query = query.where(job.c.collab == collab)
    return list(connection.execute(query.distinct().order_by(tag.c.tag)).scalars())


def add_comment(connection: Connection, number: int, author: str, text: str, at: float) -> Comment:
    """Write a remark under a job."""
    values: dict[str, Any] = {"job": number, "author": author, "text": text, "written_at": at}
    statement = insert(comment).returning(comment.c.id)
    return Comment(id=connection.execute(statement, values).scalar_one(), **values)


def comments(connection: Connection, number: int) -> list[Comment]:
    """All remarks on a job, oldest first."""
    query = select(comment).where(comment.c.job == number).order_by(comment.c.id)
    return [Comment(**row) for row in connection.execute(query).mappings()]


def get_comment(connection: Connection, number: int) -> Comment:
    """One remark."""
    row = connection.execute(select(comment).where(comment.c.id == number)).mappings().one_or_none()
    if row is None:
        raise UnknownError(f"there is no comment {number}")
    return Comment(**row)


def change_comment(connection: Connection, number: int, text: str) -> Comment:
    """Write something else."""
    connection.execute(update(comment).where(comment.c.id == number).values(text=text))
    return get_comment(connection, number)


def remove_comment(connection: Connection, number: int) -> None:
    """Take a remark away."""
    connection.execute(delete(comment).where(comment.c.id == number))


def _matching(connection: Connection, query: Select[Any], which: Filter) -> Select[Any]:
    query = query.where(job.c.hidden.is_(False))
    several = (
        (job.c.collab, which.collabs),
        (job.c.owner, which.owners),
        (job.c.platform, which.platforms),
        (job.c.state, which.states),
    )
    for column, values in several:
        if values:
            query = query.where(column.in_(values))
    if which.tags:
        query = query.where(exists().where(tag.c.job == job.c.id, tag.c.tag.in_(which.tags)))
    if which.array is not None:
        query = query.where(or_(job.c.array == which.array, job.c.id == which.array))
    if which.text:
        texts: list[ColumnElement[str]] = [job.c.name, job.c.code, job.c.command]
        if connection.dialect.name == "postgresql" and which.text.isascii():
            texts = [collate(each, "C") for each in texts]  # half the time: bytes, not characters
        query = query.where(or_(*(t.icontains(which.text, autoescape=True) for t in texts)))
    if which.after is not None:
        query = query.where(job.c.submitted_at >= which.after)
    if which.before is not None:
        query = query.where(job.c.submitted_at < which.before)
    if which.visible_to is not None:
        owner, collabs = which.visible_to
        query = query.where(or_(job.c.owner == owner, job.c.collab.in_(collabs)))
    return query


# What is asked for about a job; its tags only if there are any.
ROW = (*job.c, exists().where(tag.c.job == job.c.id).correlate(job).label("is_tagged"))


def read(connection: Connection, rows: Sequence[Row[Any]]) -> list[Job]:
    """Jobs from what was asked for as `ROW`."""
    tags = _tags(connection, [row.id for row in rows if row.is_tagged])
    return [_job(row, tuple(tags.get(row.id, ()))) for row in rows]


def _tags(connection: Connection, numbers: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for some in pieces(numbers):
        query = select(tag).where(tag.c.job.in_(some)).order_by(tag.c.tag)
        for row in connection.execute(query):
            found.setdefault(row.job, []).append(row.tag)
    return found


_COPIED: tuple[str, ...] = (
    *("id", "owner", "collab", "platform", "command", "name", "hardware", "priority", "limit"),
    *("parameters", "array", "reason", "attempt", "runner", "submitted_at", "started_at"),
    *("ended_at", "usage", "provenance", "log_size", "version", "hidden"),
)


_copied = attrgetter(*_COPIED)


def _job(row: Row[Any], tags: tuple[str, ...]) -> Job:
    code = Code(kind=CodeKind(row.code_kind), text=row.code, revision=row.revision)
    copied = dict(zip(_COPIED, _copied(row), strict=True))
    return Job(code=code, tags=tags, state=State(row.state), **copied)
