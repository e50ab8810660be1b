"""Examples that a new job can begin with: the scripts of a folder."""

import ast
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock

MOST = 60
LARGEST = 1024 * 1024  # bytes of a file that comes along
_one_at_a_time = Lock()  # some CPython 3.11 fail when several threads parse (their issue 106905)


@dataclass(frozen=True, kw_only=True)
class Example:
    """A script somebody may begin with."""

    name: str  # its path in the folder
    title: str
    text: str


def examples(folder: Path | None) -> list[Example]:
    """Every script of a folder and the folders in it, that says in its first line what it is."""
    if folder is None or not folder.is_dir():
        return []
    paths = sorted(folder.rglob("*.py"), key=lambda p: (len(p.parts), p))
    scripts = [path for path in paths if not path.name.startswith(("test_", "conftest", "_"))]
    found = (_example(path, folder) for path in scripts[:MOST])
    return [each for each in found if each is not None]


def example(folder: Path | None, name: str) -> Example | None:
    """One of them."""
    return next((each for each in examples(folder) if each.name == name), None)


def _example(path: Path, folder: Path) -> Example | None:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    title = _title(text)
    return Example(name=str(path.relative_to(folder)), title=title, text=text) if title else None


@lru_cache(MOST)
def _title(text: str) -> str:
    """What a script says in its first line that it is; empty if nothing."""
    with _one_at_a_time:
        try:
            said = ast.get_docstring(ast.parse(text)) or ""
        except SyntaxError:
            return ""
    return said.split("\n\n")[0].replace("\n", " ").strip()


def companions(folder: Path, chosen: Example) -> list[Path]:
    """Files of the folder that a script names: it reads them, so they come along."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".py")
    return [p for p in found if p.name in chosen.text and p.stat().st_size <= LARGEST]
