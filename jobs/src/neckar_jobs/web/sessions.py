"""Who holds which chip, and how to end it."""

from fastapi import APIRouter, Response

from neckar_jobs.api.shapes import Number
from neckar_jobs.service import holding, jobs
from neckar_jobs.web.render import page
from neckar_jobs.web.visit import Sent, SignedIn

router = APIRouter(prefix="/sessions")


@router.get("")
def look(visit: SignedIn) -> Response:
    """All sessions that are not over."""
    return page(visit, "sessions.html", held=holding.held(visit.site, visit.user))


@router.post("/{number}/end")
def end(visit: SignedIn, sent: Sent, number: Number) -> Response:
    """End one."""
    del sent
    jobs.cancel(visit.site, visit.user, number)
    return visit.to("/sessions", said=f"Session {number} ends.")
