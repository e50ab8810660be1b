"""People that this service itself knows by a password."""

import re
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from neckar_jobs import policy
from neckar_jobs.errors import InvalidError, SignInError, StateError, TooOftenError
from neckar_jobs.identity import tokens
from neckar_jobs.model import User
from neckar_jobs.site import Site
from neckar_jobs.store import audit, people
from neckar_jobs.store.people import Account

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,98}")
SHORTEST = 10  # characters of a password
REFUSED = "account.refused"  # in the audit log: a wrong password
MOST_REFUSED, PATIENCE = 20, 600.0  # wrong passwords, in so many seconds


def create(
    site: Site,
    name: str,
    password: str,
    *,
    by: str,
    full_name: str = "",
    mail: str = "",
    is_admin: bool = False,
) -> Account:
    """Add a person. An empty password means that somebody else vouches for them."""
    if not NAME.fullmatch(name):
        raise InvalidError(
            f"{name!r} cannot be the name of an account; use 2 to 99 of a-z 0-9 . _ -"
        )
    new = Account(
        name=name,
        password=hashed(password) if password else "",
        full_name=full_name,
        mail=mail,
        is_admin=is_admin,
        closed=False,
        created_at=site.clock(),
    )
    with site.database.writing() as c:
        people.add_account(c, new)
        now = site.clock()
        audit.note(c, at=now, who=by, what="account.create", on=name, is_admin=is_admin)
    return new


def hashed(password: str) -> str:
    """What is kept of a password."""
    if len(password) < SHORTEST:
        raise InvalidError(f"a password has at least {SHORTEST} characters")
    return _hasher().hash(password)


def check(site: Site, name: str, password: str) -> Account:
    """The account, if the password is right. Takes as long for names that do not exist.

    After many wrong passwords nobody may try that name for a while, by password: what is signed in
    stays so, and links and tokens work.
    """
    with site.database.reading() as c:
        found = people.find_account(c, name)
        now = site.clock()
        refused = audit.count(c, what=REFUSED, on=name, since=now - PATIENCE, until=now)
        if refused >= MOST_REFUSED:
            raise TooOftenError(
                f"too many wrong passwords for {name!r}; wait {PATIENCE / 60:.0f} minutes"
            )
    kept = found.password if found and found.password else _nobody()
    try:
        _hasher().verify(kept, password)
    except (VerificationError, InvalidHashError):
        if found is not None:
            with site.database.writing() as c:
                audit.note(c, at=site.clock(), who=name, what=REFUSED, on=name)
        raise SignInError("name or password is wrong") from None
    if found is None or not found.password or found.closed:
        raise SignInError("name or password is wrong")
    return found


def listed(site: Site, user: User) -> list[Account]:
    """Everybody (admins)."""
    policy.require(policy.may_administer(user), "see everybody's account")
    with site.database.reading() as c:
        return people.accounts(c)


def look(site: Site, user: User) -> Account | None:
    """One's own account, as far as it is kept here."""
    with site.database.reading() as c:
        return people.find_account(c, user.name)


def change_password(site: Site, user: User, old: str, new: str, *, stay: str) -> None:
    """Set one's own password. All other sessions and logins end; the one with secret `stay` stays.

    Whoever has none yet (they came by a link, or by somebody else's word) gives no old one.
    """
    known = look(site, user)
    if known is not None and known.password:
        check(site, user.name, old)
    kept = hashed(new)
    with site.database.writing() as c:
        people.change_account(c, user.name, password=kept)
        kinds = (tokens.LOGIN, tokens.SESSION, tokens.LINK)
        people.remove_tokens(c, user.name, kinds, but=tokens.digest(stay))
        audit.note(c, at=site.clock(), who=user.name, what="account.password", on=user.name)


def set_closed(site: Site, user: User, name: str, closed: bool) -> Account:
    """Shut somebody out, with all their tokens, or let them in again (admins)."""
    policy.require(policy.may_administer(user), "close accounts")
    if name == user.name:
        raise StateError("you cannot close your own account; another admin can")
    with site.database.writing() as c:
        if closed:
            kinds = (tokens.PERSONAL, tokens.LOGIN, tokens.SESSION, tokens.LINK)
            people.remove_tokens(c, name, kinds)
        what = "account.close" if closed else "account.open"
        audit.note(c, at=site.clock(), who=user.name, what=what, on=name)
        return people.change_account(c, name, closed=closed)


def set_admin(site: Site, user: User, name: str, is_admin: bool) -> Account:
    """Make somebody an admin of the platform, or no longer (admins)."""
    policy.require(policy.may_administer(user), "say who is an admin")
    if name == user.name:
        raise StateError("you cannot change this for yourself; another admin can")
    with site.database.writing() as c:
        at = site.clock()
        audit.note(c, at=at, who=user.name, what="account.admin", on=name, is_admin=is_admin)
        return people.change_account(c, name, is_admin=is_admin)


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    return _hasher().hash("the password of nobody")
