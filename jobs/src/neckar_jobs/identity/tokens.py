"""Secrets that stand for people and providers. Only their digests are kept."""

import hashlib
import secrets
from collections.abc import Collection

from sqlalchemy import Connection

from neckar_jobs import policy
from neckar_jobs.errors import InvalidError, SignInError
from neckar_jobs.model import User
from neckar_jobs.policy import READ, RUN, SCOPES
from neckar_jobs.site import Site
from neckar_jobs.store import audit, people
from neckar_jobs.store.people import Key, Standing, Token

PERSONAL, LOGIN = "personal", "login"
SESSION, LINK = "session", "link"  # of browsers: see `sessions`
MAIL = "mail"  # says that an address is one's own: see `addresses`
CODE = "code"  # worth one token, once and at once
LOGIN_SECONDS = 14 * 86400.0
CODE_SECONDS = 60.0
FRESH = 60.0  # s between two notes of when a token was used
PREFIX = {PERSONAL: "nkp_", LOGIN: "nkl_", CODE: "nkc_", "key": "nkk_"}
PREFIX |= {SESSION: "nks_", LINK: "nko_", MAIL: "nkm_"}


def issue(
    site: Site,
    owner: str,
    *,
    name: str,
    kind: str = PERSONAL,
    scopes: Collection[str] | None = None,
    seconds: float | None = None,
) -> tuple[str, Token]:
    """Make a token; the secret is shown now and never again."""
    if scopes is not None and (unknown := set(scopes) - SCOPES):
        raise InvalidError(f"unknown scopes {sorted(unknown)}; there are {sorted(SCOPES)}")
    secret = PREFIX[kind] + secrets.token_urlsafe(32)
    now = site.clock()
    with site.database.writing() as c:
        token = people.add_token(
            c,
            digest(secret),
            owner=owner,
            name=name,
            kind=kind,
            scopes=None if scopes is None else sorted(scopes),
            created_at=now,
            expires_at=None if seconds is None else now + seconds,
        )
        if kind == PERSONAL:
            audit.note(c, at=now, who=owner, what="token.issue", on=f"token {name}")
    return secret, token


def issue_key(site: Site, who: str, provider: str, platforms: Collection[str]) -> tuple[str, Key]:
    """Make a key with which a provider takes the jobs of its platforms."""
    secret = PREFIX["key"] + secrets.token_urlsafe(32)
    with site.database.writing() as c:
        key = people.add_key(c, digest(secret), provider, sorted(platforms), site.clock())
        detail = sorted(platforms)
        now = site.clock()
        audit.note(c, at=now, who=who, what="key.issue", on=provider, platforms=detail)
    return secret, key


def keys(site: Site, user: User) -> list[Key]:
    """The keys of all providers (admins)."""
    policy.require(policy.may_administer(user), "see the keys of providers")
    with site.database.reading() as c:
        return people.keys(c)


def revoke_key(site: Site, user: User, name: str) -> None:
    """Make a provider's key worthless (admins)."""
    policy.require(policy.may_administer(user), "revoke keys of providers")
    with site.database.writing() as c:
        key = people.remove_key(c, name)
        audit.note(c, at=site.clock(), who=user.name, what="key.revoke", on=key.provider)


def bearer(site: Site, secret: str) -> User:
    """Whoever this token stands for."""
    token, account = _shown(site, secret, PERSONAL, LOGIN)
    return _user(token.owner, account, token.scopes)


def sitting(site: Site, secret: str) -> User:
    """Whoever sits at the browser with this secret, with all rights they have."""
    token, account = _shown(site, secret, SESSION)
    return _user(token.owner, account)


def known(site: Site, secret: str, *kinds: str) -> Token:
    """The token with this secret, if it is good and of one of these kinds."""
    return _shown(site, secret, *kinds)[0]


def _shown(site: Site, secret: str, *kinds: str) -> tuple[Token, Standing | None]:
    with site.database.reading() as c:
        found = people.find_token(c, digest(secret))
    if found is None or _is_old(site, found[0]) or found[0].kind not in kinds:
        raise SignInError("this token is unknown, has expired or was revoked; sign in again")
    token, now = found[0], site.clock()
    if token.used_at is None or now - token.used_at > FRESH:
        site.shown[token.id] = now  # nobody who only reads waits for a database that writes
    return found


def note_shown(site: Site) -> None:
    """Write down which tokens were shown lately."""
    if not site.shown:
        return
    taken = {name: site.shown.pop(name) for name in list(site.shown)}
    with site.database.writing() as c:
        for name, at in taken.items():
            people.use_token(c, name, at)


def redeem(site: Site, secret: str) -> tuple[str, Token]:
    """Turn a code into a token. Works once."""
    code = known(site, secret, CODE)
    with site.database.writing() as c:
        if not people.remove_token(c, code.id):
            raise SignInError("this code has been used")
    return issue(site, code.owner, name="login", kind=LOGIN, seconds=LOGIN_SECONDS)


def provider(site: Site, secret: str) -> User:
    """The provider that this key belongs to."""
    with site.database.reading() as c:
        key = people.find_key(c, digest(secret))
    if key is None:
        raise SignInError("this key is unknown or was revoked")
    scopes = frozenset({READ, RUN})
    return User(name=key.provider, platforms=frozenset(key.platforms), scopes=scopes)


def somebody(site: Site, name: str) -> User:
    """A person who has shown who they are, with all rights they have."""
    with site.database.reading() as c:
        return user_of(c, name)


def user_of(c: Connection, name: str) -> User:
    """Somebody with the roles they have now."""
    return _user(name, people.standing(c, name))


def _user(name: str, account: Standing | None, scopes: Collection[str] | None = None) -> User:
    if account is None or account.closed:
        raise SignInError(f"the account {name!r} is closed")
    return User(
        name=name,
        roles=account.roles,
        is_admin=account.is_admin,
        scopes=None if scopes is None else frozenset(scopes),
    )


def digest(secret: str) -> str:
    """What is kept of a secret. Secrets are long and random, so one round is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _is_old(site: Site, token: Token) -> bool:
    return token.expires_at is not None and token.expires_at < site.clock()
