"""What a runner writes down about each job, so that the next one can go on where it was ended."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from neckar_jobs.model import Code, CodeKind, DataFile, Job, Lease, Link
from neckar_jobs.runner.collect import Seen
from neckar_jobs.states import State


@dataclass(frozen=True, kw_only=True)
class Note:
    """A job whose folder is prepared."""

    lease: Lease
    folder: Path
    log_starts: int  # byte of the job's log at which this attempt begins to print
    code: Mapping[str, str] = field(default_factory=dict)  # what exactly was run
    before: Seen = field(default_factory=dict)  # files that were there when it was started
    handle: str | None = None  # none until the machine has answered


def write(note: Note) -> None:
    """Keep it beside the folder; it appears in one move."""
    document = {**asdict(note), "folder": str(note.folder)}
    path = _path(note.folder)
    new = path.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(document, file)  # it holds the key of the lease, so it is nobody else's
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def kept(folder: Path) -> Iterator[Note]:
    """What earlier runners have left in a folder."""
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_text())
        before = {name: (size, at) for name, (size, at) in document["before"].items()}
        lease, place = _lease(document["lease"]), Path(document["folder"])
        yield Note(**{**document, "lease": lease, "folder": place, "before": before})


def _path(folder: Path) -> Path:
    return folder.with_suffix(".json")


def _lease(document: Mapping[str, Any]) -> Lease:
    job = document["job"]
    code = Code(**{**job["code"], "kind": CodeKind(job["code"]["kind"])})
    state, tags = State(job["state"]), tuple(job["tags"])
    inputs = tuple(DataFile(**each) for each in document["inputs"])
    kept_job = Job(**{**job, "code": code, "state": state, "tags": tags})
    linked = tuple(Link(**each) for each in document["linked"])
    return Lease(**{**document, "job": kept_job, "inputs": inputs, "linked": linked})
