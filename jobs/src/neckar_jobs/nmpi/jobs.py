"""Jobs, for people and for those who run them."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Body, HTTPException, Query, Request, Response, status
from fastapi.responses import PlainTextResponse

from neckar_jobs import policy
from neckar_jobs.errors import (
    ForbiddenError,
    InvalidError,
    QuotaError,
    StateError,
    TooLargeError,
    UnknownError,
)
from neckar_jobs.model import FileKind, Submission, User
from neckar_jobs.model import Job as JobNoun
from neckar_jobs.nmpi import documents
from neckar_jobs.nmpi.shapes import (
    AcceptedJob,
    DataSet,
    Index,
    Job,
    JobStatus,
    Number,
    Several,
    Size,
    SubmittedJob,
    Tag,
)
from neckar_jobs.nmpi.who import AnyoneOrAdmin, AsAdmin, Person, TheCustoms, TheSite
from neckar_jobs.service import comments, foreign, jobs, people, projects
from neckar_jobs.site import Site
from neckar_jobs.store.jobs import Filter

router = APIRouter(tags=["jobs"])
NO_QUOTA = "You do not have sufficient compute quota to submit this job"


@router.get("/jobs")
def listed(
    request: Request,
    site: TheSite,
    user: AnyoneOrAdmin,
    status: Annotated[list[JobStatus] | None, Query()] = None,
    tags: Annotated[list[Tag] | None, Query(max_length=50)] = None,
    collab: Several = None,
    user_id: Several = None,
    hardware_platform: Several = None,
    date_range_start: date | None = None,
    date_range_end: date | None = None,
    size: Size = 10,
    from_index: Index = 0,
    as_admin: AsAdmin = False,
) -> list[Job]:
    """Jobs, the newest first: one's own, or those of collabs that one names."""
    owners = _owners(site, user, collab, user_id, hardware_platform, as_admin)
    states = [state for each in status or () for state in documents.STATES[each]]
    if status and not states:
        return []
    after, before = documents.moments(date_range_start, date_range_end)
    which = Filter(
        collabs=tuple(collab or ()),
        owners=tuple(owners or ()),
        platforms=tuple(hardware_platform or ()),
        states=tuple(states),
        tags=tuple(tags or ()),
        after=after,
        before=before,
    )
    found = jobs.listed(site, user, which, size=size, start=from_index)
    return shown(request, site, found)


@router.post("/jobs", status_code=status.HTTP_201_CREATED)
def submit(request: Request, site: TheSite, user: Person, wanted: SubmittedJob) -> AcceptedJob:
    """Put a job into the queue."""
    known = {each.name for each in projects.platforms(site)}
    may = policy.may_edit_collab(user, wanted.collab)
    policy.conceal(may, f"collab {wanted.collab!r} in which you may submit")
    if wanted.hardware_platform not in known:
        raise QuotaError(NO_QUOTA)
    submission = Submission(
        collab=wanted.collab,
        platform=wanted.hardware_platform,
        code=documents.code(site, wanted.code),
        command=wanted.command or "run.py {system}",
        hardware=wanted.hardware_config,
        tags=tuple(wanted.tags or ()),
        linked=tuple(foreign.link(each.url, each.path) for each in wanted.input_data or ()),
    )
    try:
        job = jobs.submit(site, user, submission)
    except QuotaError:
        raise QuotaError(NO_QUOTA) from None
    return AcceptedJob(**shown(request, site, [job])[0].model_dump(exclude={"output_data"}))


@router.get("/jobs/{job_id}")
def look(
    request: Request,
    site: TheSite,
    user: AnyoneOrAdmin,
    job_id: Number,
    with_comments: bool = False,
    with_log: bool = False,
) -> Job:
    """One job."""
    job = visible(site, user, job_id)
    told = shown(request, site, [job])[0]
    if with_comments:
        told.comments = [documents.comment(each) for each in comments.listed(site, user, job_id)]
    if with_log:
        told.log = _log(site, user, job)
    return told


