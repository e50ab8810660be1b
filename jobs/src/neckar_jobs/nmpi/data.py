"""Files of jobs at addresses that need no password, for programs that cannot send one."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import FileResponse

from neckar_jobs.api.contents import sent
from neckar_jobs.api.shapes import Digest
from neckar_jobs.identity import capability
from neckar_jobs.model import DataFile, FileKind
from neckar_jobs.nmpi.shapes import Number
from neckar_jobs.nmpi.who import TheSite
from neckar_jobs.service import foreign

router = APIRouter(prefix="/data/{word}", tags=["files"], include_in_schema=False)
Word = Annotated[str, Path(max_length=100)]


@router.api_route("/archive/{sha256}/code.zip", methods=["GET", "HEAD"])
def archive(site: TheSite, word: Word, sha256: Annotated[Digest, Path()]) -> FileResponse:
    """The code of a job that came as an archive."""
    capability.check(site, word, f"archive/{sha256}")
    path = site.files.path(sha256)
    return sent(site, DataFile(path="code.zip", size=path.stat().st_size, sha256=sha256))


@router.api_route("/{kind}/{number}/{path:path}", methods=["GET", "HEAD"])
def file(site: TheSite, word: Word, kind: FileKind, number: Number, path: str) -> FileResponse:
    """A file that a job was given or has left behind."""
    capability.check(site, word, f"{kind}/{number}/{path}")
    return sent(site, foreign.file(site, number, kind, path))
