"""What the runners of foreign tests print and say."""

from pathlib import Path

import pytest
from compat.tests.conformance import outcome
from compat.tests.conformance.outcome import Outcome

FILES = [Path(name) for name in ("test_good.py", "test_bad.py", "test_worse.py")]


def result(file: Path) -> Outcome:
    failed = 0 if file == FILES[0] else 2
    name = file.stem.removeprefix("test_")
    return Outcome(name=name, passed=1, failed=failed, skipped=0, seconds=0.4, reasons=())


def test_a_table_has_a_row_for_each_file_and_counts_those_that_fail(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert outcome.table(FILES, result, []) == 2
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split(" | ")[0] for row in rows] == ["| good", "| bad", "| worse"]


def test_words_choose_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome.table(FILES, result, ["worse", "good"]) == 1
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split(" | ")[0] for row in rows] == ["| good", "| worse"]
