"""A job as a package that others can read without us: an RO-Crate.

One file, `ro-crate-metadata.json`, says in JSON-LD what the others are: the code, what went in,
what came out, who ran it, when, with which software and settings. Version 1.1 of
https://w3id.org/ro/crate; the run itself is described as its profile for processes wants.
"""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from neckar_jobs.model import CodeKind, DataFile, FileKind, Job, Link, User
from neckar_jobs.service import jobs
from neckar_jobs.site import Site
from neckar_jobs.states import State, is_over

METADATA = "ro-crate-metadata.json"
CONTEXT = ["https://w3id.org/ro/crate/1.1/context", {"sha256": "https://schema.org/sha256"}]
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
LOG, PROVENANCE, CODE = "log.txt", "provenance.json", "code"
PIECE = 1024 * 1024  # bytes of a log that are read at once
RIGHTS = "No licence was stated; whoever created this has all rights."
_STATUS = {
    State.FINISHED: "http://schema.org/CompletedActionStatus",
    State.FAILED: "http://schema.org/FailedActionStatus",
    State.CANCELLED: "http://schema.org/FailedActionStatus",
}
Entity = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Contents:
    """A job with all that belongs to it."""

    job: Job
    inputs: Sequence[DataFile]
    outputs: Sequence[DataFile]
    linked: Sequence[Link]  # inputs that lie elsewhere


def contents(site: Site, user: User, number: int) -> Contents:
    """What a package of this job holds, if this user may see it."""
    return Contents(
        job=jobs.look(site, user, number),
        inputs=jobs.files(site, user, number, FileKind.INPUT),
        outputs=jobs.files(site, user, number, FileKind.OUTPUT),
        linked=jobs.linked(site, user, number, FileKind.INPUT),
    )


