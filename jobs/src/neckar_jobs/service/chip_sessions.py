"""Interactive use of chips: providers say who uses what, and for how long."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from neckar_jobs import policy
from neckar_jobs.accounting import converted
from neckar_jobs.errors import InvalidError, QuotaError
from neckar_jobs.model import ChipSession, User
from neckar_jobs.service.claims import set_usage
from neckar_jobs.site import Site
from neckar_jobs.states import ALLOWED, State, step
from neckar_jobs.store import audit, chip_sessions, people, projects, queue


def begin(
    site: Site,
    user: User,
    *,
    owner: str,
    collab: str,
    platform: str,
    hardware: Mapping[str, Any] | None,
) -> ChipSession:
    """Note that somebody has begun; they need a quota, as for jobs."""
    policy.require(policy.may_run(user, platform), f"report sessions on {platform}")
    with site.database.writing() as c:
        projects.get_platform(c, platform)
        _check_member(c, owner, collab)
        quotas = projects.quotas_of(c, collab, platform)
        if not any(quota.usage < quota.limit for quota in quotas):
            raise QuotaError(f"collab {collab!r} has nothing left on {platform}")
        queue.take_part(c, collab, platform)
        number = chip_sessions.add(
            c,
            owner=owner,
            collab=collab,
            platform=platform,
            hardware=None if hardware is None else dict(hardware),
            started_at=site.clock(),
        )
        return chip_sessions.get(c, number)


def report(
    site: Site, user: User, number: int, state: State, usage: tuple[float, str]
) -> ChipSession:
    """Say how a session goes and what it has used all in all; saying it again changes nothing."""
    with site.database.writing() as c:
        session = chip_sessions.get(c, number)
        policy.require(policy.may_run(user, session.platform), f"report on {session.platform}")
        values: dict[str, Any] = {}
        used = _in_units(c, site, user, session, usage)
        if used is not None:
            set_usage(c, site, session, used)
            values["usage"] = used
        if state != session.state and session.state == State.RUNNING:
            step(f"session {number}", session.state, state, ALLOWED)
            values |= {"state": state, "ended_at": site.clock()}
        return chip_sessions.change(c, number, **values) if values else session


def listed(
    site: Site,
    user: User,
    *,
    collabs: Sequence[str] = (),
    owners: Sequence[str] = (),
    platforms: Sequence[str] = (),
    **rest: Any,
) -> list[ChipSession]:
    """Sessions: a provider's own platforms, an admin's all, else one's own or of given collabs."""
    if user.platforms:
        platforms = sorted(user.platforms & set(platforms or user.platforms)) or ("",)
    elif not policy.may_administer(user):
        with site.database.reading() as c:
            public = {each: people.is_public(c, each) for each in collabs}
        for each in collabs:
            may = policy.may_view_collab(user, each, public[each])
            policy.conceal(may, f"collab {each!r}")
        owners = owners if collabs else (user.name,)
    with site.database.reading() as c:
        return chip_sessions.page(c, collabs=collabs, owners=owners, platforms=platforms, **rest)


def _check_member(c: Connection, owner: str, collab: str) -> None:
    account = people.find_account(c, owner)
    if account is None:
        raise InvalidError(f"there is no account {owner!r}")
    person = User(name=owner, roles=people.roles_of(c, owner))
    policy.conceal(policy.may_edit_collab(person, collab), f"collab {collab!r} of {owner}")


def _in_units(
    c: Connection, site: Site, user: User, session: ChipSession, usage: tuple[float, str]
) -> float | None:
    value = converted(*usage, projects.get_platform(c, session.platform).units)
    if value is not None and 0 <= value < 1e15:
        return value
    on, at = f"session {session.id}", site.clock()
    audit.note(c, at=at, who=user.name, what="session.usage_unclear", on=on, said=list(usage))
    return None
