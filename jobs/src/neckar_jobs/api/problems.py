"""Errors as problems (RFC 9457). `detail` is for people, `type` for programs."""

import errno
import logging
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, OperationalError
from starlette.exceptions import HTTPException

from neckar_jobs.errors import JobsError

MEDIA = "application/problem+json"
UNKEPT = "a text holds a character that no database keeps (NUL), or a number is too large"
_log = logging.getLogger("neckar_jobs.api")


def problem(
    status: int, title: str, detail: str, headers: Mapping[str, str] | None = None, **more: object
) -> JSONResponse:
    """One problem."""
    name = title.lower().replace(" ", "-")
    content = {"type": f"urn:neckar:{name}", "title": title, "status": status, "detail": detail}
    return JSONResponse({**content, **more}, status, headers=headers, media_type=MEDIA)


def answer_with_problems(app: FastAPI) -> None:
    """Make every error of `app` a problem."""

    @app.exception_handler(JobsError)
    def on_purpose(_request: Request, error: JobsError) -> JSONResponse:
        headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
        return problem(error.status, error.title, str(error), headers)

    @app.exception_handler(RequestValidationError)
    def badly_formed(_request: Request, error: RequestValidationError) -> JSONResponse:
        wrong = [
            {"where": "/".join(map(str, each["loc"])), "what": each["msg"]}
            for each in error.errors()
        ]
        detail = "; ".join(f"{each['where']}: {each['what']}" for each in wrong)
        return problem(422, "This makes no sense", detail, errors=wrong)

    @app.exception_handler(DataError)
    def not_to_be_kept(_request: Request, _error: DataError) -> JSONResponse:
        return problem(422, "This makes no sense", UNKEPT)

    @app.exception_handler(OSError)
    def disk_full(_request: Request, error: OSError) -> JSONResponse:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise error
        _log.error("the disk is full: %s", error)
        detail = "the disk of the service is full, and nothing of this was kept; try again later"
        return problem(507, "No room", detail, {"Retry-After": "60"})

    @app.exception_handler(HTTPException)
    def of_the_framework(_request: Request, error: HTTPException) -> JSONResponse:
        return problem(error.status_code, str(error.detail), str(error.detail), error.headers)

    @app.exception_handler(OperationalError)
    def database_away(_request: Request, error: OperationalError) -> JSONResponse:
        _log.error("the database does not answer: %s", error.orig)
        detail = "the database does not answer just now; try again in a moment"
        return problem(503, "Closed for now", detail, {"Retry-After": "2"})
