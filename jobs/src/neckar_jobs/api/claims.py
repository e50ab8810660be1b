"""Runners: take a job, show that one lives, bring back what it left."""

from typing import Annotated, Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, Query, Request, Response, status
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool

from neckar_jobs import policy
from neckar_jobs.api.contents import receive
from neckar_jobs.api.shapes import (
    BeginShape,
    ClaimShape,
    Digest,
    EndShape,
    FileShape,
    JobShape,
    LeaseShape,
    LinkShape,
    LiveShape,
    LogShape,
    Number,
    answer,
    job_shape,
)
from neckar_jobs.api.who import TheSite, Who
from neckar_jobs.errors import LeaseError
from neckar_jobs.files import checked_path
from neckar_jobs.model import DataFile, Lease, User
from neckar_jobs.service import claims
from neckar_jobs.site import Site

router = APIRouter(prefix="/v4/claims", tags=["runners"])
Key = Annotated[str, Header(alias="lease", max_length=100)]


@router.post("", responses={204: {"description": "nothing to do"}}, response_model=LeaseShape)
async def claim(request: Request, site: TheSite, user: Who, wanted: ClaimShape) -> Response:
    """Take the job whose turn it is."""
    few: CapacityLimiter = request.app.state.claiming  # however many runners want jobs now
    return await run_sync(_claim, site, user, wanted, limiter=few)


def _claim(site: Site, user: User, wanted: ClaimShape) -> Response:
    lease = claims.claim(site, user, wanted.runner, wanted.platforms)
    if lease is None:
        return Response(status_code=status.HTTP_204_NO_CONTENT)
    return answer(_shape(lease))


@router.post("/{number}/begin", response_model=JobShape)
def begin(site: TheSite, user: Who, number: Number, lease: Key, how: BeginShape) -> Response:
    """Say that the command has been started."""
    _runs(user)
    return answer(job_shape(claims.begin(site, number, lease, how.handle)))


@router.post("/{number}/live", response_model=JobShape)
def live(
    site: TheSite, user: Who, number: Number, lease: Key, so_far: LiveShape | None = None
) -> Response:
    """Renew a lease; a job that is `stopping` should stop.

    What a session has used so far is charged; one that has used up its quota should stop.
    """
    _runs(user)
    going = None if so_far is None else so_far.noun()
    return answer(job_shape(claims.live(site, number, lease, going)))


@router.post("/{number}/log")
async def write_log(
    request: Request,
    site: TheSite,
    user: Who,
    number: Number,
    lease: Key,
    offset: Annotated[int, Query(ge=0, lt=2**53)],
) -> LogShape:
    """Add bytes to the log at `offset`; what is there already is skipped."""
    _runs(user)
    data = await request.body()
    size = await run_in_threadpool(claims.write_log, site, number, lease, offset, data)
    return LogShape(size=size)


@router.put("/{number}/output/{path:path}")
async def put_output(
    request: Request, site: TheSite, user: Who, number: Number, lease: Key, path: str
) -> FileShape:
    """Bring a file that the job has left behind."""
    _runs(user)
    path = checked_path(path)
    await run_in_threadpool(claims.live, site, number, lease)
    kind = request.headers.get("content-type", "application/octet-stream")[:200]
    sha256, size = await receive(site, request, None)
    file = DataFile(path=path, size=size, sha256=sha256, content_type=kind)
    await run_in_threadpool(claims.put_output, site, number, lease, file)
    return FileShape.model_validate(file)


@router.get("/{number}/contents/{sha256}", response_class=FileResponse)
def content(site: TheSite, user: Who, number: Number, lease: Key, sha256: Digest) -> FileResponse:
    """The archive or an input of the job."""
    _runs(user)
    if not claims.needs(site, number, lease, sha256):
        raise LeaseError(f"job {number} has no content {sha256[:12]}…")
    return FileResponse(site.files.path(sha256), media_type="application/octet-stream")


@router.post("/{number}/end", response_model=JobShape)
def end(site: TheSite, user: Who, number: Number, lease: Key, how: EndShape) -> Response:
    """Say how the job ended."""
    _runs(user)
    return answer(job_shape(claims.end(site, number, lease, how.state, **_rest(how))))


def _rest(how: EndShape) -> dict[str, Any]:
    return {"reason": how.reason, "seconds": how.seconds, "provenance": how.provenance}


def _runs(user: User) -> None:
    policy.require(bool(user.platforms), "run jobs; this is for the keys of providers")


def _shape(lease: Lease) -> LeaseShape:
    return LeaseShape(
        job=job_shape(lease.job),
        key=lease.key,
        seconds=lease.seconds,
        inputs=[FileShape.model_validate(file) for file in lease.inputs],
        linked=[LinkShape.model_validate(link) for link in lease.linked],
        stale=lease.stale,
    )
