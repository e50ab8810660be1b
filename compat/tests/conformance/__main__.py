"""Run the tests of a checkout of pynn-brainscales: `python -m compat.tests.conformance [WORD ...]`.

The environment variable `NECKAR_PYNN_BRAINSCALES` names the checkout. Every file runs in a process
and a folder of its own; with words, only files whose names contain one of them. Prints a table for
the documentation; the exit code counts the files in which something failed.
"""

import os
import sys
from pathlib import Path

from compat.tests.conformance import outcome
from compat.tests.conformance.graft import CHECKOUT
from compat.tests.conformance.outcome import Outcome

ENVIRONMENT = {
    "sw": {"HXCOMM_ENABLE_ZERO_MOCK": "1", "NECKAR_PYNN_STRICT": "1"},
    "hw": {},
}


def main() -> int:
    """Run what the command line names."""
    if CHECKOUT not in os.environ:
        print(f"set {CHECKOUT} to a checkout of pynn-brainscales", file=sys.stderr)
        return 2
    tests = Path(os.environ[CHECKOUT]).resolve() / "brainscales2" / "test"
    files = [file for kind in ENVIRONMENT for file in sorted((tests / kind).glob("*.py"))]
    return outcome.table(files, lambda file: run(file, ENVIRONMENT[file.parent.name]), sys.argv[1:])


def run(file: Path, environment: dict[str, str]) -> Outcome:
    """Run the tests of one file."""
    name = f"{file.parent.name}/{file.stem.removeprefix('pynn_brainscales2_test_')}"
    return outcome.run(file, name, environment, plugins=("compat.tests.conformance.graft",))


if __name__ == "__main__":
    sys.exit(main())
