"""Projects, quotas, platforms."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, status

from neckar_jobs.api.shapes import (
    Decision,
    MaintenanceShape,
    MaintenanceText,
    NewProject,
    NewQuota,
    Number,
    PlatformShape,
    ProjectShape,
    ProjectText,
    QuotaShape,
)
from neckar_jobs.api.who import TheSite, Who
from neckar_jobs.service import notices, projects
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


@router.put("/platforms/{name}/draining")
def drain(
    site: TheSite,
    user: Who,
    name: Annotated[str, Path(max_length=100)],
    why: Annotated[str, Body(embed=True, max_length=1000)],
) -> PlatformShape:
    """Take in no more jobs while those that wait still run (admins); an empty reason goes on."""
    return PlatformShape.model_validate(projects.drain(site, user, name, why))


@router.get("/maintenance")
def announced(site: TheSite) -> list[MaintenanceShape]:
    """When which platform may not be there; what is over is left out."""
    return [MaintenanceShape.model_validate(each) for each in notices.announced(site)]


@router.post("/maintenance", status_code=status.HTTP_201_CREATED)
def announce(site: TheSite, user: Who, new: MaintenanceText) -> MaintenanceShape:
    """Say when a platform may not be there (admins)."""
    begins, ends = new.begins_at.timestamp(), new.ends_at.timestamp()
    made = notices.announce(site, user, new.platform, begins, ends, new.text)
    return MaintenanceShape.model_validate(made)


@router.delete("/maintenance/{number}", status_code=status.HTTP_204_NO_CONTENT)
def take_back(site: TheSite, user: Who, number: Number) -> None:
    """Remove an announcement (admins)."""
    notices.take_back(site, user, number)
