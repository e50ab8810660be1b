"""What jobs print: bytes behind bytes, each at its offset for ever."""

from collections.abc import Iterator
from itertools import islice

from sqlalchemy import Connection, delete, insert, select

from neckar_jobs.store.tables import log_piece

PIECE = 64 * 1024  # bytes of one row
AT_ONCE = 16  # rows that are sent or fetched together


def append(connection: Connection, number: int, size: int, offset: int, data: bytes) -> int:
    """Write `data` at `offset` of a log that has `size` bytes; return where it ends then.

    What is there already is skipped, so a runner may repeat what it is not sure about. A gap is
    not written; the size that is returned tells the runner where to go on. The caller has the job
    locked, and notes the new size there.
    """
    if offset > size:
        return size
    end = offset + len(data)
    rows = (
        {"job": number, "offset": at, "data": data[at - offset : at - offset + PIECE]}
        for at in range(size, end, PIECE)
    )
    while some := list(islice(rows, AT_ONCE)):
        connection.execute(insert(log_piece), some)
    return max(size, end)


def replace(connection: Connection, number: int, size: int, data: bytes) -> int:
    """Let a log be `data`, for those who only ever send all of it; return where it ends then.

    What was there and still is keeps its place, so followers miss nothing as long as it grows.
    """
    if not _begins_with(connection, number, size, data):
        connection.execute(delete(log_piece).where(log_piece.c.job == number))
        size = 0
    return append(connection, number, size, 0, data)


def read(connection: Connection, number: int, start: int = 0, size: int = PIECE) -> bytes:
    """At most `size` bytes from `start`."""
    parts: list[bytes] = []
    for offset, data in _pieces(connection, number, start):
        parts.append(data[max(0, start - offset) :])
        if sum(map(len, parts)) >= size:
            break
    return b"".join(parts)[:size]


def remove(connection: Connection, number: int) -> None:
    """Forget what a job has printed."""
    connection.execute(delete(log_piece).where(log_piece.c.job == number))


def _begins_with(connection: Connection, number: int, size: int, data: bytes) -> bool:
    """Whether all `size` bytes of a log are the first ones of `data`."""
    whole = memoryview(data)
    pieces = _pieces(connection, number, 0)
    return size <= len(data) and all(whole[at : at + len(p)] == p for at, p in pieces)


def _pieces(connection: Connection, number: int, start: int) -> Iterator[tuple[int, bytes]]:
    """Offsets and pieces, from the one with byte `start`; never many in memory."""
    after = start - PIECE  # a piece holds at most PIECE bytes, so the first begins after that
    while True:
        query = select(log_piece.c.offset, log_piece.c.data).where(
            log_piece.c.job == number, log_piece.c.offset > after
        )
        rows = connection.execute(query.order_by(log_piece.c.offset).limit(AT_ONCE)).all()
        yield from ((at, data) for at, data in rows if at + len(data) > start)
        if len(rows) < AT_ONCE:
            return
        after = rows[-1].offset
