"""Tells many followers of jobs about changes, with one look at the database for all of them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated

from fastapi import Depends, Header, Query
from starlette.concurrency import run_in_threadpool

from neckar_jobs.site import Site
from neckar_jobs.states import State, is_over
from neckar_jobs.store import jobs, logs

PAUSE = 0.25  # s between two looks
MOST = 500  # jobs of one look
Standing = tuple[int, int, str]  # version, size of the log, state


def begins_at(
    last_event_id: Annotated[str, Header()] = "",
    log: Annotated[int, Query(ge=0, lt=2**53, description="byte to start at")] = 0,
) -> int:
    """The byte of a log at which a follower goes on."""
    return int(last_event_id) if last_event_id.isdigit() else log


Beginning = Annotated[int, Depends(begins_at)]


class Following:
    """What the followed jobs look like, looked up for all followers of this process at once."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._followed: Counter[int] = Counter()
        self._standing: dict[int, Standing] = {}
        self._turn = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def changes(self, number: int, version: int = 0) -> AsyncIterator[Standing]:
        """How the job stands now, and again whenever it has changed, until it is over."""
        self._followed[number] += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look())
        try:
            while True:
                standing = self._standing.get(number)
                if standing is not None and standing[0] != version:
                    version = standing[0]
                    yield standing
                    if is_over(State(standing[2])):
                        return
                await self._turn.wait()
        finally:
            self._followed[number] -= 1
            if not self._followed[number]:
                del self._followed[number]
                self._standing.pop(number, None)

    async def close(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _look(self) -> None:
        while self._followed:
            numbers = list(self._followed)
            for start in range(0, len(numbers), MOST):
                part = numbers[start : start + MOST]
                with suppress(Exception):  # the database may be away; the next look tells
                    found = await run_in_threadpool(self._read, part)
                    self._standing.update((n, s) for n, s in found.items() if n in self._followed)
            turn, self._turn = self._turn, asyncio.Event()
            turn.set()
            await asyncio.sleep(PAUSE)

    def _read(self, numbers: list[int]) -> dict[int, Standing]:
        with self._site.database.reading() as c:
            return jobs.touched(c, numbers)


def log_part(site: Site, number: int, start: int) -> bytes:
    """The next piece of a log, without a broken character at its end."""
    with site.database.reading() as c:
        data = logs.read(c, number, start)
    return data[: _whole(data)]


def _whole(data: bytes) -> int:
    """How many bytes make up whole characters of UTF-8; all if the rest is none at all."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(data) - back if length > back and len(data) > back else len(data)
        if byte < 0x80:
            break
    return len(data)
