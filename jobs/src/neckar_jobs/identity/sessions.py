"""Who sits at a browser: sessions behind cookies, and links that sign in once."""

import hashlib
import hmac
from dataclasses import dataclass

from neckar_jobs import policy
from neckar_jobs.errors import SignInError
from neckar_jobs.identity import tokens
from neckar_jobs.model import User
from neckar_jobs.site import Site
from neckar_jobs.store import audit, people

SECONDS = 14 * 86400.0  # of a session
LINK_SECONDS = 15 * 60.0  # until a link is worthless


@dataclass(frozen=True, kw_only=True)
class Session:
    """Somebody at a browser."""

    user: User
    secret: str

    @property
    def csrf(self) -> str:
        """What every form of this session carries, and nobody else can know."""
        return stamp(self.secret)


def stamp(secret: str) -> str:
    """A word that only follows from `secret`, and does not tell it."""
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()


def begin(site: Site, name: str) -> str:
    """Open a session for somebody who has shown who they are; return its secret."""
    secret, _ = tokens.issue(site, name, name="browser", kind=tokens.SESSION, seconds=SECONDS)
    return secret


def resume(site: Site, secret: str) -> Session:
    """The session behind a cookie."""
    return Session(user=tokens.sitting(site, secret), secret=secret)


def end(site: Site, secret: str) -> None:
    """Sign out; a session that is over already stays so."""
    with site.database.writing() as c:
        found = people.find_token(c, tokens.digest(secret))
        if found is not None and found[0].kind == tokens.SESSION:
            people.remove_token(c, found[0].id)


def invite(site: Site, user: User, name: str) -> str:
    """The secret of a link for somebody else, who has no password or forgot it (admins)."""
    policy.require(policy.may_administer(user), "make links for others")
    with site.database.reading() as c:
        tokens.user_of(c, name)
    return link(site, name, by=user.name)


def link(site: Site, name: str, *, by: str) -> str:
    """The secret of a link that signs `name` in once, and not for long."""
    secret, _ = tokens.issue(site, name, name="link", kind=tokens.LINK, seconds=LINK_SECONDS)
    with site.database.writing() as c:
        audit.note(c, at=site.clock(), who=by, what="account.link", on=name)
    return secret


def follow(site: Site, secret: str) -> str:
    """Turn the secret of a link into a session, whose secret is returned. Works once."""
    token = tokens.known(site, secret, tokens.LINK)
    with site.database.writing() as c:
        if not people.remove_token(c, token.id):
            raise SignInError("this link has been used")
        tokens.user_of(c, token.owner)
    return begin(site, token.owner)
