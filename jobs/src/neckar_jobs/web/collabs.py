"""People who work together."""

import re
from typing import Annotated

from fastapi import APIRouter, Path, Response

from neckar_jobs import policy
from neckar_jobs.errors import InvalidError
from neckar_jobs.model import Role
from neckar_jobs.service import people, projects
from neckar_jobs.web.render import page
from neckar_jobs.web.visit import Sent, SignedIn

router = APIRouter(prefix="/collabs")
Name = Annotated[str, Path(max_length=200)]
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,98}")


@router.get("")
def listed(visit: SignedIn) -> Response:
    """The collabs one belongs to."""
    return page(visit, "collabs.html", collabs=people.collabs(visit.site, visit.user))


@router.post("")
def found(visit: SignedIn, sent: Sent) -> Response:
    """Begin one."""
    name = sent.line("name")
    if not NAME.fullmatch(name):
        raise InvalidError(f"{name[:80]!r} cannot name a collab; use 2 to 99 of A-Z a-z 0-9 . _ -")
    public = sent.has("is_public")
    people.found(visit.site, visit.user, name, sent.line("title")[:200], public)
    return visit.to(f"/collabs/{name}", said=f"{name} is founded; now let others in.")


@router.get("/{name}")
def look(visit: SignedIn, name: Name) -> Response:
    """Who belongs to a collab, and what it may use."""
    members = people.members(visit.site, visit.user, name)
    return page(
        visit,
        "collab.html",
        name=name,
        members=sorted(members.items()),
        own=name == policy.own_space(visit.user.name),
        may_manage=policy.may_manage_collab(visit.user, name),
        projects=projects.listed(visit.site, visit.user, collabs=[name]),
        roles=list(Role),
    )


@router.post("/{name}/members")
def set_member(visit: SignedIn, sent: Sent, name: Name) -> Response:
    """Let somebody in, change their role, or let them out."""
    person, role = sent.line("person"), sent.line("role").upper()
    wanted = None if sent.has("remove") else Role.__members__.get(role)
    if wanted is None and not sent.has("remove"):
        raise InvalidError(f"{role[:40]!r} is no role; there are {', '.join(Role.__members__)}")
    people.set_member(visit.site, visit.user, name, person, wanted)
    if person == visit.user.name and wanted is None:
        return visit.to("/collabs", said=f"You have left {name}.")
    return visit.to(f"/collabs/{name}", said="Done.")
