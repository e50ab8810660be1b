"""Numbers about the whole service. All but those about single persons are for everybody."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from neckar_jobs import policy
from neckar_jobs.errors import InvalidError
from neckar_jobs.model import User
from neckar_jobs.site import Site
from neckar_jobs.states import Stage, State
from neckar_jobs.store import projects, statistics

MOST_INTERVALS = 1000
MOST_DURATIONS = 20_000  # jobs of one histogram
ACTIVE_DAYS = 90  # in which somebody has submitted a job


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Days from `start` until before `end`, with a number for every platform."""

    start: date
    end: date
    by_platform: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """How many jobs took how long. `bins` are edges in seconds, or their logarithms (base 10)."""

    platform: str
    is_finished: bool
    values: list[int]
    bins: list[float]
    highest: float  # s


def intervals(start: date, end: date, days: int) -> list[tuple[date, date]]:
    """A time in pieces of so many days; the last one may reach beyond its end."""
    n = math.ceil(max(0, (end - start).days) / days) if days > 0 else -1
    if not 0 <= n <= MOST_INTERVALS:
        raise InvalidError(f"1 to {MOST_INTERVALS} intervals of at least one day can be shown")
    step = timedelta(days)
    return [(start + i * step, start + (i + 1) * step) for i in range(n)]


def ended(site: Site, start: date, end: date, days: int, *, usage: bool) -> list[Interval]:
    """How many jobs ended in each interval, or what they used in units of the platforms."""
    parts = intervals(start, end, days)
    with site.database.reading() as c:
        sums = [dict.fromkeys((p.name for p in projects.platforms(c)), 0.0) for _ in parts]
        if parts:
            begin = _seconds(start)
            for platform, day, n, used in statistics.ended_by_day(c, begin, _seconds(parts[-1][1])):
                part = sums[day // days]
                part[platform] = part.get(platform, 0.0) + (used if usage else n)
    return [
        Interval(start=first, end=last, by_platform=found)
        for (first, last), found in zip(parts, sums, strict=True)
    ]


def summed(parts: Sequence[Interval]) -> list[Interval]:
    """The same, with everything before counted in."""
    so_far: dict[str, float] = {}
    found = []
    for part in parts:
        for platform, value in part.by_platform.items():
            so_far[platform] = so_far.get(platform, 0.0) + value
        found.append(Interval(start=part.start, end=part.end, by_platform=dict(so_far)))
    return found


def active(site: Site, start: date, end: date, days: int) -> list[Interval]:
    """How many people had submitted a job in the 90 days before the end of each interval."""
    found = []
    with site.database.reading() as c:
        names = [platform.name for platform in projects.platforms(c)]
        for first, last in intervals(start, end, days):
            since = _seconds(last - timedelta(ACTIVE_DAYS))
            n = statistics.active_users(c, since, _seconds(last))
            found.append(Interval(start=first, end=last, by_platform=dict.fromkeys(names, 0.0) | n))
    return found


def people_over_time(site: Site, platforms: Sequence[str]) -> list[date]:
    """The day of everybody's first job."""
    with site.database.reading() as c:
        return [_day(at) for at in statistics.first_submissions(c, platforms)]


def projects_over_time(site: Site, stage: Stage) -> list[date]:
    """The day of every project."""
    with site.database.reading() as c:
        return [_day(at) for at in statistics.projects_since(c, stage)]


def queues(site: Site) -> dict[str, tuple[int, int]]:
    """How many jobs wait for each platform, and how many are with runners."""
    with site.database.reading() as c:
        nothing = dict.fromkeys((platform.name for platform in projects.platforms(c)), (0, 0))
        return nothing | statistics.queues(c)


def durations(site: Site, highest: float | None, n: int, *, log: bool) -> list[Histogram]:
    """How long jobs took from submission to end, by platform and by whether they finished."""
    if not 1 <= n <= 1000:
        raise InvalidError(f"{n} bins; 1 to 1000 can be shown")
    found = []
    with site.database.reading() as c:
        for states in ((State.FINISHED,), (State.FAILED, State.CANCELLED)):
            for platform in projects.platforms(c):
                past = statistics.durations(c, platform.name, states, MOST_DURATIONS)
                past = [max(0.0, each) for each in past]
                if past:
                    top = highest or (max(past) // n + 1) * n
                    values, bins = _binned(past, top, n, log=log)
                    found.append(
                        Histogram(
                            platform=platform.name,
                            is_finished=State.FINISHED in states,
                            values=values,
                            bins=bins,
                            highest=top,
                        )
                    )
    return found


def by_person(
    site: Site, user: User, start: date, end: date
) -> dict[str, dict[str, dict[str, int]]]:
    """For everybody: of each platform, how many jobs and sessions ended; for platform admins."""
    policy.require(policy.may_administer(user), "see what single persons did")
    found: dict[str, dict[str, dict[str, int]]] = {}
    with site.database.reading() as c:
        names = [platform.name for platform in projects.platforms(c)]
        for who, where, what, n in statistics.by_person(c, _seconds(start), _seconds(end)):
            zero = {kind: dict.fromkeys(names, 0) for kind in ("jobs", "sessions")}
            found.setdefault(who, zero)[what][where] = n
    return found


def _binned(
    past: Sequence[float], top: float, n: int, *, log: bool
) -> tuple[list[int], list[float]]:
    upper = math.ceil(math.log10(max(top, 10.0))) if log else top
    width = upper / n
    values = [0] * n
    for each in past:
        at = math.log10(max(each, 1.0)) if log else each
        if at <= upper:
            values[min(n - 1, int(at / width))] += 1
    return values, [i * width for i in range(n + 1)]


def _seconds(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def _day(at: float) -> date:
    return datetime.fromtimestamp(at, UTC).date()
