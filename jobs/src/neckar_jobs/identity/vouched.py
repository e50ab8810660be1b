"""People for whom a provider of OpenID Connect vouches: their accounts and their collabs."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import Connection

from neckar_jobs.errors import SignInError
from neckar_jobs.identity.accounts import NAME
from neckar_jobs.model import Role
from neckar_jobs.site import Site
from neckar_jobs.store import audit, people
from neckar_jobs.store.people import Account, Collab

TEAM = re.compile(r"collab-(?P<name>[^\x00-\x1f/]{1,190})-(?P<role>viewer|editor|administrator)")


class Voucher(Protocol):
    """What must be known of a provider."""

    @property
    def issuer(self) -> str:
        """Its name."""

    @property
    def teams(self) -> str:
        """Where collabs stand in what it says."""

    @property
    def admins(self) -> str:
        """A collab whose editors are platform admins."""


def account(site: Site, voucher: Voucher, claims: Mapping[str, Any]) -> str:
    """The account of a person, made or brought up to date.

    Persons are known by the provider's word for them, not by their name: somebody who calls
    themselves as a person here is called otherwise.
    """
    subject = str(claims["sub"])
    with site.database.writing() as c:
        name = people.find_subject(c, voucher.issuer, subject)
        if name is None:
            name = _new(c, site, voucher, subject, claims)
        found = people.find_account(c, name)
        if found is None or found.closed:
            raise SignInError(f"the account {name!r} is closed")
        teams = _teams(claims, voucher.teams)
        if teams is not None:
            _follow(c, site, voucher, found, teams)
    return name


def _new(
    c: Connection, site: Site, voucher: Voucher, subject: str, claims: Mapping[str, Any]
) -> str:
    wished = str(claims.get("preferred_username") or claims.get("email") or "person").lower()
    wished = re.sub(r"[^a-z0-9._-]", "-", wished.partition("@")[0]).strip("._-")[:80]
    name = wished if NAME.fullmatch(wished) else f"person-{wished}".strip("-")
    if people.find_account(c, name) is not None:
        word = hashlib.sha256(f"{voucher.issuer}\n{subject}".encode()).hexdigest()[:8]
        name = f"{name}-{word}"
    now = site.clock()
    person = Account(
        name=name,
        password="",
        full_name=str(claims.get("name") or ""),
        mail=_mail(claims),
        is_admin=False,
        closed=False,
        created_at=now,
    )
    people.add_account(c, person)
    people.add_subject(c, voucher.issuer, subject, name)
    audit.note(c, at=now, who=name, what="account.vouched", on=name, issuer=voucher.issuer)
    return name


def _mail(claims: Mapping[str, Any]) -> str:
    """The address that the provider says is theirs; one that it has not checked does not count."""
    return str(claims.get("email") or "") if claims.get("email_verified", True) is True else ""


def _teams(claims: Mapping[str, Any], path: str) -> dict[str, Role] | None:
    """What somebody is where; none if the provider does not say. The highest role counts."""
    found: Any = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    if not isinstance(found, list):
        return None
    roles: dict[str, Role] = {}
    for word in found:
        match = TEAM.fullmatch(str(word))
        if match and not match["name"].startswith("private-"):
            role = Role[match["role"].upper()]
            roles[match["name"]] = max(role, roles.get(match["name"], role))
    return roles


def _follow(
    c: Connection, site: Site, voucher: Voucher, person: Account, teams: Mapping[str, Role]
) -> None:
    """Let somebody into the provider's collabs, and out of those they have left.

    A collab that was founded here is nobody else's to fill, even if it has the same name.
    """
    for name in teams:
        if people.find_collab(c, name) is None:
            new = Collab(
                name=name,
                title="",
                is_public=False,
                created_at=site.clock(),
                issuer=voucher.issuer,
            )
            people.add_collab(c, new)
    theirs = {each.name for each in people.collabs(c) if each.issuer == voucher.issuer}
    now = {name: role for name, role in people.roles_of(c, person.name).items() if name in theirs}
    wanted = {name: role for name, role in teams.items() if name in theirs}
    for name in now.keys() | wanted.keys():
        if now.get(name) != wanted.get(name):
            people.set_member(c, name, person.name, wanted.get(name))
    is_admin = wanted.get(voucher.admins, Role.VIEWER) >= Role.EDITOR
    if voucher.admins and is_admin != person.is_admin:
        people.change_account(c, person.name, is_admin=is_admin)
        at = site.clock()
        audit.note(
            c, at=at, who=person.name, what="account.admin", on=person.name, is_admin=is_admin
        )
