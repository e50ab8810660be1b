"""When a waiting job will start, as far as anybody can say."""

from dataclasses import dataclass
from statistics import quantiles

from neckar_jobs.model import Job
from neckar_jobs.site import Site
from neckar_jobs.states import State
from neckar_jobs.store import queue
from neckar_jobs.store.queue import Waiting

ENOUGH = 5  # durations before anything is said
LOOKED_AT = 200  # durations of the past


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
        standing = queue.standing(c, job.platform)
        position = position_of(job.collab, queue.ahead(c, job.id), standing)
        past = queue.durations(c, job.platform, LOOKED_AT)
        running = sum(each.held for each in standing)
    return Forecast(position=position, seconds=_wait(position, past, running), jobs_seen=len(past))


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
