"""Which contents of files are named by anything."""

from sqlalchemy import Connection, select

from neckar_jobs.model import CodeKind
from neckar_jobs.store.tables import data_file, job


def needed(connection: Connection) -> set[str]:
    """Digests of everything that a job was given or has left behind."""
    archives = select(job.c.code).where(job.c.code_kind == CodeKind.ARCHIVE)
    files = select(data_file.c.sha256).distinct()
    return {*connection.execute(archives).scalars(), *connection.execute(files).scalars()}
