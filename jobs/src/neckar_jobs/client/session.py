"""A session at a chip that several share: for programs that want it now, not in a queue of jobs.

with session(client, platform="BrainScaleS-2-interactive", collab="private-ada") as variables:
    os.environ.update(variables)  # from here on, scripts in this process use the shared chip
"""

import hashlib
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from neckar_jobs.client.client import Client
from neckar_jobs.errors import JobsError
from neckar_jobs.states import State, is_over

KEY = "NECKAR_CHIP_KEY"
PAUSE = 0.3  # s between questions
_VARIABLE = re.compile(r"(QUIGGELDY_\w+)=(\S+)")


@contextmanager
def session(
    client: Client,
    *,
    platform: str,
    collab: str,
    seconds: float | None = None,
    show: Callable[[str], object] = lambda text: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Mapping[str, str]]:
    """Ask for a session, wait for its turn, hand out the variables that lead to the chip, end it.

    Args:
        client: who asks.
        platform: one whose system is `session`.
        collab: who pays, for the time that programs have the chip.
        seconds: of the chip's time at most; none means the platform's limit.
        show: is told what is waited for.
        sleep: waits.

    Raises:
        JobsError: the session ended before it began.
    """
    key = secrets.token_urlsafe(24)
    number = client.ask_for_session(
        platform=platform,
        collab=collab,
        digest=hashlib.sha256(key.encode()).hexdigest(),
        seconds=seconds,
    ).id
    try:
        yield {**_where(client, number, show, sleep), KEY: key}
    finally:
        if not is_over(client.job(number).state):
            client.cancel(number)


def _where(
    client: Client, number: int, show: Callable[[str], object], sleep: Callable[[float], None]
) -> dict[str, str]:
    """The variables that the log of a session begins with, as soon as they are there."""
    show(f"session {number} waits for the chip")
    while True:
        job = client.job(number)
        if is_over(job.state):
            raise JobsError(f"session {number} is {job.state}: {job.reason}")
        found = dict(_VARIABLE.findall(client.log(number).decode())) if job.log_size else {}
        if job.state == State.RUNNING and found:
            return found
        sleep(PAUSE)
