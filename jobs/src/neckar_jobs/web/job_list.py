"""Jobs in a list: search, filters, filters that are kept."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response

from neckar_jobs.api.shapes import Number
from neckar_jobs.errors import JobsError
from neckar_jobs.policy import own_space
from neckar_jobs.service import jobs, notices, projects
from neckar_jobs.states import State
from neckar_jobs.store.jobs import Filter
from neckar_jobs.web.render import page
from neckar_jobs.web.visit import Sent, SignedIn

router = APIRouter()
SIZE = 30  # jobs of one page
MOST = 1000  # that are counted
Word = Annotated[str, Query(max_length=200)]
FIELDS = ("text", "state", "platform", "collab", "owner", "tag", "array")


@router.get("/jobs")
def listed(
    visit: SignedIn,
    text: Word = "",
    state: Word = "",
    platform: Word = "",
    collab: Word = "",
    owner: Word = "",
    tag: Word = "",
    array: Word = "",
    after: Annotated[Number | None, Query()] = None,
) -> Response:
    """Jobs that this person may see, the newest first."""
    if text.removeprefix("#").isdecimal() and (known := _number(visit, text)):
        return visit.to(f"/jobs/{known}")
    chosen = {
        name: value.strip()
        for name, value in zip(
            FIELDS, (text, state, platform, collab, owner, tag, array), strict=True
        )
        if value.strip()
    }
    which = _filter(chosen)
    found = jobs.listed(visit.site, visit.user, which, size=SIZE + 1, below=after)
    is_all = after is None and len(found) <= SIZE
    return page(
        visit,
        "jobs.html",
        jobs=found[:SIZE],
        chosen=chosen,
        query=urlencode(chosen),
        older=found[SIZE - 1].id if len(found) > SIZE else None,
        after=after,
        total=len(found) if is_all else jobs.counted(visit.site, visit.user, which, most=MOST),
        most=MOST,
        platforms=projects.platforms(visit.site),
        collabs=sorted({*visit.user.roles, own_space(visit.user.name)}),
        saved=notices.filters(visit.site, visit.user),
    )


@router.post("/filters")
def save(visit: SignedIn, sent: Sent) -> Response:
    """Keep the present filter under a name."""
    query = sent.line("query")
    notices.save_filter(visit.site, visit.user, sent.line("name"), query)
    return visit.to("/jobs?" + query, said="The filter is saved.")


@router.post("/filters/{number}/remove")
def forget(visit: SignedIn, sent: Sent, number: Number) -> Response:
    """Forget a filter."""
    del sent
    notices.remove_filter(visit.site, visit.user, number)
    return visit.to("/jobs", said="The filter is gone.")


def _filter(chosen: Mapping[str, str]) -> Filter:
    def several(name: str) -> tuple[str, ...]:
        return (chosen[name],) if name in chosen else ()

    return Filter(
        text=chosen.get("text", ""),
        states=tuple(State(each) for each in several("state") if each in set(State)),
        platforms=several("platform"),
        collabs=several("collab"),
        owners=several("owner"),
        tags=several("tag"),
        array=int(chosen["array"]) if chosen.get("array", "").isdecimal() else None,
    )


def _number(visit: SignedIn, text: str) -> int | None:
    """A search for a number that is a job leads there."""
    try:
        number = int(text.removeprefix("#"))
        return jobs.look(visit.site, visit.user, number).id if number < 2**31 else None
    except JobsError:
        return None
