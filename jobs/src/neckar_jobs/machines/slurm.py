"""Runs commands on a cluster, through the commands of Slurm, behind walls as on one computer.

Beside the folder of a job lie its files for Slurm: `.sh` what was submitted, `.note` what Slurm
itself said, `.end` how the command ended, written on the node. So how a job ended is known where
nothing keeps accounts, and after the controller has forgotten it. The folder must be the same on
all nodes, and so must the Python that runs this.
"""

import json
import logging
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from neckar_jobs.errors import JobsError
from neckar_jobs.machines import slurm_words
from neckar_jobs.machines.local import GRACE, WARDEN
from neckar_jobs.machines.machine import Limits, Outcome, Work
from neckar_jobs.machines.slurm_words import AWAY, Ended, Standing, Terms, chips
from neckar_jobs.machines.walls import Walls, bubblewrap, limited

PROGRAMS = ("sbatch", "squeue", "scancel")
TIMEOUT = 60.0  # s for one command of Slurm
EVERY = 2.0  # s between two questions
TOLD = (  # what Slurm tells a job about itself, handed through the walls
    "SLURM_JOB_ID",
    "SLURM_JOBID",
    "SLURM_JOB_NAME",
    "SLURM_JOB_PARTITION",
    "SLURM_JOB_ACCOUNT",
    "SLURM_JOB_NODELIST",
    "SLURM_JOB_NUM_NODES",
    "SLURM_CPUS_ON_NODE",
    "SLURM_MEM_PER_NODE",
    "SLURM_CLUSTER_NAME",
    "SLURMD_NODENAME",
)
LIMITS = "# limits: "
FORGOTTEN = "Invalid job id specified"
FOR_SLURM = ("PATH", "SLURM_CONF", "SLURM_CLUSTERS", "TZ", "LANG")
_log = logging.getLogger("neckar_jobs.slurm")


