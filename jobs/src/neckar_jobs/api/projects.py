"""Projects, quotas, platforms."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, status

from neckar_jobs.api.shapes import (
    Decision,
    NewProject,
    NewQuota,
    Number,
    PlatformShape,
    ProjectShape,
    ProjectText,
    QuotaShape,
)
from neckar_jobs.api.who import TheSite, Who
from neckar_jobs.service import projects
from neckar_jobs.states import Stage

router = APIRouter(prefix="/v4", tags=["projects"])
Id = Annotated[str, Path(max_length=36)]


@router.get("/projects")
def listed(
    site: TheSite,
    user: Who,
    collab: Annotated[list[str] | None, Query()] = None,
    stage: Stage | None = None,
    start: Annotated[int, Query(ge=0, lt=2**31)] = 0,
    size: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[ProjectShape]:
    """Projects of your collabs, the newest first."""
    found = projects.listed(site, user, collabs=collab, stage=stage, start=start, size=size)
    return [ProjectShape.model_validate(each) for each in found]


@router.post("/projects", status_code=status.HTTP_201_CREATED)
def ask(site: TheSite, user: Who, new: NewProject) -> ProjectShape:
    """Begin a request for resources."""
    return ProjectShape.model_validate(projects.ask(site, user, **new.model_dump()))


@router.get("/projects/{project}")
def look(site: TheSite, user: Who, project: Id) -> ProjectShape:
    """One project with its quotas."""
    return ProjectShape.model_validate(projects.look(site, user, project))


@router.put("/projects/{project}")
def write(site: TheSite, user: Who, project: Id, text: ProjectText) -> ProjectShape:
    """Say it in other words."""
    return ProjectShape.model_validate(projects.write(site, user, project, **text.model_dump()))


@router.post("/projects/{project}/hand-in")
def hand_in(site: TheSite, user: Who, project: Id) -> ProjectShape:
    """Ask for a decision."""
    return ProjectShape.model_validate(projects.hand_in(site, user, project))


@router.post("/projects/{project}/decision")
def decide(site: TheSite, user: Who, project: Id, decision: Decision) -> ProjectShape:
    """Accept or reject a project (admins)."""
    decided = projects.decide(site, user, project, accept=decision.accept)
    return ProjectShape.model_validate(decided)


@router.delete("/projects/{project}", status_code=status.HTTP_204_NO_CONTENT)
def remove(site: TheSite, user: Who, project: Id) -> None:
    """Take a request back."""
    projects.remove(site, user, project)


@router.post("/projects/{project}/quotas", status_code=status.HTTP_201_CREATED)
def grant(site: TheSite, user: Who, project: Id, new: NewQuota) -> QuotaShape:
    """Let a project use a platform (admins)."""
    granted = projects.grant(site, user, project, platform=new.platform, limit=new.limit)
    return QuotaShape.model_validate(granted)


@router.put("/quotas/{quota}")
def change_grant(
    site: TheSite,
    user: Who,
    quota: Number,
    limit: Annotated[float, Body(embed=True, ge=0, lt=1e12)],
) -> QuotaShape:
    """Grant more, or less (admins)."""
    return QuotaShape.model_validate(projects.change_grant(site, user, quota, limit))


@router.delete("/quotas/{quota}", status_code=status.HTTP_204_NO_CONTENT)
def withdraw(site: TheSite, user: Who, quota: Number) -> None:
    """Take a quota away (admins)."""
    projects.withdraw(site, user, quota)


@router.get("/platforms")
def platforms(site: TheSite) -> list[PlatformShape]:
    """What there is to compute with."""
    return [PlatformShape.model_validate(each) for each in projects.platforms(site)]


@router.put("/platforms/{name}/paused")
def pause(
    site: TheSite,
    user: Who,
    name: Annotated[str, Path(max_length=100)],
    why: Annotated[str, Body(embed=True, max_length=1000)],
) -> PlatformShape:
    """Give no more jobs to runners (admins); an empty reason goes on."""
    return PlatformShape.model_validate(projects.pause(site, user, name, why))
