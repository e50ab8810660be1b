"""Nouns of the service as documents of the original's interface, and back."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote, urlsplit

from neckar_jobs.errors import InvalidError
from neckar_jobs.identity import capability
from neckar_jobs.model import ChipSession, Code, CodeKind, DataFile, Link
from neckar_jobs.model import Comment as CommentNoun
from neckar_jobs.model import Job as JobNoun
from neckar_jobs.model import Project as ProjectNoun
from neckar_jobs.model import Quota as QuotaNoun
from neckar_jobs.nmpi.shapes import (
    Comment,
    DataItem,
    DataSet,
    Job,
    JobStatus,
    Project,
    ProjectStatus,
    Quota,
    ResourceUsage,
    Session,
    SessionStatus,
)
from neckar_jobs.site import Site
from neckar_jobs.states import State

STORAGE = "Neckar storage"  # how this service calls itself as a place of files
UPLOADED = "sha256"  # of an archive that was uploaded: sha256://DIGEST, which only our clients say
ARCHIVES = (".zip", ".tar.gz", ".tgz")
REPOSITORIES = ("http", "https", "git", "ssh", "git+ssh", "git+https")
STATES: Mapping[JobStatus, tuple[State, ...]] = {
    JobStatus.SUBMITTED: (State.SUBMITTED,),
    JobStatus.VALIDATED: (State.CLAIMED,),
    JobStatus.RUNNING: (State.RUNNING, State.STOPPING),
    JobStatus.MAPPED: (),
    JobStatus.FINISHED: (State.FINISHED,),
    JobStatus.ERROR: (State.FAILED, State.CANCELLED),
    JobStatus.REMOVED: (),
}
STATUS = {state: status for status, states in STATES.items() for state in states}
SESSIONS = {
    State.RUNNING: SessionStatus.RUNNING,
    State.FINISHED: SessionStatus.FINISHED,
    State.FAILED: SessionStatus.ERROR,
}
Outputs = tuple[Sequence[DataFile], Sequence[Link]]


def job(
    site: Site,
    noun: JobNoun,
    base: str,
    inputs: Outputs,
    outputs: Outputs,
    units: Mapping[str, str],
    *,
    comments: Sequence[CommentNoun] | None = None,
    log: str | None = None,
) -> Job:
    """A job. `base` is the address of this service as the one who asks sees it."""
    usage = ResourceUsage(value=noun.usage, units=units[noun.platform]) if noun.usage else None
    return Job(
        id=noun.id,
        resource_uri=f"/jobs/{noun.id}",
        code=_code(site, noun, base),
        command=noun.command,
        collab=noun.collab,
        user_id=noun.owner,
        input_data=items(site, noun, base, inputs, "input"),
        hardware_platform=noun.platform,
        hardware_config=None if noun.hardware is None else dict(noun.hardware),
        tags=list(noun.tags),
        status=JobStatus.REMOVED if noun.hidden else STATUS[noun.state],
        timestamp_submission=time(noun.submitted_at),
        timestamp_completion=None if noun.ended_at is None else time(noun.ended_at),
        output_data=data_set(site, noun, base, outputs) if any(outputs) else None,
        provenance=None if noun.provenance is None else dict(noun.provenance),
        resource_usage=usage,
        comments=None if comments is None else [comment(each) for each in comments],
        log=log,
    )


def data_set(site: Site, noun: JobNoun, base: str, outputs: Outputs) -> DataSet:
    """What a job has left behind."""
    here, there = outputs
    repository = there[0].repository if there and not here else STORAGE
    return DataSet(repository=repository, files=items(site, noun, base, outputs, "output"))


def items(site: Site, noun: JobNoun, base: str, files: Outputs, kind: str) -> list[DataItem]:
    """Files that are kept here, by addresses that need no password, and those elsewhere."""
    here, there = files
    return [_kept(site, noun, base, file, kind) for file in here] + [
        _linked(each) for each in there
    ]


def comment(noun: CommentNoun) -> Comment:
    """A remark."""
    return Comment(
        id=noun.id,
        job_id=noun.job,
        content=noun.text,
        user_id=noun.author,
        timestamp=time(noun.written_at),
        resource_uri=f"/jobs/{noun.job}/comments/{noun.id}",
    )


def session(noun: ChipSession, units: Mapping[str, str]) -> Session:
    """Interactive use."""
    return Session(
        id=noun.id,
        resource_uri=f"/sessions/{noun.id}",
        collab=noun.collab,
        user_id=noun.owner,
        hardware_platform=noun.platform,
        hardware_config=None if noun.hardware is None else dict(noun.hardware),
        status=SESSIONS[noun.state],
        timestamp_start=time(noun.started_at),
        timestamp_end=None if noun.ended_at is None else time(noun.ended_at),
        resource_usage=ResourceUsage(value=noun.usage or 0.0, units=units[noun.platform]),
    )


def project(noun: ProjectNoun) -> Project:
    """A request for resources."""
    return Project(
        id=noun.id,
        context=noun.id,
        collab=noun.collab,
        title=noun.title,
        abstract=noun.abstract,
        description=noun.description,
        owner=noun.owner,
        status=ProjectStatus(noun.stage),
        submission_date=_day(noun.submitted_at),
        decision_date=_day(noun.decided_at),
        resource_uri=f"/projects/{noun.id}",
        quotas=[quota(each) for each in noun.quotas],
    )


def quota(noun: QuotaNoun) -> Quota:
    """A quota."""
    return Quota(
        id=noun.id,
        limit=noun.limit,
        usage=noun.usage,
        platform=noun.platform,
        units=noun.units,
        project=noun.project,
        resource_uri=f"/projects/{noun.project}/quotas/{noun.id}",
    )


def code(site: Site, text: str) -> Code:
    """What a job is to run, by what the text looks like."""
    line = text.strip()
    if "\n" in line or len(line) > 2000 or "://" not in line or " " in line:
        return Code(kind=CodeKind.TEXT, text=text)
    scheme, _, rest = line.partition("://")
    if scheme == "drive":
        raise InvalidError(
            f"{line}: the Drive of EBRAINS cannot be read from here; send the script itself, or "
            "the address of a repository or zip"
        )
    if scheme == UPLOADED:
        return Code(kind=CodeKind.ARCHIVE, text=rest)
    path = "/" + rest.partition("/")[2]
    if (digest := _own_archive(site, path)) is not None:
        return Code(kind=CodeKind.ARCHIVE, text=digest)
    if scheme in REPOSITORIES:
        is_archive = urlsplit("//" + rest).path.endswith(ARCHIVES)
        return Code(kind=CodeKind.LINK if is_archive else CodeKind.GIT, text=line)
    return Code(kind=CodeKind.TEXT, text=text)


def time(seconds: float) -> datetime:
    """A moment."""
    return datetime.fromtimestamp(seconds, UTC)


def moments(first: date | None, last: date | None) -> tuple[float | None, float | None]:
    """The beginning of the first day and the end of the last, in seconds since 1970."""
    for day in (first, last):
        if day is not None and not 1970 <= day.year <= 2500:
            raise InvalidError(f"{day} lies outside 1970 to 2500")
    begin = None if first is None else _midnight(first)
    return begin, None if last is None else _midnight(last + timedelta(1))


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def _code(site: Site, noun: JobNoun, base: str) -> str:
    if noun.code.kind != CodeKind.ARCHIVE:
        return noun.code.text
    path = f"archive/{noun.code.text}"
    return f"{base}data/{capability.signed(site, path)}/{path}/code.zip"


def _own_archive(site: Site, path: str) -> str | None:
    parts = path.strip("/").split("/")
    if len(parts) != 5 or parts[0] != "data" or parts[2] != "archive":
        return None
    capability.check(site, parts[1], f"archive/{parts[3]}")
    return parts[3]


def _kept(site: Site, noun: JobNoun, base: str, file: DataFile, kind: str) -> DataItem:
    path = f"{kind}/{noun.id}/{file.path}"
    return DataItem(
        url=f"{base}data/{capability.signed(site, path)}/{quote(path)}",
        path=_shown(noun, file.path) if kind == "output" else file.path,
        content_type=file.content_type,
        size=file.size,
        hash=file.sha256,
    )


def _shown(noun: JobNoun, path: str) -> str:
    """Where people expect a file: by platform, notebooks and the web app have their habits."""
    folder = f"job_{noun.id}"
    if path.startswith((folder + "/", noun.collab + "/")):
        return path
    is_heidelberg = noun.platform.startswith("BrainScaleS")
    return f"{folder}/{path}" if is_heidelberg else f"{noun.collab}/{folder}/{path}"


def _linked(link: Link) -> DataItem:
    return DataItem(
        url=link.url,
        path=link.path,
        content_type=link.content_type,
        size=link.size,
        hash=link.digest,
    )


def _day(at: float | None) -> date | None:
    return None if at is None else time(at).date()
