"""What goes over the wire. Names and kinds of fields are those of the original's interface."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, BeforeValidator, Field

Number = Annotated[int, Path(ge=0, lt=2**31)]
Size = Annotated[int, Field(ge=0, le=100_000)]
Index = Annotated[int, Field(ge=0, lt=2**31)]
Tag = Annotated[str, Field(min_length=2, max_length=100)]
Several = Annotated[list[str] | None, Query(max_length=50)]
Amount = Annotated[float, Field(ge=0, lt=1e15, allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=200)]
Url = Annotated[
    str,
    Field(
        min_length=1, max_length=4000, pattern=r"^https?://", json_schema_extra={"format": "uri"}
    ),
]


class JobStatus(StrEnum):
    """How old clients call the states of a job."""

    SUBMITTED = "submitted"
    VALIDATED = "validated"
    RUNNING = "running"
    MAPPED = "mapped"
    FINISHED = "finished"
    ERROR = "error"
    REMOVED = "removed"


class SessionStatus(StrEnum):
    """How old clients call the states of a session."""

    RUNNING = "running"
    FINISHED = "finished"
    ERROR = "error"
    REMOVED = "removed"


class DataItem(BaseModel):
    """A file, wherever it lies."""

    url: Url
    path: str | None = Field(default=None, max_length=900)
    content_type: str | None = Field(default=None, max_length=200)
    size: int | None = Field(default=None, ge=0, lt=2**63)
    hash: str | None = Field(default=None, max_length=200)


Files = Annotated[
    list[DataItem], BeforeValidator(lambda given: [] if given is None else given)
]  # runners of one provider send null where a job left nothing


class DataSet(BaseModel):
    """Files, and how the place calls itself where they lie."""

    repository: Text
    files: Annotated[Files, Field(max_length=10_000)]


class ResourceUsage(BaseModel):
    """How much of a platform was used."""

    value: Amount
    units: Text


class SubmittedJob(BaseModel):
    """A job to be run."""

    code: str = Field(max_length=2_000_000)
    command: str | None = Field(default=None, max_length=2000)
    collab: Text
    input_data: list[DataItem] | None = Field(default=None, max_length=1000)
    hardware_platform: Text
    hardware_config: dict[str, Any] | None = None
    tags: list[Tag] | None = Field(default=None, max_length=50)


class AcceptedJob(SubmittedJob):
    """A job in the queue."""

    id: int
    user_id: str
    status: JobStatus = JobStatus.SUBMITTED
    timestamp_submission: datetime | None = None
    resource_uri: str


class CommentBody(BaseModel):
    """What to say about a job."""

    content: str = Field(min_length=1, max_length=10_000)


class Comment(BaseModel):
    """What somebody said about a job."""

    id: int
    job_id: int
    content: str
    user_id: str
    timestamp: datetime
    resource_uri: str


class Job(AcceptedJob):
    """A job, as far as it has come."""

    output_data: DataSet | None = None
    provenance: dict[str, Any] | None = None
    timestamp_completion: datetime | None = None
    resource_usage: ResourceUsage | None = None
    comments: list[Comment] | None = None
    log: str | None = None


class JobPatch(BaseModel):
    """What a provider says about a job. Runners send whole jobs; what else is in them is left."""

    status: JobStatus | None = None
    output_data: DataSet | None = None
    provenance: dict[str, Any] | None = None
    resource_usage: ResourceUsage | None = None
    log: str | None = None


class SessionCreation(BaseModel):
    """Somebody begins to use a chip directly."""

    collab: Text
    user_id: Text
    hardware_platform: Text
    hardware_config: dict[str, Any] | None = None


class Session(SessionCreation):
    """Somebody uses a chip directly."""

    id: int
    status: SessionStatus = SessionStatus.RUNNING
    timestamp_start: datetime | None = None
    timestamp_end: datetime | None = None
    resource_uri: str
    resource_usage: ResourceUsage | None = None


class SessionUpdate(BaseModel):
    """How a session goes."""

    status: SessionStatus = SessionStatus.RUNNING
    resource_usage: ResourceUsage


class ProjectStatus(StrEnum):
    """Where a request for resources stands."""

    IN_PREPARATION = "in preparation"
    ACCEPTED = "accepted"
    UNDER_REVIEW = "under review"
    REJECTED = "rejected"


class ProjectSubmission(BaseModel):
    """A request for resources."""

    collab: Text
    title: str = Field(min_length=1, max_length=200)
    abstract: str = Field(max_length=10_000)
    description: str = Field(default="", max_length=100_000)
    status: ProjectStatus = ProjectStatus.IN_PREPARATION


class ProjectUpdate(BaseModel):
    """What to change about a request; nothing stays as it is."""

    title: str | None = Field(default=None, min_length=1, max_length=200)
    abstract: str | None = Field(default=None, max_length=10_000)
    description: str | None = Field(default=None, max_length=100_000)
    owner: Text | None = None
    status: ProjectStatus | None = None


class QuotaSubmission(BaseModel):
    """How much of a platform to grant."""

    limit: Amount
    platform: Text
    units: Text


class QuotaUpdate(BaseModel):
    """How much has been used."""

    limit: Amount | None = None
    usage: Amount


class Quota(BaseModel):
    """How much of a platform may be used, and was."""

    limit: float
    usage: float
    platform: str
    units: str
    project: str
    resource_uri: str | None = None
    id: int


class Project(BaseModel):
    """A request for resources, and what was granted."""

    id: str
    context: str  # the same; the original's client looks for it here
    collab: str
    title: str
    abstract: str
    description: str
    owner: str
    status: ProjectStatus
    submission_date: date | None = None
    decision_date: date | None = None
    resource_uri: str
    quotas: list[Quota]


class DateRange(BaseModel):
    """Some days."""

    start: date
    end: date


class DateRangeCount(DateRange):
    """How many, by platform."""

    count: dict[str, int]


class DateRangeQuantity(DateRange):
    """How much, by platform."""

    value: dict[str, float]


class TimeSeries(BaseModel):
    """How many there were in the end of each day on which there was one more."""

    dates: list[date]
    values: list[int]


class QueueStatus(BaseModel):
    """How many jobs run and wait."""

    queue_name: str
    running: int
    submitted: int


class Histogram(BaseModel):
    """How many jobs took how long."""

    platform: str
    status: str
    values: list[int]
    bins: list[float]
    scale: str
    max: int


class UserStatistics(BaseModel):
    """What one person did, by platform."""

    user: str
    jobs: dict[str, int]
    sessions: dict[str, int]
