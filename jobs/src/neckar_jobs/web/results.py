"""Files of jobs: shown where that is safe, sent as what they are, never trusted."""

from urllib.parse import quote

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, JSONResponse, StreamingResponse

from neckar_jobs.api.contents import SAFE, SHOWN, packed, zipped
from neckar_jobs.api.shapes import Number
from neckar_jobs.errors import UnknownError
from neckar_jobs.model import DataFile, FileKind
from neckar_jobs.service import crate as crates
from neckar_jobs.service import jobs
from neckar_jobs.web.previews.view import preview, series
from neckar_jobs.web.render import page
from neckar_jobs.web.visit import SignedIn

router = APIRouter(prefix="/jobs/{number}")


@router.get("/files/{kind}/{path:path}")
def show(visit: SignedIn, number: Number, kind: FileKind, path: str) -> Response:
    """A page with a file, as far as it can be shown."""
    file = jobs.file(visit.site, visit.user, number, kind, path)
    return page(
        visit,
        "file.html",
        job=jobs.look(visit.site, visit.user, number),
        file=file,
        kind=kind,
        shown=preview(visit.site.files.path(file.sha256), file),
    )


@router.get("/data/{kind}/{path:path}")
def data(visit: SignedIn, number: Number, kind: FileKind, path: str) -> Response:
    """The numbers behind the plot of a file."""
    file = jobs.file(visit.site, visit.user, number, kind, path)
    found = series(visit.site.files.path(file.sha256), file)
    if found is None:
        raise UnknownError(f"{path!r} holds nothing that can be plotted")
    return JSONResponse(found)


@router.get("/raw/{kind}/{path:path}", response_class=FileResponse)
def raw(visit: SignedIn, number: Number, kind: FileKind, path: str) -> FileResponse:
    """A file as it is. Pictures can be embedded; nothing can act."""
    file = jobs.file(visit.site, visit.user, number, kind, path)
    return sent(visit, file)


@router.get("/outputs.zip", response_class=StreamingResponse)
def everything(visit: SignedIn, number: Number) -> StreamingResponse:
    """All files that a job has left behind."""
    files = jobs.files(visit.site, visit.user, number, FileKind.OUTPUT)
    headers = {"Content-Disposition": f'attachment; filename="job_{number}.zip"'}
    return StreamingResponse(
        zipped(visit.site, files), media_type="application/zip", headers=headers
    )


@router.get("/crate.zip", response_class=StreamingResponse)
def crate(visit: SignedIn, number: Number) -> StreamingResponse:
    """The job with everything that belongs to it and a description, as an RO-Crate."""
    found = crates.contents(visit.site, visit.user, number)
    headers = {"Content-Disposition": f'attachment; filename="job_{number}.crate.zip"'}
    parts = packed(crates.parts(visit.site, visit.user, found))
    return StreamingResponse(parts, media_type="application/zip", headers=headers)


def sent(visit: SignedIn, file: DataFile) -> FileResponse:
    """Always to be saved, never to be opened: a picture in a page is not affected by that."""
    name = quote(file.path.rsplit("/", 1)[-1])
    headers = {**SAFE, "Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    embeddable = file.content_type in (*SHOWN, "image/svg+xml")
    kind = file.content_type if embeddable else "application/octet-stream"
    return FileResponse(visit.site.files.path(file.sha256), media_type=kind, headers=headers)
