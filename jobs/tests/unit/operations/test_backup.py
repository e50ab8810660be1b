from dataclasses import replace

import pytest
from sqlalchemy import func, select, text

from cast import ADA, PROVIDER, wanted
from neckar_jobs.errors import InvalidError, StateError
from neckar_jobs.files import Files
from neckar_jobs.model import Code, CodeKind, DataFile, FileKind
from neckar_jobs.operations.backup import back_up, restore
from neckar_jobs.service import claims, jobs
from neckar_jobs.site import Site
from neckar_jobs.states import State
from neckar_jobs.store.database import Database
from neckar_jobs.store.tables import metadata


@pytest.fixture
def lived(site):
    """A site with a job that is over, its log, its files and what it cost."""
    code, _ = site.files.put([b"PK archive"])
    given, size = site.files.put([b"42"])
    inputs = (DataFile(path="in.txt", size=size, sha256=given),)
    archive = Code(kind=CodeKind.ARCHIVE, text=code)
    number = jobs.submit(site, ADA, wanted(code=archive, inputs=inputs, tags=("one",))).id
    lease = claims.claim(site, PROVIDER, "r", ["Demo"])
    claims.begin(site, number, lease.key, "h")
    claims.write_log(site, number, lease.key, 0, b"\x00\xffprinted\n")
    left, size = site.files.put([b"result"])
    output = DataFile(path="out.txt", size=size, sha256=left)
    claims.put_output(site, number, lease.key, output)
    claims.end(site, number, lease.key, State.FINISHED, seconds=60.0, provenance={"a": [1]})
    jobs.submit(site, ADA, wanted())
    return site, number


def rows(database: Database) -> dict[str, int]:
    with database.reading() as c:
        count = {t.name: select(func.count()).select_from(t) for t in metadata.sorted_tables}
        return {name: c.execute(query).scalar_one() for name, query in count.items()}


def test_what_was_copied_comes_back_into_an_empty_installation(lived, tmp_path):
    site, number = lived
    copied = back_up(site.database, site.files, tmp_path / "copy.zip")
    assert (copied.contents, copied.missing) == (3, ())
    assert (tmp_path / "copy.zip").stat().st_mode & 0o077 == 0
    database, files = Database(f"sqlite:///{tmp_path / 'new.db'}"), Files(tmp_path / "new")

    assert restore(database, files, tmp_path / "copy.zip") == copied

    again = Site(database=database, files=files, clock=site.clock)
    assert rows(database) == rows(site.database)
    assert jobs.look(again, ADA, number) == jobs.look(site, ADA, number)
    assert jobs.log(again, ADA, number) == b"\x00\xffprinted\n"
    [left] = jobs.files(again, ADA, number, FileKind.OUTPUT)
    assert files.path(left.sha256).read_bytes() == b"result"
    assert jobs.submit(again, ADA, wanted()).id == number + 2
    with pytest.raises(StateError, match="restore into nothing"):
        restore(database, files, tmp_path / "copy.zip")
    database.close()


def test_a_copy_of_sqlite_is_restored_into_postgresql(lived, tmp_path, request):
    site, number = lived
    if site.database.engine.dialect.name != "sqlite":
        pytest.skip("this is about the other way round")
    back_up(site.database, site.files, tmp_path / "copy.zip")
    database = Database(request.getfixturevalue("server"))
    try:
        restore(database, Files(tmp_path / "new"), tmp_path / "copy.zip")
        again = replace(site, database=database)
        assert jobs.look(again, ADA, number) == jobs.look(site, ADA, number)
        assert jobs.submit(again, ADA, wanted()).id == number + 2
    finally:
        with database.writing() as c:
            names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
            c.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        database.close()


def test_contents_that_are_gone_are_named_and_half_a_copy_is_refused(lived, tmp_path):
    site, number = lived
    [left] = jobs.files(site, ADA, number, FileKind.OUTPUT)
    site.files.path(left.sha256).unlink()
    assert back_up(site.database, site.files, tmp_path / "copy.zip").missing == (left.sha256,)
    half = (tmp_path / "copy.zip").read_bytes()
    (tmp_path / "half.zip").write_bytes(half[: len(half) // 2])
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(InvalidError, match="no whole copy"):
        restore(database, Files(tmp_path / "new"), tmp_path / "half.zip")
    database.close()
