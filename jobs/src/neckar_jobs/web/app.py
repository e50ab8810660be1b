"""The pages as an application of their own, beside the REST interface."""

import logging
from pathlib import Path
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from sqlalchemy.exc import DataError, OperationalError
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from neckar_jobs.api.problems import UNKEPT
from neckar_jobs.builder.table import table
from neckar_jobs.errors import JobsError
from neckar_jobs.identity.oidc import Provider
from neckar_jobs.web import (
    admin,
    builder,
    collabs,
    dashboard,
    hooks,
    job_changes,
    job_list,
    job_page,
    mail,
    me,
    new_job,
    platforms,
    projects,
    results,
    sessions,
    sign_in,
    statistics,
)
from neckar_jobs.web import provider as at_provider
from neckar_jobs.web.render import excuse
from neckar_jobs.web.visit import NobodyError

ROOT = "/app"
STATIC = Path(__file__).parent / "static"
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}
_log = logging.getLogger("neckar_jobs.web")


def add_pages(
    app: FastAPI,
    *,
    provider: Provider | None = None,
    examples: Path | None = None,
    cells: Path | None = None,
) -> FastAPI:
    """Give the REST interface `app` its pages, below `/app`; return their application.

    With a `provider` of OpenID Connect, people may sign in there.
    """
    pages = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    pages.state.host, pages.state.site = app, app.state.site
    pages.state.provider, pages.state.examples = provider, examples
    pages.state.table = table(cells)
    parts = (sign_in, at_provider, dashboard, job_list, new_job, builder, job_page, job_changes)
    for part in (
        *parts,
        results,
        projects,
        collabs,
        platforms,
        me,
        mail,
        hooks,
        sessions,
        statistics,
        admin,
    ):
        pages.include_router(part.router)
    pages.mount("/static", StaticFiles(directory=STATIC), name="static")
    _answer_with_pages(pages)
    pages.add_middleware(_Headers)
    app.mount(ROOT, pages)
    app.router.routes.append(_FrontDoor("/", _to_pages))
    return pages


def _answer_with_pages(pages: FastAPI) -> None:
    @pages.exception_handler(NobodyError)
    def nobody(request: Request, _error: NobodyError) -> Response:
        wanted = request.url.path + ("?" + request.url.query if request.url.query else "")
        there = f"{ROOT}/login"
        if request.method == "GET" and wanted.startswith(ROOT + "/") and wanted != ROOT + "/":
            there += "?next=" + quote(wanted)
        return RedirectResponse(there, 303)

    @pages.exception_handler(JobsError)
    def on_purpose(request: Request, error: JobsError) -> Response:
        return excuse(request, error.status, error.title, str(error))

    @pages.exception_handler(RequestValidationError)
    def badly_formed(request: Request, error: RequestValidationError) -> Response:
        wrong = "; ".join(f"{each['loc'][-1]}: {each['msg']}" for each in error.errors())
        return excuse(request, 422, "This makes no sense", wrong)

    @pages.exception_handler(HTTPException)
    def of_the_framework(request: Request, error: HTTPException) -> Response:
        title = "There is no such page" if error.status_code == 404 else str(error.detail)
        return excuse(request, error.status_code, title, "")

    @pages.exception_handler(DataError)
    def not_to_be_kept(request: Request, _error: DataError) -> Response:
        return excuse(request, 422, "This makes no sense", UNKEPT)

    @pages.exception_handler(OperationalError)
    def database_away(request: Request, error: OperationalError) -> Response:
        _log.error("the database does not answer: %s", error.orig)
        return excuse(request, 503, "Closed for now", "The database does not answer; try again.")

    @pages.exception_handler(Exception)
    def by_mistake(request: Request, _error: Exception) -> Response:
        detail = "This is a mistake of ours, and was written down. Perhaps it goes better again."
        return excuse(request, 500, "Something went wrong", detail)


class _FrontDoor(Route):
    """Leads browsers from the address of the service to its pages; programs find what they did."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if "text/html" not in Headers(scope=scope).get("accept", ""):
            return Match.NONE, {}
        return super().matches(scope)


def _to_pages(_request: Request) -> Response:
    return RedirectResponse(ROOT + "/", 303)


class _Headers:
    """Puts the same headers on every answer that has none of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)
