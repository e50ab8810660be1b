"""What there is to compute with: chips, queue, maintenance."""

import calendar
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from neckar_jobs import policy
from neckar_jobs.api.shapes import Number
from neckar_jobs.errors import InvalidError
from neckar_jobs.model import Maintenance
from neckar_jobs.policy import own_space
from neckar_jobs.service import activity, notices, projects
from neckar_jobs.service.forecast import standing
from neckar_jobs.web import hardware
from neckar_jobs.web.render import page
from neckar_jobs.web.visit import Form, Sent, SignedIn

router = APIRouter(prefix="/platforms")
Name = Annotated[str, Path(max_length=100)]


@router.get("")
def listed(visit: SignedIn) -> Response:
    """All platforms."""
    found = projects.platforms(visit.site)
    return page(
        visit,
        "platforms.html",
        platforms=[(each, standing(visit.site, each.name)) for each in found],
        coming=notices.announced(visit.site),
        may_administer=policy.may_administer(visit.user),
    )


@router.get("/{name}")
def look(visit: SignedIn, name: Name) -> Response:
    """One platform."""
    site, user = visit.site, visit.user
    platform = projects.platform(site, name)
    mine = {*user.roles, own_space(user.name)}
    turns = standing(site, name)
    coming = notices.announced(site, name)
    return page(
        visit,
        "platform.html",
        platform=platform,
        chips=[_chip(each) for each in platform.chips],
        turns=[(turn, user.is_admin or turn.collab in mine) for turn in turns],
        fields=hardware.fields(platform.hardware),
        coming=coming,
        months=months(site.clock(), coming),
        waits=activity.waits(site, name),
        may_administer=policy.may_administer(user),
    )


@router.post("/{name}/pause")
def pause(visit: SignedIn, sent: Sent, name: Name) -> Response:
    """Give no more jobs to runners, or go on (admins)."""
    why = "" if sent.has("resume") else _reason(sent)
    projects.pause(visit.site, visit.user, name, why)
    return visit.to(f"/platforms/{name}", said="The queue is paused." if why else "It goes on.")


@router.post("/{name}/drain")
def drain(visit: SignedIn, sent: Sent, name: Name) -> Response:
    """Take in nothing new, or take in again (admins)."""
    why = "" if sent.has("resume") else _reason(sent)
    projects.drain(visit.site, visit.user, name, why)
    said = "Nothing new is taken in." if why else "New jobs are welcome again."
    return visit.to(f"/platforms/{name}", said=said)


@router.post("/{name}/maintenance")
def announce(visit: SignedIn, sent: Sent, name: Name) -> Response:
    """Say when it may not be there (admins)."""
    begins, ends = _moment(sent, "begins"), _moment(sent, "ends")
    where = "" if sent.has("all") else name
    notices.announce(visit.site, visit.user, where, begins, ends, sent.line("text"))
    return visit.to(f"/platforms/{name}#maintenance", said="Announced.")


@router.post("/{name}/maintenance/{number}/remove")
def take_back(visit: SignedIn, sent: Sent, name: Name, number: Number) -> Response:
    """Remove an announcement (admins)."""
    del sent
    notices.take_back(visit.site, visit.user, number)
    return visit.to(f"/platforms/{name}#maintenance", said="Taken back.")


def _chip(described: Mapping[str, Any]) -> dict[str, str]:
    """What the description of a platform says about a chip, as text."""
    spread = described.get("spread", "")
    if isinstance(spread, Mapping):
        spread = ", ".join(f"{name} {value}" for name, value in spread.items())
    name = described.get("name", described.get("serial", "a chip"))
    rest = {key: str(described.get(key, "")) for key in ("serial", "calibrated", "note")}
    return {"name": str(name), "spread": str(spread), **rest}


Week = list[tuple[date, bool, str]]  # day, whether it belongs to the month, what happens


def months(now: float, coming: Sequence[Maintenance]) -> list[tuple[str, list[Week]]]:
    """This month and the next, week by week, with what was announced for each day (UTC)."""
    today = datetime.fromtimestamp(now, UTC).date()
    following = (today.year + today.month // 12, today.month % 12 + 1)
    return [_month(y, m, coming) for y, m in ((today.year, today.month), following)]


def _month(year: int, month: int, coming: Sequence[Maintenance]) -> tuple[str, list[Week]]:
    weeks = calendar.Calendar().monthdatescalendar(year, month)
    shown = [[(day, day.month == month, _on(day, coming)) for day in week] for week in weeks]
    return f"{calendar.month_name[month]} {year}", shown


def _on(day: date, coming: Sequence[Maintenance]) -> str:
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
    on = (each for each in coming if each.begins_at < begin + 86400 and each.ends_at > begin)
    return "; ".join(each.text for each in on)


def _reason(sent: Form) -> str:
    why = sent.line("why")
    if not 1 <= len(why) <= 1000:
        raise InvalidError("say in 1 to 1000 characters why; everybody who waits will read it")
    return why


def _moment(sent: Form, name: str) -> float:
    text = sent.line(name)
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise InvalidError(f"{text[:40]!r} is no time like 2026-12-24T08:00 (UTC)") from None
