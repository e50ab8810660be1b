"""What goes over the wire. Times are ISO 8601 in UTC."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from neckar_jobs.model import Code, CodeKind, DataFile, Going, Job, Role, Submission
from neckar_jobs.service.forecast import Forecast
from neckar_jobs.states import Stage, State

T = TypeVar("T")


def _time(seconds: object) -> object:
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, float) else seconds


Time = Annotated[datetime, BeforeValidator(_time)]
Tag = Annotated[str, Field(min_length=2, max_length=100)]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f/]+$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Number = Annotated[int, Field(ge=0, lt=2**31)]


class Shape(BaseModel):
    """Anything that is sent: made from the nouns of `model`, strict about what it does not know."""

    model_config = ConfigDict(from_attributes=True, extra="forbid")


class CodeShape(Shape):
    """A script, a repository or the digest of an uploaded zip."""

    kind: CodeKind
    text: str = Field(max_length=2_000_000)
    revision: str | None = Field(default=None, max_length=200, pattern=r"^[A-Za-z0-9][\w./-]*$")


class FileShape(Shape):
    """A file of a job."""

    path: str = Field(min_length=1, max_length=1000)
    size: int = Field(ge=0)
    sha256: Digest
    content_type: str = Field(default="application/octet-stream", max_length=200)


class LinkShape(Shape):
    """A file of a job that lies elsewhere."""

    url: str
    path: str
    repository: str
    size: int | None
    digest: str | None
    content_type: str | None


class SubmissionShape(Shape):
    """A job to be run."""

    collab: Name
    platform: Name
    code: CodeShape
    command: str = Field(default="run.py {system}", max_length=2000)
    name: str = Field(default="", max_length=200)
    hardware: dict[str, Any] | None = None
    tags: list[Tag] = Field(default=[], max_length=50)
    inputs: list[FileShape] = Field(default=[], max_length=1000)
    priority: int = Field(default=0, ge=-100, le=100)
    limit: float | None = Field(default=None, gt=0, lt=1e9, description="seconds")

    def submission(self) -> Submission:
        """The noun."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        values["code"] = Code(**self.code.model_dump())
        values["inputs"] = tuple(DataFile(**each.model_dump()) for each in self.inputs)
        values["tags"] = tuple(self.tags)
        return Submission(**values)


class ArrayShape(SubmissionShape):
    """One job for every combination of parameters."""

    over: dict[str, list[Any]] = Field(min_length=1, max_length=20)

    def submission(self) -> Submission:
        """The noun, of one job."""
        values = {name: getattr(self, name) for name in SubmissionShape.model_fields}
        return SubmissionShape(**values).submission()


class ForecastShape(Shape):
    """Where a job stands in the queue, and between which times (in seconds) it may start."""

    position: int
    seconds: tuple[float, float] | None
    jobs_seen: int


class JobShape(Shape):
    """A job."""

    id: int
    owner: str
    collab: str
    platform: str
    code: CodeShape
    command: str
    name: str
    hardware: dict[str, Any] | None
    tags: list[str]
    priority: int
    limit: float
    parameters: dict[str, Any] | None
    array: int | None
    state: State
    reason: str
    attempt: int
    runner: str | None
    submitted_at: Time
    started_at: Time | None
    ended_at: Time | None
    usage: float | None
    provenance: dict[str, Any] | None
    log_size: int
    version: int
    hidden: bool
    queue: ForecastShape | None = None


def job_shape(job: Job, queue: Forecast | None = None) -> JobShape:
    """A job, with its place in the queue where that is known."""
    shape = JobShape.model_validate(job)
    if queue is not None:
        shape.queue = ForecastShape.model_validate(queue)
    return shape


def answer(shape: BaseModel, status: int = 200) -> Response:
    """What is sent, for those who ask hundreds of times per second: not looked through again."""
    return Response(shape.model_dump_json(), status, media_type="application/json")


class Page(BaseModel, Generic[T]):
    """A part of a list. `next` leads on; there is no more where it is missing."""

    items: list[T]
    next: int | None = None
    total: int | None = None


class CommentShape(Shape):
    """A remark on a job, in Markdown."""

    id: int
    job: int
    author: str
    text: str
    written_at: Time


class TextShape(Shape):
    """What to write."""

    text: str = Field(min_length=1, max_length=10_000)


