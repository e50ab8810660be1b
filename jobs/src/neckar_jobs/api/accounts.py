"""Accounts and the keys of providers, for admins."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, status
from pydantic import Field

from neckar_jobs import policy
from neckar_jobs.api.shapes import Name, Shape, Time
from neckar_jobs.api.who import TheSite, Who
from neckar_jobs.errors import InvalidError
from neckar_jobs.identity import accounts, sessions, tokens
from neckar_jobs.service import projects

router = APIRouter(prefix="/v4", tags=["administration"])
Person = Annotated[str, Path(max_length=100)]


class NewAccount(Shape):
    """A person; without a password they come by a link, or by a provider's word."""

    name: str = Field(pattern=accounts.NAME.pattern + "$", max_length=99)
    full_name: str = Field(default="", max_length=200)
    mail: str = Field(default="", max_length=200)
    is_admin: bool = False


class AccountChange(Shape):
    """What is to be otherwise."""

    closed: bool | None = None
    is_admin: bool | None = None


class AccountShape(Shape):
    """A person."""

    name: str
    full_name: str
    mail: str
    is_admin: bool
    closed: bool
    created_at: Time


class LinkShape(Shape):
    """A link that signs somebody in, once and soon."""

    address: str


class NewKey(Shape):
    """A key for a provider."""

    provider: str = Field(pattern=accounts.NAME.pattern + "$", max_length=99)
    platforms: list[Name] = Field(min_length=1, max_length=100)


class KeyShape(Shape):
    """A key with which a provider takes jobs."""

    id: str
    provider: str
    platforms: tuple[str, ...]
    created_at: Time


class SecretKey(KeyShape):
    """The same, with the secret, which is shown only once."""

    secret: str


@router.get("/accounts")
def listed(site: TheSite, user: Who) -> list[AccountShape]:
    """Everybody (admins)."""
    return [AccountShape.model_validate(each) for each in accounts.listed(site, user)]


@router.post("/accounts", status_code=status.HTTP_201_CREATED)
def add(site: TheSite, user: Who, new: NewAccount) -> AccountShape:
    """Add a person (admins). A link lets them in."""
    policy.require(policy.may_administer(user), "add people")
    made = accounts.create(
        site,
        new.name,
        "",
        by=user.name,
        full_name=new.full_name,
        mail=new.mail,
        is_admin=new.is_admin,
    )
    return AccountShape.model_validate(made)


@router.patch("/accounts/{person}")
def change(site: TheSite, user: Who, person: Person, wanted: AccountChange) -> AccountShape:
    """Close an account or open it, make an admin or unmake one (admins)."""
    policy.require(policy.may_administer(user), "change accounts")
    changed = None
    if wanted.closed is not None:
        changed = accounts.set_closed(site, user, person, wanted.closed)
    if wanted.is_admin is not None:
        changed = accounts.set_admin(site, user, person, wanted.is_admin)
    if changed is None:
        raise InvalidError("say what is to be otherwise: closed, is_admin")
    return AccountShape.model_validate(changed)


@router.post("/accounts/{person}/link", status_code=status.HTTP_201_CREATED)
def invite(request: Request, site: TheSite, user: Who, person: Person) -> LinkShape:
    """A link for somebody who has no password, or forgot it (admins)."""
    secret = sessions.invite(site, user, person)
    return LinkShape(address=f"{str(request.base_url).rstrip('/')}/app/link/{secret}")


@router.get("/keys")
def keys(site: TheSite, user: Who) -> list[KeyShape]:
    """The keys of all providers (admins)."""
    return [KeyShape.model_validate(each) for each in tokens.keys(site, user)]


@router.post("/keys", status_code=status.HTTP_201_CREATED)
def add_key(site: TheSite, user: Who, new: NewKey) -> SecretKey:
    """Make a key with which a provider takes the jobs of its platforms (admins)."""
    policy.require(policy.may_administer(user), "make keys")
    for name in new.platforms:
        projects.platform(site, name)
    secret, key = tokens.issue_key(site, user.name, new.provider, new.platforms)
    return SecretKey(secret=secret, **KeyShape.model_validate(key).model_dump())


@router.delete("/keys/{key}", status_code=status.HTTP_204_NO_CONTENT)
def revoke_key(site: TheSite, user: Who, key: Person) -> None:
    """Make one worthless (admins)."""
    tokens.revoke_key(site, user, key)
