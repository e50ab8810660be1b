"""What people are told by mail, and mails that could not be sent."""

from fastapi import APIRouter, Request, Response, status
from pydantic import Field

from neckar_jobs.api.shapes import Number, Shape, Time
from neckar_jobs.api.who import TheSite, Who
from neckar_jobs.identity import addresses
from neckar_jobs.model import Matter, Posted
from neckar_jobs.service import mail
from neckar_jobs.service.posting import needed

router = APIRouter(prefix="/v4", tags=["people"])


class WishShape(Shape):
    """Matters, and whether you want to be told about them; what is not named stays as it was."""

    wanted: dict[Matter, bool]


class ChoiceShape(WishShape):
    """Where you get mail, and what about."""

    address: str = Field(description="empty where none is known")
    is_sent: bool = Field(description="whether this service sends mails at all")


class AddressShape(Shape):
    """Where you want to get mail. A mail goes there first, with a link; empty means nowhere."""

    address: str = Field(max_length=254)


class MailShape(Shape):
    """A mail that waits or was given up. What it says is for its reader."""

    id: int
    account: str
    address: str = Field(description="empty: the one of the account")
    subject: str
    posted: Posted
    made_at: Time
    attempts: int
    trouble: str


class OutboxShape(Shape):
    """How mails stand."""

    counts: dict[str, int]
    unsent: list[MailShape]


@router.get("/me/mail")
def choice(request: Request, site: TheSite, user: Who) -> ChoiceShape:
    """What you are told by mail, and where."""
    found = mail.choice(site, user)
    is_sent = request.app.state.mail_server is not None
    return ChoiceShape(address=found.address, wanted=dict(found.wanted), is_sent=is_sent)


@router.put("/me/mail")
def choose(request: Request, site: TheSite, user: Who, wish: WishShape) -> ChoiceShape:
    """Say what you want to be told."""
    mail.choose(site, user, wish.wanted)
    return choice(request, site, user)


@router.put("/me/mail/address", status_code=status.HTTP_202_ACCEPTED)
def name_address(request: Request, site: TheSite, user: Who, wanted: AddressShape) -> Response:
    """Say where. The address counts once the link that is sent there was followed."""
    if not wanted.address:
        addresses.forget(site, user)
    else:
        addresses.ask(site, user, wanted.address, needed(request.app.state.mail_server).address)
    return Response(status_code=status.HTTP_202_ACCEPTED)


@router.get("/mails")
def posted(site: TheSite, user: Who) -> OutboxShape:
    """Mails that wait or were given up, the newest first (admins)."""
    return OutboxShape.model_validate(mail.posted(site, user))


@router.post("/mails", status_code=status.HTTP_201_CREATED)
def try_out(site: TheSite, user: Who) -> MailShape:
    """Send a mail to yourself, to see whether they arrive (admins)."""
    return MailShape.model_validate(mail.try_out(site, user))


@router.post("/mails/{number}/retry")
def retry(site: TheSite, user: Who, number: Number) -> MailShape:
    """Try again to send a mail (admins)."""
    return MailShape.model_validate(mail.retry(site, user, number))


@router.delete("/mails/{number}", status_code=status.HTTP_204_NO_CONTENT)
def forget(site: TheSite, user: Who, number: Number) -> None:
    """Send a mail no more (admins)."""
    mail.forget(site, user, number)
