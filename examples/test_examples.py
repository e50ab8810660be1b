"""Every example runs, prints what it measured, and draws what it promises."""

import ast
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

HERE = Path(__file__).resolve().parent
TEN_LINES = sorted((HERE / "ten_lines").glob("*.py"))
EXPERT = sorted((HERE / "expert").glob("*.py"))
GALLERY = sorted(path for path in (HERE / "gallery").glob("*.py") if path.name != "draw.py")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _leave_matplotlib_as_it_was() -> Iterator[None]:
    with mpl.rc_context():
        yield
    plt.close("all")


def scripts(paths: list[Path]) -> list[object]:
    return [pytest.param(path, id=path.stem) for path in paths]


@pytest.mark.parametrize("script", scripts(TEN_LINES))
def test_ten_lines_run_and_print_a_number(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(script), run_name="__main__")
    assert any(character.isdigit() for character in capsys.readouterr().out)


@pytest.mark.parametrize("script", scripts(TEN_LINES))
def test_ten_lines_are_at_most_ten_statements(script: Path) -> None:
    module = ast.parse(script.read_text(encoding="utf-8"))
    imports = (ast.Import, ast.ImportFrom)
    statements = [n for n in ast.walk(module) if isinstance(n, ast.stmt)]
    assert sum(not isinstance(s, imports) for s in statements) - 1 <= 10  # less the docstring


def test_the_list_of_ten_lines_is_complete() -> None:
    page = (HERE / "ten_lines" / "README.md").read_text(encoding="utf-8")
    assert all(f"[{path.name}]({path.name})" in page for path in TEN_LINES)


@pytest.mark.parametrize("script", scripts(GALLERY + EXPERT))
def test_gallery_draws_its_figure(script: Path, tmp_path: Path) -> None:
    runpy.run_path(str(script), run_name="__main__")
    assert (tmp_path / f"{script.stem}.png").stat().st_size > 10_000


def test_the_gallery_page_is_complete() -> None:
    for name, paths in (("gallery", GALLERY), ("expert", EXPERT)):
        page = (HERE / name / "README.md").read_text(encoding="utf-8")
        assert all(f"figures/{path.stem}.png" in page for path in paths)
        assert all(f"[{path.name}]({path.name})" in page for path in paths)


def test_the_own_calibration_has_thirty_lines() -> None:
    script = (HERE / "expert" / "own_calibration.py").read_text(encoding="utf-8")
    lines = script.partition("\nTARGET")[2].partition("\nfor name, readings")[0].splitlines()
    assert sum(bool(line.strip()) for line in lines) <= 30


def test_demo_prints_what_it_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(HERE / "demo.py"), run_name="__main__")
    assert (tmp_path / "demo.png").stat().st_size > 50_000
    assert "a travelling wave" in capsys.readouterr().out


def test_demo_goes_the_whole_way_as_a_job(tmp_path: Path) -> None:
    programs = Path(sys.executable).parent
    if not (programs / "neckar-jobs").exists():
        pytest.skip("neckar-jobs is not installed beside this Python: make setup")
    words = [str(HERE / "demo_as_a_job"), str(programs)]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "a travelling wave" in done.stdout
    assert "kept with the job  twin-849, seed 0" in done.stdout
    assert (tmp_path / "demo.png").stat().st_size > 50_000
