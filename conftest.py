"""Lets pytest run what the pages show: python blocks, and neckar commands in console blocks."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent
FENCE = re.compile(
    r"^```(?P<language>python|console)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


def pytest_configure(config: pytest.Config) -> None:
    """Calibrations that tests ask for lie in a cache of their own; all processes share it."""
    if not hasattr(config, "workerinput") and hasattr(config, "cache"):
        os.environ["XDG_CACHE_HOME"] = str(config.cache.mkdir("calibrations"))


@pytest.fixture(autouse=True)
def first_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test sees the noise of a fresh process, in whatever order tests run."""
    if loaded := sys.modules.get("neckar.brainscales2.backends.twin"):
        monkeypatch.setattr(loaded, "_sessions", count())


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "Page | None":
    """Every page with something to run is a test."""
    if file_path.suffix == ".md" and FENCE.search(file_path.read_text(encoding="utf-8")):
        return Page.from_parent(parent, path=file_path)
    return None


class Page(pytest.File):
    """A Markdown page; its python blocks belong together, each command stands alone."""

    def collect(self) -> Iterator[pytest.Item]:
        """One test for all python blocks, one for every command."""
        text = self.path.read_text(encoding="utf-8")
        blocks = list(FENCE.finditer(text))
        python = [_at_its_line(text, b) for b in blocks if b["language"] == "python"]
        if python:
            yield Snippets.from_parent(self, name="python", blocks=python)
        for block in (b for b in blocks if b["language"] == "console"):
            for command in re.findall(r"^\$ (neckar .*)$", block["text"], re.MULTILINE):
                yield Command.from_parent(self, name=command, command=command)


def _at_its_line(text: str, block: re.Match[str]) -> str:
    """The block behind so many empty lines that tracebacks point into the page."""
    return "\n" * text.count("\n", 0, block.start("text")) + block["text"]


class Snippets(pytest.Item):
    """The python blocks of a page, run one after the other in one namespace."""

    def __init__(self, *, blocks: list[str], **rest: Any) -> None:
        super().__init__(**rest)
        self.blocks = blocks

    def runtest(self) -> None:
        """Run in an empty folder, beside a link to the examples."""
        namespace: dict[str, object] = {"__name__": "__main__"}
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(_folder(self))
            for block in self.blocks:
                exec(compile(block, str(self.path), "exec"), namespace)


class Command(pytest.Item):
    """A command of a page must succeed."""

    def __init__(self, *, command: str, **rest: Any) -> None:
        super().__init__(**rest)
        self.command = command

    def runtest(self) -> None:
        """Run the command line of this environment in an empty folder, beside the examples."""
        command = [sys.executable, "-m", "neckar", *shlex.split(self.command)[1:]]
        environment = {**os.environ, "PYTHONWARNINGS": "default"}
        done = subprocess.run(
            command, cwd=_folder(self), env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr


def _folder(item: pytest.Item) -> Path:
    factory = item.session.config._tmp_path_factory
    folder: Path = factory.mktemp("page")
    (folder / "examples").symlink_to(ROOT / "examples")
    return folder
