"""`neckar calibrate`: measure settings that make all neurons, or all sensors, do the same."""

import argparse
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from neckar.bar import Bar
from neckar.brainscales2.backends import twin
from neckar.brainscales2.calibration import (
    Calibration,
    Sensing,
    SensorCalibration,
    Target,
    verify,
    verify_sensors,
)
from neckar.brainscales2.calibration.nightly import (
    SUFFIXES,
    document,
    laboratory,
    measured,
    measured_sensors,
    target_of,
)
from neckar.brainscales2.calibration.target import BRANCHES, TARGETS
from neckar.cli.options import SPREADS, Commands, add_which, here
from neckar.errors import CalibrationError
from neckar.units import us

_WANTED = {
    "leak": ("LSB", 1, "where membranes rest, as the CADC reads it"),
    "reset": ("LSB", 1, "where they are reset to"),
    "threshold": ("LSB", 1, "where neurons fire"),
    "tau_mem": ("us", us, "time constant of membranes"),
    "tau_syn": ("us", us, "time constant of synaptic inputs"),
    "tau_icc": ("us", us, "capacitance over the conductance to the somatic line"),
    "refractory": ("us", us, "how long a reset takes"),
    "reversal_exc": ("LSB", 1, "where excitation has no effect: makes it a conductance"),
    "reversal_inh": ("LSB", 1, "likewise for inhibition"),
    "reference_exc": ("LSB", 1, "where such an excitation has its full effect"),
    "reference_inh": ("LSB", 1, "likewise for inhibition"),
}
_INTERRUPTED = 130  # as shells say it
_CORRELATION = "correlation"
_NEURONS, _SYNAPSES = "all neurons and drivers", "all 131 072 synapses"
_WANTED_SENSORS = {
    "amplitude": ("LSB", 1, "of correlation: what a pair without any distance leaves"),
    "tau": ("us", us, "of correlation: the distance at which a third of that is left"),
}


def add(commands: Commands) -> None:
    """What of, which chip, and what is wanted of it."""
    command = commands.add_parser(
        "calibrate",
        help="measure settings that make all neurons do the same",
        epilog="What is left out is that of the kind.",
    )
    command.add_argument(
        "kind", choices=[*TARGETS, _CORRELATION], nargs="?", default="spiking", help="(%(default)s)"
    )
    add_which(command)
    for name, (unit, _, what) in {**_WANTED, **_WANTED_SENSORS}.items():
        option = f"--{name.replace('_', '-')}"
        command.add_argument(option, type=float, metavar=unit, help=what)
    command.add_argument(
        "--branch", choices=[*BRANCHES, "both"], help="of correlation sensors (both)"
    )
    command.add_argument(
        "--trims", action="store_true", help="set the bits of every correlation sensor, too"
    )
    command.add_argument(
        "-o",
        "--output",
        type=here,
        metavar="FILE",
        help=f"where settings go; {', '.join(SUFFIXES)}",
    )
    command.add_argument("--report", type=here, metavar="FILE", help="write figures as HTML")
    command.add_argument("--quiet", action="store_true", help="no progress bar")
    command.set_defaults(command=_calibrate)


def _calibrate(options: argparse.Namespace) -> int:
    try:
        return _measure(options)
    except KeyboardInterrupt:
        print("\nneckar: stopped; the same command goes on from here", file=sys.stderr)
        return _INTERRUPTED


def _measure(options: argparse.Namespace) -> int:
    chip = twin.default()
    chip = laboratory(chip.serial, chip.spread)
    shown = not options.quiet and sys.stderr.isatty()
    what = f"{options.kind} of {chip.identifier}"
    bar = Bar(sys.stderr, what) if shown else None
    calibration: Calibration | SensorCalibration
    if options.kind == _CORRELATION:
        calibration = of_sensors = measured_sensors(chip, _sensing(options), bar)
        residuals, parts, of = verify_sensors(chip, of_sensors), "quadrants", _SYNAPSES
    else:
        calibration = of_neurons = measured(chip, _target(options), bar)
        residuals, parts, of = verify(chip, of_neurons), "neurons", _NEURONS
    n_good, n = int(calibration.is_successful.sum()), calibration.is_successful.size
    print(f"{what}: {n_good} of {n} {parts} within the range of their settings")
    print(f"\n{SPREADS} {'left':>6}")
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
    if options.amplitude is not None:
        given["amplitude_lsb"] = options.amplitude
    if options.tau is not None:
        given["tau"] = options.tau * us
    return Sensing(**given)


def _refuse(options: argparse.Namespace, names: Iterable[str]) -> None:
    for name in names:
        if getattr(options, name) not in (None, False):
            raise CalibrationError(
                f"--{name.replace('_', '-')} says nothing about a calibration for {options.kind};"
                " leave it out"
            )


def _target(options: argparse.Namespace) -> Target:
    """That of the kind, with what the command line says instead."""
    _refuse(options, (*_WANTED_SENSORS, "branch", "trims"))
    target = target_of(options.kind)
    given = {
        n: getattr(options, n) * scale
        for n, (_, scale, _) in _WANTED.items()
        if getattr(options, n) is not None
    }
    of_firing = {f"{n}_lsb": given.pop(n) for n in ("reset", "threshold") if n in given}
    if of_firing and target.firing is None:
        raise CalibrationError(
            f"neurons of a calibration for {options.kind} do not fire; leave out --reset and"
            " --threshold, or calibrate for spiking"
        )
    firing = replace(target.firing, **of_firing) if target.firing else None
    names = {"leak": "leak_lsb", "refractory": "refractory_time"}
    names |= {name: f"{name}_lsb" for name in _WANTED if name.endswith(("_exc", "_inh"))}
    return replace(target, firing=firing, **{names.get(n, n): v for n, v in given.items()})
