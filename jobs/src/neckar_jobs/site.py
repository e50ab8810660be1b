"""What every verb of the service needs: the database, the files, the time."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from neckar_jobs.files import Files
from neckar_jobs.store.database import Database

BELIEVED_AFTER = 600.0  # s that a new time has to last until it is believed
AGREEMENT = 2.0  # s by which the wall clock and a stop-watch may differ without a jump


def _passed() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)  # goes on while the computer sleeps


class SteadyClock:
    """The wall clock, but for jumps of it that are taken back.

    While the wall clock and a stop-watch agree, it is the wall clock. After a jump it goes on as
    if there had been none, until the new time has lasted; so a clock that was wrong for a while
    lets nothing expire, and one that was put right counts after ten minutes.

    Args:
        wall: seconds since 1970.
        stopwatch: seconds that never jump.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        stopwatch: Callable[[], float] = _passed,
    ) -> None:
        self._wall, self._stopwatch = wall, stopwatch
        self._offset = wall() - stopwatch()
        self._doubted: tuple[float, float] | None = None  # another offset, and since when
        self._lock = Lock()

    def __call__(self) -> float:
        """Seconds since 1970."""
        with self._lock:
            passed = self._stopwatch()
            offset = self._wall() - passed
            if abs(offset - self._offset) <= AGREEMENT or self._is_believed(offset, passed):
                self._offset, self._doubted = offset, None
            return passed + self._offset

    def _is_believed(self, offset: float, passed: float) -> bool:
        if self._doubted is None or abs(offset - self._doubted[0]) > AGREEMENT:
            self._doubted = (offset, passed)
        return passed - self._doubted[1] >= BELIEVED_AFTER


@dataclass(frozen=True, kw_only=True)
class Site:
    """One installation. Several processes may each have one on the same database and files."""

    database: Database
    files: Files
    clock: Callable[[], float] = field(default_factory=SteadyClock)  # seconds since 1970
    lease_seconds: float = 30.0  # without a heartbeat, until a runner counts as lost
    shown: dict[str, float] = field(default_factory=dict)  # tokens, and when; not noted yet
    largest_text: int = 1024 * 1024  # bytes of a script that comes as text
