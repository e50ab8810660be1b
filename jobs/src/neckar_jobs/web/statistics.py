"""What the service has done lately, drawn."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from neckar_jobs.service import activity, projects
from neckar_jobs.service.forecast import standing
from neckar_jobs.web.charts import bars, waiting
from neckar_jobs.web.render import page
from neckar_jobs.web.visit import SignedIn

router = APIRouter(prefix="/statistics")
PERIODS = (14, 30, 90, 365)


@router.get("")
def look(visit: SignedIn, days: Annotated[int, Query()] = 30) -> Response:
    """Jobs per day, waiting times, use per project."""
    number = days if days in PERIODS else 30
    found = activity.days(visit.site, number)
    waits = activity.waits(visit.site)
    used = activity.used(visit.site, visit.user, number)
    return page(
        visit,
        "statistics.html",
        days=number,
        periods=PERIODS,
        per_day=bars(found),
        found=found,
        total=sum(day.finished + day.failed + day.others for day in found),
        finished=sum(day.finished for day in found),
        failed=sum(day.failed for day in found),
        people=activity.people(visit.site, number),
        waits=waits,
        waiting=waiting(waits.all) if waits else None,
        used=used,
        most={
            each.platform: max(u.amount for u in used if u.platform == each.platform)
            for each in used
        },
        platforms=[(p, standing(visit.site, p.name)) for p in projects.platforms(visit.site)],
    )
