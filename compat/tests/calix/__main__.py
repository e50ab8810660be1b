"""Run the tests of a checkout of calix: `python -m compat.tests.calix [WORD ...]`.

The environment variable `NECKAR_CALIX` names the checkout. Every file runs in a process of its own;
with words, only files whose names contain one of them. Files of the hardware share a folder, where
the first that needs a calibration leaves it for the others. Prints a table for the documentation;
the exit code counts the files in which something failed.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

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
    with TemporaryDirectory() as folder:
        checkout = Path(os.environ[CHECKOUT])
        return outcome.table(files(checkout), lambda file: run(file, Path(folder)), sys.argv[1:])


def files(checkout: Path) -> list[Path]:
    """All files with tests."""
    tests = checkout.resolve() / "tests"
    return [file for kind in KINDS for file in sorted((tests / kind / "py").glob("test_*.py"))]


def run(file: Path, folder: Path) -> Outcome:
    """Run the tests of one file in a folder."""
    checkout, kind = file.parents[3], file.parents[1].name
    name = f"{kind}/{file.stem.removeprefix('test_')}"
    environment = {"PYTHONPATH": str(checkout / "src" / "py")}
    return outcome.run(file, name, environment, folder=folder, limit=LIMIT)


if __name__ == "__main__":
    sys.exit(main())
