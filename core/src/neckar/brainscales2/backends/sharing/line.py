"""What goes over a connection: a header in JSON, and bytes behind it."""

import json
import socket
import struct
from contextlib import suppress
from typing import Any

from neckar.errors import NeckarError

_LENGTHS = struct.Struct("<II")
_MOST_HEADER = 1 << 20  # bytes
_PIECE = 1 << 20  # bytes that are read at once


class LineError(NeckarError, ConnectionError):
    """The other side is gone, or says what nobody understands."""


class Line:
    """One side of a connection.

    Args:
        socket: connected.
        most: bytes that may stand behind a header.
    """

    def __init__(self, socket: socket.socket, most: int) -> None:
        self._socket, self._most = socket, most

    def say(self, header: dict[str, Any], body: bytes = b"") -> None:
        """Send."""
        text = json.dumps(header).encode()
        try:
            self._socket.sendall(_LENGTHS.pack(len(text), len(body)) + text + body)
        except OSError as error:
            raise LineError(f"the other side is gone: {error}") from error

    def hear(self) -> tuple[dict[str, Any], bytes]:
        """Wait for what the other side sends.

        Raises:
            LineError: it has left, or has sent too much or something else.
        """
        n_header, n_body = _LENGTHS.unpack(self._exactly(_LENGTHS.size))
        if n_header > _MOST_HEADER or n_body > self._most:
            raise LineError(f"a message of {n_header} + {n_body} bytes, more than is taken")
        text, body = self._exactly(n_header), self._exactly(n_body)
        try:
            header = json.loads(text)
        except ValueError as error:
            raise LineError(f"a message that is no message: {error}") from error
        if not isinstance(header, dict):
            raise LineError("a message that is no message")
        return header, body

    def hear_no_more(self) -> None:
        """Whoever listens on this side hears that the other one has left; saying still works."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RD)

    def close(self) -> None:
        """Hang up; whoever waits on either side is told."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _exactly(self, n: int) -> bytes:
        pieces = bytearray()
        while len(pieces) < n:
            try:
                piece = self._socket.recv(min(_PIECE, n - len(pieces)))
            except OSError as error:
                raise LineError(f"the other side is gone: {error}") from error
            if not piece:
                raise LineError("the other side has left")
            pieces += piece
        return bytes(pieces)
