"""Turns what the service answers back into nouns and errors."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import httpx2

from neckar_jobs import errors
from neckar_jobs.model import Code, CodeKind, DataFile, Job, Lease, Link
from neckar_jobs.states import State

TIMES = ("submitted_at", "started_at", "ended_at")
_BY_TITLE = {
    kind.title: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.JobsError)
}


def checked(answer: httpx2.Response) -> httpx2.Response:
    """The answer, unless it is a problem; then the error that the service raised."""
    if not answer.is_error:
        return answer
    if answer.status_code >= 500:
        raise ConnectionError(f"the service is in trouble: {_detail(answer)}")
    raise _kind(answer)(_detail(answer))


def pieces(http: httpx2.Client, path: str, **rest: Any) -> Iterator[bytes]:
    """What lies at a path, as it comes."""
    with http.stream("GET", path, **rest) as answer:
        if answer.is_error:
            answer.read()
        yield from checked(answer).iter_bytes()


def job_of(document: Mapping[str, Any]) -> Job:
    """A job."""
    values = {name: document[name] for name in Job.__dataclass_fields__}
    values["code"] = Code(**{**document["code"], "kind": CodeKind(document["code"]["kind"])})
    values["state"], values["tags"] = State(document["state"]), tuple(document["tags"])
    for name in TIMES:
        if values[name] is not None:
            values[name] = datetime.fromisoformat(values[name]).timestamp()
    return Job(**values)


def lease_of(document: Mapping[str, Any]) -> Lease:
    """A job that a runner has taken."""
    return Lease(
        job=job_of(document["job"]),
        key=document["key"],
        seconds=document["seconds"],
        inputs=tuple(DataFile(**each) for each in document["inputs"]),
        linked=tuple(Link(**each) for each in document["linked"]),
        stale=document["stale"],
    )


def _kind(answer: httpx2.Response) -> type[errors.JobsError]:
    title = _document(answer).get("title")
    by_status = {kind.status: kind for kind in reversed(list(_BY_TITLE.values()))}
    return _BY_TITLE.get(str(title), by_status.get(answer.status_code, errors.InvalidError))


def _detail(answer: httpx2.Response) -> str:
    detail = _document(answer).get("detail")
    return str(detail or f"{answer.status_code} {answer.reason_phrase}: {answer.text[:300]}")


def _document(answer: httpx2.Response) -> Mapping[str, Any]:
    try:
        document = answer.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
