"""The nouns of the queue. Times are seconds since 1970 (UTC)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

from neckar_jobs.states import Stage, State


class CodeKind(StrEnum):
    """How the code of a job comes along."""

    TEXT = "text"  # the script itself
    GIT = "git"  # a repository that the runner clones
    ARCHIVE = "archive"  # uploaded: a zip, or a folder that the client has zipped
    LINK = "link"  # the address of a zip or tar that the runner fetches


@dataclass(frozen=True, kw_only=True)
class Code:
    """What a job runs."""

    kind: CodeKind
    text: str  # script, address of the repository or archive, or digest of the archive
    revision: str | None = None  # of a repository; none means its default branch


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What somebody wants to have run."""

    collab: str
    platform: str
    code: Code
    command: str = "run.py {system}"
    name: str = ""
    hardware: Mapping[str, Any] | None = None  # checked against the platform's schema
    tags: tuple[str, ...] = ()
    inputs: tuple["DataFile", ...] = ()
    linked: tuple["Link", ...] = ()  # inputs that lie elsewhere
    priority: int = 0  # among the jobs of one collab; larger goes first
    limit: float | None = None  # seconds it may run; none means the platform's limit
    parameters: Mapping[str, Any] | None = None  # of one job of an array


def cancelled(by: str) -> str:
    """The reason of a job that somebody has cancelled."""
    return f"cancelled by {by}"


@dataclass(frozen=True, kw_only=True)
class Job:
    """A submission in the queue, and how far it has come."""

    id: int
    owner: str
    collab: str
    platform: str
    code: Code
    command: str
    name: str
    hardware: Mapping[str, Any] | None
    tags: tuple[str, ...]
    priority: int
    limit: float
    parameters: Mapping[str, Any] | None
    array: int | None  # the first job of the array that this one belongs to
    state: State
    reason: str  # why it failed, went back or was cancelled
    attempt: int  # how often a runner has taken it
    runner: str | None
    submitted_at: float
    started_at: float | None
    ended_at: float | None
    usage: float | None  # in units of the platform
    provenance: Mapping[str, Any] | None
    log_size: int  # bytes
    version: int  # grows with every change
    hidden: bool


class FileKind(StrEnum):
    """Which side of a job a file stands on."""

    INPUT = "input"
    OUTPUT = "output"


@dataclass(frozen=True, kw_only=True)
class DataFile:
    """A file of a job; its content lies in the file store under its digest."""

    path: str  # relative, with forward slashes
    size: int  # bytes
    sha256: str
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, kw_only=True)
class Link:
    """A file of a job that lies elsewhere. What is said about it was not checked."""

    url: str
    path: str  # relative, with forward slashes
    repository: str = ""  # how the place calls itself
    size: int | None = None  # bytes
    digest: str | None = None  # by whoever has the file; the original's runners send SHA-1
    content_type: str | None = None


@dataclass(frozen=True, kw_only=True)
class Lease:
    """A runner's right to a job. Whoever shows another key has lost it."""

    job: Job
    key: str
    seconds: float  # after the last heartbeat
    inputs: tuple[DataFile, ...]
    linked: tuple[Link, ...]
    stale: str | None  # the handle of an earlier attempt, to be stopped first


@dataclass(frozen=True, kw_only=True)
class Going:
    """A command that goes on, where it costs something else than the time it lasts."""

    seconds: float  # it has had the machine so far
    chip: str = ""  # which it has


@dataclass(frozen=True, kw_only=True)
class Comment:
    """A remark on a job, in Markdown."""

    id: int
    job: int
    author: str
    text: str
    written_at: float


@dataclass(frozen=True, kw_only=True)
class Platform:
    """Something to compute with: chips of one kind, behind one queue."""

    name: str
    title: str
    units: str  # what usage is counted in, such as chip-hours
    per_second: float  # units that one second of a running job costs
    system: str  # what {system} in a command becomes
    limit: float  # seconds that a job may run
    network: bool  # whether jobs may reach it
    gift: float | None = None  # units that a collab gets when it first submits, without asking
    hardware: Mapping[str, Any] = field(default_factory=dict)  # JSON schema of the settings
    chips: Sequence[
        Mapping[str, Any]
    ] = ()  # name, serial, calibrated, spread …, as it is described
    paused: str = ""  # why nothing is given out now; empty means it is
    draining: str = ""  # why nothing new is taken in, while what waits still runs


