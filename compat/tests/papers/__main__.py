"""Run code of papers: `python -m compat.tests.papers [WORD ...]`.

The environment variable `NECKAR_PAPERS` names a folder with checkouts, each under its own name, of
the repositories below and of what they import. They also import arbor, pandas and torch, which are
no part of this project. Every file with tests of a chip runs in a process and a folder of its own;
with words, only files whose names contain one of them. Prints a table for the documentation; the
exit code counts the files in which something failed.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from compat.tests.conformance import outcome
from compat.tests.conformance.outcome import Outcome

FOLDER = "NECKAR_PAPERS"
TESTS = {
    "model-hw-mc-attenuation": "tests/hw/py/model_hw_mc_genetic",
    "model-paper-mc-sbi": "tests/hw/py/paper_sbi",
}
"""Where repositories have tests that want a chip."""

IMPORTED = (*TESTS, "calix", "paramopt")


def main() -> int:
    """Run what the command line names."""
    if FOLDER not in os.environ:
        print(f"set {FOLDER} to a folder with checkouts of {', '.join(IMPORTED)}", file=sys.stderr)
        return 2
    folder = Path(os.environ[FOLDER]).resolve()
    search = search_path(folder)
    return outcome.table(files(folder), lambda file: run(file, search), sys.argv[1:])


def files(folder: Path) -> Iterator[Path]:
    """All files with tests, in the order of their repositories."""
    for name, tests in TESTS.items():
        yield from sorted((folder / name / tests).glob("test_*.py"))


def search_path(folder: Path) -> str:
    """Where the checkouts have what they import of one another."""
    return os.pathsep.join(str(folder / name / "src" / "py") for name in IMPORTED)


def run(file: Path, search: str) -> Outcome:
    """Run the tests of one file."""
    repository = file.parents[4].name
    name = f"{repository}/{file.stem.removeprefix('test_')}"
    return outcome.run(file, name, {"PYTHONPATH": search})


if __name__ == "__main__":
    sys.exit(main())
