"""Run demos: `python -m compat.tests.demos path/to/demo.rst ...` from the root of the repository.

Each demo runs in a process of its own. The exit code counts the demos that failed; with several
demos, or `--table`, a table for the documentation follows.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from compat.tests.demos.play import play


def main() -> int:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m compat.tests.demos", description=__doc__)
    parser.add_argument("demos", nargs="+", type=Path, help="rst files of a checkout of the demos")
    parser.add_argument("--table", action="store_true", help="print a table in Markdown")
    parser.add_argument(
        "--verbose", action="store_true", help="print what the cells print, and their times"
    )
    parser.add_argument(
        "--whole", action="store_true", help="without the cells that shorten a demo for tests"
    )
    parser.add_argument("--figures", type=Path, metavar="FOLDER", help="keep the figures of a demo")
    arguments = parser.parse_args()
    if len(arguments.demos) == 1 and not arguments.table:
        return _one(arguments.demos[0].resolve(), arguments)
    rows = [_elsewhere(demo, arguments.whole) for demo in arguments.demos]
    print("\n| demo | result | user time |\n|---|---|---|")
    print("\n".join(f"| {name} | {result} | {seconds} |" for name, result, seconds in rows))
    return sum(result != "PASS" for _, result, _ in rows)


def _one(demo: Path, arguments: argparse.Namespace) -> int:
    figures = arguments.figures
    if figures is not None:
        figures.mkdir(parents=True, exist_ok=True)
        figures = figures.resolve()
    outcome = play(demo, arguments.verbose, figures, is_shortened=not arguments.whole)
    for note in outcome.notes:
        print(f"note: {note}")
    if not outcome.passed:
        print(outcome.output[-2000:], outcome.error, sep="\n")
    result = "PASS" if outcome.passed else "FAIL"
    times = f"{outcome.seconds:.1f} s; user time {outcome.user_seconds:.1f} s"
    print(f"{result} {outcome.demo}: {outcome.n_cells} cells in {times}")
    return 0 if outcome.passed else 1


def _elsewhere(demo: Path, is_whole: bool) -> tuple[str, str, str]:
    """Name, result and user time of a demo that runs in a process of its own."""
    command = [sys.executable, "-m", "compat.tests.demos", str(demo.resolve())]
    command += ["--whole"] if is_whole else []
    output = subprocess.run(command, capture_output=True, text=True, check=False)
    last = (output.stdout.strip().splitlines() or [""])[-1]
    print(last if last.startswith("PASS") else output.stdout[-3000:] + output.stderr[-3000:])
    if not last.startswith(("PASS", "FAIL")):
        return demo.stem, f"stopped with {output.returncode}", "—"
    return demo.stem, last.split()[0], last.rsplit("user time ")[-1]


if __name__ == "__main__":
    sys.exit(main())
