"""Who holds which chip: sessions of our own runners, and those that other providers report."""

from dataclasses import dataclass

from neckar_jobs import policy
from neckar_jobs.model import SESSION, ChipSession, Job, Platform, User
from neckar_jobs.site import Site
from neckar_jobs.states import OVER, State
from neckar_jobs.store import chip_sessions, jobs, people, projects
from neckar_jobs.store.jobs import Filter

MOST = 200


@dataclass(frozen=True, kw_only=True)
class Holding:
    """A session that is not over."""

    job: int | None  # none where a provider reports it; also where it is not yours to see
    owner: str  # empty where it is not yours to see
    collab: str
    platform: str
    chip: str  # empty where nobody has said
    state: State
    since: float  # when it began, or was asked for
    used: float  # of the chip's time, s
    left: float | None  # of the time that it may have, s
    may_end: bool


def held(site: Site, user: User) -> list[Holding]:
    """All of them, the oldest first; of those of strangers only that they are there."""
    with site.database.reading() as c:
        all_platforms = {each.name: each for each in projects.platforms(c)}
        shared = [name for name, each in all_platforms.items() if each.system == SESSION]
        alive = tuple(set(State) - OVER)
        which = Filter(platforms=tuple(shared) or ("",), states=alive)
        found = jobs.page(c, which, size=MOST)
        reported = chip_sessions.page(c, states=[State.RUNNING], size=MOST)
        public = {name: people.is_public(c, name) for name in {each.collab for each in found}}
    ours = [_of_job(each, all_platforms[each.platform], user, public) for each in found]
    theirs = [_reported(each, all_platforms, user) for each in reported]
    return sorted([*ours, *theirs], key=lambda each: each.since)


def _of_job(job: Job, platform: Platform, user: User, public: dict[str, bool]) -> Holding:
    may_see = policy.may_view(user, job, public[job.collab])
    used = (job.usage or 0.0) / platform.per_second if platform.per_second else 0.0
    return Holding(
        job=job.id if may_see else None,
        owner=job.owner if may_see else "",
        collab=job.collab if may_see else "",
        platform=platform.title,
        chip=_chip(job, platform),
        state=job.state,
        since=job.started_at or job.submitted_at,
        used=used,
        left=max(0.0, job.limit - used),
        may_end=policy.may_change(user, job),
    )


def _reported(one: ChipSession, platforms: dict[str, Platform], user: User) -> Holding:
    may_see = policy.may_view_collab(user, one.collab) or user.name == one.owner
    platform = platforms.get(one.platform)
    per_second = platform.per_second if platform else 0.0
    return Holding(
        job=None,
        owner=one.owner if may_see else "",
        collab=one.collab if may_see else "",
        platform=platform.title if platform else one.platform,
        chip="",
        state=one.state,
        since=one.started_at,
        used=(one.usage or 0.0) / per_second if per_second else 0.0,
        left=None,
        may_end=False,
    )


def _chip(job: Job, platform: Platform) -> str:
    known = (job.provenance or {}).get("chip", "")
    if known or len(platform.chips) != 1:
        return str(known)
    return str(platform.chips[0].get("name", ""))
