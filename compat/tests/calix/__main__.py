"""Run the tests of a checkout of calix: `python -m compat.tests.calix [WORD ...]`.

The environment variable `NECKAR_CALIX` names the checkout. Every file runs in a process of its own;
with words, only files whose names contain one of them. Files of the hardware share a folder, where
the first that needs a calibration leaves it for the others. Prints a table for the documentation;
the exit code counts the files in which something failed.

With `--calibrate KIND ... --serial N ...` it calibrates chips instead, and prints a row for each.
"""

import argparse
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from compat.tests.calix import calibrate
from compat.tests.conformance import outcome
from compat.tests.conformance.outcome import Outcome

CHECKOUT = "NECKAR_CALIX"
KINDS = ("sw", "hw")
LIMIT = 3600  # s, for one file


def main() -> int:
    """Run what the command line names."""
    if CHECKOUT not in os.environ:
        print(f"set {CHECKOUT} to a checkout of calix", file=sys.stderr)
        return 2
    checkout, arguments = Path(os.environ[CHECKOUT]).resolve(), _arguments()
    if arguments.calibrate:
        return _calibrate(checkout, arguments)
    with TemporaryDirectory() as made:
        folder = arguments.folder or Path(made)
        return outcome.table(files(checkout), lambda file: run(file, folder), arguments.words)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m compat.tests.calix")
    parser.add_argument("words", nargs="*", help="run only files whose names contain one of them")
    parser.add_argument("--folder", type=Path, help="keep files there")
    parser.add_argument("--calibrate", nargs="+", choices=calibrate.KINDS, metavar="KIND")
    parser.add_argument("--serial", nargs="+", default=["849"], help="chips to calibrate")
    parser.add_argument("--steps", action="store_true", help="also print a row for every step")
    return parser.parse_args()


def _calibrate(checkout: Path, arguments: argparse.Namespace) -> int:
    folder = arguments.folder and arguments.folder.resolve()
    print(calibrate.HEADER)
    for row in calibrate.rows(arguments.calibrate, arguments.serial, checkout, folder):
        print(row, flush=True)
        if arguments.steps:
            print(*row.steps, sep="\n", flush=True)
    return 0


def files(checkout: Path) -> list[Path]:
    """All files with tests."""
    tests = checkout / "tests"
    return [file for kind in KINDS for file in sorted((tests / kind / "py").glob("test_*.py"))]


def run(file: Path, folder: Path) -> Outcome:
    """Run the tests of one file in a folder."""
    checkout, kind = file.parents[3], file.parents[1].name
    name = f"{kind}/{file.stem.removeprefix('test_')}"
    environment = {"PYTHONPATH": str(checkout / "src" / "py")}
    return outcome.run(file, name, environment, folder=folder, limit=LIMIT)


if __name__ == "__main__":
    sys.exit(main())
