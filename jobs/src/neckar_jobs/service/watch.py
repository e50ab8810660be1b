"""Notices runners that are lost, without trusting any clock but its own stop-watch."""

from collections.abc import Callable
from dataclasses import dataclass, field

from neckar_jobs.model import Job
from neckar_jobs.service.claims import lose
from neckar_jobs.site import Site
from neckar_jobs.store import queue


@dataclass(kw_only=True)
class Watch:
    """Remembers since when each lease has shown no heartbeat.

    A lease counts as lost after this process itself has seen the same number of heartbeats for
    longer than the lease lasts. Neither a jump of the wall clock nor a restart of the service
    can end a lease early; a runner stops its job by its own stop-watch before that time.
    """

    site: Site
    stopwatch: Callable[[], float]  # seconds that never jump
    _seen: dict[str, tuple[int, float]] = field(default_factory=dict)

    def look(self) -> list[Job]:
        """Return to the queue whatever is lost by now."""
        now = self.stopwatch()
        with self.site.database.reading() as c:
            held = queue.leases(c)
        seen = {}
        for lease in held:
            beat, since = self._seen.get(lease.key, (-1, now))
            seen[lease.key] = (lease.beat, since if beat == lease.beat else now)
        self._seen = seen
        gone = [each for each in held if now - seen[each.key][1] > each.seconds]
        lost = (lose(self.site, lease.job, lease.key) for lease in gone)
        return [job for job in lost if job is not None]
