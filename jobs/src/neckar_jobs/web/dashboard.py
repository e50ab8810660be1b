"""What one sees first."""

from fastapi import APIRouter, Response

from neckar_jobs.policy import own_space
from neckar_jobs.service import jobs, notices, projects
from neckar_jobs.service.forecast import standing
from neckar_jobs.states import HELD, OVER, Stage, State
from neckar_jobs.store.jobs import Filter
from neckar_jobs.web.render import page
from neckar_jobs.web.visit import SignedIn

router = APIRouter()
RECENT = 8  # jobs that are shown
MOST = 1000  # that are counted


@router.get("/")
def look(visit: SignedIn) -> Response:
    """One's own jobs, what is left to compute with, how busy the platforms are."""
    site, user = visit.site, visit.user
    mine = Filter(owners=(user.name,), states=(State.SUBMITTED, *sorted(HELD)))
    waiting = Filter(owners=(user.name,), states=(State.SUBMITTED,))
    running = Filter(owners=(user.name,), states=tuple(sorted(HELD)))
    over = Filter(owners=(user.name,), states=tuple(sorted(OVER)))
    spaces = sorted({*user.roles, own_space(user.name)})
    granted = projects.listed(site, user, collabs=spaces, stage=Stage.ACCEPTED)
    platforms = projects.platforms(site)
    return page(
        visit,
        "dashboard.html",
        active=jobs.listed(site, user, mine, size=RECENT),
        waiting=jobs.counted(site, user, waiting, most=MOST),
        running=jobs.counted(site, user, running, most=MOST),
        recent=jobs.listed(site, user, over, size=RECENT),
        quotas=[(each, quota) for each in granted for quota in each.quotas],
        to_review=_to_review(visit),
        platforms=[(each, standing(site, each.name)) for each in platforms],
        coming=notices.announced(site)[:3],
    )


def _to_review(visit: SignedIn) -> int:
    if not visit.user.is_admin:
        return 0
    return len(projects.listed(visit.site, visit.user, stage=Stage.UNDER_REVIEW))
