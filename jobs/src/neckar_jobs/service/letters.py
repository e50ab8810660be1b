"""Mails that somebody likes to read: plain text, what matters first, an address for each thing."""

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from neckar_jobs.model import Job, Matter, News
from neckar_jobs.states import State

MOST = 20  # jobs of one kind that a mail names
WIDTH = 72
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What a mail says."""

    subject: str
    text: str


def letter(
    told: Sequence[News], jobs: Mapping[int, Job], units: Mapping[str, str], address: str
) -> Letter:
    """One mail about everything that somebody is to be told.

    Args:
        told: what happened, the oldest first.
        jobs: those that are spoken of, by number.
        units: what usage is counted in, by platform.
        address: where the pages are.
    """
    ended = [jobs[each.job] for each in told if each.job is not None and each.job in jobs]
    rest = [each for each in told if each.job is None]
    parts = [*map(_headline, rest)]
    if len(ended) == 1:
        parts.append(f"{_called(ended[0])} {ended[0].state}")
    elif ended:
        parts.append(_counted(ended))
    paragraphs = [_paragraph(each, address) for each in rest]
    paragraphs += list(_about_jobs(ended, units, address))
    subject = parts[0] if len(parts) == 1 else "; ".join(parts[:3]) + (" …" if parts[3:] else "")
    return Letter(subject=line(subject), text="\n\n".join(paragraphs))


def line(text: str, most: int = 150) -> str:
    """A text as one line that no mail program takes for anything else."""
    text = " ".join(_UNSEEN.sub(" ", text).split())
    return text if len(text) <= most else text[: most - 1] + "…"


def filled(text: str) -> str:
    """Words of a user as a paragraph; addresses stay whole."""
    lines = textwrap.wrap(line(text, 1000), WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines)


def _about_jobs(ended: Sequence[Job], units: Mapping[str, str], address: str) -> Iterator[str]:
    """Those of an array together, what failed first."""
    for array, group in groupby(sorted(ended, key=_order), key=lambda job: job.array or job.id):
        some = list(group)
        failed = [job for job in some if job.state == State.FAILED]
        good = [job for job in some if job.state != State.FAILED]
        if len(some) > 1:
            text = filled(f"Array {array}, {_called(some[0])}: {_counted(some)}.")
            yield f"{text}\n{address}/jobs?array={array}"
        for each in failed[:MOST]:
            yield _job(each, units, address)
        if failed[MOST:]:
            yield f"and {len(failed) - MOST} more that failed."
        if len(some) == 1:
            yield from (_job(each, units, address) for each in good)


def _order(job: Job) -> tuple[int, int]:
    return job.array or job.id, job.id


def _job(job: Job, units: Mapping[str, str], address: str) -> str:
    text = f"Job {job.id}, {_called(job)}, {job.state}"
    if job.started_at is not None and job.ended_at is not None:
        text += f" after {_duration(job.ended_at - job.started_at)}"
    text += f" on {job.platform}"
    text += f": {job.reason.rstrip('.')}." if job.state == State.FAILED and job.reason else "."
    if job.usage:
        text += f" It used {job.usage:.3g} {units.get(job.platform, '')}".rstrip() + "."
    return f"{filled(text)}\n{address}/jobs/{job.id}"


def _paragraph(one: News, address: str) -> str:
    said = one.said
    if one.matter == Matter.QUOTA:
        left = max(0.0, said["limit"] - said["used"])
        text = (
            f"The collab {said['collab']} has used {said['used']:.4g} of {said['limit']:.4g} "
            f"{said['units']} of {said['platform']}; {left:.3g} are left. "
            "More is granted to a project that asks for it."
        )
        return f"{filled(text)}\n{address}/projects"
    there = f"{address}/projects/{said['id']}"
    if one.matter == Matter.REVIEW:
        text = (
            f"{said['owner']} asks for resources for the collab {said['collab']}: {said['title']}."
        )
        about = (
            f"\n\n{textwrap.indent(filled(said['abstract']), '    ')}" if said["abstract"] else ""
        )
        return f"{filled(text)}{about}\n\nTo accept or reject it: {there}"
    if said["what"] == "granted":
        text = f"The project {_quoted(said['title'])} may now use {said['granted']}."
    else:
        text = f"The project {_quoted(said['title'])} of {said['collab']} was {said['what']}."
    return f"{filled(text)}\n{there}"


def _headline(one: News) -> str:
    said = one.said
    if one.matter == Matter.QUOTA:
        return f"{said['collab']} has used {_percent(said)} of its {said['units']}"
    if one.matter == Matter.REVIEW:
        return f"To decide: {_quoted(said['title'])}"
    word = "may use more" if said["what"] == "granted" else said["what"]
    return f"{_quoted(said['title'])} {word}"


def _percent(said: Mapping[str, float]) -> str:
    return f"{100 * said['used'] / said['limit']:.0f} %"


def _counted(ended: Sequence[Job]) -> str:
    failed = sum(job.state == State.FAILED for job in ended)
    good = len(ended) - failed
    parts = [f"{n} {word}" for n, word in ((good, "finished"), (failed, "failed")) if n]
    first, *others = parts
    number, word = first.split()
    return ", ".join([f"{number} job{'s' if number != '1' else ''} {word}", *others])


def _called(job: Job) -> str:
    return _quoted(line(job.name or job.command, 60))


def _quoted(text: str) -> str:
    return f"“{line(text, 80)}”"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{max(seconds, 0):.2g} s" if seconds < 9.5 else f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
