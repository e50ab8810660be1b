"""Addresses of one's own programs that are told when jobs are over."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from neckar_jobs.service import subscriptions
from neckar_jobs.web.render import page
from neckar_jobs.web.visit import Sent, SignedIn, Visit

router = APIRouter(prefix="/me/hooks")
Hook = Annotated[int, Path(ge=0, lt=2**31)]


@router.get("")
def look(visit: SignedIn) -> Response:
    """Which addresses are told, and what came of it."""
    return _page(visit)


@router.post("")
def add(visit: SignedIn, sent: Sent) -> Response:
    """Have an address told. Its secret is shown on this answer and never again."""
    made, secret = subscriptions.subscribe(
        visit.site, visit.user, sent.line("address"), _trusted(visit)
    )
    return _page(visit, secret=secret, about=made.address)


@router.post("/{hook}/test")
def try_out(visit: SignedIn, sent: Sent, hook: Hook) -> Response:
    """Send a message now."""
    del sent
    done = subscriptions.try_out(visit.site, visit.user, hook, _trusted(visit))
    said = done.trouble or f"The message was taken, with {done.status}."
    return visit.to(f"/me/hooks#hook-{hook}", said=said)


@router.post("/{hook}/remove")
def remove(visit: SignedIn, sent: Sent, hook: Hook) -> Response:
    """Have it told no longer."""
    del sent
    subscriptions.unsubscribe(visit.site, visit.user, hook)
    return visit.to("/me/hooks", said="The address is told no longer.")


def _page(visit: SignedIn, **shown: Any) -> Response:
    site, user = visit.site, visit.user
    return page(
        visit,
        "hooks.html",
        hooks=subscriptions.listed(site, user),
        deliveries=subscriptions.deliveries(site, user),
        most=subscriptions.MOST,
        **{"secret": "", "about": "", **shown},
    )


def _trusted(visit: Visit) -> tuple[str, ...]:
    found: tuple[str, ...] = visit.request.app.state.host.state.trusted_hooks
    return found
