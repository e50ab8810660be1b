import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
GOOD = """
import ipywidgets as w
calls = []
@w.interact(x=w.IntSlider(min=1, max=9, value=5))
def callback(x):
    calls.append(x)
assert calls == [5, 1, 9], calls
"""
DRAWING = """
import ipywidgets as w
import matplotlib.pyplot as plt
@w.interact(x=w.IntSlider(5))
def callback(x):
    assert not plt.get_fignums()
    plt.figure()
"""
FAILING_CALLBACK = """
import ipywidgets as w
@w.interact(x=w.IntSlider(5))
def callback(x):
    raise ValueError("inside of the callback")
"""
FAILING_OUTPUT = """
import ipywidgets as w
with w.Output():
    raise ValueError("inside of the callback")
"""
FAILING_FIGURE = """
import matplotlib.pyplot as plt
plt.figure().text(0, 0, r"$\\\\inside of the callback$")
"""


def play(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Play a demo that consists of one cell."""
    (folder / "_static").mkdir()
    (folder / "matplotlibrc").write_text("")
    indented = "".join(f"    {line}\n" for line in code.strip().splitlines())
    demo = folder / "demo.rst"
    demo.write_text(f".. code:: ipython3\n\n{indented}")
    command = [sys.executable, "-m", "compat.tests.demos", str(demo)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_callbacks_run_with_their_first_value_and_the_ends_of_sliders(tmp_path: Path) -> None:
    played = play(tmp_path, GOOD)
    assert played.returncode == 0, played.stdout + played.stderr
    assert "PASS demo: 1 cells" in played.stdout


def test_every_call_of_a_callback_draws_a_figure_of_its_own(tmp_path: Path) -> None:
    played = play(tmp_path, DRAWING)
    assert played.returncode == 0, played.stdout + played.stderr
    assert "note" not in played.stdout


@pytest.mark.parametrize("code", [FAILING_CALLBACK, FAILING_OUTPUT, FAILING_FIGURE])
def test_nothing_is_swallowed(tmp_path: Path, code: str) -> None:
    played = play(tmp_path, code)
    assert played.returncode == 1
    assert "inside of the callback" in played.stdout
    assert "FAIL demo" in played.stdout
