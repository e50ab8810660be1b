"""The web application: everything that answers requests, put together."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress

from anyio import CapacityLimiter
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from neckar_jobs import __version__
from neckar_jobs.api import (
    accounts,
    claims,
    contents,
    jobs,
    mail,
    operation,
    people,
    projects,
    sessions,
    subscriptions,
)
from neckar_jobs.api.following import Following
from neckar_jobs.api.problems import answer_with_problems
from neckar_jobs.identity.tokens import note_shown
from neckar_jobs.operations.metrics import Measured, Metrics
from neckar_jobs.service.posting import Server, post
from neckar_jobs.service.subscriptions import deliver
from neckar_jobs.service.watch import Watch
from neckar_jobs.site import Site

WATCHING = 1 / 10  # of a lease between two looks for lost runners
TELLING = 2.0  # s between two looks for messages to be sent
NOTING = 10.0  # s between two notes of which tokens were shown
POSTING = 5.0  # s between two looks for mails to be written or sent
CLAIMING = 4  # threads that give jobs to runners, however many of these ask at once
AT_THE_DISK = 8  # threads that write contents of files; others are left for everything else
_log = logging.getLogger("neckar_jobs")


def application(
    site: Site, *, trusted_hooks: Collection[str] = (), mail_server: Server | None = None
) -> FastAPI:
    """One process of the service. Any number of them may share a site.

    Messages about jobs go to public addresses, and to `trusted_hooks` (host:port) inside; mails go
    to `mail_server`, and without one nobody gets any.
    """
    app = FastAPI(title="Neckar jobs", version=__version__, lifespan=_living)
    app.state.site = site
    app.state.metrics, app.state.trusted_hooks = Metrics(site), tuple(trusted_hooks)
    app.state.mail_server = mail_server
    app.state.disk, app.state.claiming = CapacityLimiter(AT_THE_DISK), CapacityLimiter(CLAIMING)
    app.add_middleware(Measured, metrics=app.state.metrics)
    parts = (
        jobs,
        claims,
        contents,
        people,
        projects,
        operation,
        subscriptions,
        mail,
        sessions,
        accounts,
    )
    for part in parts:
        app.include_router(part.router)
    answer_with_problems(app)
    return app


@asynccontextmanager
async def _living(app: FastAPI) -> AsyncIterator[None]:
    app.state.following = Following(app.state.site)
    site, trusted = app.state.site, app.state.trusted_hooks
    watch, looking = Watch(site=site, stopwatch=time.monotonic), WATCHING * site.lease_seconds
    going = (
        _again_and_again(looking, "look for lost runners", _look, watch, app.state.metrics),
        _again_and_again(TELLING, "send messages", deliver, site, trusted),
        _again_and_again(NOTING, "note which tokens were shown", note_shown, site),
        _again_and_again(POSTING, "send mails", post, site, app.state.mail_server),
    )
    tasks = [asyncio.create_task(each) for each in going]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await app.state.following.close()


def _look(watch: Watch, metrics: Metrics) -> None:
    for job in watch.look():
        metrics.lost.inc()
        _log.warning("job %d: %s", job.id, job.reason, extra={"job": job.id})


async def _again_and_again(
    seconds: float, what: str, action: Callable[..., object], *arguments: object
) -> None:
    while True:
        try:
            await run_in_threadpool(action, *arguments)
        except Exception:
            _log.exception("could not %s; trying again", what)
        await asyncio.sleep(seconds)
