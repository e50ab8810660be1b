"""Requests for resources, and what was granted."""

import math
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from neckar_jobs import policy
from neckar_jobs.api.shapes import Number
from neckar_jobs.errors import InvalidError
from neckar_jobs.model import Role
from neckar_jobs.policy import own_space
from neckar_jobs.service import projects
from neckar_jobs.states import Stage
from neckar_jobs.web.render import page
from neckar_jobs.web.visit import Form, Sent, SignedIn

router = APIRouter(prefix="/projects")
Id = Annotated[str, Path(max_length=36)]
SIZE = 50


@router.get("")
def listed(
    visit: SignedIn,
    stage: Annotated[str, Query(max_length=20)] = "",
    start: Annotated[int, Query(ge=0, lt=2**31)] = 0,
) -> Response:
    """Projects of one's collabs, the newest first."""
    wanted = Stage(stage) if stage in set(Stage) else None
    found = projects.listed(visit.site, visit.user, stage=wanted, start=start, size=SIZE + 1)
    return page(
        visit,
        "projects.html",
        projects=found[:SIZE],
        stage=stage,
        start=start,
        following=start + SIZE if len(found) > SIZE else None,
    )


@router.get("/new")
def form(visit: SignedIn, collab: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Where one asks for resources."""
    spaces = [own_space(visit.user.name)]
    spaces += sorted(n for n, role in visit.user.roles.items() if role >= Role.EDITOR)
    return page(
        visit,
        "project_new.html",
        collabs=spaces,
        collab=collab,
        platforms=projects.platforms(visit.site),
    )


@router.post("/new")
def ask(visit: SignedIn, sent: Sent) -> Response:
    """Begin a request, and hand it in if that is wanted."""
    site, user = visit.site, visit.user
    new = projects.ask(site, user, collab=sent.line("collab"), **_text(sent))
    if sent.has("hand_in"):
        projects.hand_in(site, user, new.id)
        return visit.to(f"/projects/{new.id}", said="Your request is with the admins.")
    return visit.to(
        f"/projects/{new.id}", said="Your request is kept; hand it in when it is ready."
    )


@router.get("/{project}")
def look(visit: SignedIn, project: Id) -> Response:
    """One project with its quotas."""
    found = projects.look(visit.site, visit.user, project)
    return page(
        visit,
        "project.html",
        project=found,
        may_edit=policy.may_edit_project(visit.user, found),
        may_decide=policy.may_administer(visit.user),
        platforms=projects.platforms(visit.site),
    )


@router.post("/{project}")
def write(visit: SignedIn, sent: Sent, project: Id) -> Response:
    """Say it in other words."""
    projects.write(visit.site, visit.user, project, **_text(sent))
    return visit.to(f"/projects/{project}", said="Saved.")


@router.post("/{project}/hand-in")
def hand_in(visit: SignedIn, sent: Sent, project: Id) -> Response:
    """Ask for a decision."""
    del sent
    projects.hand_in(visit.site, visit.user, project)
    return visit.to(f"/projects/{project}", said="Your request is with the admins.")


@router.post("/{project}/decision")
def decide(visit: SignedIn, sent: Sent, project: Id) -> Response:
    """Accept or reject (admins)."""
    found = projects.decide(visit.site, visit.user, project, accept=sent.has("accept"))
    return visit.to(f"/projects/{project}", said=f"The project is {found.stage}.")


@router.post("/{project}/remove")
def remove(visit: SignedIn, sent: Sent, project: Id) -> Response:
    """Take a request back."""
    del sent
    projects.remove(visit.site, visit.user, project)
    return visit.to("/projects", said="The project is gone.")


@router.post("/{project}/quotas")
def grant(visit: SignedIn, sent: Sent, project: Id) -> Response:
    """Let it use a platform (admins)."""
    limit = amount(sent, "limit")
    projects.grant(visit.site, visit.user, project, platform=sent.line("platform"), limit=limit)
    return visit.to(f"/projects/{project}", said="Granted.")


@router.post("/{project}/quotas/{quota}")
def change_grant(visit: SignedIn, sent: Sent, project: Id, quota: Number) -> Response:
    """Grant more or less, or nothing any more (admins)."""
    if sent.has("withdraw"):
        projects.withdraw(visit.site, visit.user, quota)
    else:
        projects.change_grant(visit.site, visit.user, quota, amount(sent, "limit"))
    return visit.to(f"/projects/{project}", said="The quota is changed.")


def amount(sent: Form, name: str) -> float:
    """A quantity that was typed."""
    text = sent.line(name)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < 1e12:
        raise InvalidError(f"{text[:40]!r} is no amount; give a number from 0 on")
    return value


def _text(sent: Form) -> dict[str, str]:
    title = sent.line("title")
    if not 1 <= len(title) <= 200:
        raise InvalidError("a project has a title of 1 to 200 characters")
    return {
        "title": title,
        "abstract": sent.text("abstract")[:10_000],
        "description": sent.text("description")[:100_000],
    }
