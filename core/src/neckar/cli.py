"""Run a script on an emulated chip, look ahead, ask about the chip, see where a network went."""

import argparse
import io
import json
import os
import platform
import runpy
import signal
import sys
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import asdict, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TextIO

from neckar import __version__
from neckar.brainscales2.backends import twin
from neckar.brainscales2.backends.sharing import remote, serve
from neckar.brainscales2.calibration import (
    SPIKING,
    Calibration,
    Sensing,
    SensorCalibration,
    Target,
    nightly,
    nightly_path,
    verify,
    verify_sensors,
)
from neckar.brainscales2.calibration import progress as calibrating
from neckar.brainscales2.calibration.nightly import (
    SUFFIXES,
    document,
    laboratory,
    measured,
    measured_sensors,
    target_of,
)
from neckar.brainscales2.calibration.oracle import report
from neckar.brainscales2.calibration.target import BRANCHES, TARGETS
from neckar.brainscales2.mapping.describe import describe
from neckar.brainscales2.mapping.forecast import Forecast, forecast
from neckar.brainscales2.mapping.mapped import Mapped
from neckar.brainscales2.twin.kernels import cpu_path
from neckar.errors import CalibrationError, NeckarError, RuleError
from neckar.run import Results, watcher
from neckar.units import counted, us

BAR_AFTER = 2.0  # s that a program may take before a bar is drawn
BAR_WIDTH = 40
PACKAGES = ("numpy", "scipy", "PyNN", "neo", "matplotlib")


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    main = argparse.ArgumentParser(prog="neckar", description=__doc__)
    main.add_argument("--version", action="version", version=f"neckar {__version__}")
    commands = main.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="run a script, unchanged, on an emulated chip")
    _add_chip(run)
    run.add_argument("--quiet", action="store_true", help="no progress bar on long runs")
    run.add_argument(
        "--report", type=_here, metavar="FILE", help="write figures and tables of all runs as HTML"
    )
    _add_script(run)
    run.set_defaults(command=_run)

    show = commands.add_parser("show", help="draw where the network of a script is placed")
    _add_chip(show)
    show.add_argument(
        "-o", "--output", type=_here, default="placement.png", metavar="FILE", help=_FIGURE
    )
    _add_number(show)
    _add_script(show)
    show.set_defaults(command=_show)

    check = commands.add_parser(
        "check", help="what a script would take, lose and break; runs nothing"
    )
    _add_chip(check)
    check.add_argument("--json", action="store_true", help="for programs instead of people")
    _add_number(check)
    _add_script(check)
    check.set_defaults(command=_check)

    calibrate = commands.add_parser(
        "calibrate", help="measure settings that make all neurons do the same"
    )
    _add_target(calibrate)
    calibrate.set_defaults(command=_calibrate)

    serve = commands.add_parser("serve", help="hold a chip for others, who send their programs")
    _add_chip(serve)
    serve.add_argument("--host", default="127.0.0.1", help="where to listen (%(default)s)")
    serve.add_argument("--port", type=int, default=0, help="(any that is free)")
    serve.add_argument(
        "--sessions", action="store_true", help="read who may come from lines of JSON"
    )
    serve.add_argument("--open", action="store_true", help="for all who can connect, without a key")
    serve.set_defaults(command=_serve)

    info = commands.add_parser("info", help="which chip, how well calibrated, how fast")
    _add_chip(info)
    info.set_defaults(command=_info)
    return main


_FIGURE = "figure (%(default)s)"


def _here(path: str) -> str:
    """A path that stays what it is when the script changes the folder."""
    return os.path.abspath(path)


def _add_chip(command: argparse.ArgumentParser) -> None:
    _add_which(command)
    command.add_argument("--seed", type=int, metavar="N", help="number of the temporal noise")


def _add_which(command: argparse.ArgumentParser) -> None:
    which = command.add_mutually_exclusive_group()
    which.add_argument("--serial", type=int, metavar="N", help="serial number of the chip")
    which.add_argument("--ideal", action="store_true", help="a chip without mismatch and noise")


def _add_target(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "kind", choices=[*TARGETS, _CORRELATION], nargs="?", default="spiking", help="(%(default)s)"
    )
    _add_which(command)
    for name, (unit, _) in {**_WANTED, **_WANTED_SENSORS}.items():
        option = f"--{name.replace('_', '-')}"
        command.add_argument(option, type=float, metavar=unit, help="instead of that of the kind")
    command.add_argument(
        "--branch", choices=[*BRANCHES, "both"], help="of correlation sensors (both)"
    )
    command.add_argument(
        "--trims", action="store_true", help="set the bits of every correlation sensor, too"
    )
    command.add_argument(
        "-o",
        "--output",
        type=_here,
        metavar="FILE",
        help=f"where settings go; {', '.join(SUFFIXES)}",
    )
    command.add_argument("--report", type=_here, metavar="FILE", help="write figures as HTML")
    command.add_argument("--quiet", action="store_true", help="no progress bar")