@dataclass(frozen=True, kw_only=True)
class Maintenance:
    """A time at which a platform, or all of them, may not be there."""

    id: int
    platform: str  # empty means all
    begins_at: float
    ends_at: float
    text: str


@dataclass(frozen=True, kw_only=True)
class SavedFilter:
    """A list of jobs that somebody wants to find again."""

    id: int
    owner: str
    name: str
    query: str  # as it stands in the address of the page


SESSION = "session"
"""The system of platforms that take no commands and let people in instead."""


class Role(IntEnum):
    """What somebody may do in a collab; each may do what those before it may."""

    VIEWER = 1
    EDITOR = 2
    ADMINISTRATOR = 3


@dataclass(frozen=True, kw_only=True)
class User:
    """Somebody who is signed in, and what they may do."""

    name: str
    roles: Mapping[str, Role] = field(default_factory=dict)  # by collab
    is_admin: bool = False  # of the platform
    platforms: frozenset[str] = frozenset()  # for which this is a provider
    scopes: frozenset[str] | None = None  # of a token; none means everything


@dataclass(frozen=True, kw_only=True)
class Quota:
    """How much of a platform a project may use."""

    id: int
    project: str
    platform: str
    units: str
    limit: float
    usage: float


@dataclass(frozen=True, kw_only=True)
class Project:
    """A collab's request for resources, and what was granted."""

    id: str
    collab: str
    owner: str
    title: str
    abstract: str
    description: str
    stage: Stage
    submitted_at: float | None
    decided_at: float | None
    quotas: tuple[Quota, ...]


@dataclass(frozen=True, kw_only=True)
class ChipSession:
    """Somebody who uses a chip directly, as its provider reports it."""

    id: int
    owner: str
    collab: str
    platform: str
    hardware: Mapping[str, Any] | None
    state: State  # running, finished or failed
    started_at: float
    ended_at: float | None
    usage: float | None  # in units of the platform


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A line of the audit log."""

    id: int
    at: float
    who: str
    what: str  # such as "job.cancel"
    on: str  # such as "job 17"
    detail: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """An address that is told when jobs of its owner are over."""

    id: int
    owner: str
    address: str
    created_at: float
    trouble: str  # what went wrong last; empty means nothing


class Matter(StrEnum):
    """What somebody can be told by mail."""

    FINISHED = "finished"  # a job of theirs
    FAILED = "failed"
    PROJECT = "project"  # was decided about, or granted something
    QUOTA = "quota"  # of a collab is nearly used up
    REVIEW = "review"  # a project waits for the admins of the platform


UNASKED = frozenset({Matter.PROJECT, Matter.QUOTA, Matter.REVIEW})
"""What people are told who have not chosen: what is rare, and matters."""


@dataclass(frozen=True, kw_only=True)
class News:
    """Something that somebody is to be told, and has not been yet."""

    id: int
    account: str
    matter: Matter
    job: int | None
    said: Mapping[str, Any]  # what is to be told about anything but jobs
    at: float


class Posted(StrEnum):
    """How a mail stands."""

    WAITING = "waiting"
    SENT = "sent"  # a server has taken it
    GIVEN_UP = "given up"


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail in the outbox."""

    id: int
    account: str
    address: str  # empty means the one that the account has when it is sent
    subject: str
    text: str  # empty once it is sent
    posted: Posted
    made_at: float
    attempts: int  # that have failed
    trouble: str  # what went wrong last; empty means nothing


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """An attempt to tell an address something."""

    id: int
    subscription: int
    event: str  # "job.over" or "test"
    job: int | None
    at: float
    status: int | None  # that it answered; none if it could not be reached
    trouble: str  # empty where the message was taken
