"""Jobs: submit, look, follow, change."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response, status
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from neckar_jobs.api.following import Beginning, Following, Standing, log_part
from neckar_jobs.api.shapes import (
    ArrayShape,
    CommentShape,
    FileShape,
    JobShape,
    Number,
    Page,
    SubmissionShape,
    TagsShape,
    TextShape,
    answer,
    job_shape,
)
from neckar_jobs.api.who import TheSite, Who
from neckar_jobs.model import FileKind, Job
from neckar_jobs.service import comments, jobs
from neckar_jobs.service.forecast import Forecast, forecast
from neckar_jobs.site import Site
from neckar_jobs.states import State
from neckar_jobs.store import jobs as store
from neckar_jobs.store.jobs import Filter

router = APIRouter(prefix="/v4/jobs", tags=["jobs"])
Several = Annotated[list[str], Query(max_length=50)]
Key = Annotated[str | None, Header(max_length=100, description="the same key, the same job")]


@router.post("", status_code=status.HTTP_201_CREATED, response_model=JobShape)
def submit(
    site: TheSite, user: Who, wanted: SubmissionShape, idempotency_key: Key = None
) -> Response:
    """Put a job into the queue."""
    job = jobs.submit(site, user, wanted.submission(), once=idempotency_key)
    return answer(job_shape(job, forecast(site, job)), status.HTTP_201_CREATED)


@router.post("/arrays", status_code=status.HTTP_201_CREATED, response_model=Page[JobShape])
def submit_array(site: TheSite, user: Who, wanted: ArrayShape) -> Response:
    """Put one job for every combination of parameters into the queue."""
    made = jobs.submit_array(site, user, wanted.submission(), wanted.over)
    items = [job_shape(job) for job in made]
    return answer(Page[JobShape](items=items, total=len(made)), status.HTTP_201_CREATED)


@router.get("", response_model=Page[JobShape])
def listed(
    site: TheSite,
    user: Who,
    collab: Several = [],  # noqa: B006  (never changed; FastAPI copies it)
    owner: Several = [],  # noqa: B006
    platform: Several = [],  # noqa: B006
    state: Annotated[list[State], Query()] = [],  # noqa: B006
    tag: Several = [],  # noqa: B006
    array: Number | None = None,
    text: Annotated[str, Query(max_length=200)] = "",
    size: Annotated[int, Query(ge=1, le=200)] = 20,
    after: Annotated[Number | None, Query(description="`next` of the page before")] = None,
    total: bool = False,
) -> Response:
    """Jobs that you may see, the newest first."""
    which = Filter(
        collabs=tuple(collab),
        owners=tuple(owner),
        platforms=tuple(platform),
        states=tuple(state),
        tags=tuple(tag),
        array=array,
        text=text,
    )
    found = jobs.listed(site, user, which, size=size + 1, below=after)
    items = [job_shape(job) for job in found[:size]]
    more = found[size - 1].id if len(found) > size else None
    number = jobs.counted(site, user, which) if total else None
    return answer(Page[JobShape](items=items, next=more, total=number))


@router.get("/{number}", response_model=JobShape)
def look(site: TheSite, user: Who, number: Number) -> Response:
    """One job."""
    job = jobs.look(site, user, number)
    return answer(job_shape(job, forecast(site, job)))


@router.post("/{number}/cancel")
def cancel(site: TheSite, user: Who, number: Number) -> JobShape:
    """End a job early."""
    return job_shape(jobs.cancel(site, user, number))


@router.post("/{number}/retry", status_code=status.HTTP_201_CREATED)
def retry(site: TheSite, user: Who, number: Number) -> JobShape:
    """Submit a job that is over once more, as it was."""
    return job_shape(jobs.retry(site, user, number))


@router.delete("/{number}", status_code=status.HTTP_204_NO_CONTENT)
def hide(site: TheSite, user: Who, number: Number, for_good: bool = False) -> None:
    """Take a job that is over off all lists, or, as an admin, out for good."""
    (jobs.remove if for_good else jobs.hide)(site, user, number)


@router.patch("/{number}/tags")
def tag(site: TheSite, user: Who, number: Number, tags: TagsShape) -> JobShape:
    """Put tags on a job and take others off."""
    return job_shape(jobs.tag(site, user, number, tags.add, tags.drop))


@router.get("/{number}/comments")
def list_comments(site: TheSite, user: Who, number: Number) -> list[CommentShape]:
    """What people said about a job."""
    return [CommentShape.model_validate(each) for each in comments.listed(site, user, number)]


@router.post("/{number}/comments", status_code=status.HTTP_201_CREATED)
def write_comment(site: TheSite, user: Who, number: Number, new: TextShape) -> CommentShape:
    """Say something about a job, in Markdown."""
    return CommentShape.model_validate(comments.write(site, user, number, new.text))


@router.put("/{number}/comments/{comment}")
def change_comment(
    site: TheSite, user: Who, number: Number, comment: Number, new: TextShape
) -> CommentShape:
    """Say something else."""
    return CommentShape.model_validate(comments.change(site, user, number, comment, new.text))


@router.delete("/{number}/comments/{comment}", status_code=status.HTTP_204_NO_CONTENT)
def remove_comment(site: TheSite, user: Who, number: Number, comment: Number) -> None:
    """Take back what was said."""
    comments.remove(site, user, number, comment)


@router.get("/{number}/log", response_class=Response)
def log(
    site: TheSite, user: Who, number: Number, start: Annotated[int, Query(ge=0, lt=2**53)] = 0
) -> Response:
    """A part of what a job has printed, from byte `start`; X-Log-Size tells how much there is."""
    job = jobs.look(site, user, number)
    data = jobs.log(site, user, number, start, 4 * 1024 * 1024)
    headers = {"X-Log-Size": str(job.log_size), "X-Content-Type-Options": "nosniff"}
    return Response(data, media_type="text/plain; charset=utf-8", headers=headers)


@router.get("/{number}/files/{kind}")
def files(site: TheSite, user: Who, number: Number, kind: FileKind) -> list[FileShape]:
    """What a job was given (input) or has left behind (output)."""
    return [FileShape.model_validate(file) for file in jobs.files(site, user, number, kind)]


def _visible(site: TheSite, user: Who, number: Number) -> int:
    """The number of a job that may be seen; asked before anything is answered."""
    return jobs.look(site, user, number).id


@router.get("/{number}/events", response_class=EventSourceResponse)
async def events(
    request: Request,
    site: TheSite,
    number: Annotated[int, Depends(_visible)],
    at: Beginning,
) -> AsyncIterator[ServerSentEvent]:
    """State and log of a job as they come, until it is over.

    Events: `job` with the job, `log` with text. The id of an event is the byte at which the log
    goes on, so that a browser that comes back misses nothing.
    """
    async for event in follow(site, request.app.state.following, number, at):
        yield event


async def follow(
    site: Site, following: Following, number: int, at: int
) -> AsyncIterator[ServerSentEvent]:
    """What happens to a job from now on, with its log from byte `at`."""
    async for standing in following.changes(number):
        async for event in _told(site, number, at, standing):
            if event.event == "log":
                at = int(event.id or at)
            yield event


async def _told(
    site: Site, number: int, at: int, standing: Standing
) -> AsyncIterator[ServerSentEvent]:
    while at < standing[1] and (data := await run_in_threadpool(log_part, site, number, at)):
        at += len(data)
        yield ServerSentEvent(event="log", data=data.decode("utf-8", "replace"), id=str(at))
    job, place = await run_in_threadpool(_with_place, site, number)
    yield ServerSentEvent(event="job", data=job_shape(job, place), id=str(at))


def _with_place(site: Site, number: int) -> tuple[Job, Forecast | None]:
    with site.database.reading() as c:
        job = store.get(c, number)
    return job, forecast(site, job)
