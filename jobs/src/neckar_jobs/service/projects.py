"""What people do with projects, quotas and platforms."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from neckar_jobs import policy
from neckar_jobs.errors import InvalidError, StateError
from neckar_jobs.model import Platform, Project, Quota, User
from neckar_jobs.site import Site
from neckar_jobs.states import Stage
from neckar_jobs.store import audit, projects


def ask(
    site: Site, user: User, *, collab: str, title: str, abstract: str = "", description: str = ""
) -> Project:
    """Begin a request for resources."""
    policy.conceal(policy.may_edit_collab(user, collab), f"collab {collab!r} you may speak for")
    text = {"title": title, "abstract": abstract, "description": description}
    with site.database.writing() as c:
        name = projects.add(
            c, at=site.clock(), is_gift=False, collab=collab, owner=user.name, **text
        )
        return projects.get(c, name)


def look(site: Site, user: User, name: str) -> Project:
    """One project."""
    with site.database.reading() as c:
        return _visible(c, user, name)


def listed(
    site: Site,
    user: User,
    *,
    collabs: Sequence[str] | None = None,
    stage: Stage | None = None,
    start: int = 0,
    size: int = 100,
) -> list[Project]:
    """Projects of one's own collabs; all of them for platform admins."""
    if not policy.may_administer(user):
        mine = {*user.roles, policy.own_space(user.name)}
        collabs = sorted(mine if collabs is None else mine & set(collabs))
    with site.database.reading() as c:
        return projects.page(c, collabs=collabs, stage=stage, start=start, size=size)


def write(
    site: Site, user: User, name: str, *, title: str, abstract: str, description: str
) -> Project:
    """Say it in other words, before it is handed in."""
    with site.database.writing() as c:
        project = _editable(c, user, name)
        if project.stage != Stage.IN_PREPARATION:
            raise StateError(f"project {project.title!r} is {project.stage}; nothing can change")
        text = {"title": title, "abstract": abstract, "description": description}
        return projects.change(c, name, **text)


def hand_in(site: Site, user: User, name: str) -> Project:
    """Ask for a decision."""
    with site.database.writing() as c:
        project = _editable(c, user, name)
        _note(c, site, user, "project.hand_in", project)
        return projects.move(c, project, Stage.UNDER_REVIEW, site.clock())


def decide(site: Site, user: User, name: str, *, accept: bool) -> Project:
    """Accept or reject."""
    policy.require(policy.may_administer(user), "decide about projects")
    with site.database.writing() as c:
        project = projects.get(c, name)
        wanted = Stage.ACCEPTED if accept else Stage.REJECTED
        _note(c, site, user, f"project.{wanted}", project)
        return projects.move(c, project, wanted, site.clock())


def remove(site: Site, user: User, name: str) -> None:
    """Take a request back. One that was accepted has paid for jobs; only admins remove it."""
    with site.database.writing() as c:
        project = _editable(c, user, name) if not user.is_admin else projects.get(c, name)
        if project.stage == Stage.ACCEPTED:
            policy.require(policy.may_administer(user), "remove an accepted project")
        _note(c, site, user, "project.remove", project)
        projects.remove(c, name)


def grant(site: Site, user: User, name: str, *, platform: str, limit: float) -> Quota:
    """Let a project use a platform."""
    policy.require(policy.may_administer(user), "grant quotas")
    with site.database.writing() as c:
        project, where = projects.get(c, name), projects.get_platform(c, platform)
        if limit < 0:
            raise InvalidError(f"a quota of {limit} {where.units}; it cannot be negative")
        _note(c, site, user, "quota.grant", project, platform=platform, limit=limit)
        number = projects.add_quota(c, name, platform_name=platform, units=where.units, limit=limit)
        return projects.get_quota(c, number)


def change_grant(site: Site, user: User, number: int, limit: float) -> Quota:
    """Grant more, or less."""
    policy.require(policy.may_administer(user), "grant quotas")
    with site.database.writing() as c:
        quota = projects.get_quota(c, number)
        project = projects.get(c, quota.project)
        _note(c, site, user, "quota.change", project, platform=quota.platform, limit=limit)
        return projects.change_quota(c, number, limit=limit)


def withdraw(site: Site, user: User, number: int) -> None:
    """Take a quota away."""
    policy.require(policy.may_administer(user), "withdraw quotas")
    with site.database.writing() as c:
        quota = projects.get_quota(c, number)
        _note(c, site, user, "quota.withdraw", projects.get(c, quota.project), quota=number)
        projects.remove_quota(c, number)


def platforms(site: Site) -> list[Platform]:
    """What there is to compute with; everybody may know."""
    with site.database.reading() as c:
        return projects.platforms(c)


def pause(site: Site, user: User, name: str, why: str) -> Platform:
    """Give no more jobs of a platform to runners; an empty reason goes on."""
    policy.require(policy.may_administer(user), "pause queues")
    with site.database.writing() as c:
        changed = replace(projects.get_platform(c, name), paused=why)
        projects.set_platform(c, changed)
        audit.note(c, at=site.clock(), who=user.name, what="platform.pause", on=name, why=why)
        return changed


def _visible(c: Connection, user: User, name: str) -> Project:
    project = projects.get(c, name)
    policy.conceal(policy.may_view_project(user, project), f"project {name}")
    return project


def _editable(c: Connection, user: User, name: str) -> Project:
    project = _visible(c, user, name)
    policy.require(policy.may_edit_project(user, project), "change this project")
    return project


def _note(c: Connection, site: Site, user: User, what: str, on: Project, **detail: object) -> None:
    at = site.clock()
    audit.note(c, at=at, who=user.name, what=what, on=f"project {on.id}", **detail)
