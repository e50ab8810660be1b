"""The original's interface as an application of its own, at the root of the service."""

import logging
import re
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, OperationalError
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from neckar_jobs.api.problems import UNKEPT
from neckar_jobs.errors import InvalidError, JobsError, SignInError
from neckar_jobs.nmpi import (
    data,
    jobs,
    login,
    projects,
    remarks,
    runners,
    sessions,
    statistics,
)
from neckar_jobs.nmpi.jobs import base
from neckar_jobs.nmpi.who import Customs

_log = logging.getLogger("neckar_jobs.nmpi")


def add_facade(app: FastAPI, customs: Customs | None = None) -> FastAPI:
    """Let `app` answer as the original does wherever it has nothing to say itself.

    Call this last: what is added to `app` later is not reached.
    """
    facade = FastAPI(
        title="Neckar jobs, as nmpi v3",
        version="3",
        openapi_url="/nmpi/openapi.json",
        docs_url="/nmpi/docs",
        redoc_url=None,
        redirect_slashes=False,
    )
    facade.state.site, facade.state.customs = app.state.site, customs or Customs()
    facade.add_api_route("/", about, tags=["about"])
    for part in (runners, jobs, remarks, projects, sessions, statistics, login, data):
        facade.include_router(part.router)
    _answer_with_details(facade)
    # There are no cookies here, so pages from anywhere may ask with a token that they have.
    facade.add_middleware(
        CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"]
    )
    facade.add_middleware(_Slashes)
    app.mount("/", facade)
    return facade


def about(request: Request) -> dict[str, Any]:
    """What this is."""
    here = base(request).rstrip("/")
    return {
        "about": "A queue for jobs on neuromorphic chips, for clients of nmpi v3.",
        "version": "3",
        "status": "ok",
        "links": {"documentation": "/nmpi/docs"},
        "authentication": {"server": here, "client-id": "nmpi", "collaboratory": here},
    }


def _answer_with_details(facade: FastAPI) -> None:
    @facade.exception_handler(JobsError)
    def on_purpose(_request: Request, error: JobsError) -> JSONResponse:
        status = 400 if isinstance(error, InvalidError) else error.status
        headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, SignInError) else None
        return JSONResponse({"detail": str(error)}, status, headers=headers)

    @facade.exception_handler(RequestValidationError)
    def badly_formed(_request: Request, error: RequestValidationError) -> JSONResponse:
        # Without what was sent: that may be no JSON.
        wrong = [{name: each[name] for name in ("loc", "msg", "type")} for each in error.errors()]
        return JSONResponse({"detail": wrong}, 422)

    @facade.exception_handler(DataError)
    def not_to_be_kept(_request: Request, _error: DataError) -> JSONResponse:
        return JSONResponse({"detail": UNKEPT}, 400)

    @facade.exception_handler(OperationalError)
    def database_away(_request: Request, error: OperationalError) -> JSONResponse:
        _log.error("the database does not answer: %s", error.orig)
        detail = "the database does not answer just now; try again in a moment"
        return JSONResponse({"detail": detail}, 503, headers={"Retry-After": "2"})


class _Slashes:
    """Lets a path mean the same with a slash at its end and without, and with doubled slashes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith("/data/"):
            scope = {**scope, "path": re.sub("/+", "/", scope["path"]).rstrip("/") or "/"}
        await self._app(scope, receive, send)
