"""For those who run the service: people, keys, projects to decide about, who did what."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from neckar_jobs import policy
from neckar_jobs.api.shapes import Number
from neckar_jobs.errors import InvalidError
from neckar_jobs.identity import accounts, sessions, tokens
from neckar_jobs.service import mail, people, projects
from neckar_jobs.states import Stage
from neckar_jobs.web.render import page
from neckar_jobs.web.visit import Sent, SignedIn

router = APIRouter(prefix="/admin")
Name = Annotated[str, Path(max_length=100)]
LINES = 50  # of the audit log on one page


@router.get("")
def look(visit: SignedIn) -> Response:
    """What there is to do."""
    return _page(visit)


@router.get("/history")
def history(visit: SignedIn, below: Annotated[Number | None, Query()] = None) -> Response:
    """Who did what."""
    lines = people.history(visit.site, visit.user, size=LINES + 1, below=below)
    return page(
        visit,
        "history.html",
        lines=lines[:LINES],
        older=lines[LINES - 1].id if len(lines) > LINES else None,
    )


@router.post("/people")
def add_person(visit: SignedIn, sent: Sent) -> Response:
    """Add an account without a password, and show a link that signs in once."""
    _admin(visit, "add people")
    name = sent.line("name").lower()
    accounts.create(
        visit.site,
        name,
        "",
        by=visit.user.name,
        full_name=sent.line("full_name")[:200],
        mail=sent.line("mail")[:200],
        is_admin=sent.has("is_admin"),
    )
    return _page(visit, link=_link(visit, name), about=name)


@router.post("/people/{name}/link")
def invite(visit: SignedIn, sent: Sent, name: Name) -> Response:
    """A link for somebody who has no password, or forgot it."""
    del sent
    return _page(visit, link=_link(visit, name), about=name)


@router.post("/people/{name}")
def change_person(visit: SignedIn, sent: Sent, name: Name) -> Response:
    """Close an account or open it, make an admin or unmake one."""
    site, user = visit.site, visit.user
    if sent.has("close") or sent.has("open"):
        accounts.set_closed(site, user, name, sent.has("close"))
    elif sent.has("promote") or sent.has("demote"):
        accounts.set_admin(site, user, name, sent.has("promote"))
    else:
        _admin(visit, "change accounts")
        raise InvalidError("use one of the buttons")
    return visit.to("/admin#people", said=f"The account {name} is changed.")


@router.post("/keys")
def add_key(visit: SignedIn, sent: Sent) -> Response:
    """Make a key for a provider. It is shown on this answer and never again."""
    _admin(visit, "make keys")
    provider = sent.line("provider")
    known = {each.name for each in projects.platforms(visit.site)}
    wanted = [each for each in sent.texts("platform") if each in known]
    if not accounts.NAME.fullmatch(provider) or not wanted:
        raise InvalidError("a provider has a name of 2 to 99 of a-z 0-9 . _ - and a platform")
    secret, _ = tokens.issue_key(visit.site, visit.user.name, provider, wanted)
    return _page(visit, key=secret, about=provider)


@router.post("/keys/{key}/revoke")
def revoke_key(visit: SignedIn, sent: Sent, key: Name) -> Response:
    """Make one worthless."""
    del sent
    tokens.revoke_key(visit.site, visit.user, key)
    return visit.to("/admin#keys", said="The key is worthless now.")


def _page(visit: SignedIn, *, link: str = "", key: str = "", about: str = "") -> Response:
    site, user = visit.site, visit.user
    return page(
        visit,
        "admin.html",
        accounts=accounts.listed(site, user),
        keys=tokens.keys(site, user),
        platforms=projects.platforms(site),
        outbox=mail.posted(site, user),
        sends_mail=visit.mail_server is not None,
        to_review=projects.listed(site, user, stage=Stage.UNDER_REVIEW),
        link=link,
        key=key,
        about=about,
    )


def _link(visit: SignedIn, name: str) -> str:
    secret = sessions.invite(visit.site, visit.user, name)
    return f"{str(visit.request.base_url).rstrip('/')}/link/{secret}"


def _admin(visit: SignedIn, what: str) -> None:
    policy.require(policy.may_administer(visit.user), what)
