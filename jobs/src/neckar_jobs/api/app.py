"""The web application: everything that answers requests, put together."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI
from sqlalchemy import text
from starlette.concurrency import run_in_threadpool

from neckar_jobs import __version__
from neckar_jobs.api import claims, contents, jobs, people, projects
from neckar_jobs.api.following import Following
from neckar_jobs.api.problems import answer_with_problems
from neckar_jobs.api.who import TheSite
from neckar_jobs.service.watch import Watch
from neckar_jobs.site import Site

WATCHING = 1 / 10  # of a lease between two looks for lost runners
_log = logging.getLogger("neckar_jobs")


def application(site: Site) -> FastAPI:
    """One process of the service. Any number of them may share a site."""
    app = FastAPI(title="Neckar jobs", version=__version__, lifespan=_living)
    app.state.site = site
    for part in (jobs, claims, contents, people, projects):
        app.include_router(part.router)
    app.add_api_route("/healthz", alive, tags=["operation"])
    app.add_api_route("/readyz", ready, tags=["operation"])
    answer_with_problems(app)
    return app


def alive() -> dict[str, str]:
    """This process answers."""
    return {"status": "alive"}


def ready(site: TheSite) -> dict[str, str]:
    """The database answers, too."""
    with site.database.reading() as c:
        c.execute(text("SELECT 1"))
    return {"status": "ready"}


@asynccontextmanager
async def _living(app: FastAPI) -> AsyncIterator[None]:
    app.state.following = Following(app.state.site)
    watching = asyncio.create_task(_watch(app.state.site))
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        await app.state.following.close()


async def _watch(site: Site) -> None:
    watch = Watch(site=site, stopwatch=time.monotonic)
    while True:
        try:
            for job in await run_in_threadpool(watch.look):
                _log.warning("job %d: %s", job.id, job.reason)
        except Exception:
            _log.exception("could not look for lost runners; trying again")
        await asyncio.sleep(WATCHING * site.lease_seconds)
