"""Which person or provider a request comes from."""

from typing import Annotated

from fastapi import Depends, Header, Request
from starlette.concurrency import run_in_threadpool

from neckar_jobs.errors import SignInError
from neckar_jobs.identity import tokens
from neckar_jobs.model import User
from neckar_jobs.site import Site


def site_of(request: Request) -> Site:
    """The installation behind this interface."""
    site: Site = request.app.state.site
    return site


TheSite = Annotated[Site, Depends(site_of)]


async def who(
    site: TheSite,
    authorization: Annotated[str | None, Header()] = None,
    x_api_key: Annotated[str | None, Header()] = None,
) -> User:
    """Whoever shows a token or a key."""
    if x_api_key is not None:
        return await run_in_threadpool(tokens.provider, site, x_api_key)
    scheme, _, secret = (authorization or "").partition(" ")
    if scheme.lower() == "bearer" and secret:
        return await run_in_threadpool(tokens.bearer, site, secret.strip())
    raise SignInError("send a token as 'Authorization: Bearer …', or a provider's key as x-api-key")


Who = Annotated[User, Depends(who)]
