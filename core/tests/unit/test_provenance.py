import json
import os
import subprocess
import sys

import pytest

from neckar.brainscales2 import provenance
from neckar.brainscales2.calibration.nightly import nightly
from neckar.brainscales2.program import BlockUntil, Program
from neckar.brainscales2.twin.chip import Twin

SCRIPT = """
import json, os
from neckar.brainscales2.calibration.nightly import nightly
from neckar.brainscales2.program import BlockUntil, Program
from neckar.brainscales2.twin.chip import Twin

nightly(849)
with Twin(seed=3).open() as chip:
    for _ in range(3):
        chip.run(Program(instructions=(BlockUntil(cycles=1000),)))
with Twin.ideal().open() as chip:
    chip.run(Program(instructions=(BlockUntil(cycles=1000),)))
json.dump({"mine": 1}, open("story.json", "w"))
os.chdir("/")
"""


@pytest.fixture
def story(tmp_path, monkeypatch):
    """The file that holds what a script leaves behind."""

    def tell(script):
        (tmp_path / "script.py").write_text(script)
        environment = {**os.environ, provenance.FILE: "story.json"}
        subprocess.run([sys.executable, "script.py"], cwd=tmp_path, env=environment, check=True)
        return json.loads((tmp_path / "story.json").read_text())

    return tell


def test_a_script_leaves_behind_which_chips_it_had_and_how_often(story):
    told = story(SCRIPT)
    assert told["mine"] == 1
    first, second = told["chips"]
    seconds = first.pop("hardware_seconds")
    assert first == {
        "chip": "twin-849",
        "serial": 849,
        "seed": 3,
        "noise": True,
        "programs": 3,
        "executions": 3,
    }
    assert seconds > 0
    assert (second["chip"], second["noise"], second["programs"]) == ("twin-ideal", False, 1)
    assert [(each["chip"], each["kind"]) for each in told["calibrations"]] == [
        ("twin-849", "spiking")
    ]
    assert len(told["calibrations"][0]["sha256"]) == 64
    assert told["script"]["name"] == "script.py"
    assert {"neckar", "numpy"} <= set(told["software"])


def test_nobody_is_told_who_does_not_want_to_know(tmp_path, monkeypatch):
    monkeypatch.delenv(provenance.FILE, raising=False)
    monkeypatch.chdir(tmp_path)
    nightly(849)
    with Twin.ideal().open() as chip:
        chip.run(Program(instructions=(BlockUntil(cycles=1000),)))
    assert list(tmp_path.iterdir()) == []
