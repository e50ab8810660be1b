"""Commands that play a script: run it, look ahead, see where its network went."""

import argparse
import io
import json
import os
import runpy
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any

from neckar.bar import Bar
from neckar.brainscales2.backends import twin
from neckar.brainscales2.calibration import SPIKING, nightly
from neckar.brainscales2.calibration.oracle import report
from neckar.brainscales2.mapping.describe import describe
from neckar.brainscales2.mapping.forecast import Forecast, forecast
from neckar.brainscales2.mapping.mapped import Mapped
from neckar.cli.options import Commands, add_chip, add_number, add_script, here
from neckar.errors import RuleError
from neckar.run import Results, watcher
from neckar.units import counted

BAR_AFTER = 2.0  # s that a script may take before a bar is drawn


def add_run(commands: Commands) -> None:
    """Which script, on which chip, and whether a report is written."""
    run = commands.add_parser("run", help="run a script, unchanged, on an emulated chip")
    add_chip(run)
    run.add_argument("--quiet", action="store_true", help="no progress bar on long runs")
    run.add_argument(
        "--report", type=here, metavar="FILE", help="write figures and tables of all runs as HTML"
    )
    add_script(run)
    run.set_defaults(command=_run)


def add_show(commands: Commands) -> None:
    """Which network of which script, and where the figure goes."""
    show = commands.add_parser("show", help="draw where the network of a script is placed")
    add_chip(show)
    show.add_argument(
        "-o",
        "--output",
        type=here,
        default="placement.png",
        metavar="FILE",
        help="figure (%(default)s)",
    )
    add_number(show)
    add_script(show)
    show.set_defaults(command=_show)


def add_check(commands: Commands) -> None:
    """Which network of which script, for whom."""
    check = commands.add_parser(
        "check", help="what a script would take, lose and break; runs nothing"
    )
    add_chip(check)
    check.add_argument("--json", action="store_true", help="for programs instead of people")
    add_number(check)
    add_script(check)
    check.set_defaults(command=_check)


def _run(options: argparse.Namespace) -> int:
    if not options.quiet and sys.stderr.isatty():
        twin.progress.set(Bar(sys.stderr, after=BAR_AFTER))
    return _play(options) if options.report is None else _run_and_report(options)


def _run_and_report(options: argparse.Namespace) -> int:
    from neckar.plots import watch
    from neckar.plots.page import page

    with watch() as runs, _noted() as caught:
        code = _play(options)
    if code:
        return code
    chip = twin.default()
    document = page(
        Path(options.script).name,
        f"HICANN-X v3, {chip.identifier}, noise of seed {chip.seed}",
        runs,
        report(nightly(chip.serial, spread=chip.spread), SPIKING, chip.serial, chip.spread),
        caught,
    )
    Path(options.report).write_text(document, encoding="utf-8")
    seen = counted(len(runs), "run")
    print(f"{os.path.relpath(options.report)}: {seen}, {len(document) >> 10} KiB")
    return 0


@contextmanager
def _noted() -> Iterator[list[str]]:
    """Warnings of a script, which are still shown as always."""
    caught: list[str] = []
    with warnings.catch_warnings():
        show = warnings.showwarning

        def note(message: Warning | str, *rest: Any) -> None:
            caught.append(str(message))
            show(message, *rest)

        warnings.showwarning = note  # type: ignore[assignment]
        yield caught


def _show(options: argparse.Namespace) -> int:
    from neckar.plots.occupation import occupation

    found = _find(options)
    if isinstance(found, int):
        return found
    occupation(found.snippets[-1]).savefig(options.output, dpi=150)
    print(f"{os.path.relpath(options.output)}: {_counts(found.snippets[-1])}")
    return 0


def _counts(mapped: Mapped) -> str:
    n_neurons = sum(circuits.size for circuits in mapped.placement.circuits.values())
    n_synapses = len(mapped.routing.synapses.row)
    return f"{n_neurons} of 512 neurons, {n_synapses} of 131072 synapses"


def _check(options: argparse.Namespace) -> int:
    chip = twin.default()
    output = io.StringIO()
    try:
        with redirect_stdout(output):  # of the script
            found = _find(options)
        if isinstance(found, int):
            return found
        seen = forecast(found.snippets, chip, found.n_executions)
    except RuleError as error:
        seen = Forecast(chip=chip.identifier, violations=error.violations)
    print(json.dumps(asdict(seen), indent=2) if options.json else describe(seen))
    return int(bool(seen.violations))


class _Found(Exception):  # noqa: N818 good news
    """The network that was looked for has been mapped; nothing needs to run."""


class _Finder:
    """Waits for the run of a number and stops the script there."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.n_found = 0
        self.n_executions = 1
        self.snippets: Sequence[Mapped] = ()

    def prepared(self, snippets: Sequence[Mapped], n_executions: int) -> None:
        self.n_found += 1
        self.snippets, self.n_executions = snippets, n_executions
        if self.n_found == self.number:
            raise _Found

    def returned(self, snippets: Sequence[Mapped], results: Results) -> None:
        """Of no interest."""


def _find(options: argparse.Namespace) -> _Finder | int:
    """The run that is asked for, mapped and not run; an exit code if there is none."""
    finder = _Finder(options.number)
    watcher.set(finder)
    try:
        if code := _play(options):
            return code
    except _Found:
        return finder
    print(
        f"neckar: {options.script} ran {finder.n_found} networks, there is no number "
        f"{options.number}",
        file=sys.stderr,
    )
    return 1


def _play(options: argparse.Namespace) -> int:
    """Run the script as `python SCRIPT` would."""
    script = Path(options.script)
    if not script.is_file():
        print(f"neckar: there is no file {options.script}", file=sys.stderr)
        return 2
    sys.argv = [options.script, *options.arguments]
    sys.path[0:1] = [str(script.resolve().parent)]
    runpy.run_path(options.script, run_name="__main__")
    return 0
