"""When a waiting job will start, as far as anybody can say."""

import time
from dataclasses import dataclass
from statistics import quantiles
from weakref import WeakKeyDictionary

from sqlalchemy import Connection

from neckar_jobs.model import Job
from neckar_jobs.site import Site
from neckar_jobs.states import State
from neckar_jobs.store import queue
from neckar_jobs.store.database import Database
from neckar_jobs.store.queue import Waiting

ENOUGH = 5  # durations before anything is said
LOOKED_AT = 200  # durations of the past
LONG = 1000  # jobs in a queue, from which on it is counted every now and then only
EVERY = 1.0  # s


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """Where a job stands, and when it starts if those before it run as jobs did lately.

    The two times hold if all of them are as short as the shortest tenth, or as long as the
    longest: where a job starts in between depends on what nobody knows yet.
    """

    position: int  # 1 is next
    seconds: tuple[float, float] | None  # from now; none where too few jobs ran to tell
    jobs_seen: int


def forecast(site: Site, job: Job) -> Forecast | None:
    """Look at the queue; none for a job that does not wait."""
    if job.state != State.SUBMITTED:
        return None
    with site.database.reading() as c:
        seen = _look(c, site.database, job.platform)
        position = position_of(job.collab, _ahead(c, job, seen.standing), seen.standing)
    running = sum(each.held for each in seen.standing)
    seconds = _wait(position, seen.past, running)
    return Forecast(position=position, seconds=seconds, jobs_seen=len(seen.past))


def standing(site: Site, platform: str) -> list[Waiting]:
    """What every collab has in the queue of a platform, in the order of their turns.

    A long queue is shown as it was a moment ago.
    """
    with site.database.reading() as c:
        return _look(c, site.database, platform).standing


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """The queue of a platform at a moment of the stop-watch."""

    at: float
    standing: list[Waiting]
    past: list[float]


_seen: WeakKeyDictionary[Database, dict[str, _Seen]] = WeakKeyDictionary()


def _look(c: Connection, database: Database, platform: str) -> _Seen:
    known = _seen.setdefault(database, {})
    before, now = known.get(platform), time.monotonic()
    if before is not None and _is_long(before.standing) and now - before.at < EVERY:
        return before
    standing = queue.standing(c, platform)
    past = queue.durations(c, platform, LOOKED_AT)
    known[platform] = _Seen(at=now, standing=standing, past=past)
    return known[platform]


def _is_long(standing: list[Waiting]) -> bool:
    return sum(each.waiting for each in standing) >= LONG


def _ahead(c: Connection, job: Job, standing: list[Waiting]) -> int:
    """How many jobs of the same collab go first; from the nearer end of a long queue."""
    waiting = next((each.waiting for each in standing if each.collab == job.collab), 0)
    if waiting >= LONG:
        behind = queue.behind(c, job, LONG)
        if behind < LONG:
            return max(0, waiting - 1 - behind)
    return queue.ahead(c, job)


def position_of(collab: str, ahead: int, standing: list[Waiting]) -> int:
    """The place of a job with `ahead` jobs of its own collab before it.

    Collabs take turns. Each other collab will have been served as often as this one before the
    job starts, and once more if its turn comes first; jobs with runners count as turns taken.
    """
    mine = next((each for each in standing if each.collab == collab), None)
    held = 0 if mine is None else mine.held
    turns, place, is_first = ahead + held, ahead + 1, True
    for other in standing:
        if other.collab == collab:
            is_first = False
            continue
        served = turns - other.held + (1 if is_first else 0)
        place += max(0, min(other.waiting, served))
    return place


def _wait(position: int, past: list[float], running: int) -> tuple[float, float] | None:
    """Jobs before this one, each as long as those of the past, on as many runners as now."""
    if len(past) < ENOUGH or running == 0:
        return None
    tenths = quantiles(past, n=10)
    rounds = position / running
    return (rounds * tenths[0], rounds * tenths[-1])
