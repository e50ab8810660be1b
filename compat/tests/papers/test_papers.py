"""Code of papers runs unchanged; checkouts lie in the folder that NECKAR_PAPERS names."""

import os
from pathlib import Path

import pytest
from compat.tests.papers.__main__ import FOLDER, files, run, search_path

CHECKOUTS = Path(os.environ.get(FOLDER, "nowhere")).resolve()
MISSING = {"model-paper-mc-sbi/attenuation_sbi_bss": "versions of sbi and paramopt of one time"}
"""Files that do not run, and what they need."""


def test_checkouts_are_named() -> None:
    if FOLDER not in os.environ:
        pytest.skip(f"no code of papers is named; set {FOLDER} to a folder with checkouts")
    assert list(files(CHECKOUTS))


@pytest.mark.parametrize("file", list(files(CHECKOUTS)), ids=lambda file: file.stem)
def test_a_file_passes(file: Path) -> None:
    outcome = run(file, search_path(CHECKOUTS))
    assert outcome.failed == 0 or outcome.name in MISSING, outcome
