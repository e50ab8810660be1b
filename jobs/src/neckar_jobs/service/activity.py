"""What the service has done lately, in numbers. Counts are everybody's to see; names are not."""

from dataclasses import dataclass
from statistics import quantiles

from neckar_jobs import policy
from neckar_jobs.model import User
from neckar_jobs.site import Site
from neckar_jobs.states import State
from neckar_jobs.store import activity
from neckar_jobs.store.activity import DAY, Used

LOOKED_AT = 2000  # jobs of which the waiting times are counted
MOST = 20  # projects
ENOUGH = 5  # jobs before anything is said about waiting


@dataclass(frozen=True, kw_only=True)
class Day:
    """The jobs that were submitted on one day (UTC), by what has become of them."""

    begins_at: float
    finished: int
    failed: int
    others: int  # cancelled, or not over yet


@dataclass(frozen=True, kw_only=True)
class Waits:
    """How long the last jobs waited, in seconds."""

    jobs: int
    all: list[float]
    median: float
    long: float  # one in ten waited longer


def days(site: Site, number: int) -> list[Day]:
    """The last days, today included, also those without jobs."""
    today = int(site.clock() // DAY)
    first = today - number + 1
    with site.database.reading() as c:
        rows = activity.per_day(c, first * DAY)
    found = {(day, state): count for day, state, count in rows}
    return [_day(day, found) for day in range(first, today + 1)]


def waits(site: Site, platform: str | None = None) -> Waits | None:
    """How long jobs waited lately; none where too few ran to tell."""
    with site.database.reading() as c:
        seen = activity.waits(c, platform, LOOKED_AT)
    if len(seen) < ENOUGH:
        return None
    tenths = quantiles(seen, n=10)
    return Waits(jobs=len(seen), all=seen, median=tenths[4], long=tenths[8])


def used(site: Site, user: User, days: int) -> list[Used]:
    """Who used most: one's own projects, or all for admins."""
    everything = policy.may_administer(user)
    mine = None if everything else [*user.roles, policy.own_space(user.name)]
    with site.database.reading() as c:
        return activity.used(c, site.clock() - days * DAY, mine, MOST)


def people(site: Site, days: int) -> int:
    """How many people have submitted something."""
    with site.database.reading() as c:
        return activity.people(c, site.clock() - days * DAY)


def _day(day: int, found: dict[tuple[int, str], int]) -> Day:
    finished, failed = found.get((day, State.FINISHED), 0), found.get((day, State.FAILED), 0)
    everything = sum(count for (when, _), count in found.items() if when == day)
    rest = everything - finished - failed
    return Day(begins_at=day * DAY, finished=finished, failed=failed, others=rest)
