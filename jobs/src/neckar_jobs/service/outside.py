"""Which addresses outside this site may be reached, and how they are.

A runner or the service itself stands inside the network of its site and must not be led to
neighbours there. Names are looked up where the connection is made, and refused if they lead inside.
"""

import ipaddress
import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx2

from neckar_jobs.errors import InvalidError, TooLargeError, UnknownError

TIMEOUT = 60.0  # s for each step of a download


def checked_address(text: str) -> Iterator[str]:
    """What is wrong with the address of a repository: only encrypted HTTP, to a public name."""
    if urlsplit(text).scheme != "https":
        yield f"{text[:80]!r}: a repository is reached by https://"
        return
    yield from checked_link(text)


def checked_link(text: str) -> Iterator[str]:
    """What is wrong with the address of a file; by name, and without a password in it."""
    parts = urlsplit(text)
    host = parts.hostname or ""
    if parts.scheme not in ("https", "http") or not host:
        yield f"{text[:80]!r} is no address of a file; it begins with https://"
        return
    if parts.username or parts.password:
        yield f"the address of a file at {host} holds a password; nobody here may see it"
    if _is_number(host) or "." not in host or host.endswith((".local", ".internal")):
        yield f"what is asked for lies at {host}, which is no public name"
    if any(ord(c) <= 32 for c in text) or text.startswith("-"):
        yield f"the address at {host} contains blanks"


def public_address(host: str, port: int = 443) -> str:
    """The IP address of a name, which must be one of the open internet."""
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, port)}
    except OSError:
        raise InvalidError(f"there is no host {host}") from None
    if inside := [each for each in found if not is_public(each)]:
        raise InvalidError(f"{host} leads to {inside[0]}, which is inside of this network")
    return sorted(found)[0]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet."""
    return ipaddress.ip_address(address).is_global


@contextmanager
def fetched(url: str, *, largest: int, trusted: Collection[str] = ()) -> Iterator[Iterator[bytes]]:
    """The content behind an address, in pieces; `trusted` hosts may lie inside.

    Raises:
        InvalidError: the address must not be reached, or leads elsewhere.
        UnknownError: nothing lies there (any more).
        TooLargeError: more than `largest` bytes lie there.
    """
    parts = urlsplit(url)
    host, headers, extensions = parts.hostname or "", {}, {}
    if parts.netloc not in trusted:
        if wrong := list(checked_link(url)):
            raise InvalidError("; ".join(wrong))
        # Connect to what was checked, not to what the name leads to a moment later.
        number = public_address(host, parts.port or (443 if parts.scheme == "https" else 80))
        headers, extensions = {"Host": parts.netloc}, {"sni_hostname": host}
        shown = f"[{number}]" if ":" in number else number
        url = parts._replace(netloc=shown + (f":{parts.port}" if parts.port else "")).geturl()
    try:
        with (
            httpx2.Client(timeout=TIMEOUT) as http,
            http.stream("GET", url, headers=headers, extensions=extensions) as answer,
        ):
            if answer.status_code != 200:
                raise UnknownError(f"{host} answers {answer.status_code} instead of the file")
            yield _limited(answer.iter_bytes(), largest)
    except httpx2.HTTPError as error:
        raise UnknownError(f"{host} could not be reached: {error}") from None


def _limited(pieces: Iterator[bytes], largest: int) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > largest:
            raise TooLargeError(f"the file has more than {largest} bytes")
        yield piece


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.replace(".", "").isdigit() or host.startswith("0x")
    return True
