"""People that this service itself knows by a password."""

import re
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from neckar_jobs.errors import InvalidError, SignInError
from neckar_jobs.site import Site
from neckar_jobs.store import audit, people
from neckar_jobs.store.people import Account

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,98}")
SHORTEST = 10  # characters of a password


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
    """The account, if the password is right. Takes as long for names that do not exist."""
    with site.database.reading() as c:
        found = people.find_account(c, name)
    kept = found.password if found and found.password else _nobody()
    try:
        _hasher().verify(kept, password)
    except (VerificationError, InvalidHashError):
        raise SignInError("name or password is wrong") from None
    if found is None or not found.password or found.closed:
        raise SignInError("name or password is wrong")
    return found


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    return _hasher().hash("the password of nobody")
