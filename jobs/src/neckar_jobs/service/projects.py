"""What people do with projects, quotas and platforms."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from neckar_jobs import policy
from neckar_jobs.errors import InvalidError, StateError, UnknownError
from neckar_jobs.model import Platform, Project, Quota, User
from neckar_jobs.service import telling
from neckar_jobs.site import Site
from neckar_jobs.states import Stage
from neckar_jobs.store import audit, people, projects


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
    owners: Sequence[str] | None = None,
    stage: Stage | None = None,
    start: int = 0,
    size: int = 100,
) -> list[Project]:
    """Projects of one's own collabs; all of them for platform admins."""
    if not policy.may_administer(user):
        mine = {*user.roles, policy.own_space(user.name)}
        collabs = sorted(mine if collabs is None else mine & set(collabs))
    with site.database.reading() as c:
        return projects.page(c, collabs=collabs, owners=owners, stage=stage, start=start, size=size)


def granted(site: Site, user: User, collabs: Sequence[str]) -> list[Project]:
    """Accepted projects of the collabs, as providers see them: with quotas of their platforms."""
    policy.require(bool(user.platforms), "see the projects of others")
    with site.database.reading() as c:
        found = projects.page(c, collabs=collabs, stage=Stage.ACCEPTED, size=10_000)
    return [
        replace(each, quotas=tuple(q for q in each.quotas if policy.may_run(user, q.platform)))
        for each in found
    ]


def write(
    site: Site,
    user: User,
    name: str,
    *,
    title: str,
    abstract: str,
    description: str,
    owner: str | None = None,
) -> Project:
    """Say it in other words, or hand it to another owner, before it is handed in."""
    with site.database.writing() as c:
        project = _editable(c, user, name)
        if project.stage != Stage.IN_PREPARATION:
            raise StateError(f"project {project.title!r} is {project.stage}; nothing can change")
        text = {"title": title, "abstract": abstract, "description": description}
        if owner is not None and people.find_account(c, owner) is None:
            raise InvalidError(f"there is no account {owner!r}")
        return projects.change(c, name, owner=owner or project.owner, **text)


def hand_in(site: Site, user: User, name: str) -> Project:
    """Ask for a decision."""
    with site.database.writing() as c:
        project = _editable(c, user, name)
        _note(c, site, user, "project.hand_in", project)
        telling.review(c, site, user, project)
        return projects.move(c, project, Stage.UNDER_REVIEW, site.clock())


def decide(site: Site, user: User, name: str, *, accept: bool) -> Project:
    """Accept or reject."""
    policy.require(policy.may_administer(user), "decide about projects")
    with site.database.writing() as c:
        project = projects.get(c, name)
        wanted = Stage.ACCEPTED if accept else Stage.REJECTED
        _note(c, site, user, f"project.{wanted}", project)
        telling.project(c, site, user, project, str(wanted))
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
        granted = f"{limit:g} {where.units} of {where.title}"
        telling.project(c, site, user, project, "granted", granted=granted)
        number = projects.add_quota(c, name, platform_name=platform, units=where.units, limit=limit)
        return projects.get_quota(c, number)


def change_grant(site: Site, user: User, number: int, limit: float) -> Quota:
    """Grant more, or less."""
    policy.require(policy.may_administer(user), "grant quotas")
    with site.database.writing() as c:
        quota = projects.get_quota(c, number)
        project = projects.get(c, quota.project)
        _note(c, site, user, "quota.change", project, platform=quota.platform, limit=limit)
        granted = f"{limit:g} {quota.units} of {quota.platform}"
        telling.project(c, site, user, project, "granted", granted=granted)
        return projects.change_quota(c, number, limit=limit)


def report_use(site: Site, user: User, number: int, usage: float) -> Quota:
    """Say how much of a quota has been used all in all, here and elsewhere."""
    if not 0 <= usage < 1e15:
        raise InvalidError(f"a use of {usage}; it lies between 0 and 1e15")
    with site.database.writing() as c:
        quota = projects.get_quota(c, number)
        may = policy.may_administer(user) or policy.may_run(user, quota.platform)
        policy.require(may, f"say what was used of {quota.platform}")
        project = projects.get(c, quota.project)
        _note(c, site, user, "quota.report", project, platform=quota.platform, usage=usage)
        return projects.change_quota(c, number, usage=usage)


def withdraw(site: Site, user: User, number: int) -> None:
    """Take a quota away."""
    policy.require(policy.may_administer(user), "withdraw quotas")
    with site.database.writing() as c:
        quota = projects.get_quota(c, number)
        _note(c, site, user, "quota.withdraw", projects.get(c, quota.project), quota=number)
        projects.remove_quota(c, number)


def quota_of(site: Site, project: str, number: int) -> Quota:
    """A quota of a project."""
    with site.database.reading() as c:
        quota = projects.get_quota(c, number)
    if quota.project != project:
        raise UnknownError(f"there is no quota {number} in project {project}")
    return quota


def platforms(site: Site) -> list[Platform]:
    """What there is to compute with; everybody may know."""
    with site.database.reading() as c:
        return projects.platforms(c)


def platform(site: Site, name: str) -> Platform:
    """One platform; everybody may know."""
    with site.database.reading() as c:
        return projects.get_platform(c, name)


def pause(site: Site, user: User, name: str, why: str) -> Platform:
    """Give no more jobs of a platform to runners; an empty reason goes on."""
    return _change(site, user, name, "pause", why, paused=why)


def drain(site: Site, user: User, name: str, why: str) -> Platform:
    """Take in nothing new while what waits still runs; an empty reason goes on."""
    return _change(site, user, name, "drain", why, draining=why)


def _change(site: Site, user: User, name: str, what: str, why: str, **values: Any) -> Platform:
    policy.require(policy.may_administer(user), f"{what} queues")
    with site.database.writing() as c:
        changed = replace(projects.get_platform(c, name), **values)
        projects.set_platform(c, changed)
        audit.note(c, at=site.clock(), who=user.name, what=f"platform.{what}", on=name, why=why)
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
