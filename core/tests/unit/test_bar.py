import io

import pytest

from neckar import bar
from neckar.bar import Bar


def test_the_bar_waits_then_grows_then_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([0.0, 1.0, 5.0, 10.0])
    monkeypatch.setattr(bar.time, "monotonic", lambda: next(seconds))
    stream = io.StringIO()
    shown = Bar(stream, after=2.0)
    shown(0.1)
    assert stream.getvalue() == ""
    shown(0.5)
    assert "50%, 5 s left" in stream.getvalue()
    shown(1.0)
    assert stream.getvalue().endswith(" \r")


def test_a_stage_stands_where_the_time_would_and_leaves_nothing_on_the_line() -> None:
    stream = io.StringIO()
    shown = Bar(stream, "measuring")
    for fraction, stage in ((0.0, "conductances"), (0.5, "leak"), (1.0, "done")):
        shown(fraction, stage)
    _, first, second, wiped, end = stream.getvalue().split("\r")
    assert first == f"measuring {'░' * 40}   0%, conductances"
    assert second == f"measuring {'█' * 20}{'░' * 20}  50%, leak        "
    assert (wiped, end) == (" " * len(first), "")
