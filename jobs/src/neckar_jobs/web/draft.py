"""A job that is being written: what stands in the form, and the submission it becomes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from neckar_jobs.model import Code, CodeKind, DataFile, Job, Platform, Submission
from neckar_jobs.web import hardware
from neckar_jobs.web.visit import Form

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The texts of the form, right or wrong."""

    platform: str
    collab: str
    name: str = ""
    kind: str = CodeKind.TEXT
    text: str = ""
    address: str = ""
    revision: str = ""
    archive: str = ""  # digest of what has been uploaded
    archive_name: str = ""
    command: str = "run.py {system}"
    tags: str = ""
    priority: str = "0"
    limit: str = ""
    over: str = ""
    hardware: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[DataFile, ...] = ()


def of_job(job: Job, inputs: Sequence[DataFile]) -> Draft:
    """The same again, to be changed."""
    kind, text = job.code.kind, job.code.text
    return Draft(
        platform=job.platform,
        collab=job.collab,
        name=job.name,
        kind=CodeKind.GIT if kind == CodeKind.LINK else kind,
        text=text if kind == CodeKind.TEXT else "",
        address=text if kind in (CodeKind.GIT, CodeKind.LINK) else "",
        revision=job.code.revision or "",
        archive=text if kind == CodeKind.ARCHIVE else "",
        archive_name=f"the files of job {job.id}" if kind == CodeKind.ARCHIVE else "",
        command=job.command,
        tags=", ".join(job.tags),
        priority=str(job.priority),
        limit=f"{job.limit:g}",
        over="\n".join(f"{k} = {json.dumps(v)}" for k, v in (job.parameters or {}).items()),
        hardware=hardware.entered(job.hardware),
        inputs=tuple(inputs),
    )


def of_form(form: Form) -> Draft:
    """What was typed; uploads are taken care of elsewhere."""
    names = [name for name in form.names() if name.startswith("hardware.")]
    return Draft(
        platform=form.line("platform"),
        collab=form.line("collab"),
        name=form.line("name"),
        kind=form.line("kind") or CodeKind.TEXT,
        text=form.text("text"),
        address=form.line("address"),
        revision=form.line("revision"),
        archive=form.line("archive"),
        archive_name=form.line("archive_name"),
        command=form.line("command"),
        tags=form.line("tags"),
        priority=form.line("priority"),
        limit=form.line("limit"),
        over=form.text("over"),
        hardware={name.removeprefix("hardware."): form.line(name) for name in names},
        inputs=tuple(_kept(each) for each in form.texts("input") if len(each.split(" ", 2)) == 3),
    )


def submission(
    draft: Draft, platform: Platform
) -> tuple[Submission, dict[str, list[Any]], list[str]]:
    """The submission, the parameters of an array, and everything that cannot be read."""
    wrong: list[str] = []
    settings, unread = hardware.values(platform.hardware, lambda n: draft.hardware.get(n, ""))
    wrong += unread
    wanted = Submission(
        collab=draft.collab,
        platform=draft.platform,
        code=_code(draft),
        command=draft.command,
        name=draft.name[:200],
        hardware=settings,
        tags=tuple(each.strip() for each in draft.tags.split(",") if each.strip()),
        inputs=draft.inputs,
        priority=int(_number(draft.priority or "0", "priority", wrong) or 0),
        limit=_number(draft.limit, "time limit", wrong),
    )
    return wanted, _over(draft.over, wrong), wrong


def _code(draft: Draft) -> Code:
    if draft.kind == CodeKind.GIT and draft.address.lower().endswith(ARCHIVES):
        return Code(kind=CodeKind.LINK, text=draft.address)
    if draft.kind == CodeKind.GIT:
        return Code(kind=CodeKind.GIT, text=draft.address, revision=draft.revision or None)
    if draft.kind == CodeKind.ARCHIVE:
        return Code(kind=CodeKind.ARCHIVE, text=draft.archive)
    return Code(kind=CodeKind.TEXT, text=draft.text)


def _over(text: str, wrong: list[str]) -> dict[str, list[Any]]:
    """Lines such as `tau = 10, 20, 30`."""
    found: dict[str, list[Any]] = {}
    for line in filter(str.strip, text.splitlines()):
        name, is_there, values = (part.strip() for part in line.partition("="))
        parts = [_word(each.strip()) for each in values.split(",") if each.strip()]
        if not is_there or not name.isidentifier() or not parts:
            wrong.append(f"parameters: {line.strip()[:80]!r} is not like 'tau = 10, 20, 30'")
        else:
            found[name] = parts
    return found


def _word(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _number(text: str, what: str, wrong: list[str]) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        wrong.append(f"{what}: {text[:40]!r} is no number")
        return None


def _kept(text: str) -> DataFile:
    """A file that was uploaded with an earlier attempt at the same form."""
    sha256, size, path = text.split(" ", 2)
    return DataFile(path=path, size=int(size) if size.isdecimal() else 0, sha256=sha256)
