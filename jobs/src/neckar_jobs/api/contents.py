"""Contents of files, in and out."""

import zipfile
from collections.abc import Iterable, Iterator
from typing import IO, Annotated, cast
from urllib.parse import quote

from anyio import CancelScope, CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Request, Response, status
from fastapi.responses import FileResponse, StreamingResponse

from neckar_jobs import policy
from neckar_jobs.api.shapes import Digest, Number
from neckar_jobs.api.who import TheSite, Who
from neckar_jobs.errors import UnknownError
from neckar_jobs.files import blocks
from neckar_jobs.model import DataFile, FileKind
from neckar_jobs.service import crate, jobs
from neckar_jobs.site import Site

router = APIRouter(prefix="/v4", tags=["files"])
SHOWN = ("image/png", "image/jpeg", "image/gif", "image/webp", "text/plain")
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
}


@router.put("/contents/{sha256}", status_code=status.HTTP_201_CREATED)
async def upload(
    request: Request, site: TheSite, user: Who, sha256: Annotated[Digest, Path()]
) -> dict[str, int]:
    """Bring a content that a submission will name by its digest."""
    policy.require(policy.may_comment(user), "upload files")
    _, size = await receive(site, request, sha256)
    return {"size": size}


@router.head("/contents/{sha256}")
def is_there(site: TheSite, user: Who, sha256: Annotated[Digest, Path()]) -> Response:
    """Whether this content need not be sent any more."""
    policy.require(policy.may_comment(user), "upload files")
    if not site.files.has(sha256):
        raise UnknownError(f"the content {sha256[:12]}… is not kept here")
    return Response()


@router.get("/jobs/{number}/files/{kind}/{path:path}", response_class=FileResponse)
def download(site: TheSite, user: Who, number: Number, kind: FileKind, path: str) -> FileResponse:
    """One file of a job."""
    return sent(site, jobs.file(site, user, number, kind, path))


@router.get("/jobs/{number}/outputs.zip", response_class=StreamingResponse)
def download_all(site: TheSite, user: Who, number: Number) -> StreamingResponse:
    """All files that a job has left behind."""
    files = jobs.files(site, user, number, FileKind.OUTPUT)
    headers = {"Content-Disposition": f'attachment; filename="job_{number}.zip"'}
    return StreamingResponse(zipped(site, files), media_type="application/zip", headers=headers)


@router.get("/jobs/{number}/crate.zip", response_class=StreamingResponse)
def download_crate(site: TheSite, user: Who, number: Number) -> StreamingResponse:
    """A job with everything that belongs to it and a description of it all, as an RO-Crate."""
    found = crate.contents(site, user, number)
    headers = {"Content-Disposition": f'attachment; filename="job_{number}.crate.zip"'}
    parts = crate.parts(site, user, found)
    return StreamingResponse(packed(parts), media_type="application/zip", headers=headers)


def sent(site: Site, file: DataFile) -> FileResponse:
    """A file of a user: never trusted, shown only where it can do no harm."""
    disposition = "inline" if file.content_type in SHOWN else "attachment"
    name = quote(file.path.rsplit("/", 1)[-1])
    headers = {**SAFE, "Content-Disposition": f"{disposition}; filename*=UTF-8''{name}"}
    shown = file.content_type if disposition == "inline" else "application/octet-stream"
    return FileResponse(site.files.path(file.sha256), media_type=shown, headers=headers)


async def receive(site: Site, request: Request, sha256: str | None) -> tuple[str, int]:
    """Keep the body of a request; return its digest and size."""
    disk: CapacityLimiter = request.app.state.disk  # a slow one takes no thread from others
    new = await run_sync(site.files.begin, limiter=disk)
    try:
        async for block in request.stream():
            await run_sync(new.write, block, limiter=disk)
        return await run_sync(new.keep, sha256, limiter=disk)
    finally:
        with CancelScope(shield=True):
            await run_sync(new.drop, limiter=disk)


class _Pipe:
    """Lets a zip be written that nobody keeps: a file that only goes forward."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._written = 0

    def write(self, data: bytes) -> int:
        """Add bytes."""
        self._parts.append(bytes(data))
        self._written += len(data)
        return len(data)

    def tell(self) -> int:
        """How many bytes there were."""
        return self._written

    def flush(self) -> None:
        """There is nothing behind this."""

    def taken(self) -> bytes:
        """What was written since the last time."""
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def zipped(site: Site, files: list[DataFile]) -> Iterator[bytes]:
    """Files in one archive, piece by piece."""
    return packed((file.path, _content(site, file)) for file in files)


def packed(parts: Iterable[tuple[str, Iterator[bytes]]]) -> Iterator[bytes]:
    """Contents under their names in one archive, piece by piece."""
    pipe = _Pipe()
    with zipfile.ZipFile(cast(IO[bytes], pipe), "w", zipfile.ZIP_DEFLATED) as bag:
        for name, content in parts:
            with bag.open(name, "w", force_zip64=True) as target:
                for block in content:
                    target.write(block)
                    yield pipe.taken()
    yield pipe.taken()


def _content(site: Site, file: DataFile) -> Iterator[bytes]:
    with site.files.open(file.sha256) as source:
        yield from blocks(source)
