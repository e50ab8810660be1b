"""The tests of `electronicvisions/pynn-brainscales` pass, but for those that need what is missing.

They are not part of this repository: name a checkout with NECKAR_PYNN_BRAINSCALES.
"""

import os
from pathlib import Path
from xml.etree import ElementTree

import pytest
from compat.tests.conformance.__main__ import ENVIRONMENT, run
from compat.tests.conformance.graft import CHECKOUT
from compat.tests.conformance.outcome import read

FOLDER = os.environ.get(CHECKOUT)
MISSING = {
    "hw/plasticity_rule": "embedded processors",
    "hw/spikeio": "sources outside of the chip",
    "hw/static_recording_synapse": "embedded processors",
    "sw/plasticity_rules": "embedded processors",
}


def _files() -> list[tuple[str, Path]]:
    root = Path(FOLDER or "/nowhere") / "brainscales2" / "test"
    return [(kind, file) for kind in ENVIRONMENT for file in sorted((root / kind).glob("*.py"))]


@pytest.mark.skipif(
    not FOLDER, reason=f"no checkout of pynn-brainscales is named; set {CHECKOUT} to one"
)
@pytest.mark.parametrize(("kind", "file"), _files(), ids=lambda each: getattr(each, "stem", each))
def test_a_file_of_the_original_passes(kind: str, file: Path) -> None:
    outcome = run(file.resolve(), ENVIRONMENT[kind])
    if outcome.name in MISSING:
        pytest.skip(f"needs {MISSING[outcome.name]}")
    assert outcome.failed == 0, outcome


def test_a_report_becomes_a_row_with_every_reason_once() -> None:
    report = """<testsuite>
      <testcase name="good"/>
      <testcase name="bad"><failure message="Wrong: a|b&#10;more"/></testcase>
      <testcase name="worse"><failure message="Wrong: a|b"/></testcase>
      <testcase name="lazy"><skipped message="not today"/></testcase>
    </testsuite>"""
    cases = list(ElementTree.fromstring(report).iter("testcase"))
    outcome = read("sw/things", cases, 1.2)
    assert str(outcome) == (
        "| sw/things | 1 | 2 | 1 | 1 s | `bad`, `worse`: Wrong: a\\|b; `lazy`: not today |"
    )
