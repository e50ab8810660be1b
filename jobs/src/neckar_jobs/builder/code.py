"""Python as it is written by hand: calls that break where lines become too long."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 99
STEP = 4


@dataclass(frozen=True)
class Expression:
    """A name or a literal, as it stands in the script."""

    text: str


@dataclass(frozen=True)
class Call:
    """A function with its arguments; those without a name come first."""

    function: str
    arguments: tuple[tuple[str, "Expression | Call"], ...]


def call(function: str, *unnamed: Any, **named: Any) -> Call:
    """A call whose arguments are expressions, calls or values."""
    pairs = [("", each) for each in unnamed] + list(named.items())
    return Call(function, tuple((name, _expression(value)) for name, value in pairs))


def written(whole: Expression | Call, indent: int = 0, before: str = "", after: str = "") -> str:
    """Text whose first line begins with `before` and whose last one ends with `after`."""
    pad = " " * indent
    if isinstance(whole, Expression):
        return _list_over_lines(whole.text, indent, before, after)
    flat = f"{pad}{before}{_flat(whole)}{after}"
    if len(flat) <= WIDTH or not whole.arguments:
        return flat
    step = indent + STEP
    one_line = " " * step + ", ".join(_named(*pair) for pair in whole.arguments)
    if len(one_line) <= WIDTH:
        inside = one_line
    else:
        inside = "\n".join(
            written(value, step, f"{name}=" if name else "", ",") for name, value in whole.arguments
        )
    return f"{pad}{before}{whole.function}(\n{inside}\n{pad}){after}"


def literal(value: Any) -> str:
    """A value as Python; whole numbers as such, texts in double quotes."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e6:
        return f"{value:.1f}"
    if isinstance(value, Sequence):
        opening, closing = "()" if isinstance(value, tuple) else "[]"
        return opening + ", ".join(map(literal, value)) + closing
    return repr(value)


def _expression(value: Any) -> Expression | Call:
    return value if isinstance(value, Expression | Call) else Expression(literal(value))


def _flat(whole: Expression | Call) -> str:
    if isinstance(whole, Expression):
        return whole.text
    return f"{whole.function}({', '.join(_named(*pair) for pair in whole.arguments)})"


def _named(name: str, value: Expression | Call) -> str:
    return f"{name}={_flat(value)}" if name else _flat(value)


def _list_over_lines(text: str, indent: int, before: str, after: str) -> str:
    """A list of many numbers fills lines; black would give each a line of its own."""
    pad, inner = " " * indent, " " * (indent + STEP)
    flat = f"{pad}{before}{text}{after}"
    if len(flat) <= WIDTH or not text.startswith("["):
        return flat
    separator = "), " if text.startswith("[(") else ", "
    parts = text[1:-1].split(separator)
    words = [part + separator.rstrip() for part in parts[:-1]] + [parts[-1]]
    lines, line = [], inner
    for word in words:
        if line != inner and len(line) + len(word) > WIDTH:
            lines.append(line.rstrip())
            line = inner
        line += word + " "
    return "\n".join([f"{pad}{before}[", *lines, line.rstrip(), f"{pad}]{after}"])
