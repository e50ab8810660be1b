"""What people do with collabs, and what admins do with everything."""

from neckar_jobs import policy
from neckar_jobs.errors import StateError, UnknownError
from neckar_jobs.model import Entry, Role, User
from neckar_jobs.site import Site
from neckar_jobs.store import audit, people
from neckar_jobs.store.people import Account, Collab, Token


def found(site: Site, user: User, name: str, title: str, is_public: bool) -> Collab:
    """Begin a collab; whoever does is its administrator."""
    policy.require(not user.platforms and policy.may_comment(user), "found a collab")
    if name.startswith("private-"):
        raise StateError(f"{name!r}: names that begin with 'private-' are everybody's own space")
    now = site.clock()
    new = Collab(name=name, title=title, is_public=is_public, created_at=now)
    with site.database.writing() as c:
        people.add_collab(c, new)
        people.set_member(c, name, user.name, Role.ADMINISTRATOR)
        audit.note(c, at=now, who=user.name, what="collab.found", on=name)
    return new


def collabs(site: Site, user: User) -> list[Collab]:
    """The collabs somebody belongs to; all of them for platform admins."""
    with site.database.reading() as c:
        everything = policy.may_administer(user)
        return people.collabs(c, None if everything else sorted(user.roles))


def members(site: Site, user: User, name: str) -> dict[str, Role]:
    """Who belongs to a collab."""
    public = _is_public(site, name)
    policy.conceal(policy.may_view_collab(user, name, public), f"collab {name!r}")
    with site.database.reading() as c:
        return people.members(c, name)


def account(site: Site, name: str) -> Account:
    """What is known of a person."""
    with site.database.reading() as c:
        found = people.find_account(c, name)
    if found is None:
        raise UnknownError(f"there is no account {name!r}")
    return found


def may_view(site: Site, user: User, name: str) -> bool:
    """Whether somebody may see what a collab does."""
    return policy.may_view_collab(user, name, _is_public(site, name))


def set_member(site: Site, user: User, name: str, person: str, role: Role | None) -> None:
    """Let somebody into a collab, or out. One administrator stays."""
    public = _is_public(site, name)
    policy.conceal(policy.may_view_collab(user, name, public), f"collab {name!r}")
    policy.require(policy.may_manage_collab(user, name), f"say who belongs to {name!r}")
    with site.database.writing() as c:
        if role is not None and people.find_account(c, person) is None:
            raise UnknownError(f"there is no account {person!r}")
        people.set_member(c, name, person, role)
        if Role.ADMINISTRATOR not in people.members(c, name).values():
            raise StateError(f"{person!r} is the last administrator of {name!r}; name another")
        detail = None if role is None else role.name.lower()
        now = site.clock()
        audit.note(
            c, at=now, who=user.name, what="collab.member", on=name, person=person, role=detail
        )


def tokens(site: Site, user: User) -> list[Token]:
    """Somebody's own tokens."""
    with site.database.reading() as c:
        return people.tokens_of(c, user.name, "personal")


def revoke(site: Site, user: User, name: str) -> None:
    """Make one of one's own tokens worthless."""
    with site.database.writing() as c:
        if not people.remove_token(c, name, owner=user.name):
            raise UnknownError(f"there is no token {name}, or it is not yours")
        audit.note(c, at=site.clock(), who=user.name, what="token.revoke", on=name)


def history(site: Site, user: User, *, size: int, below: int | None = None) -> list[Entry]:
    """Who did what."""
    policy.require(policy.may_administer(user), "read the audit log")
    with site.database.reading() as c:
        return audit.entries(c, size=size, below=below)


def _is_public(site: Site, name: str) -> bool:
    with site.database.reading() as c:
        return people.is_public(c, name)
