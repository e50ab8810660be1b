"""Pages from templates."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from neckar_jobs.states import Stage, State
from neckar_jobs.web import formats
from neckar_jobs.web.visit import GUEST, SAID, Visit, keep, visitor

HERE = Path(__file__).parent
THEMES = ("light", "dark")


def page(visit: Visit, template: str, *, status: int = 200, **values: Any) -> Response:
    """A page for whoever looks at it."""
    cookies = visit.request.cookies
    theme = cookies.get("theme", "")
    context = {
        "visit": visit,
        "root": visit.root,
        "user": visit.session.user if visit.session else None,
        "csrf": visit.csrf,
        "theme": theme if theme in THEMES else "",
        "said": _said(cookies.get(SAID, "")),
        "here": visit.request.url.path.removeprefix(visit.root),
        "now": visit.site.clock(),
        "version": static_version(),
        "status": status,
        **values,
    }
    answer = HTMLResponse(templates().get_template(template).render(context), status)
    if context["said"]:
        answer.delete_cookie(SAID, path=visit.root or "/")
    if visit.session is None and visit.request.cookies.get(GUEST) != visit.guest:
        keep(visit, answer, GUEST, visit.guest, None)
    return answer


def excuse(request: Request, status: int, title: str, detail: str) -> Response:
    """A page that says why there is none."""
    return page(visitor(request), "error.html", status=status, title=title, detail=detail)


@cache
def templates() -> Environment:
    """Everything in a template is escaped unless it was made here to be shown as it is."""
    found = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(formats.FILTERS)
    found.globals.update(State=State, Stage=Stage)
    return found


@cache
def static_version() -> str:
    """Changes when a style or a script does, so that browsers ask again."""
    digest = hashlib.sha256()
    for path in sorted((HERE / "static").glob("*.*")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _said(text: str) -> str:
    try:
        return bytes.fromhex(text).decode()[:500]
    except ValueError:
        return ""
