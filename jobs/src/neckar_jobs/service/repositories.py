"""Which addresses of git repositories a runner may be sent to."""

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit


def checked_address(text: str) -> Iterator[str]:
    """What is wrong with the address of a repository.

    Only what is reached over encrypted HTTP, by name, without a password in the address: a
    runner stands inside the network of its site and must not be led to neighbours there. Names
    are looked up, and refused if they lead inside, where the repository is cloned.
    """
    parts = urlsplit(text)
    host = parts.hostname or ""
    if parts.scheme != "https" or not host:
        yield f"{text[:80]!r}: a repository is reached by https://"
        return
    if parts.username or parts.password:
        yield f"the address of the repository at {host} holds a password; nobody here may see it"
    if _is_number(host) or "." not in host or host.endswith((".local", ".internal")):
        yield f"the repository lies at {host}, which is no public name"
    if any(ord(c) <= 32 for c in text) or text.startswith("-"):
        yield "the address of the repository contains blanks"


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet."""
    return ipaddress.ip_address(address).is_global


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.replace(".", "").isdigit() or host.startswith("0x")
    return True
