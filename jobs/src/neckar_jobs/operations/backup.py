"""A copy of everything in one file: the tables as of one moment, and the contents they name.

The file is a zip: `backup.json` says what it is, `tables/NAME.jsonl` holds rows in JSON, first the
names of the columns, `contents/DIGEST` what files held. It can be restored into SQLite or
PostgreSQL, whichever it came from, also by a later version.
"""

import base64
import json
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from sqlalchemy import Connection, LargeBinary, MetaData, Table, func, insert, select, text

from neckar_jobs.errors import InvalidError, StateError, UnknownError
from neckar_jobs.files import Files, blocks
from neckar_jobs.store import contents
from neckar_jobs.store.database import Database
from neckar_jobs.store.tables import metadata

FORMAT = 1
ROWS = 500  # that are written at once
VERSIONS = "alembic_version"


@dataclass(frozen=True, kw_only=True)
class Copied:
    """What went into a copy or came out of it."""

    rows: int
    contents: int
    missing: tuple[str, ...] = ()  # contents that were named and are not kept


def back_up(database: Database, files: Files, target: Path) -> Copied:
    """Write a copy while the service runs. The file is for its owner only: it holds secrets."""
    new = target.with_name(f"{target.name}.part")
    handle = os.open(new, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w+b") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bag:
            with database.snapshot() as c:
                about = {"format": FORMAT, "revision": database.revision(c)}
                bag.writestr("backup.json", json.dumps(about))
                rows = sum(_write_table(c, bag, table) for table in metadata.sorted_tables)
                named = sorted(contents.needed(c))
            missing = [digest for digest in named if not _write_content(bag, files, digest)]
        file.flush()
        os.fsync(file.fileno())
    new.replace(target)
    n_contents = len(named) - len(missing)
    return Copied(rows=rows, contents=n_contents, missing=tuple(missing))


def restore(database: Database, files: Files, source: Path) -> Copied:
    """Fill an empty installation from a copy.

    Raises:
        InvalidError: the file is no whole copy, or of a later version.
        StateError: there is something already.
    """
    try:
        with zipfile.ZipFile(source) as bag:
            about = json.loads(bag.read("backup.json"))
            if about["format"] != FORMAT:
                raise InvalidError(f"{source} is of a later version; update neckar-jobs first")
            names = [name for name in bag.namelist() if name.startswith("contents/")]
            for name in names:
                with bag.open(name) as content:
                    files.put(
                        blocks(cast(BinaryIO, content)), sha256=name.removeprefix("contents/")
                    )
            database.migrate(about["revision"])
            with database.writing() as c:
                rows = _fill(c, bag)
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise InvalidError(f"{source} is no whole copy of an installation: {error}") from None
    database.migrate()
    return Copied(rows=rows, contents=len(names))


def _write_table(c: Connection, bag: zipfile.ZipFile, table: Table) -> int:
    binary = _binary(table)
    with bag.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as file:
        _line(file, [column.name for column in table.columns])
        n = 0
        for row in c.execution_options(yield_per=ROWS).execute(select(table)):
            values = zip(row, binary, strict=True)
            _line(file, [base64.b64encode(v).decode() if b and v else v for v, b in values])
            n += 1
    return n


def _write_content(bag: zipfile.ZipFile, files: Files, digest: str) -> bool:
    try:
        source = files.open(digest)
    except UnknownError:
        return False
    entry = zipfile.ZipInfo(f"contents/{digest}")
    with source, bag.open(entry, "w", force_zip64=True) as target:
        for block in blocks(source):
            target.write(block)
    return True


def _fill(c: Connection, bag: zipfile.ZipFile) -> int:
    """Put rows into tables as they were then, which need not be those of today."""
    then = MetaData()
    then.reflect(c)
    tables = [table for table in then.sorted_tables if table.name != VERSIONS]
    for table in tables:
        if c.execute(select(func.count()).select_from(table)).scalar_one():
            raise StateError(f"there is something in {table.name} already; restore into nothing")
    n = 0
    for table in tables:
        for rows in _pieces(bag, table):
            c.execute(insert(table), rows)
            n += len(rows)
        if c.dialect.name == "postgresql" and "id" in table.columns:
            _count_on(c, table)
    return n


def _pieces(bag: zipfile.ZipFile, table: Table) -> Iterator[Sequence[Mapping[str, Any]]]:
    binary = {column.name for column, b in zip(table.columns, _binary(table), strict=True) if b}
    with bag.open(f"tables/{table.name}.jsonl") as file:
        names = json.loads(file.readline())
        rows: list[Mapping[str, Any]] = []
        for line in file:
            row = dict(zip(names, json.loads(line), strict=True))
            rows.append(row | {name: base64.b64decode(row[name]) for name in binary if row[name]})
            if len(rows) == ROWS:
                yield rows
                rows = []
        if rows:
            yield rows


def _count_on(c: Connection, table: Table) -> None:
    """Let PostgreSQL count on from the largest number."""
    name = f'"{table.name}"'
    sequence = text(f"SELECT pg_get_serial_sequence('{name}', 'id')")
    if c.execute(sequence).scalar_one() is not None:
        largest = f"(SELECT coalesce(max(id), 0) + 1 FROM {name})"
        c.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {largest}, false)"))


def _binary(table: Table) -> list[bool]:
    return [isinstance(column.type, LargeBinary) for column in table.columns]


def _line(file: IO[bytes], values: Sequence[Any]) -> None:
    file.write(json.dumps(values).encode() + b"\n")
