"""Throws away what nobody needs: contents that no job names, and what the rules of a site say."""

from collections.abc import Iterator
from dataclasses import dataclass

from neckar_jobs.errors import StateError
from neckar_jobs.site import Site
from neckar_jobs.store import audit, contents, jobs, logs, old, outbox, projects

DAY = 86_400.0  # s
QUIET = 60.0  # days without a sign of life that are believed


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How long things are kept, in days. None means for ever."""

    contents: float = 2.0  # that no job names; somebody may be about to submit one that does
    logs: float | None = None  # after the end of their job
    hidden: float | None = None  # jobs that were taken off all lists, after their end
    tokens: float | None = 30.0  # after they have expired
    mails: float | None = 30.0  # after they were written, if they do not wait


@dataclass(frozen=True, kw_only=True)
class Swept:
    """What was thrown away, or would be."""

    contents: int
    bytes: int  # of contents and of half-sent files
    logs: int
    jobs: int
    tokens: int
    mails: int


def sweep(
    site: Site, rules: Rules, *, dry_run: bool = False, clock_is_right: bool = False
) -> Swept:
    """Apply the rules; a dry run only says what they would do.

    Raises:
        StateError: nothing has happened here for so long that the clock seems to be wrong.
    """
    now = site.clock()
    if not clock_is_right:
        _doubt(site, now)
    hidden = list(_hidden(site, rules, now))
    printed = list(_printed(site, rules, now, hidden))
    with site.database.reading() as c:
        expired = [] if rules.tokens is None else old.tokens(c, now - rules.tokens * DAY)
        mails = 0 if rules.mails is None else outbox.n_old(c, now - rules.mails * DAY)
    if not dry_run:
        hidden = [number for number in hidden if _remove(site, number)]
        printed = [number for number in printed if _forget_log(site, number)]
        with site.database.writing() as c:
            old.remove_tokens(c, expired)
            if mails and rules.mails is not None:
                outbox.remove_old(c, now - rules.mails * DAY)
    found, size = _contents(site, now - rules.contents * DAY, set(hidden), dry_run=dry_run)
    n_logs, n_jobs = len(printed), len(hidden)
    n_tokens = len(expired)
    return Swept(contents=found, bytes=size, logs=n_logs, jobs=n_jobs, tokens=n_tokens, mails=mails)


def _doubt(site: Site, now: float) -> None:
    with site.database.reading() as c:
        last = old.last_sign(c)
    if last is not None and now - last > QUIET * DAY:
        days = (now - last) / DAY
        raise StateError(
            f"by the clock of this computer nothing has happened here for {days:.0f} days, so "
            "nothing is thrown away; if that is so, say --clock-is-right"
        )


def _hidden(site: Site, rules: Rules, now: float) -> Iterator[int]:
    if rules.hidden is not None:
        with site.database.reading() as c:
            yield from old.hidden_jobs(c, now - rules.hidden * DAY)


def _printed(site: Site, rules: Rules, now: float, gone: list[int]) -> Iterator[int]:
    if rules.logs is not None:
        with site.database.reading() as c:
            found = old.jobs_with_logs(c, now - rules.logs * DAY)
        yield from (number for number in found if number not in set(gone))


def _remove(site: Site, number: int) -> bool:
    """Take a job out; what it cost stays counted."""
    with site.database.writing() as c:
        projects.settle(c, number)
        jobs.remove(c, number)
        audit.note(c, at=site.clock(), who="sweep", what="job.remove", on=f"job {number}")
    return True


def _forget_log(site: Site, number: int) -> bool:
    try:
        with site.database.writing() as c:
            job = jobs.get(c, number, lock=True)
            logs.remove(c, number)
            jobs.change(c, job, log_size=0)
            audit.note(c, at=site.clock(), who="sweep", what="job.log.remove", on=f"job {number}")
    except StateError:  # somebody changed the job just now; the next sweep comes
        return False
    return True


def _contents(site: Site, before: float, gone: set[int], *, dry_run: bool) -> tuple[int, int]:
    n = size = 0
    # Looked up after the files: whatever is named from now on was touched when it was.
    candidates = list(site.files.older(before))
    with site.database.reading() as c:
        needed = contents.needed(c, without=gone)
    for digest, n_bytes in candidates:
        if digest in needed:
            continue
        if dry_run or site.files.remove(digest, before):
            n, size = n + 1, size + n_bytes
    return n, size + site.files.clear_incoming(before, dry_run=dry_run)