class Slurm:
    """A cluster. Handles are the number of a job and its folder."""

    lasting = True

    def __init__(
        self,
        terms: Terms,
        walls: Walls | None = None,
        *,
        every: float = EVERY,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        if missing := [name for name in PROGRAMS if shutil.which(name) is None]:
            raise JobsError(f"{', '.join(missing)} not found: apt install slurm-client")
        self._terms, self._walls = terms, walls or bubblewrap()
        self._every, self._stopwatch = every, stopwatch
        self._asked_at = float("-inf")
        self._keeps_accounts: bool | None = None

    def start(self, work: Work) -> str:
        """Submit the command, unless this very work was submitted before.

        Raises `ConnectionError` while the controller cannot be reached.
        """
        script = work.folder.with_suffix(".sh")
        if script.exists() and (number := self._find(work)) is not None:
            return _handle(number, work.folder)
        script.write_text(self._script(work))
        note = str(work.folder.with_suffix(".note"))
        terms, hardware = self._terms, work.hardware
        words = slurm_words.asked(work.name, str(work.folder), note, work.limits, terms, hardware)
        number = _run("sbatch", *words, str(script)).strip().split(";")[0]
        return _handle(number, work.folder)

    def poll(self, handles: Sequence[str]) -> Mapping[str, Outcome | None]:
        """Ask about all jobs at once, not more often than every few seconds."""
        now = self._stopwatch()
        if not handles or now - self._asked_at < self._every:
            return dict.fromkeys(handles)
        self._asked_at = now
        numbers = [number for number in map(_number, handles) if number.isdecimal()]
        try:
            known = self._standings(numbers) if numbers else {}
        except (ConnectionError, JobsError) as error:  # says nothing about any job
            _log.warning("%s; asking again", error)
            return dict.fromkeys(handles)
        return {handle: _outcome(handle, known.get(_number(handle))) for handle in handles}

    def stop(self, handle: str, why: str = "") -> None:
        """Have it cancelled; the command is asked first, and has a few seconds to tidy up."""
        number, _, folder = handle.partition(" ")
        if not number.isdecimal() or not folder:
            return  # a handle of another kind of machine, where nothing outlives a runner
        # The name, too, in case this Slurm has begun to count anew and the number is another's.
        with suppress(JobsError):
            _run("scancel", f"--name={Path(folder).name}", number)

    def _script(self, work: Work) -> str:
        licenses = chips(self._terms.licenses, work.hardware)
        known = {"SLURM_HARDWARE_LICENSES": ",".join(licenses)} if licenses else {}
        work = replace(work, environment={**known, **work.environment})
        status = str(work.folder.with_suffix(".end"))
        warden = [sys.executable, "-I", "-S", str(WARDEN), "--alone", str(GRACE)]
        before = [*warden, f"{work.limits.seconds:g}", status]
        # Inside of the walls, where a count of processes is one of this job.
        inside = limited(replace(work.limits, memory=None))
        told = " ".join(f'${{{name}+"{name}=${name}"}}' for name in TOLD)
        words = shlex.join([*before, *self._walls(work), *inside])
        command = f"{words} env {told} {shlex.join(work.command)}"
        limits = {"seconds": work.limits.seconds, "memory": work.limits.memory}
        log = shlex.quote(str(work.log))
        return f"#!/bin/sh\n{LIMITS}{json.dumps(limits)}\nexec {command} >>{log} 2>&1\n"

    def _find(self, work: Work) -> str | None:
        """The number of a job that was submitted for this work, by whomever."""
        form = "JobID:40,Name:200,WorkDir:1000"
        text = _run("squeue", "--me", "--noheader", "--states=all", "-O", form)
        for line in text.splitlines():
            number, name, folder = line[:40].strip(), line[40:240].strip(), line[240:].strip()
            if (name, folder) == (work.name, str(work.folder)):
                return number
        return None

    def _standings(self, numbers: Sequence[str]) -> dict[str, Standing]:
        try:
            known = slurm_words.from_squeue(_run(*slurm_words.squeue(numbers)))
        except JobsError as error:
            if FORGOTTEN not in str(error):
                raise
            known = {}  # it refuses to speak of nothing but jobs that it has forgotten
        forgotten = [number for number in numbers if number not in known]
        if forgotten and self._accounts():
            return {**slurm_words.from_sacct(_run(*slurm_words.sacct(forgotten))), **known}
        return known

    def _accounts(self) -> bool:
        """Whether this Slurm keeps accounts that can be read."""
        if self._keeps_accounts is None:
            lines = _run("scontrol", "show", "config").splitlines()
            kept = [line for line in lines if line.startswith("AccountingStorageType")]
            self._keeps_accounts = "none" not in "".join(kept)
        return self._keeps_accounts


def _outcome(handle: str, standing: Standing | None) -> Outcome | None:
    number, _, place = handle.partition(" ")
    folder = Path(place)
    if standing is not None and standing.name != folder.name:
        standing = None  # the number of somebody else by now
    if standing is not None and slurm_words.is_going_on(standing):
        return None
    if standing is not None and slurm_words.waits_for_ever(standing):
        with suppress(JobsError, ConnectionError):
            _run("scancel", number)
    note = _text(folder.with_suffix(".note"))
    found = slurm_words.verdict(standing, _ended(folder), note, _limits(folder))
    unknown = f"Slurm has forgotten job {number}, and nothing on the node said how it ended"
    return found or Outcome(code=1, seconds=0.0, reason=unknown)


def _ended(folder: Path) -> Ended | None:
    text = _text(folder.with_suffix(".end"))
    return Ended(**json.loads(text)) if text else None


def _limits(folder: Path) -> Limits:
    """What was written into the script, for whoever has to say what was exceeded."""
    for line in _text(folder.with_suffix(".sh")).splitlines()[1:2]:
        return Limits(**json.loads(line.removeprefix(LIMITS)))
    return Limits(seconds=0.0)


def _text(path: Path) -> str:
    with suppress(FileNotFoundError):
        return path.read_text(errors="replace")
    return ""


def _handle(number: str, folder: Path) -> str:
    return f"{number} {folder}"


def _number(handle: str) -> str:
    return handle.partition(" ")[0]


def _run(*words: str) -> str:
    """What a command of Slurm answers; its errors in full."""
    environment = {name: os.environ[name] for name in FOR_SLURM if name in os.environ}
    try:
        done = subprocess.run(
            words, env=environment, capture_output=True, text=True, timeout=TIMEOUT, cwd="/"
        )
    except subprocess.TimeoutExpired:
        raise ConnectionError(f"{words[0]} did not answer within {TIMEOUT:g} s") from None
    if done.returncode == 0:
        return done.stdout
    said = done.stderr.strip() or f"{words[0]} returned {done.returncode}"
    if any(each in said for each in AWAY):
        raise ConnectionError(said)
    raise JobsError(f"Slurm refused: {said}")
