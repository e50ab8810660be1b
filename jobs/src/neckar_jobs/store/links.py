"""Files of jobs that lie elsewhere, by their addresses."""

from collections.abc import Sequence

from sqlalchemy import Connection, Select, delete, insert, select

from neckar_jobs.model import FileKind, Link
from neckar_jobs.store.tables import link


def add(connection: Connection, number: int, kind: FileKind, new: Sequence[Link]) -> None:
    """List files; one that is listed under the same address is replaced."""
    if not new:
        return
    urls = [each.url for each in new]
    same = (link.c.job == number, link.c.kind == kind, link.c.url.in_(urls))
    connection.execute(delete(link).where(*same))
    rows = [{"job": number, "kind": kind, **vars(each)} for each in new]
    connection.execute(insert(link), rows)


def of(connection: Connection, numbers: Sequence[int], kind: FileKind) -> dict[int, list[Link]]:
    """All files of one kind of several jobs, in the order in which they were listed."""
    found: dict[int, list[Link]] = {number: [] for number in numbers}
    query = _links().where(link.c.job.in_(numbers), link.c.kind == kind)
    for row in connection.execute(query.order_by(link.c.id)):
        values = dict(row._mapping)
        found[values.pop("job")].append(Link(**values))
    return found


def remove(connection: Connection, number: int, kind: FileKind) -> None:
    """Forget all of one kind."""
    connection.execute(delete(link).where(link.c.job == number, link.c.kind == kind))


def _links() -> Select[tuple[int, str, str, str, int | None, str | None, str | None]]:
    c = link.c
    return select(c.job, c.url, c.path, c.repository, c.size, c.digest, c.content_type)
