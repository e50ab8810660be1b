"""Which person or provider a request comes from. There are no cookies here."""

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Header, Query, Request
from starlette.concurrency import run_in_threadpool

from neckar_jobs.errors import ForbiddenError, SignInError
from neckar_jobs.identity import tokens
from neckar_jobs.identity.oidc import Provider
from neckar_jobs.model import User
from neckar_jobs.site import Site


@dataclass(frozen=True, kw_only=True)
class Customs:
    """What a site may choose about this interface."""

    storages: tuple[str, ...] = ()  # more names by which people may ask to keep files here
    trusted: tuple[str, ...] = ()  # host:port of data servers that may lie inside this network
    provider: Provider | None = None  # whose access tokens are good here, too


def site_of(request: Request) -> Site:
    """The installation behind this interface."""
    site: Site = request.app.state.site
    return site


def customs_of(request: Request) -> Customs:
    """What the site has chosen."""
    customs: Customs = request.app.state.customs
    return customs


TheSite = Annotated[Site, Depends(site_of)]
TheCustoms = Annotated[Customs, Depends(customs_of)]


async def anyone(
    site: TheSite,
    customs: TheCustoms,
    authorization: Annotated[str | None, Header()] = None,
    x_api_key: Annotated[str | None, Header()] = None,
) -> User:
    """Whoever shows a token or a key."""
    scheme, _, secret = (authorization or "").partition(" ")
    if scheme.lower() == "bearer" and secret:
        return await run_in_threadpool(bearer, site, customs, secret.strip())
    if x_api_key is not None:
        return await run_in_threadpool(tokens.provider, site, x_api_key)
    raise SignInError("You must provide either a token or an API key")


def bearer(site: Site, customs: Customs, secret: str) -> User:
    """Whoever a token of ours or of the provider stands for."""
    if customs.provider is None or secret.startswith(tuple(tokens.PREFIX.values())):
        return tokens.bearer(site, secret)
    return tokens.somebody(site, customs.provider.bearer(site, secret))


Anyone = Annotated[User, Depends(anyone)]
AsAdmin = Annotated[bool, Query(description="use the rights of an admin, if you have them")]


async def anyone_or_admin(user: Anyone, as_admin: AsAdmin = False) -> User:
    """Whoever asks; admins only are admins if they say so."""
    return replace(user, is_admin=user.is_admin and as_admin)


async def person(user: Annotated[User, Depends(anyone_or_admin)]) -> User:
    """Somebody with a token, as an admin only if they say so."""
    return _person(user)


async def admin(user: Anyone) -> User:
    """Somebody with a token, with all rights they have."""
    return _person(user)


async def runner(user: Anyone) -> User:
    """Somebody with the key of a provider."""
    if not user.platforms:
        raise ForbiddenError("this is for providers, with an API key")
    return user


def _person(user: User) -> User:
    if user.platforms:
        raise ForbiddenError("this is for people, with a token")
    return user


AnyoneOrAdmin = Annotated[User, Depends(anyone_or_admin)]
Person = Annotated[User, Depends(person)]
Admin = Annotated[User, Depends(admin)]
Runner = Annotated[User, Depends(runner)]
