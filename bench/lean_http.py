"""A client that costs so little that the service can be measured beside it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping


class Caller:
    """One connection that is kept, to one port of this computer."""

    def __init__(self, port: int, headers: Mapping[str, str]) -> None:
        self._port = port
        lines = [f"{name}: {value}" for name, value in {"host": "bench", **headers}.items()]
        self._head = "\r\n".join(lines)
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(
        self, method: str, path: str, body: object = None, **more: str
    ) -> tuple[int, bytes]:
        """Status and body of an answer; JSON is sent unless the body is bytes."""
        reader = await self._send(method, path, body, more)
        status, headers = await _head(reader)
        return status, await reader.readexactly(int(headers.get("content-length", 0)))

    async def follow(self, path: str) -> AsyncIterator[bytes]:
        """An answer that goes on, as it comes."""
        reader = await self._send("GET", path, None, {})
        status, _ = await _head(reader)
        assert status == 200, f"{path}: {status}"
        while (data := await reader.read(65536)) and b"\r\n0\r\n" not in b"\r\n" + data[-7:]:
            yield data
        self.close()

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    async def _send(
        self, method: str, path: str, body: object, more: Mapping[str, str]
    ) -> asyncio.StreamReader:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        data = body if isinstance(body, bytes) else b"" if body is None else _json(body)
        extra = "".join(f"\r\n{name}: {value}" for name, value in more.items())
        head = f"{method} {path} HTTP/1.1\r\n{self._head}{extra}\r\ncontent-length: {len(data)}"
        self._writer.write(f"{head}\r\ncontent-type: application/json\r\n\r\n".encode() + data)
        return self._reader


def _json(body: object) -> bytes:
    return json.dumps(body).encode()


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in lines if line)
    return int(first.split(" ")[1]), {name.lower(): value for name, _, value in pairs}
