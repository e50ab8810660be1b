"""Run the tests of a checkout of pynn-brainscales: `python -m compat.tests.conformance [WORD ...]`.

The environment variable `NECKAR_PYNN_BRAINSCALES` names the checkout. Every file runs in a process
and a folder of its own; with words, only files whose names contain one of them. Prints a table for
the documentation; the exit code counts the files in which something failed.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from compat.tests.conformance.graft import CHECKOUT

ROOT = Path(__file__).parents[3]
ENVIRONMENT = {
    "sw": {"HXCOMM_ENABLE_ZERO_MOCK": "1", "NECKAR_PYNN_STRICT": "1"},
    "hw": {},
}
LIMIT = 600  # s, for one file
LONGEST_REASON = 160  # characters


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


def main() -> int:
    """Run what the command line names."""
    if CHECKOUT not in os.environ:
        print(f"set {CHECKOUT} to a checkout of pynn-brainscales", file=sys.stderr)
        return 2
    words = sys.argv[1:]
    print("| file | passed | failed | skipped | time | not passed, and why |")
    print("|---|---|---|---|---|---|")
    n_failed = 0
    for kind, environment in ENVIRONMENT.items():
        folder = Path(os.environ[CHECKOUT]).resolve() / "brainscales2" / "test" / kind
        for file in sorted(folder.glob("*.py")):
            if not words or any(word in file.name for word in words):
                outcome = run(file, environment)
                print(outcome, flush=True)
                n_failed += outcome.failed > 0
    return n_failed


def run(file: Path, environment: dict[str, str]) -> Outcome:
    """Run the tests of one file."""
    begin = time.perf_counter()
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-W", "ignore", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        command += ["-p", "compat.tests.conformance.graft", "--junitxml=report.xml", str(file)]
        paths = [str(ROOT), *sys.path[1:]]
        inherited = os.environ | {"MPLBACKEND": "agg", "PYTHONPATH": os.pathsep.join(paths)}
        try:
            subprocess.run(
                command,
                cwd=folder,
                env=inherited | environment,
                capture_output=True,
                timeout=LIMIT,
                check=False,
            )
            cases = list(ElementTree.parse(Path(folder, "report.xml")).iter("testcase"))
            return read(file, cases, time.perf_counter() - begin)
        except (subprocess.TimeoutExpired, FileNotFoundError) as error:
            seconds = time.perf_counter() - begin
            reason = (f"nothing came back: {type(error).__name__}",)
            return Outcome(
                name=_name(file), passed=0, failed=1, skipped=0, seconds=seconds, reasons=reason
            )


def read(file: Path, cases: list[ElementTree.Element], seconds: float) -> Outcome:
    """What a report of pytest says."""
    failed = [case for case in cases if _has(case, "failure", "error")]
    skipped = [case for case in cases if _has(case, "skipped")]
    return Outcome(
        name=_name(file),
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


def _name(file: Path) -> str:
    return f"{file.parent.name}/{file.stem.removeprefix('pynn_brainscales2_test_')}"


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


if __name__ == "__main__":
    sys.exit(main())
