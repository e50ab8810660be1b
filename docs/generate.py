"""Write the reference pages that follow from the code: `python generate.py [--check]`."""

import argparse
import dataclasses
import importlib
import inspect
import os
import re
import sys
from pathlib import Path

REFERENCE = Path(__file__).resolve().parent / "reference"
RESULTS = Path(__file__).resolve().parents[1] / "bench" / "results"
GENERATED = "<!-- written by docs/generate.py; change the docstrings instead -->\n\n"
NOUNS = (
    ("neckar.network", "Network"),
    ("neckar.brainscales2.mapping.place", "Placement"),
    ("neckar.brainscales2.mapping.routing", "Routing"),
    ("neckar.brainscales2.chip.config", "ChipConfig"),
    ("neckar.brainscales2.program", "Program"),
    ("neckar.brainscales2.recording", "Recording"),
    ("neckar.brainscales2.mapping.results", "Results"),
)
COMPANIONS = (
    ("neckar.network", "Population"),
    ("neckar.network", "Projection"),
    ("neckar.network", "Probe"),
    ("neckar.network", "Circuit"),
    ("neckar.network", "LIF"),
    ("neckar.network", "Compartments"),
    ("neckar.network", "SpikeTimes"),
    ("neckar.network", "OnChipPoisson"),
    ("neckar.brainscales2.mapping.forecast", "Forecast"),
    ("neckar.brainscales2.recording", "Entry"),
    ("neckar.brainscales2.recording", "CADCSamples"),
)
COMMANDS = ("run", "check", "info", "show")


def nouns() -> str:
    """The seven nouns and what they consist of."""
    parts = ["# The seven nouns\n\n" + GENERATED]
    parts += [_entry(*noun) for noun in NOUNS]
    parts.append("# What they consist of\n\n")
    parts += [_entry(*noun) for noun in COMPANIONS]
    return "".join(parts).rstrip() + "\n"


def _entry(module: str, name: str) -> str:
    noun = getattr(importlib.import_module(module), name)
    summary, _, rest = inspect.getdoc(noun).partition("\n")
    text = f"## {name}\n\n{summary}\n\n`{noun.__module__}.{name}`\n\n"
    if rest.strip():
        text += "```text\n" + rest.strip("\n") + "\n```\n\n"
    if dataclasses.is_dataclass(noun):
        rows = [f"| `{f.name}` | `{_type(f.type)}` |" for f in dataclasses.fields(noun)]
        text += "| field | type |\n|---|---|\n" + "\n".join(rows) + "\n\n"
    return text


def _type(annotation: object) -> str:
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    text = re.sub(r"\b[\w.]+\.(?=[A-Z])", "", text)
    return text.replace("numpy.", "np.").replace("|", "\\|")


def command_line() -> str:
    """What `neckar --help` says, for every command."""
    from neckar.cli import parser

    os.environ["COLUMNS"] = "96"
    main = parser()
    commands = main._subparsers._group_actions[0].choices
    parts = ["# Command line\n\n" + GENERATED, _verbatim(main.format_help())]
    for name in COMMANDS:
        parts.append(f"## neckar {name}\n\n" + _verbatim(commands[name].format_help()))
    return "".join(parts).rstrip() + "\n"


def _verbatim(text: str) -> str:
    return f"```text\n{text.strip()}\n```\n\n"


def benchmarks() -> str:
    """What `make bench` has measured last."""
    parts = [
        "# Benchmarks\n\n<!-- written by docs/generate.py from bench/results -->\n\n"
        "Measured by `make bench`, which runs the peers one after the other on one machine.\n\n",
    ]
    for table in sorted(RESULTS.glob("*.md")):
        name = table.stem.replace("_", " ").capitalize()
        parts.append(f"## {name}\n\n{table.read_text(encoding='utf-8').strip()}\n\n")
    return "".join(parts).rstrip() + "\n"


PAGES = {"nouns.md": nouns, "cli.md": command_line, "benchmarks.md": benchmarks}


def main() -> int:
    """Write the pages, or with `--check` say which are stale."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--check", action="store_true", help="change nothing, fail if stale")
    check = arguments.parse_args().check
    stale = []
    for name, page in PAGES.items():
        text, path = page(), REFERENCE / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if not check:
                path.write_text(text, encoding="utf-8")
    if stale and check:
        print("stale: " + ", ".join(stale) + "; run `make docs`")
    return int(bool(stale and check))


if __name__ == "__main__":
    sys.exit(main())
