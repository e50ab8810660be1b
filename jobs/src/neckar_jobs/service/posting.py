"""Writes mails from what people are to be told, and hands them to a mail server.

What happened is written down in the transaction in which it happens, a mail is put into the outbox
in the one that takes this away, and it leaves the outbox once a server has taken it. So nothing is
lost, and only a process that ends between a server's yes and its own note sends a mail twice; both
have the same Message-ID.
"""

import logging
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import parseaddr

from sqlalchemy import Connection

from neckar_jobs.errors import InvalidError, StateError
from neckar_jobs.model import Mail, News
from neckar_jobs.service.envelope import addressed, enveloped
from neckar_jobs.service.letters import letter, line
from neckar_jobs.site import Site
from neckar_jobs.store import jobs, news, outbox, people, projects, secrets
from neckar_jobs.store.due import next_attempt
from neckar_jobs.store.people import Account

PAUSE = 900.0  # s between two mails to one person
PATIENCE = 3600.0  # s that a mail about an array waits for the rest of it
AT_ONCE = 20  # mails that one look takes
TAKEN = 600.0  # s in which whoever took them has to send them
TIMEOUT = 20.0  # s for each step of speaking to the server
NONE, STARTTLS, TLS = "none", "starttls", "tls"
SECRET = "mail"
_log = logging.getLogger("neckar_jobs.mail")


@dataclass(frozen=True, kw_only=True)
class Server:
    """Where mails go, and what they say about us."""

    host: str
    sender: str  # such as "Neckar <jobs@example.org>"
    address: str  # where people find the service
    port: int = 587
    security: str = STARTTLS
    user: str = ""
    password: str = field(default="", repr=False)
    authorities: str = ""  # a file of certificates to trust instead of the system's


def checked(server: Server) -> Server:
    """The same, if mails can go there and nobody on the way reads the password."""
    if server.security not in (NONE, STARTTLS, TLS):
        known = f"{STARTTLS!r}, {TLS!r} and {NONE!r}"
        raise InvalidError(f"mail: security = {server.security!r}; there are {known}")
    if not addressed(parseaddr(server.sender)[1]) or server.sender != line(server.sender):
        raise InvalidError(
            f"mail: sender = {server.sender!r} is no address, as Neckar <a@b.org> is"
        )
    if server.user and server.security == NONE:
        raise InvalidError(
            "mail: a user and its password go to a server behind starttls or tls only"
        )
    return server


def needed(server: Server | None) -> Server:
    """The server of a service that sends mails."""
    if server is None:
        raise StateError("this service sends no mails; whoever runs it names a mail server")
    return server


class _RefusedError(Exception):
    """The server will never take this mail."""


def post(site: Site, server: Server | None) -> int:
    """Write what it is time to write, send what is due; return how many mails a server took.

    Without a server nobody is told anything, and nothing is kept.
    """
    if server is None:
        with site.database.reading() as c:
            found = news.due(c, site.clock())
        if found:
            with site.database.writing() as c:
                news.remove_all(c)
        return 0
    _write(site, server)
    return _send(site, server)


def _write(site: Site, server: Server) -> None:
    with site.database.reading() as c:
        names = news.due(c, site.clock())
    for name in names:
        with site.database.writing() as c:
            _write_to(c, site, server, name)


def _write_to(c: Connection, site: Site, server: Server, name: str) -> None:
    person, found, now = people.find_account(c, name), news.of(c, name), site.clock()
    if person is None or person.closed or not addressed(person.mail):
        news.remove(c, found)
        return
    last = outbox.last_made(c, name)
    if last is not None and 0 <= now - last < PAUSE:
        news.put_off(c, name, last + PAUSE)
        return
    spoken = {each.job: jobs.get(c, each.job) for each in found if each.job is not None}
    going = news.going_on(c, {job.array or job.id for job in spoken.values()})
    held = {n for n, job in spoken.items() if (job.array or job.id) in going}
    told = [each for each in found if each.job not in held or _has_waited(each, now)]
    if told:
        units = {each.name: each.units for each in projects.platforms(c)}
        written = letter(told, spoken, units, f"{server.address}/app")
        outbox.put(c, name, written.subject, written.text, now)
        news.remove(c, told)
    news.put_off(c, name, now + news.GATHERING)


def _has_waited(one: News, now: float) -> bool:
    return not 0 <= now - one.at < PATIENCE


def _send(site: Site, server: Server) -> int:
    with site.database.reading() as c:
        if not outbox.is_waiting(c, site.clock()):
            return 0
    with site.database.writing() as c:
        secret = secrets.get(c, SECRET)
        due = outbox.take_due(c, site.clock(), TAKEN, AT_ONCE)
    with site.database.reading() as c:
        known = {each.account: people.find_account(c, each.account) for each in due}
    left, n = list(due), 0
    try:
        with _connected(server) as smtp:
            while left:
                n += _hand_over(site, server, smtp, left[0], known[left[0].account], secret)
                left.pop(0)
    except (OSError, smtplib.SMTPException) as error:
        _log.warning("%s takes no mail: %s", server.host, _said(error))
        for each in left:
            _put_off(site, each, _said(error))
    return n


def _hand_over(
    site: Site, server: Server, smtp: smtplib.SMTP, mail: Mail, person: Account | None, secret: str
) -> bool:
    """Send one mail; true if the server took it."""
    to = mail.address or (person.mail if person is not None and not person.closed else "")
    try:
        if not addressed(to):
            raise _RefusedError("there is nobody to send it to")
        message = enveloped(mail, to, server.sender, server.address, secret)
        _deliver(smtp, message, to)
    except _RefusedError as error:
        _log.warning("mail %d to %s: %s", mail.id, mail.account, error)
        with site.database.writing() as c:
            outbox.put_off(c, mail, None, str(error))
        return False
    with site.database.writing() as c:
        outbox.sent(c, mail)
    return True


def _deliver(smtp: smtplib.SMTP, message: EmailMessage, to: str) -> None:
    try:
        smtp.send_message(message, to_addrs=[to])
    except smtplib.SMTPRecipientsRefused as error:
        code, words = error.recipients[to]
        _end_if_final(code, words)
        raise
    except smtplib.SMTPDataError as error:
        _end_if_final(error.smtp_code, error.smtp_error)
        raise


def _end_if_final(code: int, words: bytes | str) -> None:
    """Five hundreds are for ever (RFC 5321, 4.2.1)."""
    if code >= 500:
        raise _RefusedError(f"{code} {_text(words)}")


def _put_off(site: Site, mail: Mail, trouble: str) -> None:
    due_at = next_attempt(mail.attempts, site.clock())
    if due_at is None:
        _log.error("mail %d to %s is given up: %s", mail.id, mail.account, trouble)
    with site.database.writing() as c:
        outbox.put_off(c, mail, due_at, trouble)


@contextmanager
def _connected(server: Server) -> Iterator[smtplib.SMTP]:
    where = (server.host, server.port)
    if server.security == TLS:
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=TIMEOUT, context=_trust(server))
    else:
        smtp = smtplib.SMTP(*where, timeout=TIMEOUT)
    with smtp:
        if server.security == STARTTLS:
            smtp.starttls(context=_trust(server))
        if server.user:
            smtp.login(server.user, server.password)
        yield smtp


def _trust(server: Server) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=server.authorities or None)


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {_text(words)}" for code, words in error.recipients.values())
    return str(error) or type(error).__name__


def _text(words: bytes | str) -> str:
    return line(words.decode("utf-8", "replace") if isinstance(words, bytes) else words, 300)
