"""Accounts, tokens, provider keys, collabs and who belongs to them."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from neckar_jobs.errors import StateError, UnknownError
from neckar_jobs.model import Role
from neckar_jobs.store.tables import account, collab, member, provider_key, subject, token


@dataclass(frozen=True, kw_only=True)
class Account:
    """A person, as far as this service keeps them itself."""

    name: str
    password: str  # argon2, or empty
    full_name: str
    mail: str
    is_admin: bool
    closed: bool
    created_at: float


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What somebody may do now."""

    is_admin: bool
    closed: bool
    roles: Mapping[str, Role]  # by collab


@dataclass(frozen=True, kw_only=True)
class Token:
    """What stands for somebody without a password; the secret itself is not kept."""

    id: str
    owner: str
    name: str
    kind: str
    scopes: tuple[str, ...] | None
    created_at: float
    expires_at: float | None
    used_at: float | None


@dataclass(frozen=True, kw_only=True)
class Key:
    """What a provider shows to take jobs."""

    id: str
    provider: str
    platforms: tuple[str, ...]
    created_at: float


@dataclass(frozen=True, kw_only=True)
class Collab:
    """People who work together."""

    name: str
    title: str
    is_public: bool
    created_at: float
    issuer: str = ""  # who says who belongs to it; empty means that we do


def add_account(connection: Connection, new: Account) -> None:
    """Note a new person."""
    if find_account(connection, new.name):
        raise StateError(f"there is an account {new.name!r} already")
    connection.execute(insert(account), vars(new))


def find_account(connection: Connection, name: str) -> Account | None:
    """A person, if they are known."""
    row = connection.execute(select(account).where(account.c.name == name)).mappings()
    found = row.one_or_none()
    return None if found is None else Account(**found)


def accounts(connection: Connection) -> list[Account]:
    """Everybody."""
    query = select(account).order_by(account.c.name)
    return [Account(**row) for row in connection.execute(query).mappings()]


def change_account(connection: Connection, name: str, **values: Any) -> Account:
    """Set columns of an account."""
    if connection.execute(update(account).where(account.c.name == name).values(**values)).rowcount:
        (found,) = connection.execute(select(account).where(account.c.name == name)).mappings()
        return Account(**found)
    raise UnknownError(f"there is no account {name!r}")


def find_subject(connection: Connection, issuer: str, word: str) -> str | None:
    """The account of a person for whom somebody else vouches."""
    known = (subject.c.issuer == issuer, subject.c.subject == word)
    found: str | None = connection.execute(
        select(subject.c.account).where(*known)
    ).scalar_one_or_none()
    return found


def add_subject(connection: Connection, issuer: str, word: str, name: str) -> None:
    """Note by which word somebody else knows a person."""
    values = {"issuer": issuer, "subject": word, "account": name}
    connection.execute(insert(subject), values)


def add_token(connection: Connection, digest: str, **values: Any) -> Token:
    """Keep the digest of a new token."""
    row = dict(id=str(uuid.uuid4()), used_at=None, **values)
    scopes = None if row["scopes"] is None else sorted(row["scopes"])
    connection.execute(insert(token), {"digest": digest, **row, "scopes": scopes})
    return Token(**{**row, "scopes": None if scopes is None else tuple(scopes)})


def find_token(connection: Connection, digest: str) -> tuple[Token, Standing | None] | None:
    """The token that has this digest, and how its owner stands, if there is an account."""
    query = select(*_MINE, *(column.label(f"t_{column.name}") for column in token.c))
    owner = token.outerjoin(account, account.c.name == token.c.owner)
    query = query.select_from(owner.outerjoin(member, member.c.account == account.c.name))
    rows = connection.execute(query.where(token.c.digest == digest)).mappings().all()
    if not rows:
        return None
    shown = {name: rows[0][f"t_{name}"] for name in Token.__dataclass_fields__}
    return _token(shown), _standing(rows)


def standing(connection: Connection, name: str) -> Standing | None:
    """What somebody may do now."""
    person = account.outerjoin(member, member.c.account == account.c.name)
    query = select(*_MINE).select_from(person)
    return _standing(connection.execute(query.where(account.c.name == name)).mappings().all())


def tokens_of(connection: Connection, owner: str, kind: str) -> list[Token]:
    """Somebody's tokens of one kind."""
    query = select(token).where(token.c.owner == owner, token.c.kind == kind)
    return [
        _token(row) for row in connection.execute(query.order_by(token.c.created_at)).mappings()
    ]


def use_token(connection: Connection, name: str, at: float) -> None:
    """Note that a token has been shown."""
    connection.execute(update(token).where(token.c.id == name).values(used_at=at))


