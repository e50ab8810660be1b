"""Tests in a file that is no part of this project, in a process of their own."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

ROOT = Path(__file__).parents[3]
LIMIT = 600  # s, for one file
LONGEST_REASON = 160  # characters
HEADER = """| file | passed | failed | skipped | time | not passed, and why |
|---|---|---|---|---|---|"""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of the tests in one file; `reasons` has a line for each that did not pass."""

    name: str
    passed: int
    failed: int
    skipped: int
    seconds: float
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        counts = f"{self.passed} | {self.failed} | {self.skipped} | {self.seconds:.0f} s"
        return f"| {self.name} | {counts} | {'; '.join(self.reasons)} |"


def table(files: Iterable[Path], run_file: Callable[[Path], Outcome], words: Iterable[str]) -> int:
    """Run files and print a row for each; with words, only those whose names contain one of them.

    Returns:
        How many files there were in which something failed.
    """
    words, n_failed = tuple(words), 0
    print(HEADER)
    for file in files:
        if not words or any(word in file.name for word in words):
            result = run_file(file)
            print(result, flush=True)
            n_failed += result.failed > 0
    return n_failed


def run(
    file: Path,
    name: str,
    environment: Mapping[str, str],
    *,
    plugins: tuple[str, ...] = (),
    folder: Path | None = None,
    limit: float = LIMIT,
) -> Outcome:
    """Run the tests of one file, in `folder` or else an empty one; `limit` in seconds."""
    if folder is None:
        with TemporaryDirectory() as made:
            return run(file, name, environment, plugins=plugins, folder=Path(made), limit=limit)
    begin = time.perf_counter()
    report = folder / "report.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-W", "ignore", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += [word for plugin in plugins for word in ("-p", plugin)]
    command += [f"--junitxml={report}", str(file)]
    paths = [environment.get("PYTHONPATH", ""), str(ROOT), *sys.path[1:]]
    search = os.pathsep.join(path for path in paths if path)
    inherited = os.environ | {"MPLBACKEND": "agg"} | environment | {"PYTHONPATH": search}
    try:
        subprocess.run(
            command, cwd=folder, env=inherited, capture_output=True, timeout=limit, check=False
        )
        cases = list(ElementTree.parse(report).iter("testcase"))
        return read(name, cases, time.perf_counter() - begin)
    except (subprocess.TimeoutExpired, FileNotFoundError) as error:
        seconds = time.perf_counter() - begin
        reason = (f"nothing came back: {type(error).__name__}",)
        return Outcome(name=name, passed=0, failed=1, skipped=0, seconds=seconds, reasons=reason)


def read(name: str, cases: list[ElementTree.Element], seconds: float) -> Outcome:
    """What a report of pytest says."""
    failed = [case for case in cases if _has(case, "failure", "error")]
    skipped = [case for case in cases if _has(case, "skipped")]
    return Outcome(
        name=name,
        passed=len(cases) - len(failed) - len(skipped),
        failed=len(failed),
        skipped=len(skipped),
        seconds=seconds,
        reasons=tuple(_reasons(failed + skipped)),
    )


def _reasons(cases: list[ElementTree.Element]) -> Iterator[str]:
    """Every reason once, with the tests that have it."""
    names: dict[str, list[str]] = {}
    for case in cases:
        names.setdefault(_why(case), []).append(f"`{case.get('name')}`")
    for why, who in names.items():
        yield f"{', '.join(dict.fromkeys(who))}: {why}"


def _has(case: ElementTree.Element, *kinds: str) -> bool:
    return any(case.find(kind) is not None for kind in kinds)


def _why(case: ElementTree.Element) -> str:
    """The first line of what the test said, fit for a cell of a table."""
    (problem, *_) = (found for kind in ("failure", "error", "skipped") for found in case.iter(kind))
    said = problem.get("message") or ""
    if said == "collection failure":
        said = (problem.text or "").strip().splitlines()[-1].removeprefix("E").strip()
    first = (said.strip().splitlines() or [""])[0].replace("|", "\\|")
    return first if len(first) <= LONGEST_REASON else f"{first[:LONGEST_REASON]} …"