class TagsShape(Shape):
    """Tags to put on and to take off."""

    add: list[Tag] = []
    drop: list[Tag] = []


class ClaimShape(Shape):
    """A runner that asks for work."""

    runner: Name
    platforms: list[Name] = Field(min_length=1, max_length=100)


class LeaseShape(Shape):
    """A job that a runner has, until it is not heard of for so many seconds."""

    job: JobShape
    key: str
    seconds: float
    inputs: list[FileShape]
    linked: list[LinkShape]
    stale: str | None


class BeginShape(Shape):
    """How the machine calls the command."""

    handle: str = Field(max_length=500)


class EndShape(Shape):
    """How a job ended."""

    state: Literal[State.FINISHED, State.FAILED, State.CANCELLED]
    reason: str = Field(default="", max_length=10_000)
    seconds: float | None = Field(default=None, ge=0, lt=1e9)
    provenance: dict[str, Any] | None = None


class LiveShape(Shape):
    """How far a session has come."""

    seconds: float = Field(ge=0, lt=1e9, description="that it has had the chip so far")
    chip: str = Field(default="", max_length=200, description="which it has")

    def noun(self) -> Going:
        """The noun."""
        return Going(seconds=self.seconds, chip=self.chip)


class LogShape(Shape):
    """How far a log reaches."""

    size: int


class PlatformShape(Shape):
    """Something to compute with."""

    name: str
    title: str
    units: str
    per_second: float
    system: str
    limit: float
    network: bool
    gift: float | None
    hardware: dict[str, Any]
    chips: list[dict[str, Any]]
    paused: str
    draining: str


class MaintenanceText(Shape):
    """When a platform may not be there, and why."""

    platform: str = Field(default="", max_length=100, description="empty: all of them")
    begins_at: Time
    ends_at: Time
    text: str = Field(min_length=1, max_length=1000)


class MaintenanceShape(MaintenanceText):
    """An announcement."""

    id: int


class QuotaShape(Shape):
    """How much of a platform a project may use."""

    id: int
    project: str
    platform: str
    units: str
    limit: float
    usage: float


class ProjectShape(Shape):
    """A request for resources, and what was granted."""

    id: str
    collab: str
    owner: str
    title: str
    abstract: str
    description: str
    stage: Stage
    submitted_at: Time | None
    decided_at: Time | None
    quotas: list[QuotaShape]


class ProjectText(Shape):
    """What a request says."""

    title: str = Field(min_length=1, max_length=200)
    abstract: str = Field(default="", max_length=10_000)
    description: str = Field(default="", max_length=100_000)


class NewProject(ProjectText):
    """A request for resources."""

    collab: Name


class NewQuota(Shape):
    """How much to grant."""

    platform: Name
    limit: float = Field(ge=0, lt=1e12)


class Decision(Shape):
    """Yes or no."""

    accept: bool


class MeShape(Shape):
    """Who is signed in."""

    name: str
    is_admin: bool
    roles: dict[str, str]
    platforms: list[str]
    scopes: list[str] | None


class TokenShape(Shape):
    """A token, without its secret."""

    id: str
    name: str
    scopes: list[str] | None
    created_at: Time
    expires_at: Time | None
    used_at: Time | None


class NewToken(Shape):
    """A token to be made. `seconds` until it expires; none means it does not."""

    name: str = Field(min_length=1, max_length=200)
    scopes: list[str] | None = None
    seconds: float | None = Field(default=None, gt=0, lt=1e9)


class SecretToken(TokenShape):
    """A token with its secret, which is shown this once."""

    secret: str


class SignIn(Shape):
    """Name and password."""

    name: str = Field(max_length=100)
    password: str = Field(max_length=1000)


class MemberShape(Shape):
    """What somebody is in a collab."""

    role: Literal["viewer", "editor", "administrator"]

    def noun(self) -> Role:
        """The role."""
        return Role[self.role.upper()]


class CollabShape(Shape):
    """People who work together."""

    name: Name
    title: str = Field(default="", max_length=200)
    is_public: bool = False


class EntryShape(Shape):
    """A line of the audit log."""

    id: int
    at: Time
    who: str
    what: str
    on: str
    detail: dict[str, Any]


def role_names(roles: Mapping[str, Role]) -> dict[str, str]:
    """Roles by their names."""
    return {who: role.name.lower() for who, role in sorted(roles.items())}
