"""What people do with jobs."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import product
from typing import Any

import jsonschema
from sqlalchemy import Connection

from neckar_jobs import policy
from neckar_jobs.errors import InvalidError, QuotaError, StateError
from neckar_jobs.files import checked_path
from neckar_jobs.model import (
    Code,
    CodeKind,
    DataFile,
    FileKind,
    Job,
    Link,
    Platform,
    Quota,
    Submission,
    User,
    cancelled,
)
from neckar_jobs.service.outside import checked_address, checked_link
from neckar_jobs.site import Site
from neckar_jobs.states import State, is_over
from neckar_jobs.store import audit, data_files, jobs, links, logs, people, projects, queue
from neckar_jobs.store.jobs import Filter

LARGEST_ARRAY = 10_000  # jobs


def submit(site: Site, user: User, wanted: Submission, *, once: str | None = None) -> Job:
    """Put a job into the queue. With the same `once`, a repetition finds the first one."""
    with site.database.writing() as c:
        if once is not None and (known := jobs.find_once(c, user.name, once)):
            return known
        platform = _admitted(c, site, user, wanted)
        return _put(c, site, user, wanted, platform, once=once)


def submit_array(
    site: Site, user: User, wanted: Submission, over: Mapping[str, Sequence[Any]]
) -> list[Job]:
    """One job for every combination of parameters; the first one gives the array its number."""
    combinations = [dict(zip(over, values, strict=True)) for values in product(*over.values())]
    if not over or not combinations:
        raise InvalidError("an array needs at least one parameter with at least one value")
    if len(combinations) > LARGEST_ARRAY:
        raise InvalidError(f"{len(combinations)} jobs in one array; at most {LARGEST_ARRAY} go")
    with site.database.writing() as c:
        platform = _admitted(c, site, user, wanted)
        values = _beginning(c, site, user, wanted, platform)
        numbers = jobs.add_array(c, _tidy(wanted), combinations, **values)
        for number in numbers:
            _give_files(c, number, wanted)
        return jobs.page(c, Filter(array=numbers[0]), size=len(numbers))[::-1]


def check(site: Site, user: User, wanted: Submission) -> list[str]:
    """Everything that is wrong with a submission, without submitting it."""
    with site.database.reading() as c:
        may = policy.may_edit_collab(user, wanted.collab)
        policy.conceal(may, f"collab {wanted.collab!r} in which you may submit")
        platform = projects.get_platform(c, wanted.platform)
        wrong = list(_wrong(site, wanted, platform))
        if platform.draining:
            wrong.append(f"{platform.title} takes no new jobs: {platform.draining}")
        if platform.gift is None or projects.had_gift(c, wanted.collab, platform.name):
            quotas = projects.quotas_of(c, wanted.collab, platform.name)
            wrong += _spent(wanted, platform, quotas)
        return wrong


def look(site: Site, user: User, number: int) -> Job:
    """A job, if this user may see it."""
    with site.database.reading() as c:
        return visible(c, user, number)


def listed(
    site: Site,
    user: User,
    which: Filter,
    *,
    size: int,
    below: int | None = None,
    start: int = 0,
) -> list[Job]:
    """Jobs that this user may see, the newest first."""
    with site.database.reading() as c:
        return jobs.page(c, _within(user, which), size=size, below=below, start=start)


def counted(site: Site, user: User, which: Filter, *, most: int | None = None) -> int:
    """How many of them there are; at most `most` are counted."""
    with site.database.reading() as c:
        return jobs.count(c, _within(user, which), most=most)


def cancel(site: Site, user: User, number: int) -> Job:
    """End a job early. One that waits is over at once; one that runs is asked to stop."""
    with site.database.writing() as c:
        job = _changeable(c, user, number, "cancel it")
        reason = cancelled(user.name)
        audit.note(c, at=site.clock(), who=user.name, what="job.cancel", on=f"job {number}")
        if job.state == State.STOPPING:
            return job
        if job.state == State.SUBMITTED:
            now = site.clock()
            return jobs.move(c, job, State.CANCELLED, reason=reason, ended_at=now)
        return jobs.move(c, job, State.STOPPING, reason=reason)


def retry(site: Site, user: User, number: int) -> Job:
    """Submit a job that is over once more, as it was."""
    with site.database.writing() as c:
        job = _changeable(c, user, number, "submit it again")
        if not is_over(job.state):
            raise StateError(f"job {number} is {job.state}; wait until it is over, or clone it")
        inputs = tuple(data_files.of(c, number, FileKind.INPUT))
        linked = tuple(links.of(c, [number], FileKind.INPUT)[number])
        wanted = submission_of(job, inputs, linked)
        platform = _admitted(c, site, user, wanted)
        return _put(c, site, user, wanted, platform)


def submission_of(job: Job, inputs: Iterable[DataFile], linked: Iterable[Link] = ()) -> Submission:
    """What was asked for when this job was submitted, to ask for it again."""
    return Submission(
        collab=job.collab,
        platform=job.platform,
        code=job.code,
        command=job.command,
        name=job.name,
        hardware=job.hardware,
        tags=job.tags,
        inputs=tuple(inputs),
        linked=tuple(linked),
        priority=job.priority,
        limit=job.limit,
        parameters=job.parameters,
    )


def hide(site: Site, user: User, number: int) -> None:
    """Take a job off all lists; its number still leads to it."""
    with site.database.writing() as c:
        job = _changeable(c, user, number, "hide it")
        if not is_over(job.state):
            raise StateError(f"job {number} is {job.state}; cancel it before you hide it")
        audit.note(c, at=site.clock(), who=user.name, what="job.hide", on=f"job {number}")
        jobs.change(c, job, hidden=True)


def discard(site: Site, user: User, number: int) -> None:
    """End a job if it is not over, and take it off all lists."""
    if not is_over(look(site, user, number).state):
        with suppress(StateError):  # it has ended meanwhile
            cancel(site, user, number)
    with site.database.writing() as c:
        job = _changeable(c, user, number, "hide it")
        audit.note(c, at=site.clock(), who=user.name, what="job.hide", on=f"job {number}")
        jobs.change(c, job, hidden=True)


def remove(site: Site, user: User, number: int) -> None:
    """Take a job out for good."""
    policy.require(policy.may_administer(user), "remove jobs for good; hide it instead")
    with site.database.writing() as c:
        job = jobs.get(c, number, lock=True)
        if not is_over(job.state):
            raise StateError(f"job {number} is {job.state}; cancel it before you remove it")
        audit.note(c, at=site.clock(), who=user.name, what="job.remove", on=f"job {number}")
        projects.settle(c, number)
        jobs.remove(c, number)


def tag(site: Site, user: User, number: int, add: Sequence[str], drop: Sequence[str]) -> Job:
    """Put tags on a job and take others off."""
    with site.database.writing() as c:
        job = _changeable(c, user, number, "tag it")
        jobs.tag_with(c, number, [checked_tag(each) for each in add])
        jobs.untag(c, number, drop)
        return jobs.change(c, job)


def checked_tag(text: str) -> str:
    """A tag has 2 to 100 characters."""
    text = text.strip()
    if not 2 <= len(text) <= 100:
        raise InvalidError(f"a tag has 2 to 100 characters; {text[:20]!r} has {len(text)}")
    return text


def log(site: Site, user: User, number: int, start: int = 0, size: int = logs.PIECE) -> bytes:
    """A part of what a job has printed."""
    with site.database.reading() as c:
        visible(c, user, number)
        return logs.read(c, number, start, size)


def files(site: Site, user: User, number: int, kind: FileKind) -> list[DataFile]:
    """What a job was given, or has left behind."""
    with site.database.reading() as c:
        visible(c, user, number)
        return data_files.of(c, number, kind)


def linked(site: Site, user: User, number: int, kind: FileKind) -> list[Link]:
    """The same, of what lies elsewhere."""
    with site.database.reading() as c:
        visible(c, user, number)
        return links.of(c, [number], kind)[number]


def file(site: Site, user: User, number: int, kind: FileKind, path: str) -> DataFile:
    """One file of a job."""
    with site.database.reading() as c:
        visible(c, user, number)
        return data_files.get(c, number, kind, path)


def tags(site: Site, user: User, collab: str) -> list[str]:
    """All tags of the jobs of a collab."""
    with site.database.reading() as c:
        public = people.is_public(c, collab)
        policy.conceal(policy.may_view_collab(user, collab, public), f"collab {collab!r}")
        return jobs.tags_of(c, collab)


def all_tags(site: Site, user: User) -> list[str]:
    """All tags of all jobs, for platform admins."""
    policy.require(policy.may_administer(user), "see the tags of all collabs; name one")
    with site.database.reading() as c:
        return jobs.tags_of(c)


def visible(c: Connection, user: User, number: int, *, lock: bool = False) -> Job:
    """A job, if `user` may see it; with `lock`, nobody else changes it meanwhile."""
    job = jobs.get(c, number, lock=lock)
    public = people.is_public(c, job.collab)
    policy.conceal(policy.may_view(user, job, public), f"job {number}")
    return job


def _admitted(c: Connection, site: Site, user: User, wanted: Submission) -> Platform:
    """Everything that is wrong with a submission, at once, or the platform it goes to."""
    may = policy.may_edit_collab(user, wanted.collab)
    policy.conceal(may, f"collab {wanted.collab!r} in which you may submit")
    platform = projects.get_platform(c, wanted.platform)
    if platform.draining:
        raise StateError(f"{platform.title} takes no new jobs: {platform.draining}")
    if wrong := list(_wrong(site, wanted, platform)):
        raise InvalidError("; ".join(wrong))
    _give_gift(c, site, user, wanted.collab, platform)
    for spent in _spent(wanted, platform, projects.quotas_of(c, wanted.collab, platform.name)):
        raise QuotaError(spent)
    return platform


def _spent(wanted: Submission, platform: Platform, quotas: Sequence[Quota]) -> Iterable[str]:
    if any(quota.usage < quota.limit for quota in quotas):
        return
    used = ", ".join(f"{q.usage:.3g} of {q.limit:.3g} {q.units}" for q in quotas) or "no quota"
    yield (
        f"collab {wanted.collab!r} has nothing left on {platform.title} ({used}); "
        "ask for resources with a project"
    )


def _wrong(site: Site, wanted: Submission, platform: Platform) -> Iterable[str]:
    yield from _wrong_code(site, wanted.code)
    if not wanted.command.strip():
        yield "the command is empty; say for instance 'run.py {system}'"
    if wanted.limit is not None and not 0 < wanted.limit <= platform.limit:
        yield f"limit of {wanted.limit} s; {platform.title} allows up to {platform.limit:g} s"
    if not -100 <= wanted.priority <= 100:
        yield f"priority {wanted.priority}; it goes from -100 to 100"
    for tag in wanted.tags:
        if not 2 <= len(tag.strip()) <= 100:
            yield f"a tag has 2 to 100 characters; {tag[:20]!r} has {len(tag.strip())}"
    validator = jsonschema.Draft202012Validator(dict(platform.hardware))
    for error in validator.iter_errors(dict(wanted.hardware or {})):
        where = "/".join(map(str, error.absolute_path)) or "hardware"
        yield f"{where}: {error.message}"
    for input in wanted.inputs:
        if not site.files.has(input.sha256):
            yield f"input {input.path}: its content has not been uploaded"
    for link in wanted.linked:
        yield from checked_link(link.url)


def _wrong_code(site: Site, code: Code) -> Iterable[str]:
    if not code.text.strip():
        yield "there is no code; give a script, a repository or an archive"
    elif code.kind == CodeKind.TEXT and len(code.text.encode()) > site.largest_text:
        yield (
            f"the script has {len(code.text.encode())} bytes, at most {site.largest_text} go as "
            "text; send an archive"
        )
    elif code.kind == CodeKind.ARCHIVE and not site.files.has(code.text):
        yield f"the archive {code.text[:12]}… has not been uploaded"
    elif code.kind == CodeKind.GIT:
        yield from checked_address(code.text)
    elif code.kind == CodeKind.LINK:
        yield from checked_link(code.text)


def _give_gift(c: Connection, site: Site, user: User, collab: str, platform: Platform) -> None:
    """A first quota of each platform comes without asking, once per collab for ever."""
    if platform.gift is None or projects.had_gift(c, collab, platform.name):
        return
    now = site.clock()
    name = projects.add(
        c,
        at=now,
        is_gift=True,
        collab=collab,
        owner=user.name,
        title=f"First steps on {platform.title}",
        abstract=f"What every collab may use of {platform.title} without asking.",
        description="",
    )
    projects.change(c, name, stage="accepted", submitted_at=now, decided_at=now)
    projects.add_quota(
        c, name, platform_name=platform.name, units=platform.units, limit=platform.gift
    )


def _put(
    c: Connection,
    site: Site,
    user: User,
    wanted: Submission,
    platform: Platform,
    *,
    once: str | None = None,
) -> Job:
    values = _beginning(c, site, user, wanted, platform)
    job = jobs.add(c, _tidy(wanted), once=once, **values)
    _give_files(c, job.id, wanted)
    return job


def _beginning(
    c: Connection, site: Site, user: User, wanted: Submission, platform: Platform
) -> dict[str, Any]:
    queue.take_part(c, wanted.collab, platform.name)
    limit = platform.limit if wanted.limit is None else wanted.limit
    return {"owner": user.name, "limit": limit, "at": site.clock()}


def _tidy(wanted: Submission) -> Submission:
    return replace(wanted, tags=tuple(checked_tag(each) for each in wanted.tags))


def _give_files(c: Connection, number: int, wanted: Submission) -> None:
    inputs = [replace(each, path=checked_path(each.path)) for each in wanted.inputs]
    data_files.add(c, number, FileKind.INPUT, inputs)
    linked = [replace(each, path=checked_path(each.path)) for each in wanted.linked]
    links.add(c, number, FileKind.INPUT, linked)


def _changeable(c: Connection, user: User, number: int, what: str) -> Job:
    job = visible(c, user, number, lock=True)
    policy.require(policy.may_change(user, job), f"{what}: job {number} is not yours")
    return job


def _within(user: User, which: Filter) -> Filter:
    """A filter that lets through only what `user` may see."""
    if user.is_admin and policy.may_administer(user):
        return which
    if user.platforms:
        allowed = tuple(sorted(user.platforms & set(which.platforms or user.platforms)))
        return replace(which, platforms=allowed or ("",))
    mine = (*user.roles, policy.own_space(user.name))
    return replace(which, visible_to=(user.name, mine))
