"""Where somebody gets mail: an address counts once whoever reads it has said so."""

from neckar_jobs import policy
from neckar_jobs.errors import InvalidError, SignInError, StateError, TooOftenError
from neckar_jobs.identity import tokens
from neckar_jobs.model import User
from neckar_jobs.service.envelope import addressed
from neckar_jobs.site import Site
from neckar_jobs.store import audit, outbox, people

SECONDS = 86_400.0  # until a link is worthless
MOST = 5  # addresses that somebody may name in that time
TEXT = """{name} wants to get mails of {address} here.

If that is you, open this page within a day and press the button:
{link}

If it is not, do nothing: this address will not be used, and this mail is the last."""


def ask(site: Site, user: User, wanted: str, address: str) -> None:
    """Send a link to an address that somebody wants to use.

    Args:
        site: here.
        user: who.
        wanted: the address.
        address: where people find the service.
    """
    policy.require(policy.may_comment(user), "say where you get mail")
    if not addressed(wanted):
        raise InvalidError(f"{wanted[:80]!r} is no mail address; one looks like ada@example.org")
    now = site.clock()
    with site.database.reading() as c:
        if people.find_account(c, user.name) is None:
            raise StateError(f"{user.name} has no account here")
        if outbox.made_since(c, user.name, now - SECONDS) >= MOST:
            raise TooOftenError(f"{MOST} addresses were named within a day; try again tomorrow")
    secret, _ = tokens.issue(site, user.name, name=wanted, kind=tokens.MAIL, seconds=SECONDS)
    text = TEXT.format(name=user.name, address=address, link=f"{address}/app/mail/confirm/{secret}")
    with site.database.writing() as c:
        outbox.put(c, user.name, "Is this your address?", text, now, wanted)


def forget(site: Site, user: User) -> None:
    """Get no mail anywhere."""
    policy.require(policy.may_comment(user), "say where you get mail")
    with site.database.writing() as c:
        people.change_account(c, user.name, mail="")
        people.remove_tokens(c, user.name, [tokens.MAIL])
        audit.note(c, at=site.clock(), who=user.name, what="account.mail", on=user.name)


def named(site: Site, secret: str) -> tuple[str, str]:
    """Who wants to get mail, and where."""
    token = tokens.known(site, secret, tokens.MAIL)
    return token.owner, token.name


def confirm(site: Site, secret: str) -> str:
    """Use the address to which this link was sent; return it. Works once."""
    token = tokens.known(site, secret, tokens.MAIL)
    with site.database.writing() as c:
        if not people.remove_token(c, token.id):
            raise SignInError("this link has been used")
        people.change_account(c, token.owner, mail=token.name)
        audit.note(c, at=site.clock(), who=token.owner, what="account.mail", on=token.owner)
    return token.name
