"""Measure what calibrated neurons do, beside what they would do with codes of the median one."""

from collections.abc import Callable

import numpy as np

from neckar.brainscales2.backends.base import Backend
from neckar.brainscales2.calibration.bench import Bench
from neckar.brainscales2.calibration.calibrate import Calibration
from neckar.brainscales2.calibration.inputs import height
from neckar.brainscales2.calibration.lines import pulled
from neckar.brainscales2.calibration.membrane import time_constant
from neckar.brainscales2.calibration.potentials import reset_level, rest_level, threshold_level
from neckar.brainscales2.calibration.residual import Residual, with_median_codes
from neckar.brainscales2.calibration.stimulus import LINES
from neckar.brainscales2.calibration.target import Target, Values, lsb_per_volt
from neckar.units import mV, us

_BALANCED = ("i_shift_reference",)  # otherwise offsets of inputs drive membranes out of the range
_Measure = Callable[[Bench], np.ndarray]
_Wanted = tuple[str, Values, _Measure]


def verify(backend: Backend, calibration: Calibration) -> tuple[Residual, ...]:
    """Compare neurons with their target, calibrated and with median codes."""
    with backend.open() as session:
        after = Bench(session=session, chip=calibration.chip)
        before = Bench(session=session, chip=with_median_codes(calibration.chip, _BALANCED))
        return tuple(
            Residual(
                name=name,
                wanted=float(np.median(wanted)),
                before=measure(before),
                after=measure(after),
            )
            for name, wanted, measure in _quantities(calibration.target, after)
        )


def _quantities(target: Target, bench: Bench) -> list[_Wanted]:
    found: list[_Wanted] = []
    if target.keeps_leak:
        found += _leaky(target, bench)
    for line in LINES:
        tau = target.tau_of(line)
        found.append((f"tau_syn {line[:3]}. / us", tau / us, _line(line, tau)))
    if target.firing:
        found += [
            ("reset / CADC LSB", target.firing.reset_lsb, reset_level),
            ("threshold / CADC LSB", target.firing.threshold_lsb, threshold_level),
        ]
    else:
        found.append(("reset / CADC LSB", target.leak_lsb, reset_level))
    return found


def _leaky(target: Target, bench: Bench) -> list[_Wanted]:
    """What can only be told of a membrane that does not float."""
    standard = float(np.median(_height(target, "excitatory")(bench)))
    return [
        ("leak / CADC LSB", target.leak_lsb, rest_level),
        ("tau_mem / us", target.tau_mem / us, lambda b: time_constant(b, target.tau_mem) / us),
        ("EPSP of weight 1 / mV", standard, _height(target, "excitatory")),
        ("IPSP of weight 1 / mV", standard, _height(target, "inhibitory")),
    ]


def _line(line: str, tau: Values) -> _Measure:
    return lambda bench: pulled(bench, line, tau).tau / us


def _height(target: Target, line: str) -> _Measure:
    scale = lsb_per_volt(target.cadc_range_code) * mV
    return lambda bench: height(bench, line, target) / scale
