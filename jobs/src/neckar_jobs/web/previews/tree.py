"""JSON as a tree that opens and closes without a script."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

MOST = 2000  # nodes that are shown
DEEPEST = 30
OPEN = 2  # levels that are open at first
LONG = 20  # entries that are closed even there


class _Budget:
    def __init__(self) -> None:
        self.left = MOST

    def spend(self) -> bool:
        self.left -= 1
        return self.left >= 0


def tree(value: Any) -> Markup:
    """Nested lists of names and values."""
    return Markup('<div class="tree">{}</div>').format(_node(value, 0, _Budget()))


def _node(value: Any, depth: int, budget: _Budget) -> Markup:
    if isinstance(value, Mapping):
        return _several([(str(k), v) for k, v in value.items()], "{}", depth, budget)
    if isinstance(value, list):
        return _several([(str(i), v) for i, v in enumerate(value)], "[]", depth, budget)
    if isinstance(value, str):
        return Markup('<span class="string">{}</span>').format(value)
    text = {True: "true", False: "false", None: "null"}.get(value) if _is_word(value) else None
    return Markup('<span class="value">{}</span>').format(text or value)


def _is_word(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def _several(items: list[tuple[str, Any]], kind: str, depth: int, budget: _Budget) -> Markup:
    if not items or depth >= DEEPEST:
        return Markup('<span class="value">{}</span>').format(kind if not items else kind[0] + "…")
    rows = Markup("")
    for name, value in items:
        if not budget.spend():
            rows += Markup('<li class="more">… more than can be shown; download the file</li>')
            break
        rows += _row(name, value, depth, budget)
    return Markup("<ul>{}</ul>").format(rows)


def _row(name: str, value: Any, depth: int, budget: _Budget) -> Markup:
    inner = _node(value, depth + 1, budget)
    if not isinstance(value, (Mapping, list)) or not value:
        return Markup('<li><span class="key">{}</span> {}</li>').format(name, inner)
    mark, number = Markup(" open") if depth < OPEN and len(value) < LONG else "", len(value)
    count = f"{number} {'entry' if number == 1 else 'entries'}"
    return Markup(
        '<li><details{}><summary><span class="key">{}</span> <span class="count">{}</span>'
        "</summary>{}</details></li>"
    ).format(mark, name, count, inner)