def parts(site: Site, user: User, found: Contents) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Everything in the package: where it lies, and its content in pieces."""
    job = found.job
    yield METADATA, iter([json.dumps(metadata(found), indent=1).encode()])
    if job.code.kind == CodeKind.TEXT:
        yield _script(job), iter([job.code.text.encode()])
    elif job.code.kind == CodeKind.ARCHIVE:
        yield f"{CODE}.zip", _blocks(site, job.code.text)
    for kind, files in ((FileKind.INPUT, found.inputs), (FileKind.OUTPUT, found.outputs)):
        for file in files:
            yield f"{kind}/{file.path}", _blocks(site, file.sha256)
    if job.log_size:
        yield LOG, _log(site, user, job)
    if job.provenance is not None:
        yield PROVENANCE, iter([json.dumps(dict(job.provenance), indent=1).encode()])


def metadata(found: Contents) -> Mapping[str, Any]:
    """The description of the package, as JSON-LD."""
    job = found.job
    inputs = [_file(FileKind.INPUT, each) for each in found.inputs]
    inputs += [_link(each) for each in found.linked]
    outputs = [_file(FileKind.OUTPUT, each) for each in found.outputs]
    kept = [*_own_files(job), *inputs, *outputs]
    code, settings, software = _code(job), list(_settings(job)), list(_software(job))
    code["softwareRequirements"] = _references(software)
    person = {"@id": f"#{quote(job.owner)}", "@type": "Person", "name": job.owner}
    action = _action(job, person, code, [*inputs, *settings], outputs)
    files = [code, *kept] if "File" in code["@type"] else kept
    others = [person, action, *settings, *software, *([] if code in files else [code])]
    graph = [
        _descriptor(),
        _root(job, person, files, action),
        _rights(),
        _profile(),
        *files,
        *others,
    ]
    return {"@context": CONTEXT, "@graph": [_without_nothing(each) for each in graph]}


def _descriptor() -> Entity:
    return {
        "@id": METADATA,
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }


def _rights() -> Entity:
    return {"@id": "#rights", "@type": "CreativeWork", "name": "Rights", "description": RIGHTS}


def _profile() -> Entity:
    name, version = "Process Run Crate", PROFILE.rsplit("/", 1)[-1]
    return {"@id": PROFILE, "@type": "CreativeWork", "name": name, "version": version}


def _root(job: Job, person: Entity, files: Sequence[Entity], action: Entity) -> Entity:
    title = f": {job.name}" if job.name else ""
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Job {job.id}{title}",
        "description": f"What job {job.id} was given and has left behind on {job.platform}.",
        "datePublished": _time(job.ended_at or job.submitted_at),
        "dateCreated": _time(job.submitted_at),
        "license": {"@id": "#rights"},
        "author": {"@id": person["@id"]},
        "conformsTo": {"@id": PROFILE},
        "keywords": ", ".join(job.tags),
        "hasPart": _references(files),
        "mentions": {"@id": action["@id"]},
    }


def _action(
    job: Job,
    person: Entity,
    code: Entity,
    taken: Sequence[Entity],
    made: Sequence[Entity],
) -> Entity:
    return {
        "@id": "#run",
        "@type": "CreateAction",
        "name": f"{job.command} on {job.platform}",
        "agent": {"@id": person["@id"]},
        "instrument": {"@id": code["@id"]},
        "object": _references(taken),
        "result": _references(made),
        "startTime": _time(job.started_at),
        "endTime": _time(job.ended_at) if is_over(job.state) else None,
        "actionStatus": {"@id": _STATUS[job.state]} if job.state in _STATUS else None,
        "error": job.reason if job.state != State.FINISHED else None,
    }


def _code(job: Job) -> Entity:
    code = job.code
    entity: Entity = {"@type": ["File", "SoftwareSourceCode"], "name": job.name or job.command}
    if code.kind == CodeKind.TEXT:
        kept = {"@id": quote(_script(job)), "encodingFormat": "text/x-python"}
        return entity | kept | {"programmingLanguage": "Python"}
    if code.kind == CodeKind.ARCHIVE:
        kept = {"@id": f"{CODE}.zip", "encodingFormat": "application/zip", "sha256": code.text}
        return entity | kept
    was: Mapping[str, Any] = (job.provenance or {}).get("code") or {}
    version = str(was.get("commit") or was.get("sha256_of_files") or code.revision or "")
    there = {"@id": code.text, "@type": "SoftwareSourceCode", "codeRepository": code.text}
    return entity | there | {"version": version}


def _own_files(job: Job) -> Iterator[Entity]:
    if job.log_size:
        yield {
            "@id": LOG,
            "@type": "File",
            "name": "What the job has printed",
            "encodingFormat": "text/plain",
            "contentSize": str(job.log_size),
        }
    if job.provenance is not None:
        yield {
            "@id": PROVENANCE,
            "@type": "File",
            "name": "How the job came about",
            "encodingFormat": "application/json",
        }


def _file(kind: FileKind, file: DataFile) -> Entity:
    return {
        "@id": quote(f"{kind}/{file.path}"),
        "@type": "File",
        "name": file.path,
        "contentSize": str(file.size),
        "encodingFormat": file.content_type,
        "sha256": file.sha256,
    }


def _link(link: Link) -> Entity:
    size = None if link.size is None else str(link.size)
    kind = link.content_type
    return {
        "@id": link.url,
        "@type": "File",
        "name": link.path,
        "contentSize": size,
        "encodingFormat": kind,
    }


def _settings(job: Job) -> Iterator[Entity]:
    """Parameters, settings of the hardware, and what is known about the run, each by its name."""
    told = {name: what for name, what in (job.provenance or {}).items() if name != "packages"}
    groups = {"parameters": job.parameters, "hardware": job.hardware, "provenance": told}
    for name, value in _leaves(groups):
        yield {
            "@id": f"#{quote(name)}",
            "@type": "PropertyValue",
            "name": name,
            "value": value,
        }


def _software(job: Job) -> Iterator[Entity]:
    packages = (job.provenance or {}).get("packages")
    for name, version in sorted(packages.items()) if isinstance(packages, dict) else ():
        yield {
            "@id": f"#package-{quote(str(name))}",
            "@type": "SoftwareApplication",
            "name": str(name),
            "version": str(version),
        }


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Values of a document that hold no others, and where they stand: "hardware.serial"."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _leaves(each, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple):
        for place, each in enumerate(value):
            yield from _leaves(each, f"{path}.{place}")
    elif value is not None:
        yield path, value


def _script(job: Job) -> str:
    first = shlex.split(job.command)[0]
    return f"{CODE}/{first if first.endswith('.py') else 'run.py'}"


def _blocks(site: Site, sha256: str) -> Iterator[bytes]:
    with site.files.open(sha256) as source:
        while block := source.read(PIECE):
            yield block


def _log(site: Site, user: User, job: Job) -> Iterator[bytes]:
    at = 0
    while at < job.log_size and (data := jobs.log(site, user, job.id, at, PIECE)):
        data = data[: job.log_size - at]  # it may have grown since it was described
        at += len(data)
        yield data


def _references(entities: Sequence[Entity]) -> Entity | list[Entity]:
    found = [{"@id": each["@id"]} for each in entities]
    return found[0] if len(found) == 1 else found


def _time(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _without_nothing(entity: Entity) -> Entity:
    return {name: value for name, value in entity.items() if value not in (None, "", [])}
