"""What stands around a mail: from whom, to whom, and how to get no more of them."""

import base64
import binascii
import hashlib
import hmac
import re
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from neckar_jobs.model import Mail
from neckar_jobs.service.letters import line

# What RFC 5321 calls a mailbox, without quotes, comments and numbers of computers.
_ADDRESS = re.compile(
    r"(?=.{3,254}\Z)[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
    re.ASCII | re.IGNORECASE,
)
STOP = "/app/mail/stop/"
FOOT = "\n\n-- \n{address}\nWhat you are told: {address}/app/me#mail\nNo mails at all: {stop}"


def addressed(text: str) -> bool:
    """Whether this is the address of one mailbox, and nothing else."""
    return _ADDRESS.fullmatch(text) is not None


def enveloped(mail: Mail, to: str, sender: str, address: str, secret: str) -> EmailMessage:
    """A mail as it is sent.

    Args:
        mail: what it says.
        to: the address of one mailbox.
        sender: who we are, such as "Neckar <jobs@example.org>".
        address: where people find the service.
        secret: of this installation, from which the word follows that ends these mails.
    """
    message = EmailMessage(policy=policy.SMTP)
    message["Subject"] = line(mail.subject)
    message["From"] = sender
    message["To"] = to
    message["Date"] = format_datetime(datetime.fromtimestamp(mail.made_at, UTC))
    message["Message-ID"] = (
        f"<{mail.id}.{_stamp(f'mail {mail.id}', secret)[:20]}@{_domain(sender)}>"
    )
    message["Auto-Submitted"] = "auto-generated"
    text = mail.text
    if not mail.address:  # somebody asked for this one, and gets no more of them
        stop = f"{address}{STOP}{stopping(mail.account, secret)}"
        message["List-Unsubscribe"] = f"<{stop}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
        text += FOOT.format(address=address, stop=stop)
    message.set_content(text + "\n", cte="quoted-printable")
    return message


def stopping(name: str, secret: str) -> str:
    """A word that ends all mails to somebody, and that only a mail to them has told."""
    mac = bytes.fromhex(_stamp(f"stop {name}", secret)[:40])
    return base64.urlsafe_b64encode(mac + name.encode()).decode().rstrip("=")


def stopped(word: str, secret: str) -> str | None:
    """Whose mails such a word ends; none if nobody was ever told this word."""
    try:
        name = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))[20:].decode()
    except (binascii.Error, ValueError):
        return None
    return name if hmac.compare_digest(stopping(name, secret).encode(), word.encode()) else None


def _stamp(what: str, secret: str) -> str:
    return hmac.new(secret.encode(), what.encode(), hashlib.sha256).hexdigest()


def _domain(sender: str) -> str:
    return parseaddr(sender)[1].partition("@")[2] or "localhost"
