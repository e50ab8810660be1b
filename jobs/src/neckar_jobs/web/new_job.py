"""Write a job: code, where it runs, with which settings; checked as a whole before it goes."""

import hashlib
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Response
from starlette.concurrency import run_in_threadpool

from neckar_jobs.api.shapes import Number
from neckar_jobs.errors import InvalidError, JobsError
from neckar_jobs.files import checked_path
from neckar_jobs.model import SESSION, DataFile, FileKind, Platform, Role
from neckar_jobs.policy import own_space
from neckar_jobs.service import jobs, projects
from neckar_jobs.web import draft as drafts
from neckar_jobs.web import hardware
from neckar_jobs.web.draft import Draft
from neckar_jobs.web.gallery import companions, example, examples
from neckar_jobs.web.render import page
from neckar_jobs.web.uploads import taken
from neckar_jobs.web.visit import Form, Sent, SignedIn

router = APIRouter(prefix="/new")
BEGIN = '''"""What this experiment does."""

import sys

print("hello from", sys.argv[1])
'''


@router.get("")
def form(
    visit: SignedIn,
    clone: Annotated[Number | None, Query()] = None,
    begin: Annotated[str, Query(max_length=300)] = "",
    platform: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """An empty form, or one filled in like a job (`clone`) or an example (`begin`)."""
    site, user = visit.site, visit.user
    if clone is not None:
        job = jobs.look(site, user, clone)
        return _form(visit, drafts.of_job(job, jobs.files(site, user, clone, FileKind.INPUT)))
    found = projects.platforms(site)
    where = platform or (found[0].name if found else "")
    new = Draft(platform=where, collab=own_space(user.name), text=BEGIN)
    return _form(visit, _begun(visit, new, begin) if begin else new)


@router.post("")
async def submit(visit: SignedIn, sent: Sent) -> Response:
    """Submit what stands in the form, or check it, or show it for another platform."""
    draft = drafts.of_form(sent)
    try:
        draft = await run_sync(taken, visit.site, draft, sent, limiter=visit.disk)
    except JobsError as error:
        return await run_in_threadpool(_refused, visit, draft, error)
    return await run_in_threadpool(_submit, visit, draft, sent)


def _submit(visit: SignedIn, draft: Draft, sent: Form) -> Response:
    site, user = visit.site, visit.user
    try:
        if sent.has("choose_platform"):
            return _form(visit, draft)
        wanted, over, wrong = drafts.submission(draft, projects.platform(site, draft.platform))
        for each in draft.inputs:
            checked_path(each.path)
        wrong += jobs.check(site, user, wanted)
        if wrong or sent.has("check"):
            return _form(visit, draft, wrong=wrong, checked=True, status=422 if wrong else 200)
        if over:
            made = jobs.submit_array(site, user, wanted, over)
            said = f"{len(made)} jobs are in the queue."
            return visit.to(f"/jobs?array={made[0].id}", said=said)
        job = jobs.submit(site, user, wanted, once=_once(sent, draft))
    except JobsError as error:
        return _refused(visit, draft, error)
    return visit.to(f"/jobs/{job.id}", said=f"Job {job.id} is in the queue.")


def _refused(visit: SignedIn, draft: Draft, error: JobsError) -> Response:
    return _form(visit, draft, wrong=[str(error)], checked=True, status=error.status)


def _form(
    visit: SignedIn,
    draft: Draft,
    *,
    wrong: list[str] | None = None,
    checked: bool = False,
    status: int = 200,
) -> Response:
    platforms = [p for p in projects.platforms(visit.site) if p.system != SESSION]
    platform = _chosen(platforms, draft)
    roles = visit.user.roles
    return page(
        visit,
        "new.html",
        status=status,
        draft=replace(draft, platform=platform.name),
        once=secrets.token_urlsafe(12),
        wrong=wrong or [],
        checked=checked,
        platforms=platforms,
        platform=platform,
        fields=hardware.fields(platform.hardware),
        collabs=[
            own_space(visit.user.name),
            *sorted(name for name, role in roles.items() if role >= Role.EDITOR),
        ],
        examples=examples(_folder(visit)),
    )


def _begun(visit: SignedIn, new: Draft, name: str) -> Draft:
    """A draft of an example, which lies among its files as it does at home."""
    folder = _folder(visit)
    chosen = example(folder, name)
    if folder is None or chosen is None:
        return new
    inputs = []
    for path in companions(folder, chosen):
        sha256, size = visit.site.files.put([path.read_bytes()])
        there = f"{folder.name}/{path.relative_to(folder)}"
        inputs.append(DataFile(path=there, size=size, sha256=sha256))
    return replace(
        new,
        text=chosen.text,
        name=Path(name).stem,
        command=f"{folder.name}/{name} {{system}}",
        inputs=tuple(inputs),
    )


def _once(sent: Form, draft: Draft) -> str | None:
    """The same form with the same content, sent twice, is one job."""
    nonce = sent.line("once")
    content = hashlib.sha256(f"{nonce} {draft}".encode()).hexdigest()
    return f"page {content[:32]}" if nonce else None


def _chosen(platforms: list[Platform], draft: Draft) -> Platform:
    if not platforms:
        raise InvalidError("there is no platform yet; an admin adds them to the settings")
    return next((each for each in platforms if each.name == draft.platform), platforms[0])


def _folder(visit: SignedIn) -> Path | None:
    folder: Path | None = visit.request.app.state.examples
    return folder
