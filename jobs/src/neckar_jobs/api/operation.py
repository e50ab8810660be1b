"""For those who keep an installation running: is it alive, is it ready, how does it stand."""

from fastapi import APIRouter, Request, Response
from sqlalchemy import text
from starlette.concurrency import run_in_threadpool

from neckar_jobs import policy
from neckar_jobs.api.who import TheSite, who
from neckar_jobs.operations.metrics import CONTENT_TYPE, Metrics

router = APIRouter(tags=["operation"])
HERE = ("127.0.0.1", "::1")


@router.get("/health/live")
def alive() -> dict[str, str]:
    """This process answers."""
    return {"status": "alive"}


@router.get("/health/ready")
def ready(site: TheSite) -> dict[str, str]:
    """The database answers and contents of files can be kept."""
    with site.database.reading() as c:
        c.execute(text("SELECT 1"))
    with site.files.incoming() as new:
        new.write(b"ready?")
    return {"status": "ready"}


@router.get("/metrics", response_class=Response)
async def metrics(request: Request, site: TheSite) -> Response:
    """Numbers for Prometheus: for this computer, and for tokens of admins from elsewhere."""
    headers = request.headers
    is_here = request.client is not None and request.client.host in HERE
    if not is_here or "x-forwarded-for" in headers or "forwarded" in headers:
        user = await who(site, headers.get("authorization"), headers.get("x-api-key"))
        policy.require(policy.may_administer(user), "read the numbers of this installation")
    found: Metrics = request.app.state.metrics
    return Response(await run_in_threadpool(found.text), media_type=CONTENT_TYPE)
