"""What every verb of the service needs: the database, the files, the time."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from neckar_jobs.files import Files
from neckar_jobs.store.database import Database


@dataclass(frozen=True, kw_only=True)
class Site:
    """One installation. Several processes may each have one on the same database and files."""

    database: Database
    files: Files
    clock: Callable[[], float] = time.time  # seconds since 1970
    lease_seconds: float = 30.0  # without a heartbeat, until a runner counts as lost
    largest_text: int = 1024 * 1024  # bytes of a script that comes as text
