"""Holds a chip and plays what its guests send, in turns.

Everything somebody sends is answered in order. When the chip comes back from somebody else, the
programs that a guest has left for that purpose set it up anew; if they fail, only they are told.
"""

import hashlib
import math
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from neckar.brainscales2.backends.base import Backend
from neckar.brainscales2.backends.sharing import letters
from neckar.brainscales2.backends.sharing.line import Line, LineError
from neckar.brainscales2.backends.sharing.turns import Turns
from neckar.brainscales2.program import Program
from neckar.errors import NeckarError

GREETING_SECONDS = 10.0  # within which a connection has to say who it is
MOST_LINES = 32  # of one guest at the same time
_Json = dict[str, Any]


def digest(key: str) -> str:
    """What the holder of a chip knows of a guest's key."""
    return hashlib.sha256(key.encode()).hexdigest()


@dataclass(eq=False)
class Guest:
    """Somebody who may use the chip.

    Args:
        name: of their session.
        seconds: of the chip's time that they have.
        used: seconds so far.
        n_programs: that were played.
        active: when they last asked for something.
        farewell: why their visit is over, once it is.
        lines: their connections.
    """

    name: str
    seconds: float
    used: float = 0.0
    n_programs: int = 0
    active: float = 0.0
    farewell: str | None = None
    lines: set[Line] = field(default_factory=set)


@dataclass(eq=False)
class _Visit:
    """A connection of a guest, and what sets the chip up for it."""

    guest: Guest
    line: Line
    ready: list[Program] = field(default_factory=list)


@dataclass(eq=False)
class _Order:
    """A program that waits, then what came of it."""

    visit: _Visit
    program: Program
    done: threading.Event = field(default_factory=threading.Event)
    header: _Json = field(default_factory=dict)
    body: bytes = b""


