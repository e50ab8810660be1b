"""What one is told by mail, and the pages that links in mails lead to."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from neckar_jobs.api.shapes import Number
from neckar_jobs.identity import addresses
from neckar_jobs.model import Matter
from neckar_jobs.service import mail
from neckar_jobs.service.posting import needed
from neckar_jobs.web.render import page
from neckar_jobs.web.visit import Anybody, Sent, SignedIn, Visit

router = APIRouter()
Word = Annotated[str, Path(max_length=300)]


@router.post("/me/mail")
def choose(visit: SignedIn, sent: Sent) -> Response:
    """Say what to be told."""
    ticked = set(sent.texts("matter"))
    shown = mail.choice(visit.site, visit.user).wanted
    mail.choose(visit.site, visit.user, {matter: matter in ticked for matter in shown})
    return visit.to("/me#mail", said="You will be told what you have chosen.")


@router.post("/me/mail/address")
def name_address(visit: SignedIn, sent: Sent) -> Response:
    """Say where; a link goes there first."""
    wanted = sent.line("address")
    if sent.has("forget"):
        addresses.forget(visit.site, visit.user)
        return visit.to("/me#mail", said="You get no mail any more.")
    addresses.ask(visit.site, visit.user, wanted, needed(visit.mail_server).address)
    return visit.to("/me#mail", said=f"A link is on its way to {wanted}. Follow it within a day.")


@router.get("/mail/confirm/{secret}")
def ask_to_confirm(visit: Anybody, secret: Word) -> Response:
    """Where a link to a new address leads. Looking does nothing: programs do that, too."""
    name, address = addresses.named(visit.site, secret)
    return page(visit, "mail_confirm.html", secret=secret, name=name, address=address, done=False)


@router.post("/mail/confirm/{secret}")
def confirm(visit: Anybody, sent: Sent, secret: Word) -> Response:
    """Use the address."""
    del sent
    address = addresses.confirm(visit.site, secret)
    return page(visit, "mail_confirm.html", secret="", name="", address=address, done=True)


@router.get("/mail/stop/{word}")
def ask_to_stop(visit: Anybody, word: Word) -> Response:
    """Where the last line of every mail leads."""
    return page(visit, "mail_stop.html", name=mail.whose(visit.site, word), word=word, done=False)


@router.post("/mail/stop/{word}")
def stop(visit: Anybody, word: Word) -> Response:
    """Send no more mails. Mail programs do this, too (RFC 8058), so the word alone is enough."""
    return page(visit, "mail_stop.html", name=mail.stop(visit.site, word), word=word, done=True)


@router.post("/admin/mails")
def try_out(visit: SignedIn, sent: Sent) -> Response:
    """Send a mail to oneself."""
    del sent
    made = mail.try_out(visit.site, visit.user)
    return visit.to("/admin#mails", said=f"A mail to {made.address} is in the outbox.")


@router.post("/admin/mails/{mail_number}")
def change(visit: SignedIn, sent: Sent, mail_number: Number) -> Response:
    """Try again to send a mail, or forget it."""
    if sent.has("forget"):
        mail.forget(visit.site, visit.user, mail_number)
        return visit.to("/admin#mails", said="The mail is forgotten.")
    mail.retry(visit.site, visit.user, mail_number)
    return visit.to("/admin#mails", said="The mail goes out again.")


def about(visit: Visit) -> dict[str, Any]:
    """What the page of an account shows of it."""
    words = {
        Matter.FINISHED: "a job of mine has finished",
        Matter.FAILED: "a job of mine has failed",
        Matter.PROJECT: "a project of mine is accepted, rejected or granted more",
        Matter.QUOTA: "nine tenths of a quota that I answer for are used up",
        Matter.REVIEW: "a project waits for a decision",
    }
    found = mail.choice(visit.site, visit.user)
    return {"choice": found, "matters": words, "sends_mail": visit.mail_server is not None}