@router.delete("/jobs/{job_id}")
def remove(site: TheSite, user: Person, job_id: Number) -> None:
    """Take a job off all lists, ending it if it is not over; as an admin, out for good."""
    visible(site, user, job_id)
    jobs.discard(site, user, job_id)
    if user.is_admin:
        with suppress(StateError):  # it has yet to stop; off the lists it is
            jobs.remove(site, user, job_id)


@router.get("/jobs/{job_id}/log", response_class=PlainTextResponse)
def log(site: TheSite, user: Person, job_id: Number) -> PlainTextResponse:
    """All that a job has printed."""
    job = visible(site, user, job_id)
    headers = {"X-Content-Type-Options": "nosniff"}
    return PlainTextResponse(_log(site, user, job), headers=headers)


@router.get("/jobs/{job_id}/output_data")
def outputs(request: Request, site: TheSite, user: Person, job_id: Number) -> DataSet:
    """What a job has left behind."""
    job = visible(site, user, job_id)
    files = foreign.files(site, [job_id], FileKind.OUTPUT)[job_id]
    return documents.data_set(site, job, base(request), files)


@router.put(
    "/jobs/{job_id}/output_data",
    response_model=DataSet,
    responses={304: {"description": "they lie there"}},
)
def keep_outputs(
    request: Request,
    site: TheSite,
    customs: TheCustoms,
    user: Person,
    job_id: Number,
    where: Annotated[DataSet, Body()],
) -> DataSet | Response:
    """Copy what a job has left elsewhere, so that it is kept here."""
    visible(site, user, job_id)
    names = (documents.STORAGE, *customs.storages)
    if where.repository not in names:
        said = f"files cannot be moved to {where.repository!r}; possible: {', '.join(names)}"
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, said)
    try:
        if not foreign.keep_outputs(site, user, job_id, customs.trusted):
            return Response(status_code=status.HTTP_304_NOT_MODIFIED)
    except UnknownError as error:
        raise HTTPException(status.HTTP_410_GONE, str(error)) from None
    except TooLargeError as error:
        raise HTTPException(status.HTTP_406_NOT_ACCEPTABLE, str(error)) from None
    return outputs(request, site, user, job_id)


def shown(request: Request, site: Site, found: Sequence[JobNoun]) -> list[Job]:
    """Jobs as documents, with their files."""
    numbers = [job.id for job in found]
    inputs = foreign.files(site, numbers, FileKind.INPUT)
    outputs = foreign.files(site, numbers, FileKind.OUTPUT)
    units = {each.name: each.units for each in projects.platforms(site)}
    where = base(request)
    return [
        documents.job(site, job, where, inputs[job.id], outputs[job.id], units) for job in found
    ]


def base(request: Request) -> str:
    """The address of this service, as the one who asks sees it."""
    return f"{request.url.scheme}://{request.url.netloc}/"


def visible(site: Site, user: User, number: int) -> JobNoun:
    """A job, or the words that clients know."""
    try:
        return jobs.look(site, user, number)
    except UnknownError:
        raise UnknownError(
            f"Either there is no job with id {number}, or you do not have access to it"
        ) from None


def _log(site: Site, user: User, job: JobNoun) -> str:
    text = jobs.log(site, user, job.id, 0, job.log_size).decode("utf-8", "replace")
    return f"{text}\n{job.reason}\n" if job.reason else text


def _owners(
    site: Site,
    user: User,
    collab: list[str] | None,
    owners: list[str] | None,
    platforms: list[str] | None,
    as_admin: bool,
) -> list[str] | None:
    """Whose jobs are meant, or why they cannot be asked for."""
    if user.platforms:
        for each in platforms or ():
            policy.require(policy.may_run(user, each), f"see the queue of {each}")
        return owners
    if as_admin:
        policy.require(user.is_admin, "see everything; the token is not one of an admin")
        return owners
    if owners and len(owners) > 1:
        raise InvalidError("name one person, or ask for collabs")
    if owners and owners[0] != user.name:
        raise ForbiddenError(f"you are {user.name!r} and not {owners[0]!r}")
    for each in collab or ():
        policy.require(people.may_view(site, user, each), f"see collab {each!r}")
    return owners if collab else [user.name]
