"""Come in and leave."""

import re
from typing import Annotated

from fastapi import APIRouter, Query, Response

from neckar_jobs.errors import SignInError
from neckar_jobs.identity import accounts, sessions
from neckar_jobs.web.render import THEMES, page
from neckar_jobs.web.visit import COOKIE, Anybody, Sent, Visit, keep

router = APIRouter()
WITHIN = re.compile(r"/(?![/\\])[\x21-\x7e]*")  # a path of this site and nothing else
Next = Annotated[str, Query(max_length=2000)]


@router.get("/login")
def form(visit: Anybody, next: Next = "") -> Response:
    """Where one says who one is."""
    if visit.session:
        return visit.to("/")
    return _form(visit, next)


@router.post("/login")
def enter(visit: Anybody, sent: Sent) -> Response:
    """Sign in with name and password."""
    name, next = sent.line("name"), sent.line("next")
    try:
        account = accounts.check(visit.site, name, sent.text("password"))
    except SignInError as error:
        return _form(visit, next, status=401, name=name, wrong=str(error))
    return welcome(visit, sessions.begin(visit.site, account.name), next)


@router.get("/link/{secret}")
def link(visit: Anybody, secret: str) -> Response:
    """A link that signs in once. Looking at it does nothing: programs do that, too."""
    return page(visit, "link.html", secret=secret)


@router.post("/link/{secret}")
def follow(visit: Anybody, sent: Sent, secret: str) -> Response:
    """Sign in with such a link."""
    del sent  # it was checked
    return welcome(visit, sessions.follow(visit.site, secret), "")


@router.post("/logout")
def leave(visit: Anybody, sent: Sent) -> Response:
    """Sign out, here only."""
    del sent
    if visit.session:
        sessions.end(visit.site, visit.session.secret)
    answer = visit.to("/login", said="You are signed out.")
    answer.delete_cookie(COOKIE, path=visit.root or "/")
    return answer


@router.post("/theme")
def choose_theme(visit: Anybody, sent: Sent) -> Response:
    """Light, dark, or as the system has it."""
    answer = visit.to("/")
    answer.headers["location"] = _within(visit, sent.line("next"))
    wanted = sent.line("theme")
    answer.set_cookie(
        "theme", wanted if wanted in THEMES else "", max_age=366 * 86400, path=visit.root or "/"
    )
    return answer


def welcome(visit: Visit, secret: str, next: str) -> Response:
    """Lead somebody who has just signed in to where they wanted to go."""
    answer = visit.to("/")
    answer.headers["location"] = _within(visit, next)
    keep(visit, answer, COOKIE, secret, sessions.SECONDS)
    return answer


def _within(visit: Visit, next: str) -> str:
    inside = WITHIN.fullmatch(next) is not None and next.startswith(visit.root + "/")
    return next if inside else visit.root + "/"


def _form(
    visit: Visit, next: str, *, status: int = 200, name: str = "", wrong: str = ""
) -> Response:
    provider = visit.request.app.state.provider
    other = None if provider is None else provider.config.name
    return page(visit, "login.html", status=status, next=next, name=name, wrong=wrong, other=other)
