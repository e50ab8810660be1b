"""How times, sizes and amounts read."""

import re
from datetime import UTC, datetime
from itertools import pairwise
from urllib.parse import quote

from markupsafe import Markup, escape

from neckar_jobs.model import CodeKind, Job

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-_]")
UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def moment(seconds: float | None) -> Markup:
    """A time; scripts show it in the reader's own zone."""
    if seconds is None:
        return Markup("–")
    at = datetime.fromtimestamp(seconds, UTC)
    return _time(at, f"{at.day} {at:%b %Y, %H:%M} UTC", "moment")


def day(seconds: float) -> Markup:
    """A date."""
    at = datetime.fromtimestamp(seconds, UTC)
    return _time(at, f"{at.day} {at:%b %Y}", "day")


def ago(seconds: float | None, now: float) -> Markup:
    """How long ago something was; scripts keep it true."""
    if seconds is None:
        return Markup("–")
    at = datetime.fromtimestamp(seconds, UTC)
    passed = now - seconds
    return _time(at, "just now" if passed < 10 else f"{duration(passed)} ago", "ago")


def _time(at: datetime, text: str, kind: str) -> Markup:
    iso = at.isoformat(timespec="seconds").replace("+00:00", "Z")
    utc = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    return Markup('<time datetime="{}" title="{}" data-kind="{}">{}</time>').format(
        iso, utc, kind, text
    )


def duration(seconds: float | None) -> str:
    """About how long, in the two largest units."""
    if seconds is None:
        return "–"
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    parts = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
    for (size, unit), (smaller, small_unit) in pairwise(parts):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {unit}" + (f" {rest} {small_unit}" if rest else "")
    return f"{whole} s"


def size(number: int) -> str:
    """A number of bytes."""
    if number < 1000:
        return f"{number} B"
    power = next(n for n in (1, 2, 3, 4) if number < 999.5 * 1000**n or n == 4)
    return f"{number / 1000**power:.3g} {' kMGT'[power]}B"


def amount(number: float | None) -> str:
    """A quantity with as many digits as help."""
    if number is None:
        return "–"
    return f"{number:.0f}" if abs(number) >= 1000 else f"{number:.3g}"


def printed(data: bytes) -> str:
    """What a terminal would show of a log: no colours, and lines as they were last."""
    text = ESCAPES.sub("", data.decode("utf-8", "replace")).replace("\r\n", "\n")
    lines = (line.rstrip("\r").rsplit("\r", 1)[-1] for line in text.split("\n"))
    return UNSEEN.sub("\N{REPLACEMENT CHARACTER}", "\n".join(lines))


def called(job: Job) -> str:
    """What to call a job that may have no name."""
    if job.name:
        return job.name
    if job.code.kind == CodeKind.GIT:
        return job.code.text.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git")
    for line in job.code.text.splitlines() if job.code.kind == CodeKind.TEXT else ():
        if text := line.strip().strip("#\"'").strip():
            return text if len(text) <= 80 else text[:79] + "…"
    return job.command


def lasted(job: Job, now: float) -> float | None:
    """How long a job has run, or runs."""
    if job.started_at is None:
        return None
    return (job.ended_at or now) - job.started_at


def path(text: str) -> str:
    """The path of a file as part of an address."""
    return quote(text, safe="/")


def plural(number: int, one: str, many: str = "") -> str:
    """`1 job`, `2 jobs`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def spelled(number: int) -> str:
    """A number as it stands in a sentence."""
    return NUMBERS[number] if number < len(NUMBERS) else str(number)


def words(text: str) -> Markup:
    """Paragraphs of plain text."""
    parts = [part for part in re.split(r"\n\s*\n", text.strip()) if part]
    return Markup("").join(Markup("<p>{}</p>").format(escape(part)) for part in parts)


FILTERS = {
    each.__name__: each
    for each in (
        *(moment, day, ago, duration, size, amount, printed, called, lasted, path, plural),
        *(spelled, words),
    )
}
