"""Numbers about an installation, as Prometheus reads them.

Jobs, leases and use are counted in the database when somebody asks, so they are the same from every
process; requests are those that this process has answered.
"""

import shutil
import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from neckar_jobs.site import Site
from neckar_jobs.store import numbers

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # s


class Metrics:
    """What one process of the service tells about itself and about its site."""

    def __init__(self, site: Site) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_AboutSite(site))
        labels = ("method", "route", "status")
        self._requests = Counter(
            "neckar_http_requests", "Requests answered", labels, registry=self._registry
        )
        self._seconds = Histogram(
            "neckar_http_seconds",
            "Until an answer began",
            ("route",),
            buckets=BUCKETS,
            registry=self._registry,
        )
        self.lost = Counter("neckar_lost_runners", "Leases that ran out", registry=self._registry)

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """All of it, as of now."""
        return generate_latest(self._registry)


class Measured:
    """Counts requests on their way through, by the pattern of their route."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                route = getattr(scope.get("route"), "path", "none")  # not what anybody may invent
                self._metrics.note(scope["method"], route, status, time.perf_counter() - begun)
            await send(message)

        await self._app(scope, receive, watched)


class _AboutSite(Collector):
    def __init__(self, site: Site) -> None:
        self._site = site

    def describe(self) -> list[Metric]:
        """Nothing is said before somebody asks."""
        return []

    def collect(self) -> Iterator[Metric]:
        """What the database and the disk say now."""
        with self._site.database.reading() as c:
            found = numbers.about(c)
        jobs = GaugeMetricFamily("neckar_jobs", "Jobs", labels=("platform", "state"))
        for (platform, state), n in found.jobs.items():
            jobs.add_metric((platform, state), n)
        yield jobs
        waiting = "Since the oldest waiting job was submitted"
        oldest = GaugeMetricFamily("neckar_oldest_waiting_seconds", waiting, labels=("platform",))
        for platform, at in found.oldest.items():
            oldest.add_metric((platform,), max(0.0, self._site.clock() - at))
        yield oldest
        used = GaugeMetricFamily("neckar_used", "Used, in units", labels=("platform", "units"))
        paused = GaugeMetricFamily("neckar_paused", "Nothing is given out", labels=("platform",))
        for each in found.platforms:
            used.add_metric((each.name, each.units), found.used.get(each.name, 0.0))
            paused.add_metric((each.name,), float(bool(each.paused)))
        yield from (used, paused)
        mails = GaugeMetricFamily("neckar_mails", "Mails in the outbox", labels=("posted",))
        for posted, n in found.mails.items():
            mails.add_metric((posted,), n)
        yield mails
        free = shutil.disk_usage(self._site.files.incoming_folder).free
        yield GaugeMetricFamily("neckar_free_bytes", "Left for contents of files", value=free)
