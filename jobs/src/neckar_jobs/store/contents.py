"""Which contents of files are named by anything."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from neckar_jobs.model import CodeKind
from neckar_jobs.store.tables import data_file, job


def needed(connection: Connection, without: Collection[int] = ()) -> set[str]:
    """Digests of everything that a job, other than those, was given or has left behind."""
    archives = select(job.c.id, job.c.code).where(job.c.code_kind == CodeKind.ARCHIVE)
    files = select(data_file.c.job, data_file.c.sha256)
    both = (connection.execute(archives), connection.execute(files))
    return {digest for rows in both for number, digest in rows if number not in without}
