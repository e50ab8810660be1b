"""Sign-ins at a provider that have begun."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from neckar_jobs.store.tables import oidc_login


@dataclass(frozen=True, kw_only=True)
class Login:
    """What has to be remembered until somebody comes back."""

    nonce: str
    verifier: str
    back: str  # where to
    next: str  # where they want to go then
    begun_at: float


def add(connection: Connection, digest: str, new: Login, *, oldest: float) -> None:
    """Remember one, and forget those that began before `oldest`."""
    connection.execute(delete(oidc_login).where(oidc_login.c.begun_at < oldest))
    connection.execute(insert(oidc_login), {"digest": digest, **vars(new)})


def take(connection: Connection, digest: str) -> Login | None:
    """The one that this state belongs to, which is forgotten; none if there is none (any more)."""
    this = oidc_login.c.digest == digest
    row = connection.execute(select(oidc_login).where(this)).mappings().one_or_none()
    if row is None or connection.execute(delete(oidc_login).where(this)).rowcount != 1:
        return None
    return Login(**{name: row[name] for name in Login.__dataclass_fields__})
