"""What jobs print: bytes behind bytes, each at its offset for ever."""

from collections.abc import Iterator

from sqlalchemy import Connection, delete, insert, select, update

from neckar_jobs.store.tables import job, log_piece

PIECE = 64 * 1024  # bytes of one row


def append(connection: Connection, number: int, offset: int, data: bytes) -> int:
    """Write `data` at `offset`; return where the log ends then.

    What is there already is skipped, so a runner may repeat what it is not sure about. A gap is
    not written; the size that is returned tells the runner where to go on.
    """
    query = select(job.c.log_size).where(job.c.id == number).with_for_update()
    size = connection.execute(query).scalar_one()
    if offset > size:
        return size
    new = data[size - offset :]
    rows = [
        {"job": number, "offset": size + start, "data": new[start : start + PIECE]}
        for start in range(0, len(new), PIECE)
    ]
    if rows:
        connection.execute(insert(log_piece), rows)
        values = {"log_size": size + len(new)}
        connection.execute(update(job).where(job.c.id == number).values(values))
    return size + len(new)


def replace(connection: Connection, number: int, data: bytes) -> int:
    """Let a log be `data`, for those who only ever send all of it; return where it ends then.

    What was there and still is keeps its place, so followers miss nothing as long as it grows.
    """
    query = select(job.c.log_size).where(job.c.id == number).with_for_update()
    size = connection.execute(query).scalar_one()
    if data[:size] != read(connection, number, 0, size):
        connection.execute(delete(log_piece).where(log_piece.c.job == number))
        connection.execute(update(job).where(job.c.id == number).values(log_size=0))
    return append(connection, number, 0, data)


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


def _pieces(connection: Connection, number: int, start: int) -> Iterator[tuple[int, bytes]]:
    # A piece holds at most PIECE bytes, so the one with `start` begins after start - PIECE.
    query = select(log_piece.c.offset, log_piece.c.data).where(
        log_piece.c.job == number, log_piece.c.offset > start - PIECE
    )
    # An option of the statement: one of the connection would stay, and is for reading only.
    query = query.order_by(log_piece.c.offset).execution_options(yield_per=16)
    result = connection.execute(query)
    with result:
        for offset, data in result:
            if offset + len(data) > start:
                yield offset, data
