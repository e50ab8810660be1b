"""What people want to be told by mail, and what admins do with mails that cannot be sent."""

from collections.abc import Mapping
from dataclasses import dataclass

from neckar_jobs import policy
from neckar_jobs.errors import InvalidError, UnknownError
from neckar_jobs.model import Mail, Matter, User
from neckar_jobs.service.envelope import addressed, stopped
from neckar_jobs.service.posting import SECRET
from neckar_jobs.site import Site
from neckar_jobs.store import audit, news, outbox, people, secrets

SHOWN = 50  # mails on a page


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Where somebody gets mail, and what about."""

    address: str  # empty where none is known
    wanted: Mapping[Matter, bool]


@dataclass(frozen=True, kw_only=True)
class Outbox:
    """How mails stand."""

    counts: Mapping[str, int]  # by `Posted`
    unsent: list[Mail]


def choice(site: Site, user: User) -> Choice:
    """What somebody is told, and where."""
    with site.database.reading() as c:
        account = people.find_account(c, user.name)
        address = account.mail if account is not None and addressed(account.mail) else ""
        wanted = news.wishes(c, user.name)
    shown = [matter for matter in Matter if matter != Matter.REVIEW or user.is_admin]
    return Choice(address=address, wanted={matter: wanted[matter] for matter in shown})


def choose(site: Site, user: User, wanted: Mapping[Matter, bool]) -> None:
    """Say what to be told; what is not named stays as it was."""
    policy.require(policy.may_comment(user), "choose what you are told by mail")
    with site.database.writing() as c:
        if people.find_account(c, user.name) is None:
            raise UnknownError(f"{user.name} has no account here")
        news.wish(c, user.name, wanted)


def whose(site: Site, word: str) -> str:
    """Whose mails the word of a mail ends."""
    with site.database.writing() as c:
        name = stopped(word, secrets.get(c, SECRET))
        if name is None or people.find_account(c, name) is None:
            raise UnknownError("this link ends nobody's mails; was it copied as a whole?")
    return name


def stop(site: Site, word: str) -> str:
    """Tell whoever got a mail with this word nothing any more; return their name."""
    name = whose(site, word)
    with site.database.writing() as c:
        news.wish(c, name, dict.fromkeys(Matter, False))
        outbox.withdraw(c, name)
        audit.note(c, at=site.clock(), who=name, what="mail.stop", on=name)
    return name


def posted(site: Site, user: User) -> Outbox:
    """What waits and what could not be sent (admins)."""
    policy.require(policy.may_administer(user), "see the mails of others")
    with site.database.reading() as c:
        return Outbox(counts=outbox.counts(c), unsent=outbox.unsent(c, SHOWN))


def retry(site: Site, user: User, number: int) -> Mail:
    """Try again to send a mail (admins)."""
    policy.require(policy.may_administer(user), "send the mails of others")
    with site.database.writing() as c:
        audit.note(c, at=site.clock(), who=user.name, what="mail.retry", on=f"mail {number}")
        return outbox.again(c, number, site.clock())


def forget(site: Site, user: User, number: int) -> None:
    """Send a mail no more (admins)."""
    policy.require(policy.may_administer(user), "remove the mails of others")
    with site.database.writing() as c:
        audit.note(c, at=site.clock(), who=user.name, what="mail.forget", on=f"mail {number}")
        outbox.remove(c, number)


def try_out(site: Site, user: User) -> Mail:
    """Send a mail to oneself, to see whether they arrive (admins)."""
    policy.require(policy.may_administer(user), "try out mails")
    found = choice(site, user)
    if not found.address:
        raise InvalidError("your account has no mail address; give one first")
    with site.database.writing() as c:
        text = "This mail was sent to see whether mails arrive. They do."
        return outbox.put(c, user.name, "A mail to try", text, site.clock(), found.address)