class Server:
    """Holds one chip.

    Args:
        backend: where the chip is.
        period: s that one guest may have it while others wait.
        trusts_names: whether somebody who says a name and shows no key is believed.
        ended: is told a guest whose visit is over, and why.
        clock: s, for idle guests.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        period: float = 0.5,
        trusts_names: bool = False,
        ended: Callable[[Guest, str], None] = lambda guest, why: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._backend, self._ended, self._clock = backend, ended, clock
        self._trusts_names = trusts_names
        self._turns: Turns[Guest, _Order] = Turns(period)
        self._guests: dict[str, Guest] = {}
        self._last: _Visit | None = None
        self._changed = threading.Condition()
        self._listener: socket.socket | None = None
        self._is_open = True

    def admit(self, name: str, key_digest: str, seconds: float) -> Guest:
        """Let whoever shows the key of this digest use the chip for so long, and no longer."""
        with self._changed:
            guest = Guest(name=name, seconds=seconds, active=self._clock())
            return self._guests.setdefault(key_digest, guest)

    def dismiss(self, name: str, why: str) -> None:
        """A guest's visit is over; what waits is not played any more."""
        with self._changed:
            found = [key for key, guest in self._guests.items() if guest.name == name]
            if not found:
                return
            guest = self._guests.pop(found[0])
            guest.farewell = why
            for order in self._turns.drop(guest):
                order.header = _ended(guest)
                order.done.set()
            for line in guest.lines:
                line.hear_no_more()
        self._ended(guest, why)

    def dismiss_idle(self, seconds: float) -> None:
        """Dismiss guests that have asked for nothing for so long."""
        with self._changed:
            late = [g for g in self._guests.values() if self._clock() - g.active > seconds]
        for guest in late:
            self.dismiss(guest.name, f"nothing was asked for {seconds:g} s")

    def guests(self) -> list[Guest]:
        """Everybody who may use the chip."""
        with self._changed:
            return [*self._guests.values()]

    def listen(self, host: str = "127.0.0.1", port: int = 0) -> tuple[str, int]:
        """Take connections from now on; return where."""
        self._listener = socket.create_server((host, port))
        threading.Thread(target=self._accept, daemon=True).start()
        threading.Thread(target=self._play, daemon=True).start()
        where: tuple[str, int] = self._listener.getsockname()[:2]
        return where

    def close(self) -> None:
        """Put the chip back."""
        with self._changed:
            self._is_open = False
            self._changed.notify_all()
        if self._listener:
            self._listener.close()
        for guest in self.guests():
            self.dismiss(guest.name, "the chip was put back")

    # --- connections ---

    def _accept(self) -> None:
        assert self._listener is not None
        while True:
            try:
                connected, _ = self._listener.accept()
            except OSError:
                return
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connected,), daemon=True).start()

    def _serve(self, connected: socket.socket) -> None:
        line = Line(connected, letters.MOST_BYTES)
        visit: _Visit | None = None
        try:
            connected.settimeout(GREETING_SECONDS)
            visit = self._greeted(line)
            connected.settimeout(None)
            while visit:
                header, body = line.hear()
                line.say(*self._answer(visit, header, body))
        except LineError:
            pass
        finally:
            if visit:
                self._leave(visit)
            line.close()

    def _leave(self, visit: _Visit) -> None:
        with self._changed:
            visit.guest.lines.discard(visit.line)
        if visit.guest.farewell is not None:
            with suppress(LineError):
                visit.line.say(_ended(visit.guest))

    def _greeted(self, line: Line) -> _Visit | None:
        hello, _ = line.hear()
        with self._changed:
            guest = self._guest(hello)
            if guest is not None and len(guest.lines) < MOST_LINES:
                guest.lines.add(line)
                line.say(_whoever(self._backend))
                return _Visit(guest, line)
        line.say(_error(_NOT_ADMITTED if guest is None else _TOO_MANY))
        return None

    def _guest(self, hello: _Json) -> Guest | None:
        match hello:
            case {"key": str(key)}:
                return self._guests.get(digest(key))
            case {"user": str(name)} if self._trusts_names:
                new = Guest(name=name, seconds=math.inf, active=self._clock())
                return self._guests.setdefault(f"user {name}", new)
        return None

    def _answer(self, visit: _Visit, header: _Json, body: bytes) -> tuple[_Json, bytes]:
        visit.guest.active = self._clock()
        try:
            match header.get("ask"):
                case "run":
                    return self._ordered(_Order(visit, letters.to_program(body)))
                case "keep ready":
                    visit.ready = _programs(header, body)
                    return {}, b""
                case "end":
                    self.dismiss(visit.guest.name, "")
                    return {}, b""
        except NeckarError as error:
            return _error(str(error), type(error).__name__), b""
        return _error(f"nobody understands {header!r:.80}"), b""

    def _ordered(self, order: _Order) -> tuple[_Json, bytes]:
        with self._changed:
            if order.visit.guest.farewell is not None:
                return _ended(order.visit.guest), b""
            self._turns.add(order.visit.guest, order)
            self._changed.notify_all()
        order.done.wait()
        return order.header, order.body

    # --- the chip ---

    def _play(self) -> None:
        with self._backend.open() as session:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: len(self._turns) or not self._is_open)
                    if not self._is_open:
                        return
                    guest, order = self._turns.next()
                begin = time.perf_counter()
                self._play_one(session, order)
                self._count(guest, time.perf_counter() - begin)
                order.done.set()
                if guest.used >= guest.seconds:
                    self.dismiss(guest.name, f"its {guest.seconds:g} s of the chip are used up")

    def _play_one(self, session: Any, order: _Order) -> None:
        """Whatever goes wrong, the guest has to know, and the others go on."""
        visit = order.visit
        try:
            if self._last not in (None, visit):
                self._last = None
                for program in visit.ready:
                    session.run(program)
            self._last = visit
            order.body = letters.of_recording(session.run(order.program))
        except Exception as error:
            order.header = _error(str(error), type(error).__name__)

    def _count(self, guest: Guest, seconds: float) -> None:
        with self._changed:
            self._turns.charge(guest, seconds)
            guest.used += seconds
            guest.n_programs += 1
            guest.active = self._clock()


_NOT_ADMITTED = "this key opens no session at this chip: ask for one, or for another if it ended"
_TOO_MANY = f"more than {MOST_LINES} connections of one session at the same time"


def _whoever(backend: Backend) -> _Json:
    """What guests learn about the chip."""
    known = {name: getattr(backend, name, None) for name in ("serial", "identifier")}
    return {**known, "is_ideal": backend.identifier == "twin-ideal"}


def _programs(header: _Json, body: bytes) -> list[Program]:
    programs, start = [], 0
    for size in header.get("sizes", []):
        programs.append(letters.to_program(body[start : start + int(size)]))
        start += int(size)
    return programs


def _ended(guest: Guest) -> _Json:
    return _error(f"this session has ended: {guest.farewell or 'as was asked'}")


def _error(message: str, kind: str = "NeckarError") -> _Json:
    return {"error": message, "kind": kind}
