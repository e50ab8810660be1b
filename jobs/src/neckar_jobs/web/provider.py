"""Sign in at a provider of OpenID Connect, and come back."""

import hmac
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse

from neckar_jobs.errors import SignInError, UnknownError
from neckar_jobs.identity import sessions
from neckar_jobs.identity.oidc import SECONDS, Provider
from neckar_jobs.web.sign_in import Next, welcome
from neckar_jobs.web.visit import Anybody, Visit, keep

router = APIRouter(prefix="/oidc")
COOKIE = "neckar_oidc"  # the sign-in that this browser has begun
Word = Annotated[str, Query(max_length=4000)]


@router.get("/start")
def start(visit: Anybody, next: Next = "") -> Response:
    """Lead to where the provider asks who one is."""
    there, state = _provider(visit).begin(visit.site, _back(visit), next)
    answer = RedirectResponse(there, 303)
    keep(visit, answer, COOKIE, state, SECONDS)
    return answer


@router.get("/callback")
def callback(
    visit: Anybody,
    state: Word = "",
    code: Word = "",
    error_description: Word = "",
    error: Word = "",
) -> Response:
    """Where the provider leads back to. Only the browser that began a sign-in ends it."""
    provider = _provider(visit)
    begun = visit.request.cookies.get(COOKIE, "")
    if not state or not hmac.compare_digest(begun.encode(), state.encode()):
        raise SignInError("this browser has not begun this sign-in; begin again")
    if error:
        raise SignInError(f"the provider says: {(error_description or error)[:300]}")
    signed = provider.finish(visit.site, state, code)
    answer = welcome(visit, sessions.begin(visit.site, signed.name), signed.next)
    answer.delete_cookie(COOKIE, path=visit.root or "/")
    return answer


def _provider(visit: Visit) -> Provider:
    provider: Provider | None = visit.request.app.state.provider
    if provider is None:
        raise UnknownError("people sign in with a password here")
    return provider


def _back(visit: Visit) -> str:
    url = visit.request.url
    return f"{url.scheme}://{url.netloc}{visit.root}/oidc/callback"
