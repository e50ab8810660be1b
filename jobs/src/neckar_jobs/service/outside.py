"""Which addresses outside this site may be reached, and how they are.

A runner or the service itself stands inside the network of its site and must not be led to
neighbours there. Names are looked up where the connection is made, and refused if they lead inside.
"""

import ipaddress
import socket
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx2

from neckar_jobs.errors import InvalidError, TooLargeError, UnknownError

HOOK_TIMEOUT = 10.0  # s for each step of telling somebody
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
    host = urlsplit(url).hostname or ""
    url, headers, extensions = _pinned(url, trusted)
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


def checked_hook(url: str, trusted: Collection[str] = ()) -> Iterator[str]:
    """What is wrong with an address that shall be told something."""
    if urlsplit(url).netloc not in trusted:
        if urlsplit(url).scheme != "https":
            yield f"{url[:80]!r}: messages go to https:// only"
        yield from checked_link(url)


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, trusted: Collection[str] = ()
) -> int:
    """Tell an address something, in JSON; return the status that it answers, itself and at once.

    Raises:
        InvalidError: the address must not be reached.
        UnknownError: it could not be reached.
    """
    host = urlsplit(url).hostname or ""
    if wrong := list(checked_hook(url, trusted)):
        raise InvalidError("; ".join(wrong))
    url, own, extensions = _pinned(url, trusted)
    sent = {**headers, **own, "Content-Type": "application/json"}
    try:
        with (
            httpx2.Client(timeout=HOOK_TIMEOUT) as http,
            http.stream("POST", url, content=body, headers=sent, extensions=extensions) as answer,
        ):
            return answer.status_code  # nobody follows it elsewhere
    except httpx2.HTTPError as error:
        raise UnknownError(f"{host} could not be reached: {error}") from None


def _pinned(url: str, trusted: Collection[str]) -> tuple[str, dict[str, str], dict[str, str]]:
    """The address with the number in place of the name, and what makes up for that.

    So what is connected to is what was checked, not what the name leads to a moment later.
    """
    parts = urlsplit(url)
    if parts.netloc in trusted:
        return url, {}, {}
    if wrong := list(checked_link(url)):
        raise InvalidError("; ".join(wrong))
    host = parts.hostname or ""
    number = public_address(host, parts.port or (443 if parts.scheme == "https" else 80))
    shown = f"[{number}]" if ":" in number else number
    there = parts._replace(netloc=shown + (f":{parts.port}" if parts.port else "")).geturl()
    return there, {"Host": parts.netloc}, {"sni_hostname": host}


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
