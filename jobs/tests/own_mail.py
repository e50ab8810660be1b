"""A mail server of our own, which takes what comes as it is told to."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

controller = pytest.importorskip("aiosmtpd.controller", reason="aiosmtpd is not installed")
smtp = pytest.importorskip("aiosmtpd.smtp")


@dataclass
class MailServer:
    """What came, and what is answered: "250 OK" where nothing else is wanted."""

    port: int = 0
    to_recipients: list[str] = field(default_factory=list)
    to_data: list[str] = field(default_factory=list)
    came: list[tuple[str, EmailMessage]] = field(default_factory=list)
    users: list[str] = field(default_factory=list)

    @property
    def letters(self) -> list[EmailMessage]:
        return [message for _, message in self.came]

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        answer = self.to_recipients.pop(0) if self.to_recipients else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        answer = self.to_data.pop(0) if self.to_data else "250 OK"
        if answer.startswith("250"):
            [to] = envelope.rcpt_tos
            self.came.append((to, message_from_bytes(envelope.content, policy=policy.default)))
        return answer


@contextmanager
def running(tls: ssl.SSLContext | None = None, password: str = "") -> Iterator[MailServer]:
    """With `tls`, nothing is said before STARTTLS; with a password, nothing before it is given."""
    found = MailServer()

    def check(_server, _session, _envelope, _mechanism, data):
        found.users.append(data.login.decode())
        is_right = data.password.decode() == password
        return smtp.AuthResult(success=is_right, handled=is_right)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found.port = free.getsockname()[1]
    secure = {"tls_context": tls, "require_starttls": True} if tls else {}
    known = {"authenticator": check, "auth_required": True} if password else {}
    server = controller.Controller(found, hostname="127.0.0.1", port=found.port, **secure, **known)
    server.start()
    try:
        yield found
    finally:
        server.stop()
