"""Wanted against actual: what a calibration has left over."""

from collections.abc import Callable
from functools import partial

import numpy as np

from neckar.brainscales2.calibration.oracle.bench import Bench, clamp, height, rest, tau_mem
from neckar.brainscales2.calibration.oracle.neurons import tau_icc
from neckar.brainscales2.calibration.residual import Residual, with_median_codes
from neckar.brainscales2.calibration.target import LINES, Target, Values, reading_of
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin.variation import Spread
from neckar.units import mV, us

_Measure = Callable[[Bench], np.ndarray]
_Wanted = tuple[str, Values, _Measure]


def report(chip: Chip, target: Target, serial: int, spread: Spread) -> tuple[Residual, ...]:
    """Compare neurons with their target, calibrated and with median codes."""
    after = Bench(serial=serial, spread=spread, chip=chip)
    before = Bench(serial=serial, spread=spread, chip=with_median_codes(chip))
    wanted = [*(_leaky(target, after) if target.keeps_leak else ()), *_inputs(target)]
    wanted += _reversals(target)
    if firing := target.firing:
        wanted += [
            ("reset / CADC LSB", firing.reset_lsb, _reset),
            ("threshold / CADC LSB", firing.threshold_lsb, _threshold),
        ]
    elif not target.keeps_leak:
        wanted.append(("reset / CADC LSB", target.leak_lsb, _reset))
    return tuple(
        Residual(
            name=name, wanted=float(np.median(value)), before=measure(before), after=measure(after)
        )
        for name, value, measure in wanted
    )


def _leaky(target: Target, after: Bench) -> list[_Wanted]:
    """What can only be told of a membrane that does not float."""
    standard = float(np.median(_height("excitatory")(after)))
    found: list[_Wanted] = [
        ("leak / CADC LSB", target.leak_lsb, lambda b: b.reading(rest(b.neurons()))),
        ("tau_mem / us", target.tau_mem / us, lambda b: tau_mem(b.neurons()) / us),
        ("EPSP / mV", standard, _height("excitatory")),
        ("IPSP / mV", standard, _height("inhibitory")),
    ]
    if target.tau_icc is not None:
        found.append(("tau_icc / us", target.tau_icc / us, lambda b: tau_icc(b) / us))
    return found


def _inputs(target: Target) -> list[_Wanted]:
    tau_inh = target.tau_of("inhibitory")
    return [
        ("tau_syn exc. / us", target.tau_syn / us, lambda b: b.neurons().excitatory.tau / us),
        ("tau_syn inh. / us", tau_inh / us, lambda b: b.neurons().inhibitory.tau / us),
    ]


def _reversals(target: Target) -> list[_Wanted]:
    found: list[_Wanted] = []
    for line in LINES:
        wanted = target.reversal_of(line)
        if (is_coba := np.isfinite(wanted)).any():
            measure = partial(_reversal, target=target, line=line, is_coba=is_coba)
            found.append((f"reversal {line[:3]}. / CADC LSB", wanted[is_coba], measure))
    return found


def _reversal(bench: Bench, target: Target, line: str, is_coba: np.ndarray) -> np.ndarray:
    """Where 1 + coba * (reference - v) is nothing, as a CADC without an end would read it."""
    made = getattr(bench.neurons(), line)
    volts = made.reversal[is_coba] + 1 / made.coba[is_coba]
    return np.asarray(reading_of(volts, target.cadc_range_code))


def _reset(bench: Bench) -> np.ndarray:
    return bench.reading(clamp(bench.neurons()))


def _height(line: str) -> _Measure:
    return lambda bench: height(bench.neurons(), line, bench.deflection(line)) / mV


def _threshold(bench: Bench) -> np.ndarray:
    return bench.reading(bench.neurons().threshold)
