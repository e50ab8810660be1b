"""Numbers about the whole service."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from neckar_jobs.errors import InvalidError
from neckar_jobs.nmpi import documents
from neckar_jobs.nmpi.shapes import (
    DateRangeCount,
    DateRangeQuantity,
    Histogram,
    ProjectStatus,
    QueueStatus,
    TimeSeries,
    UserStatistics,
)
from neckar_jobs.nmpi.who import Admin, TheSite
from neckar_jobs.service import statistics
from neckar_jobs.service.statistics import Interval
from neckar_jobs.states import Stage

router = APIRouter(prefix="/statistics", tags=["statistics"])
Days = Annotated[int, Query(ge=1, le=36_500)]
SHOWN = timedelta(30)  # before today, where nobody says when


def span(site: TheSite, start: date | None = None, end: date | None = None) -> tuple[date, date]:
    """The days that are asked for: by default the last thirty."""
    documents.moments(start, end)
    last = end or (documents.time(site.clock()).date() + timedelta(1) if start is None else None)
    last = last or documents.time(site.clock()).date() + timedelta(1)
    first = start or last - SHOWN
    if first > last:
        raise InvalidError(f"{first} lies after {last}")
    return first, last


Span = Annotated[tuple[date, date], Depends(span)]


@router.get("/job-count")
def job_count(site: TheSite, when: Span, interval: Days = 7) -> list[DateRangeCount]:
    """How many jobs ended."""
    return _counts(statistics.ended(site, *when, interval, usage=False))


@router.get("/cumulative-job-count")
def all_jobs(site: TheSite, when: Span, interval: Days = 7) -> list[DateRangeCount]:
    """How many jobs ended, with everything before counted in."""
    return _counts(statistics.summed(statistics.ended(site, *when, interval, usage=False)))


@router.get("/active-user-count")
def active(site: TheSite, when: Span, interval: Days = 7) -> list[DateRangeCount]:
    """How many people submitted jobs in the ninety days before."""
    return _counts(statistics.active(site, *when, interval))


@router.get("/resource-usage")
def usage(site: TheSite, when: Span, interval: Days = 7) -> list[DateRangeQuantity]:
    """What jobs used, with everything before counted in."""
    return [
        DateRangeQuantity(start=part.start, end=part.end, value=part.by_platform)
        for part in statistics.summed(statistics.ended(site, *when, interval, usage=True))
    ]


@router.get("/cumulative-user-count")
def people(
    site: TheSite, hardware_platform: Annotated[list[str] | None, Query(max_length=50)] = None
) -> TimeSeries:
    """How many people there were."""
    return _series(site, statistics.people_over_time(site, hardware_platform or ()))


@router.get("/cumulative-project-count")
def projects(site: TheSite, status: ProjectStatus = ProjectStatus.ACCEPTED) -> TimeSeries:
    """How many projects there were."""
    return _series(site, statistics.projects_over_time(site, Stage(status)))


@router.get("/queue-length")
def queues(site: TheSite) -> list[QueueStatus]:
    """How many jobs wait and run."""
    return [
        QueueStatus(queue_name=name, submitted=waiting, running=held)
        for name, (waiting, held) in statistics.queues(site).items()
    ]


@router.get("/job-duration")
def durations(
    site: TheSite,
    requested_max: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
    n_bins: Annotated[int, Query(ge=1, le=1000)] = 50,
    scale: Annotated[str, Query(max_length=20)] = "linear",
) -> list[Histogram]:
    """How long jobs took from submission to end, in seconds."""
    is_log = scale == "log"
    return [
        Histogram(
            platform=each.platform,
            status="finished" if each.is_finished else "error",
            values=each.values,
            bins=each.bins,
            scale="log" if is_log else "linear",
            max=int(each.highest),
        )
        for each in statistics.durations(site, requested_max, n_bins, log=is_log)
    ]


@router.get("/per-user")
def by_person(site: TheSite, user: Admin, when: Span) -> list[UserStatistics]:
    """What everybody did (admins)."""
    found = statistics.by_person(site, user, *when)
    return [UserStatistics(user=who, **found[who]) for who in sorted(found)]


def _counts(parts: list[Interval]) -> list[DateRangeCount]:
    return [
        DateRangeCount(
            start=part.start,
            end=part.end,
            count={name: int(value) for name, value in part.by_platform.items()},
        )
        for part in parts
    ]


def _series(site: TheSite, days: list[date]) -> TimeSeries:
    """One more on each of the days; the last number once more for today."""
    numbers = list(range(1, len(days) + 1))
    return TimeSeries(
        dates=[*days, documents.time(site.clock()).date()], values=[*numbers, len(days)]
    )
