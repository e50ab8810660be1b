"""One job: state, log, files, provenance, remarks."""

import json
from collections.abc import AsyncIterator
from difflib import unified_diff
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from neckar_jobs import policy
from neckar_jobs.api.following import Beginning
from neckar_jobs.api.jobs import follow
from neckar_jobs.api.shapes import Number
from neckar_jobs.model import CodeKind, FileKind, Job
from neckar_jobs.service import comments, jobs, projects
from neckar_jobs.service.forecast import forecast
from neckar_jobs.states import State, is_over
from neckar_jobs.web.formats import printed
from neckar_jobs.web.previews.markdown import rendered
from neckar_jobs.web.previews.tree import tree
from neckar_jobs.web.previews.view import kind_of
from neckar_jobs.web.render import page
from neckar_jobs.web.visit import SignedIn

router = APIRouter(prefix="/jobs/{number}")
PIECE = 64 * 1024  # bytes of a log that a page shows
LARGEST_PIECE = 1024 * 1024
Byte = Annotated[int | None, Query(ge=0, lt=2**53)]


@router.get("")
def look(visit: SignedIn, number: Number, log: Byte = None) -> Response:
    """Everything about one job; `log` is the byte at which what it printed is shown."""
    site, user = visit.site, visit.user
    job = jobs.look(site, user, number)
    start = max(0, job.log_size - PIECE) if log is None else min(log, job.log_size)
    data = jobs.log(site, user, number, start, PIECE)
    outputs = [(file, kind_of(file)) for file in jobs.files(site, user, number, FileKind.OUTPUT)]
    return page(
        visit,
        "job.html",
        job=job,
        over=is_over(job.state),
        steps=_steps(job),
        platform=projects.platform(site, job.platform),
        queue=forecast(site, job),
        log=printed(data),
        log_start=start,
        log_end=start + len(data),
        piece=PIECE,
        outputs=outputs,
        links_in=jobs.linked(site, user, number, FileKind.INPUT),
        links_out=jobs.linked(site, user, number, FileKind.OUTPUT),
        plotted=[file for kind in ("signals", "table") for file, k in outputs if k == kind][:3],
        inputs=jobs.files(site, user, number, FileKind.INPUT),
        provenance=None if job.provenance is None else tree(job.provenance),
        comments=[(each, rendered(each.text)) for each in comments.listed(site, user, number)],
        may_change=policy.may_change(user, job),
        may_comment=policy.may_comment(user),
    )


@router.get("/log")
def log(
    visit: SignedIn,
    number: Number,
    start: Annotated[int, Query(ge=0, lt=2**53)] = 0,
    size: Annotated[int, Query(ge=1, le=LARGEST_PIECE)] = PIECE,
) -> Response:
    """A part of what a job has printed, as a terminal shows it."""
    job = jobs.look(visit.site, visit.user, number)
    data = jobs.log(visit.site, visit.user, number, start, size)
    headers = {"X-Log-Size": str(job.log_size), "X-Log-End": str(start + len(data))}
    return Response(printed(data), media_type="text/plain; charset=utf-8", headers=headers)


@router.get("/log.txt")
def whole_log(visit: SignedIn, number: Number) -> Response:
    """All that a job has printed, as it was printed."""
    job = jobs.look(visit.site, visit.user, number)
    starts = range(0, job.log_size, LARGEST_PIECE)
    parts = (jobs.log(visit.site, visit.user, number, start, LARGEST_PIECE) for start in starts)
    headers = {"Content-Disposition": f'attachment; filename="job_{number}.log"'}
    return StreamingResponse(parts, media_type="text/plain; charset=utf-8", headers=headers)


def _visible(visit: SignedIn, number: Number) -> int:
    return jobs.look(visit.site, visit.user, number).id


@router.get("/events", response_class=EventSourceResponse)
async def events(
    request: Request,
    visit: SignedIn,
    number: Annotated[int, Depends(_visible)],
    at: Beginning,
) -> AsyncIterator[ServerSentEvent]:
    """State and log as they come."""
    async for event in follow(visit.site, request.app.state.host.state.following, number, at):
        yield event


@router.get("/diff")
def diff(visit: SignedIn, number: Number, other: Annotated[Number, Query()]) -> Response:
    """How two jobs differ."""
    site, user = visit.site, visit.user
    old, new = jobs.look(site, user, other), jobs.look(site, user, number)
    parts = [("code", _lines_of_code(old), _lines_of_code(new))]
    for name in ("command", "platform", "hardware", "parameters", "limit", "state", "provenance"):
        parts.append((name, _lines(getattr(old, name)), _lines(getattr(new, name))))
    return page(
        visit,
        "diff.html",
        old=old,
        new=new,
        parts=[(name, _changes(a, b)) for name, a, b in parts if a != b],
    )


def _steps(job: Job) -> list[tuple[str, float | None, str]]:
    """The way of a job, so far and to come: name, time, and whether that is done or now."""
    if is_over(job.state):
        between = [] if job.started_at is None else [("started", job.started_at, "done")]
        return [("submitted", job.submitted_at, "done"), *between, (job.state, job.ended_at, "now")]
    names = ("submitted", "claimed", "started", "finished")
    times = (job.submitted_at, None, job.started_at, None)
    at = {State.SUBMITTED: 0, State.CLAIMED: 1}.get(job.state, 2)
    looks = ("done",) * at + ("now",) + ("",) * (3 - at)
    return list(zip(names, times, looks, strict=True))


def _lines_of_code(job: Job) -> list[str]:
    if job.code.kind == CodeKind.TEXT:
        return job.code.text.splitlines()
    return [f"{job.code.kind}: {job.code.text} {job.code.revision or ''}".strip()]


def _lines(value: Any) -> list[str]:
    if value is None:
        return []
    plain = (
        value
        if isinstance(value, str)
        else json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    )
    return plain.splitlines()


def _changes(old: list[str], new: list[str]) -> list[tuple[str, str]]:
    """Lines with what happened to them: `+`, `-`, `@` or a blank."""
    lines = list(unified_diff(old, new, lineterm="", n=3))[2:]
    return [(line[:1] or " ", line if line.startswith("@@") else line[1:]) for line in lines]