def remove_token(connection: Connection, name: str, owner: str | None = None) -> bool:
    """Make a token worthless; false if there was none."""
    which = [token.c.id == name] + ([token.c.owner == owner] if owner is not None else [])
    return connection.execute(delete(token).where(*which)).rowcount == 1


def remove_tokens(
    connection: Connection, owner: str, kinds: Sequence[str], *, but: str = ""
) -> None:
    """Make all of somebody's tokens of these kinds worthless, but for the digest `but`."""
    which = (token.c.owner == owner, token.c.kind.in_(kinds), token.c.digest != but)
    connection.execute(delete(token).where(*which))


def keys(connection: Connection) -> list[Key]:
    """The keys of all providers."""
    query = select(provider_key).order_by(provider_key.c.created_at)
    return [_key(row) for row in connection.execute(query).mappings()]


def remove_key(connection: Connection, name: str) -> Key:
    """Make a provider's key worthless."""
    query = select(provider_key).where(provider_key.c.id == name)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise UnknownError(f"there is no key {name}")
    connection.execute(delete(provider_key).where(provider_key.c.id == name))
    return _key(row)


def add_key(
    connection: Connection, digest: str, provider: str, platforms: Sequence[str], at: float
) -> Key:
    """Keep the digest of a provider's key."""
    row = {
        "id": str(uuid.uuid4()),
        "provider": provider,
        "platforms": list(platforms),
        "created_at": at,
    }
    connection.execute(insert(provider_key), {"digest": digest, **row})
    return _key(row)


def find_key(connection: Connection, digest: str) -> Key | None:
    """The key that has this digest."""
    row = connection.execute(select(provider_key).where(provider_key.c.digest == digest))
    found = row.mappings().one_or_none()
    return None if found is None else _key(found)


def add_collab(connection: Connection, new: Collab) -> None:
    """Found a collab."""
    if find_collab(connection, new.name):
        raise StateError(f"there is a collab {new.name!r} already")
    connection.execute(insert(collab), vars(new))


def find_collab(connection: Connection, name: str) -> Collab | None:
    """A collab, if it is known."""
    row = connection.execute(select(collab).where(collab.c.name == name)).mappings().one_or_none()
    return None if row is None else Collab(**row)


def collabs(connection: Connection, names: Sequence[str] | None = None) -> list[Collab]:
    """All collabs, or those of these names."""
    query = select(collab).order_by(collab.c.name)
    if names is not None:
        query = query.where(collab.c.name.in_(names))
    return [Collab(**row) for row in connection.execute(query).mappings()]


def is_public(connection: Connection, name: str) -> bool:
    """Whether everybody may see what a collab does."""
    found = find_collab(connection, name)
    return found is not None and found.is_public


def roles_of(connection: Connection, name: str) -> dict[str, Role]:
    """What somebody is where."""
    query = select(member.c.collab, member.c.role).where(member.c.account == name)
    return {row.collab: Role(row.role) for row in connection.execute(query)}


def members(connection: Connection, name: str) -> dict[str, Role]:
    """Who belongs to a collab."""
    query = select(member.c.account, member.c.role).where(member.c.collab == name)
    return {row.account: Role(row.role) for row in connection.execute(query)}


def set_member(connection: Connection, name: str, person: str, role: Role | None) -> None:
    """Let somebody in, with a role, or out."""
    if role is not None and find_collab(connection, name) is None:
        raise UnknownError(f"there is no collab {name!r}")
    which = (member.c.collab == name, member.c.account == person)
    connection.execute(delete(member).where(*which))
    if role is not None:
        values = {"collab": name, "account": person, "role": int(role)}
        connection.execute(insert(member), values)


_MINE = (account.c.is_admin, account.c.closed, member.c.collab, member.c.role)


def _standing(rows: Sequence[Any]) -> Standing | None:
    """One row for every collab; one without any for who belongs to none."""
    if not rows or rows[0]["is_admin"] is None:
        return None
    roles = {row["collab"]: Role(row["role"]) for row in rows if row["collab"] is not None}
    return Standing(is_admin=rows[0]["is_admin"], closed=rows[0]["closed"], roles=roles)


def _token(row: Any) -> Token:
    values = {name: row[name] for name in Token.__dataclass_fields__}
    scopes = None if values["scopes"] is None else tuple(values["scopes"])
    return Token(**{**values, "scopes": scopes})


def _key(row: Any) -> Key:
    values = {name: row[name] for name in Key.__dataclass_fields__}
    return Key(**{**values, "platforms": tuple(values["platforms"])})
