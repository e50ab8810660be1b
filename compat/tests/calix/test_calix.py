"""The tests of `electronicvisions/calix` pass.

They are not part of this repository: name a checkout with NECKAR_CALIX. Here only those without
hardware run; those with calibrate whole chips for minutes: `python -m compat.tests.calix`.
"""

import os
from pathlib import Path

import pytest
from compat.tests.calix.__main__ import CHECKOUT, files, run

FOLDER = os.environ.get(CHECKOUT)


def _without_hardware() -> list[Path]:
    return [file for file in files(Path(FOLDER or "/nowhere")) if file.parents[1].name == "sw"]


@pytest.mark.skipif(not FOLDER, reason=f"no checkout of calix is named; set {CHECKOUT} to one")
@pytest.mark.parametrize("file", _without_hardware(), ids=lambda file: file.stem)
def test_a_file_of_calix_passes(file: Path, tmp_path: Path) -> None:
    outcome = run(file, tmp_path)
    assert outcome.failed == 0, outcome
    assert outcome.passed > 0, outcome
