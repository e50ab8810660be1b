"""The process that holds a chip for others.

Whoever starts it says who may come: a person, for whoever has one key; or a program, such as a job
service, which writes lines of JSON and reads others.

    in   {"admit": "17", "digest": "9f86…", "seconds": 600}     sha256 of the key of session 17
         {"dismiss": "17", "why": "cancelled"}
    out  {"listening": ["127.0.0.1", 6020], "chip": "twin-849"}
         {"used": "17", "seconds": 3.2, "programs": 12}          whenever that has changed
         {"ended": "17", "seconds": 3.2, "programs": 12, "why": "…"}

When the input ends, the chip is put back.
"""

import json
import math
import secrets
import threading
from collections.abc import Callable, Iterable
from typing import Any

from neckar.brainscales2.backends.base import Backend
from neckar.brainscales2.backends.sharing.remote import ADDRESS, ENABLED, KEY, PORT
from neckar.brainscales2.backends.sharing.server import Guest, Server, digest

REPORT_SECONDS = 1.0
_Json = dict[str, Any]


def for_one_key(backend: Backend, host: str, port: int, key: str = "") -> tuple[Server, _Json]:
    """Hold a chip for everybody who has a key; the variables that lead others here."""
    server, key = Server(backend), key or secrets.token_urlsafe(24)
    server.admit("everybody", digest(key), math.inf)
    return server, {**_where(server.listen(host, port)), KEY: key}


def for_all(backend: Backend, host: str, port: int) -> tuple[Server, _Json]:
    """Hold a chip for everybody who can connect; they are believed who they are."""
    server = Server(backend, trusts_names=True)
    return server, _where(server.listen(host, port))


def _where(at: tuple[str, int]) -> _Json:
    return {ENABLED: "1", ADDRESS: at[0], PORT: str(at[1])}


def for_sessions(
    backend: Backend,
    host: str,
    port: int,
    orders: Iterable[str],
    tell: Callable[[str], None],
    *,
    period: float = 0.5,
    idle: float = 900.0,
) -> None:
    """Hold a chip for those whom `orders` admits, line by line, until they end.

    Args:
        backend: where the chip is.
        host: where to listen, with `port`; 0 means any that is free.
        port: see above.
        orders: lines as the page says.
        tell: is given lines.
        period: s that one guest may have the chip while others wait.
        idle: s without a program after which a visit is over.
    """
    lock = threading.Lock()

    def say(line: _Json) -> None:
        with lock:
            tell(json.dumps(line))

    def ended(guest: Guest, why: str) -> None:
        say({"ended": guest.name, **_used(guest), "why": why})

    server = Server(backend, period=period, ended=ended)
    say({"listening": list(server.listen(host, port)), "chip": backend.identifier})
    reports = _Reports(server, say, idle)
    reports.start()
    for line in orders:
        if line.strip():
            _obey(server, json.loads(line))
    reports.stop()
    server.close()


def _obey(server: Server, order: _Json) -> None:
    match order:
        case {"admit": str(name), "digest": str(key), "seconds": int() | float() as seconds}:
            server.admit(name, key, float(seconds))
        case {"dismiss": str(name), **rest}:
            server.dismiss(name, str(rest.get("why", "")))
        case _:
            raise ValueError(f"nobody understands {order!r:.80}")


class _Reports(threading.Thread):
    """Says from time to time what guests have used."""

    def __init__(self, server: Server, say: Callable[[_Json], None], idle: float) -> None:
        super().__init__(daemon=True)
        self._server, self._say, self._idle = server, say, idle
        self._said: dict[str, int] = {}
        self._is_over = threading.Event()

    def run(self) -> None:
        while not self._is_over.wait(REPORT_SECONDS):
            for guest in self._server.guests():
                if self._said.get(guest.name, 0) != guest.n_programs:
                    self._said[guest.name] = guest.n_programs
                    self._say({"used": guest.name, **_used(guest)})
            self._server.dismiss_idle(self._idle)

    def stop(self) -> None:
        self._is_over.set()
        self.join()


def _used(guest: Guest) -> _Json:
    return {"seconds": round(guest.used, 6), "programs": guest.n_programs}
