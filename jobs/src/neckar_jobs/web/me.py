"""One's own account: password, tokens."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from neckar_jobs.errors import InvalidError
from neckar_jobs.identity import accounts, tokens
from neckar_jobs.policy import SCOPES, own_space
from neckar_jobs.service import people
from neckar_jobs.web import mail
from neckar_jobs.web.render import page
from neckar_jobs.web.visit import Sent, SignedIn

router = APIRouter(prefix="/me")
DAYS = (7, 30, 90, 365)


@router.get("")
def look(visit: SignedIn) -> Response:
    """Who one is, and the tokens that speak for one."""
    return _page(visit)


@router.post("/password")
def change_password(visit: SignedIn, sent: Sent) -> Response:
    """Set a new password."""
    new = sent.text("new")
    if new != sent.text("again"):
        raise InvalidError("the two new passwords differ; go back and type them again")
    stay = visit.session.secret if visit.session else ""
    accounts.change_password(visit.site, visit.user, sent.text("old"), new, stay=stay)
    return visit.to("/me", said="Your password is changed; other browsers are signed out.")


@router.post("/tokens")
def issue(visit: SignedIn, sent: Sent) -> Response:
    """Make a token. It is shown on this answer and never again."""
    name, days = sent.line("name"), sent.line("days")
    if not 1 <= len(name) <= 200:
        raise InvalidError("a token has a name of 1 to 200 characters, such as 'laptop'")
    chosen = [each for each in sent.texts("scope") if each in SCOPES]
    if not chosen:
        raise InvalidError("a token that may do nothing is of no use; choose what it may do")
    seconds = int(days) * 86400.0 if days.isdecimal() and int(days) in DAYS else None
    scopes = None if set(chosen) == set(SCOPES) else chosen
    secret, _ = tokens.issue(visit.site, visit.user.name, name=name, scopes=scopes, seconds=seconds)
    return _page(visit, secret=secret)


@router.post("/tokens/{token}/revoke")
def revoke(visit: SignedIn, sent: Sent, token: Annotated[str, Path(max_length=36)]) -> Response:
    """Make one worthless."""
    del sent
    people.revoke(visit.site, visit.user, token)
    return visit.to("/me#tokens", said="The token is worthless now.")


def _page(visit: SignedIn, *, secret: str = "") -> Response:
    user = visit.user
    return page(
        visit,
        "me.html",
        account=accounts.look(visit.site, user),
        own=own_space(user.name),
        roles=sorted(user.roles.items()),
        tokens=people.tokens(visit.site, user),
        days=DAYS,
        scopes=("read", "write", *(("manage",) if user.is_admin else ())),
        secret=secret,
        **mail.about(visit),
    )
