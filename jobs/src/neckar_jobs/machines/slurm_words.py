"""What is said to Slurm, and what its answers mean. Nothing here runs anything."""

import os
import re
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import ceil
from string import Formatter
from typing import Any

from neckar_jobs.errors import InvalidError
from neckar_jobs.machines.machine import Limits, Outcome

MEGABYTE = 1024**2
SPARE_MINUTES = 1  # beyond the limit that the warden holds to the second; Slurm counts minutes
GOING_ON = frozenset(
    (
        *("PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "SIGNALING"),
        *("STAGE_OUT", "RESIZING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "SPECIAL_EXIT"),
        "RESV_DEL_HOLD",
    )
)
NEVER = frozenset(  # reasons for which a job waits for ever
    (
        *("PartitionTimeLimit", "PartitionNodeLimit", "BadConstraints"),
        *("InvalidAccount", "InvalidQOS", "launch failed requeued held"),
    )
)
AWAY = (
    "Unable to contact slurm controller",
    "Socket timed out",
    "Connection refused",
    "Zero Bytes were transmitted",
    "Transport endpoint is not connected",
    "Slurm temporarily unable to accept job",
    "Resource temporarily unavailable",
)
BY_SLURM = frozenset(("CANCELLED", "TIMEOUT", "OUT_OF_MEMORY", "NODE_FAIL", "PREEMPTED"))
TOO_MUCH = "xceeded job memory limit"  # in what Slurm notes, where it counts without cgroups
REASONS = {
    "CANCELLED": "it was cancelled in Slurm",
    "PREEMPTED": "Slurm gave its place to another job",
}
PLAIN = re.compile(r"[A-Za-z0-9_.+-]+")  # of a setting that becomes a part of a name

SQUEUE = ("JobID", "Name", "State", "exit_code", "TimeUsed", "NodeList", "Reason")
WIDTH = 1000  # squeue cuts longer words
SACCT = ("JobIDRaw", "JobName", "State", "ExitCode", "ElapsedRaw", "NodeList", "Reason")


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How a site wants the jobs of one platform to be asked for.

    `licenses` and `gres` name chips; settings of the hardware that stand in braces are filled in.
    Of a list every value counts; a template whose settings a job does not give is left out.
    """

    partition: str = ""
    account: str = ""
    licenses: Sequence[str] = ()
    gres: Sequence[str] = ()
    options: Sequence[str] = ()  # more words for sbatch


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What Slurm says about a job."""

    name: str
    state: str
    code: int  # negative: minus the signal that ended it
    seconds: float
    nodes: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What the warden beside a command has written down."""

    code: int
    seconds: float
    why: str


def chips(templates: Sequence[str], hardware: Mapping[str, Any]) -> list[str]:
    """Names of chips, from templates such as "W{WAFER_MODULE}F{FPGA}"."""
    return [name for template in templates for name in _filled(template, hardware)]


def asked(
    name: str, folder: str, note: str, limits: Limits, terms: Terms, hardware: Mapping[str, Any]
) -> Iterator[str]:
    """The options of sbatch for one job; what it prints itself goes into the file `note`."""
    yield from ("--parsable", "--no-requeue", "--export=ALL", f"--job-name={name}")
    yield from (f"--chdir={folder}", f"--output={note}", "--open-mode=append")
    yield f"--time={ceil(limits.seconds / 60) + SPARE_MINUTES}"
    if limits.memory is not None:
        yield f"--mem={ceil(limits.memory / MEGABYTE)}M"
    if terms.partition:
        yield f"--partition={terms.partition}"
    if terms.account:
        yield f"--account={terms.account}"
    if licenses := chips(terms.licenses, hardware):
        yield f"--licenses={','.join(licenses)}"
    if gres := chips(terms.gres, hardware):
        yield f"--gres={','.join(gres)}"
    yield from terms.options


def squeue(numbers: Sequence[str]) -> list[str]:
    """The one question about all jobs."""
    form = ",".join(f"{field}:{WIDTH}" for field in SQUEUE)
    return ["squeue", "--noheader", "--states=all", f"--jobs={','.join(numbers)}", "-O", form]


def sacct(numbers: Sequence[str]) -> list[str]:
    """The same question to the accounting, about jobs that the controller has forgotten."""
    form = f"--format={','.join(SACCT)}"
    common = ["sacct", "--noheader", "--parsable2", "--allocations", "--duplicates"]
    return [*common, form, f"--jobs={','.join(numbers)}"]


def from_squeue(text: str) -> dict[str, Standing]:
    """What squeue answered, by number of the job."""
    found = {}
    for line in text.splitlines():
        fields = [line[at : at + WIDTH].strip() for at in range(0, WIDTH * len(SQUEUE), WIDTH)]
        number, name, state, status, used, nodes, reason = fields
        found[number] = Standing(
            name=name,
            state=state,
            code=os.waitstatus_to_exitcode(int(status)),
            seconds=elapsed(used),
            nodes=nodes,
            reason=reason,
        )
    return found


def from_sacct(text: str) -> dict[str, Standing]:
    """What sacct answered, by number of the job; of several entries the last one counts."""
    found = {}
    for line in text.splitlines():
        number, name, state, status, used, nodes, reason = line.split("|", 6)
        code, _, sign = status.partition(":")
        found[number] = Standing(
            name=name,
            state=state.split()[0],  # "CANCELLED by 1000"
            code=-int(sign) if sign not in ("", "0") else int(code or 0),
            seconds=float(used or 0),
            nodes=nodes,
            reason=reason,
        )
    return found


def elapsed(text: str) -> float:
    """Seconds, from 1-02:03:04 as Slurm writes times."""
    if not text or not text[0].isdigit():
        return 0.0  # it has not begun
    days, _, clock = text.rpartition("-")
    parts = [int(part) for part in clock.split(":")]
    seconds = sum(part * 60**place for place, part in enumerate(reversed(parts)))
    return float(seconds + 86400 * int(days or 0))


def is_going_on(standing: Standing) -> bool:
    """Whether Slurm may still have it in hand."""
    return standing.state in GOING_ON and not waits_for_ever(standing)


def waits_for_ever(standing: Standing) -> bool:
    """Whether Slurm has said that it will not start this."""
    return standing.state == "PENDING" and standing.reason in NEVER


def verdict(
    standing: Standing | None, ended: Ended | None, note: str, limits: Limits
) -> Outcome | None:
    """How a job ended that Slurm has done with; none if nobody knows.

    `ended` is the word of the warden, which is missing where the node or the warden was killed.
    """
    if ended is not None and (ended.code == 0 or _was_left_alone(ended, standing)):
        return Outcome(code=ended.code, seconds=ended.seconds, reason=by_signal(ended.code))
    if standing is None and ended is None:
        return None
    state = standing.state if standing else ""
    seconds = ended.seconds if ended else standing.seconds if standing else 0.0
    code = ended.code if ended else standing.code if standing else 1
    if ended is None and (state == "COMPLETED" or (state == "FAILED" and code > 0)):
        return Outcome(code=code, seconds=seconds)
    if state == "OUT_OF_MEMORY" or (ended is None and TOO_MUCH in note):
        reason = f"it needed more memory than {(limits.memory or 0) / MEGABYTE:.0f} MB"
    elif state == "TIMEOUT" or (ended and ended.why == "late"):
        reason = f"it ran longer than {limits.seconds:g} s"
    elif state == "NODE_FAIL" and standing:
        reason = f"the node that it ran on failed: {standing.nodes}"
    elif standing and waits_for_ever(standing):
        reason = f"Slurm would never start it ({standing.reason})"
    elif state in REASONS:
        reason = REASONS[state]
    else:
        why = standing.reason if standing else "and has forgotten it"
        reason = f"Slurm ended it {f'as {state} ' if state else ''}({why})"
    return Outcome(code=code or 1, seconds=seconds, reason=reason)


def _was_left_alone(ended: Ended, standing: Standing | None) -> bool:
    return not ended.why and (standing is None or standing.state not in BY_SLURM)


def by_signal(code: int) -> str:
    """What a code beyond 128 says."""
    try:
        return f"it was ended by {signal.Signals(code - 128).name}" if code > 128 else ""
    except ValueError:
        return ""


def _filled(template: str, hardware: Mapping[str, Any]) -> Iterator[str]:
    names = [name for _, name, _, _ in Formatter().parse(template) if name]
    if not all(name in hardware for name in names):
        return
    lists = [_values(name, hardware[name]) for name in names]
    for values in product(*lists):
        yield template.format_map(dict(zip(names, values, strict=True)))


def _values(name: str, value: Any) -> list[str]:
    found = [str(each) for each in (value if isinstance(value, list) else [value])]
    for each in found:
        if not PLAIN.fullmatch(each):
            raise InvalidError(f"{name} = {each!r} cannot be a part of the name of a chip")
    return found
