"""Which files belong to which job; their contents are in the file store."""

from collections.abc import Sequence

from sqlalchemy import Connection, Select, delete, insert, select

from neckar_jobs.errors import UnknownError
from neckar_jobs.model import DataFile, FileKind
from neckar_jobs.store.tables import data_file


def add(connection: Connection, number: int, kind: FileKind, files: Sequence[DataFile]) -> None:
    """List files of a job; one that is listed under the same path is replaced."""
    if not files:
        return
    paths = [file.path for file in files]
    same = (data_file.c.job == number, data_file.c.kind == kind, data_file.c.path.in_(paths))
    connection.execute(delete(data_file).where(*same))
    rows = [{"job": number, "kind": kind, **vars(file)} for file in files]
    connection.execute(insert(data_file), rows)


def of(connection: Connection, number: int, kind: FileKind) -> list[DataFile]:
    """All files of one kind, in the order of their paths."""
    query = _files().where(data_file.c.job == number, data_file.c.kind == kind)
    rows = connection.execute(query.order_by(data_file.c.path))
    return [DataFile(**row._mapping) for row in rows]


def of_several(
    connection: Connection, numbers: Sequence[int], kind: FileKind
) -> dict[int, list[DataFile]]:
    """The same for several jobs at once."""
    found: dict[int, list[DataFile]] = {number: [] for number in numbers}
    query = _files().add_columns(data_file.c.job)
    query = query.where(data_file.c.job.in_(numbers), data_file.c.kind == kind)
    for row in connection.execute(query.order_by(data_file.c.path)):
        values = dict(row._mapping)
        found[values.pop("job")].append(DataFile(**values))
    return found


def get(connection: Connection, number: int, kind: FileKind, path: str) -> DataFile:
    """One file."""
    query = _files().where(
        data_file.c.job == number, data_file.c.kind == kind, data_file.c.path == path
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise UnknownError(f"job {number} has no {kind} file {path!r}")
    return DataFile(**row._mapping)


def _files() -> Select[tuple[str, int, str, str]]:
    c = data_file.c
    return select(c.path, c.size, c.sha256, c.content_type)
