"""What the runners of providers say and ask."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool

from neckar_jobs.errors import TooLargeError, UnknownError
from neckar_jobs.model import Link
from neckar_jobs.nmpi.jobs import shown
from neckar_jobs.nmpi.shapes import DataSet, Job, JobPatch, JobStatus, Number
from neckar_jobs.nmpi.who import Runner, TheSite
from neckar_jobs.service import foreign
from neckar_jobs.service.foreign import Report
from neckar_jobs.states import State

router = APIRouter(tags=["runners"])
LARGEST_LOG = 256 * 1024**2  # bytes
SAID: dict[JobStatus, State | None] = {
    JobStatus.SUBMITTED: State.SUBMITTED,
    JobStatus.VALIDATED: State.CLAIMED,
    JobStatus.RUNNING: State.RUNNING,
    JobStatus.MAPPED: State.CLAIMED,
    JobStatus.FINISHED: State.FINISHED,
    JobStatus.ERROR: State.FAILED,
    JobStatus.REMOVED: None,  # is not for providers to say
}


@router.get("/jobs/next/{hardware_platform}")
def take(
    request: Request,
    site: TheSite,
    user: Runner,
    hardware_platform: Annotated[str, Path(max_length=200)],
) -> Job:
    """Take the job whose turn it is. Nobody else gets it."""
    job = foreign.take(site, user, hardware_platform)
    if job is None:
        raise UnknownError(f"No queued job for {hardware_platform}")
    return shown(request, site, [job])[0]


@router.put("/jobs/{job_id}")
def report(request: Request, site: TheSite, user: Runner, job_id: Number, said: JobPatch) -> Job:
    """Say how a job goes. Saying it twice changes nothing."""
    usage = said.resource_usage
    report = Report(
        state=None if said.status is None else SAID[said.status],
        usage=None if usage is None else (usage.value, usage.units),
        provenance=said.provenance,
        outputs=() if said.output_data is None else _links(said.output_data, job_id),
        log=None if said.log is None else said.log.encode(),
    )
    return shown(request, site, [foreign.report(site, user, job_id, report)])[0]


@router.put("/jobs/{job_id}/log")
async def replace_log(request: Request, site: TheSite, user: Runner, job_id: Number) -> None:
    """Send all of a log."""
    log = await _body(request)
    await run_in_threadpool(foreign.report, site, user, job_id, Report(log=log))


@router.patch("/jobs/{job_id}/log")
async def append_log(request: Request, site: TheSite, user: Runner, job_id: Number) -> None:
    """Send what is new of a log."""
    await run_in_threadpool(foreign.append_log, site, user, job_id, await _body(request))


async def _body(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        parts.append(part)
        size += len(part)
        if size > LARGEST_LOG:
            raise TooLargeError(f"a log may have {LARGEST_LOG} bytes")
    return b"".join(parts)


def _links(data: DataSet, number: int) -> list[Link]:
    return [
        foreign.link(
            each.url,
            each.path,
            folder=f"job_{number}/",
            repository=data.repository,
            size=each.size,
            digest=each.hash,
            content_type=each.content_type,
        )
        for each in data.files
    ]
