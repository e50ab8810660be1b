"""Projects, quotas and the collabs that have them."""

from uuid import UUID

from fastapi import APIRouter, status
from fastapi.responses import JSONResponse

from neckar_jobs import policy
from neckar_jobs.accounting import converted
from neckar_jobs.errors import ForbiddenError, InvalidError, UnknownError
from neckar_jobs.model import Quota as QuotaNoun
from neckar_jobs.model import Role, User
from neckar_jobs.nmpi import documents
from neckar_jobs.nmpi.shapes import (
    Index,
    Number,
    Project,
    ProjectStatus,
    ProjectSubmission,
    ProjectUpdate,
    Quota,
    QuotaSubmission,
    QuotaUpdate,
    Several,
    Size,
)
from neckar_jobs.nmpi.who import Admin, Anyone, AnyoneOrAdmin, AsAdmin, Person, TheSite
from neckar_jobs.service import projects
from neckar_jobs.site import Site
from neckar_jobs.states import Stage

router = APIRouter(tags=["projects"])


@router.get("/projects")
def listed(
    site: TheSite,
    user: AnyoneOrAdmin,
    status: ProjectStatus | None = None,
    collab: Several = None,
    owner: Several = None,
    size: Size = 10,
    from_index: Index = 0,
) -> list[Project]:
    """Requests for resources: those of one's own collabs, or, to a provider, accepted ones."""
    if user.platforms:
        return _granted(site, user, status, collab)[from_index : from_index + size]
    if owner and not user.is_admin and owner != [user.name]:
        raise ForbiddenError(f"you are {user.name!r} and may not ask for projects of others")
    for each in collab or ():
        may = user.is_admin or policy.may_edit_collab(user, each)
        policy.require(may, f"speak for collab {each!r}")
    collabs = collab if collab or user.is_admin else _edited(user)
    stage = None if status is None else Stage(status)
    found = projects.listed(
        site, user, collabs=collabs, owners=owner, stage=stage, start=from_index, size=size
    )
    return [documents.project(each) for each in found]


@router.post("/projects", status_code=status.HTTP_201_CREATED)
def ask(site: TheSite, user: Person, new: ProjectSubmission) -> Project:
    """Begin a request for resources, or hand it in at once."""
    text = new.model_dump(include={"collab", "title", "abstract", "description"})
    made = projects.ask(site, user, **text)
    if new.status == ProjectStatus.UNDER_REVIEW:
        made = projects.hand_in(site, user, made.id)
    return documents.project(made)


@router.get("/projects/{project_id}")
def look(site: TheSite, user: Person, project_id: UUID) -> Project:
    """One request."""
    return documents.project(projects.look(site, user, str(project_id)))


@router.put("/projects/{project_id}")
def change(site: TheSite, user: Person, project_id: UUID, new: ProjectUpdate) -> Project:
    """Say it in other words, hand it in, or decide about it (admins)."""
    name = str(project_id)
    project = projects.look(site, user, name)
    wanted = None if new.status is None else Stage(new.status)
    if wanted in (Stage.ACCEPTED, Stage.REJECTED) and wanted != project.stage:
        project = projects.decide(site, user, name, accept=wanted == Stage.ACCEPTED)
        return documents.project(project)
    text = new.model_dump(exclude_none=True, exclude={"status"})
    if project.stage != Stage.IN_PREPARATION:
        raise ForbiddenError("Can't edit a submitted form.")
    now = {key: getattr(project, key) for key in ("title", "abstract", "description")}
    project = projects.write(site, user, name, **{**now, **text})
    if wanted == Stage.UNDER_REVIEW:
        project = projects.hand_in(site, user, name)
    return documents.project(project)


@router.delete("/projects/{project_id}")
def remove(site: TheSite, user: Person, project_id: UUID) -> None:
    """Take a request back."""
    projects.remove(site, user, str(project_id))


@router.get("/projects/{project_id}/quotas")
def quotas(
    site: TheSite, user: Person, project_id: UUID, size: Size = 10, from_index: Index = 0
) -> list[Quota]:
    """What a project may use."""
    found = projects.look(site, user, str(project_id)).quotas
    return [documents.quota(each) for each in found[from_index : from_index + size]]


@router.post("/projects/{project_id}/quotas", status_code=status.HTTP_201_CREATED)
def grant(site: TheSite, user: Admin, project_id: UUID, new: QuotaSubmission) -> JSONResponse:
    """Let a project use a platform (admins)."""
    if not policy.may_administer(user):
        raise UnknownError("Only admins can add quotas")
    limit = _in_units(site, new.platform, new.limit, new.units)
    projects.grant(site, user, str(project_id), platform=new.platform, limit=limit)
    return JSONResponse(None, status.HTTP_201_CREATED)


@router.get("/projects/{project_id}/quotas/{quota_id}")
def quota(site: TheSite, user: Person, project_id: UUID, quota_id: Number) -> Quota:
    """One quota."""
    return documents.quota(_quota(site, user, project_id, quota_id))


@router.put("/projects/{project_id}/quotas/{quota_id}")
def report(
    site: TheSite, user: Anyone, project_id: UUID, quota_id: Number, new: QuotaUpdate
) -> None:
    """Say what has been used (providers and admins), or grant another amount (admins)."""
    quota = projects.quota_of(site, str(project_id), quota_id)
    projects.report_use(site, user, quota.id, new.usage)
    if new.limit is not None and new.limit != quota.limit:
        projects.change_grant(site, user, quota.id, new.limit)


@router.delete("/projects/{project_id}/quotas/{quota_id}")
def withdraw(site: TheSite, user: Admin, project_id: UUID, quota_id: Number) -> None:
    """Take a quota away (admins)."""
    policy.require(policy.may_administer(user), "withdraw quotas")
    projects.withdraw(site, user, projects.quota_of(site, str(project_id), quota_id).id)


@router.get("/collabs", responses={501: {"description": "not for admins"}})
def collabs(
    site: TheSite,
    user: Person,
    status: ProjectStatus | None = None,
    size: Size = 10,
    from_index: Index = 0,
    as_admin: AsAdmin = False,
) -> list[str]:
    """The collabs with projects in which one may submit."""
    if as_admin:
        return JSONResponse({"detail": "Not for admins; ask without as_admin"}, 501)  # type: ignore[return-value]
    stage = None if status is None else Stage(status)
    found = projects.listed(site, user, collabs=_edited(user), stage=stage, size=10_000)
    return sorted({each.collab for each in found})[from_index : from_index + size]


def _edited(user: User) -> list[str]:
    mine = [name for name, role in user.roles.items() if role >= Role.EDITOR]
    return [*mine, policy.own_space(user.name)]


def _granted(
    site: Site, user: User, status: ProjectStatus | None, collab: list[str] | None
) -> list[Project]:
    if not collab:
        raise InvalidError("name a collab")
    if status not in (None, ProjectStatus.ACCEPTED):
        raise InvalidError("providers see accepted projects only")
    return [documents.project(each) for each in projects.granted(site, user, collab)]


def _quota(site: Site, user: User, project: UUID, number: int) -> QuotaNoun:
    for each in projects.look(site, user, str(project)).quotas:
        if each.id == number:
            return each
    raise UnknownError(f"There is no quota {number} in this project")


def _in_units(site: Site, platform: str, amount: float, units: str) -> float:
    wanted = projects.platform(site, platform).units
    found = converted(amount, units, wanted)
    if found is None:
        raise InvalidError(f"{platform} is counted in {wanted}, and not in {units!r}")
    return found
