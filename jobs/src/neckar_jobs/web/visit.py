"""Who looks at a page, and whether a form is theirs."""

import hmac
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from anyio import CapacityLimiter
from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData, UploadFile

from neckar_jobs.errors import ForbiddenError, SignInError
from neckar_jobs.identity import sessions
from neckar_jobs.identity.sessions import Session
from neckar_jobs.model import User
from neckar_jobs.service.posting import Server
from neckar_jobs.site import Site

COOKIE = "neckar_session"
GUEST = "neckar_guest"  # before anybody has signed in, so that even that form is one's own
SAID = "neckar_said"  # what the next page tells about what was done
LARGEST_FIELD = 4 * 1024 * 1024  # bytes of a text in a form
MOST_FILES = 2000


class NobodyError(Exception):
    """Nobody is signed in: leads to the page where one does."""


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A request for a page, and who sends it."""

    request: Request
    site: Site
    session: Session | None
    guest: str  # secret of somebody who has not signed in

    @property
    def user(self) -> User:
        """Whoever is signed in."""
        if self.session is None:
            raise NobodyError
        return self.session.user

    @property
    def csrf(self) -> str:
        """What the forms of this page carry."""
        return self.session.csrf if self.session else sessions.stamp(self.guest)

    @property
    def root(self) -> str:
        """Where the pages begin."""
        return str(self.request.scope.get("root_path", ""))

    @property
    def mail_server(self) -> Server | None:
        """Where mails go; none if nobody gets any."""
        found: Server | None = self.request.app.state.host.state.mail_server
        return found

    @property
    def disk(self) -> CapacityLimiter:
        """Threads that write contents of files, so that a slow disk takes none from others."""
        found: CapacityLimiter = self.request.app.state.host.state.disk
        return found

    def to(self, path: str, said: str = "") -> Response:
        """Lead to another page of ours, which says what was done."""
        answer = RedirectResponse(self.root + path, 303)
        if said:
            say(self, answer, said)
        return answer


def keep(visit: Visit, answer: Response, name: str, value: str, seconds: float | None) -> None:
    """Set a cookie that no script can read and no other site can use."""
    answer.set_cookie(
        name,
        value,
        max_age=None if seconds is None else int(seconds),
        path=visit.root or "/",
        httponly=True,
        samesite="lax",
        secure=visit.request.url.scheme == "https",
    )


def say(visit: Visit, answer: Response, text: str) -> None:
    """Let the next page tell what was done."""
    keep(visit, answer, SAID, text.encode().hex(), 60)


def visitor(request: Request) -> Visit:
    """Whoever it is; perhaps nobody."""
    site: Site = request.app.state.site
    session = None
    if secret := request.cookies.get(COOKIE):
        try:
            session = sessions.resume(site, secret)
        except SignInError:
            session = None
    guest = request.cookies.get(GUEST) or secrets.token_urlsafe(24)
    return Visit(request=request, site=site, session=session, guest=guest)


Anybody = Annotated[Visit, Depends(visitor)]


def _signed_in(visit: Anybody) -> Visit:
    if visit.session is None:
        raise NobodyError
    return visit


SignedIn = Annotated[Visit, Depends(_signed_in)]


async def _own(visit: Anybody) -> AsyncIterator[FormData]:
    """A form that was filled in on a page of this visitor."""
    if visit.request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ForbiddenError("this form comes from another site")
    limits = {"max_files": MOST_FILES, "max_fields": MOST_FILES, "max_part_size": LARGEST_FIELD}
    async with visit.request.form(**limits) as form:
        if not hmac.compare_digest(_text(form, "csrf").encode(), visit.csrf.encode()):
            raise ForbiddenError("this form has expired; go back, load the page anew and try again")
        yield form


def _sent(visit: Anybody, form: Annotated[FormData, Depends(_own)]) -> "Form":
    return Form(form)


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


class Form:
    """What somebody has filled in."""

    def __init__(self, data: FormData) -> None:
        self._data = data

    def text(self, name: str) -> str:
        """A field, with the line ends of Unix."""
        return _text(self._data, name).replace("\r\n", "\n")

    def line(self, name: str) -> str:
        """A field of one line, without blanks around it."""
        return _text(self._data, name).strip()

    def has(self, name: str) -> bool:
        """Whether a box is ticked, or a button was used."""
        return name in self._data

    def names(self) -> list[str]:
        """All fields that came."""
        return list(self._data)

    def texts(self, name: str) -> list[str]:
        """Several boxes of one name."""
        return [each for each in self._data.getlist(name) if isinstance(each, str)]

    def files(self, name: str) -> list[UploadFile]:
        """Files that were chosen."""
        found = (each for each in self._data.getlist(name) if isinstance(each, UploadFile))
        return [each for each in found if each.filename]


Sent = Annotated[Form, Depends(_sent)]