_WANTED = {
    "leak": ("LSB", 1),
    "reset": ("LSB", 1),
    "threshold": ("LSB", 1),
    "tau_mem": ("us", us),
    "tau_syn": ("us", us),
    "tau_icc": ("us", us),
    "refractory": ("us", us),
    "reversal_exc": ("LSB", 1),
    "reversal_inh": ("LSB", 1),
}
_CORRELATION = "correlation"
_NEURONS, _SYNAPSES = "all neurons and drivers", "all 131 072 synapses"
_WANTED_SENSORS = {"amplitude": ("LSB", 1), "tau": ("us", us)}


def _add_number(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "-n",
        "--number",
        type=int,
        default=1,
        metavar="N",
        help="which of the networks that the script runs, counted from 1 (%(default)s)",
    )


def _add_script(command: argparse.ArgumentParser) -> None:
    command.add_argument("script", metavar="SCRIPT", help="a Python file")
    command.add_argument(
        "arguments", nargs="*", metavar="...", help="what the script gets; options of it behind --"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    options = _parsed(arguments)
    _choose_chip(options)
    try:
        code: int = options.command(options)
    except NeckarError as error:
        print(f"neckar: {_place(error, options)}{error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Options may stand before, between and behind the script and its arguments."""
    main = parser()
    options, rest = main.parse_known_args(arguments)
    unknown = [word for word in rest if word.startswith("-") or not hasattr(options, "arguments")]
    if unknown:
        main.error(f"unrecognized arguments: {' '.join(unknown)}")
    if rest:
        options.arguments += rest
    return options


def _choose_chip(options: argparse.Namespace) -> None:
    if options.serial is not None:
        os.environ["NECKAR_SERIAL"] = str(options.serial)
        os.environ.pop("NECKAR_IDEAL", None)
    if options.ideal:
        os.environ["NECKAR_IDEAL"] = "1"
    if getattr(options, "seed", None) is not None:
        os.environ["NECKAR_SEED"] = str(options.seed)


def _place(error: NeckarError, options: argparse.Namespace) -> str:
    """The line of the script that led to the error."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == getattr(options, "script", None):
            line = trace.tb_lineno
        trace = trace.tb_next
    return "" if line is None else f"{options.script}, line {line}: "


def _run(options: argparse.Namespace) -> int:
    if not options.quiet and sys.stderr.isatty():
        twin.progress.set(Bar(sys.stderr))
    return _play(options) if options.report is None else _run_and_report(options)


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


class Bar:
    """A progress bar for programs that take their time."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.begin = time.monotonic()
        self.fraction = 0.0

    def __call__(self, fraction: float) -> None:
        """Show that this fraction of a program has been played."""
        if fraction < self.fraction:
            self.begin = time.monotonic()
        self.fraction = fraction
        elapsed = time.monotonic() - self.begin
        if elapsed > BAR_AFTER:
            self._draw(elapsed)

    def _draw(self, elapsed: float) -> None:
        done = round(BAR_WIDTH * self.fraction)
        left = elapsed / self.fraction - elapsed
        text = f"{'█' * done}{'░' * (BAR_WIDTH - done)} {self.fraction:4.0%}, {left:.0f} s left"
        self.stream.write(f"\r{text:{BAR_WIDTH + 30}}")
        if self.fraction >= 1:
            self.stream.write(f"\r{'':{BAR_WIDTH + 30}}\r")
        self.stream.flush()


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


def _serve(options: argparse.Namespace) -> int:
    backend = twin.default()
    if options.sessions:
        tell = partial(print, flush=True)
        serve.for_sessions(backend, options.host, options.port, sys.stdin, tell)
        return 0
    where = backend, options.host, options.port
    if options.open:
        server, variables = serve.for_all(*where)
    else:
        server, variables = serve.for_one_key(*where, os.environ.get(remote.KEY, ""))
    print(*(f"export {name}={value}" for name, value in variables.items()), sep="\n", flush=True)
    with suppress(KeyboardInterrupt):
        signal.pause()
    server.close()
    return 0


def _show(options: argparse.Namespace) -> int:
    from neckar.plots.occupation import occupation

    found = _find(options)
    if isinstance(found, int):
        return found
    occupation(found.snippets[-1]).savefig(options.output, dpi=150)
    print(f"{os.path.relpath(options.output)}: {_counts(found.snippets[-1])}")
    return 0


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


def _counts(mapped: Mapped) -> str:
    n_neurons = sum(circuits.size for circuits in mapped.placement.circuits.values())
    n_synapses = len(mapped.routing.synapses.row)
    return f"{n_neurons} of 512 neurons, {n_synapses} of 131072 synapses"


def _calibrate(options: argparse.Namespace) -> int:
    chip = twin.default()
    chip = laboratory(chip.serial, chip.spread)
    shown = not options.quiet and sys.stderr.isatty()
    what = f"{options.kind} of {chip.identifier}"
    bar = calibrating.Bar(sys.stderr, what) if shown else None
    calibration: Calibration | SensorCalibration
    if options.kind == _CORRELATION:
        calibration = of_sensors = measured_sensors(chip, _sensing(options), bar)
        residuals, parts, of = verify_sensors(chip, of_sensors), "quadrants", _SYNAPSES
    else:
        calibration = of_neurons = measured(chip, _target(options), bar)
        residuals, parts, of = verify(chip, of_neurons), "neurons", _NEURONS
    n_good, n = int(calibration.is_successful.sum()), calibration.is_successful.size
    print(f"{what}: {n_good} of {n} {parts} within the range of their settings")
    print(f"\n{_HEAD} {'left':>6}")
    for residual in residuals:
        print(f"{residual} {residual.ratio:6.2f}")
    if options.output:
        Path(options.output).write_bytes(document(calibration, Path(options.output).name))
    if options.report:
        from neckar.plots.page import calibration_page

        title = f"Calibration for {options.kind}"
        page = calibration_page(title, f"HICANN-X v3, {chip.identifier}", residuals, of)
        Path(options.report).write_text(page, encoding="utf-8")
    return 0


def _sensing(options: argparse.Namespace) -> Sensing:
    """What the command line says of correlation sensors."""
    _refuse(options, _WANTED)
    given = {n: getattr(options, n) for n in ("branch", "trims") if getattr(options, n)}
    if options.amplitude:
        given["amplitude_lsb"] = options.amplitude
    if options.tau:
        given["tau"] = options.tau * us
    return Sensing(**given)


def _refuse(options: argparse.Namespace, names: Iterable[str]) -> None:
    for name in names:
        if getattr(options, name):
            raise CalibrationError(
                f"--{name.replace('_', '-')} says nothing about a calibration for {options.kind};"
                " leave it out"
            )


def _target(options: argparse.Namespace) -> Target:
    """That of the kind, with what the command line says instead."""
    _refuse(options, (*_WANTED_SENSORS, "branch", "trims"))
    target = target_of(options.kind)
    given = {
        n: getattr(options, n) * scale for n, (_, scale) in _WANTED.items() if getattr(options, n)
    }
    of_firing = {f"{n}_lsb": given.pop(n) for n in ("reset", "threshold") if n in given}
    if of_firing and target.firing is None:
        raise CalibrationError(
            f"neurons of a calibration for {options.kind} do not fire; leave out --reset and"
            " --threshold, or calibrate for spiking"
        )
    firing = replace(target.firing, **of_firing) if target.firing else None
    names = {"leak": "leak_lsb", "refractory": "refractory_time"}
    names |= {name: f"{name}_lsb" for name in ("reversal_exc", "reversal_inh")}
    return replace(target, firing=firing, **{names.get(n, n): v for n, v in given.items()})


_HEAD = f"{'':24} {'wanted':>8} {'uncalibrated':>16} {'calibrated':>16}"


def _info(options: argparse.Namespace) -> int:
    chip = twin.default()
    print(f"neckar        {__version__}, Python {platform.python_version()}")
    print("packages      " + ", ".join(f"{name} {_version(name)}" for name in PACKAGES))
    print(f"inner loop    {cpu_path()}")
    print(f"chip          HICANN-X v3, {chip.identifier}, noise of seed {chip.seed}")
    print(f"calibration   {nightly_path(chip.serial, spread=chip.spread)}")
    print(f"\n{_HEAD}")
    calibrated = nightly(chip.serial, spread=chip.spread)
    for residual in report(calibrated, SPIKING, chip.serial, chip.spread):
        print(residual)
    return 0


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


if __name__ == "__main__":
    sys.exit(main())
