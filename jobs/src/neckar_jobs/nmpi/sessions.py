"""Interactive use of chips, as providers report it."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, status

from neckar_jobs import policy
from neckar_jobs.errors import ForbiddenError, InvalidError, QuotaError
from neckar_jobs.nmpi import documents
from neckar_jobs.nmpi.shapes import (
    Index,
    Number,
    Session,
    SessionCreation,
    SessionStatus,
    SessionUpdate,
    Several,
    Size,
)
from neckar_jobs.nmpi.who import AnyoneOrAdmin, AsAdmin, Runner, TheSite
from neckar_jobs.service import chip_sessions, projects
from neckar_jobs.site import Site
from neckar_jobs.states import State

router = APIRouter(prefix="/sessions", tags=["sessions"])
STATES = {status: state for state, status in documents.SESSIONS.items()}


@router.get("")
def listed(
    site: TheSite,
    user: AnyoneOrAdmin,
    status: Annotated[list[SessionStatus] | None, Query()] = None,
    collab: Several = None,
    user_id: Several = None,
    hardware_platform: Several = None,
    date_range_start: date | None = None,
    date_range_end: date | None = None,
    size: Size = 10,
    from_index: Index = 0,
    as_admin: AsAdmin = False,
) -> list[Session]:
    """Sessions, the newest first: one's own, or those of collabs that one names."""
    if not user.platforms:
        policy.require(user.is_admin or not as_admin, "see everything")
        if not as_admin and user_id and user_id != [user.name]:
            raise ForbiddenError(f"you are {user.name!r} and not {', '.join(user_id)}")
    states = [STATES[each] for each in status or () if each in STATES]
    if status and not states:
        return []
    after, before = documents.moments(date_range_start, date_range_end)
    found = chip_sessions.listed(
        site,
        user,
        collabs=collab or (),
        owners=user_id or (),
        platforms=hardware_platform or (),
        states=states,
        after=after,
        before=before,
        start=from_index,
        size=size,
    )
    units = _units(site)
    return [documents.session(each, units) for each in found]


@router.post("", status_code=status.HTTP_201_CREATED)
def begin(site: TheSite, user: Runner, new: SessionCreation) -> Session:
    """Note that somebody has begun."""
    try:
        made = chip_sessions.begin(
            site,
            user,
            owner=new.user_id,
            collab=new.collab,
            platform=new.hardware_platform,
            hardware=new.hardware_config,
        )
    except QuotaError:
        raise QuotaError(
            "The user does not have sufficient compute quota to start this session"
        ) from None
    return documents.session(made, _units(site))


@router.put("/{session_id}")
def report(site: TheSite, user: Runner, session_id: Number, said: SessionUpdate) -> None:
    """Say how a session goes. Saying it twice changes nothing."""
    state = STATES.get(said.status)
    if state is None:
        raise InvalidError(f"a session cannot become {said.status}")
    used = (said.resource_usage.value, said.resource_usage.units)
    chip_sessions.report(site, user, session_id, State(state), used)


def _units(site: Site) -> dict[str, str]:
    return {each.name: each.units for each in projects.platforms(site)}
