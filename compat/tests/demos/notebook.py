"""Turn a demo, a text in reStructuredText, into the cells of a notebook."""

import re
import textwrap
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

LANGUAGES = ("ipython3", "ipython", "python3")
TAGS = ("jupyter", "Solution", "exclude_nmpi")  # what the demos' own tests build with
OPTION = re.compile(r" +:(?P<name>[\w-]+): *(?P<value>.*)")
DIRECTIVE = re.compile(r"(?P<indent> *)\.\. (?P<name>[\w-]+)::(?P<argument>.*)")


def cells(demo: Path, *, is_shortened: bool = True) -> list[str]:
    """The code cells of a demo, includes resolved, solutions among them.

    Args:
        demo: its text.
        is_shortened: with the cells that make it shorter for tests, which readers never see.
    """
    return list(_cells(_lines(demo), is_shortened))


def _lines(path: Path) -> list[str]:
    """Lines of a file with those of included files in their place."""
    lines: list[str] = []
    waiting = [line.rstrip() for line in path.read_text().expandtabs().splitlines()]
    while waiting:
        line = waiting.pop(0)
        match = DIRECTIVE.fullmatch(line)
        if match and match["name"] == "include":
            options = _options(waiting)
            included = _included(path.parent / match["argument"].strip(), options)
            lines += [(match["indent"] + inner).rstrip() for inner in included]
            waiting = waiting[len(options) :]
        else:
            lines.append(line)
    return lines


def _options(lines: list[str]) -> dict[str, str]:
    """Options of a directive whose first line was just read."""
    options = {}
    for line in lines:
        match = OPTION.fullmatch(line)
        if match is None:
            break
        options[match["name"]] = match["value"]
    return options


def _included(path: Path, options: dict[str, str]) -> list[str]:
    """An included file; with the option `code` it is a cell."""
    if "code" not in options:
        return _lines(path)
    code = path.read_text().expandtabs().splitlines()[int(options.get("start-line", 0)) :]
    return [f".. code:: {LANGUAGES[0]}", "", *("    " + line for line in code), ""]


def _cells(lines: list[str], is_shortened: bool) -> Iterator[str]:
    at = 0
    while at < len(lines):
        match = DIRECTIVE.fullmatch(lines[at])
        at += 1
        if match is None:
            continue
        end = _end_of_block(lines, at, len(match["indent"]))
        if match["name"] in ("code", "code-block") and match["argument"].strip() in LANGUAGES:
            if is_shortened or "test" not in _options(lines[at:end]).get("class", "").split(", "):
                yield _code(lines[at:end])
            at = end
        elif match["name"] == "only" and not _holds(match["argument"]):
            at = end


def _end_of_block(lines: list[str], begin: int, indent: int) -> int:
    """The first line from `begin` on that is not indented more than `indent`."""
    for at in range(begin, len(lines)):
        line = lines[at]
        if line and len(line) - len(line.lstrip()) <= indent:
            return at
    return len(lines)


def _code(block: list[str]) -> str:
    """The code of a block without the options of its directive."""
    begin = 0
    while begin < len(block) and re.match(r" *:\w+:", block[begin]):
        begin += 1
    return textwrap.dedent("\n".join(block[begin:])).strip("\n") + "\n"


def _holds(expression: str) -> bool:
    """Whether an `only` applies: tags joined by and, or, not."""
    tags = defaultdict(bool, dict.fromkeys(TAGS, True))
    return bool(eval(expression.strip(), {"__builtins__": {}}, tags))
