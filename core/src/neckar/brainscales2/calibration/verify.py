"""Measure what neurons and drivers do, beside what they would do with codes of the median one."""

from collections.abc import Callable
from functools import partial

import numpy as np

from neckar.brainscales2.backends.base import Backend
from neckar.brainscales2.calibration.bench import Bench
from neckar.brainscales2.calibration.calibrate import Calibration
from neckar.brainscales2.calibration.coupling import coupling_time
from neckar.brainscales2.calibration.drivers import activated, plastic
from neckar.brainscales2.calibration.inputs import height
from neckar.brainscales2.calibration.lines import pulled
from neckar.brainscales2.calibration.membrane import PRECISE, time_constant
from neckar.brainscales2.calibration.potentials import reset_level, rest_level, threshold_level
from neckar.brainscales2.calibration.procedure import LONG, SHORT
from neckar.brainscales2.calibration.refractory import refractory_time
from neckar.brainscales2.calibration.residual import Residual, with_median_codes
from neckar.brainscales2.calibration.reversals import reversal_level
from neckar.brainscales2.calibration.target import LINES, Plasticity, Target, Values, lsb_per_volt
from neckar.units import mV, us

_BALANCED = ("i_shift_reference",)  # otherwise offsets of inputs drive membranes out of the range
_Measure = Callable[[Bench], np.ndarray]
_Wanted = tuple[str, Values | None, _Measure]


def verify(backend: Backend, calibration: Calibration) -> tuple[Residual, ...]:
    """Compare neurons and drivers with their target, calibrated and with median codes."""
    with backend.open() as session:
        after = Bench(session=session, chip=calibration.chip)
        before = Bench(session=session, chip=with_median_codes(calibration.chip, _BALANCED))
        return tuple(
            _residual(name, wanted, measure(before), measure(after))
            for name, wanted, measure in _quantities(calibration.target)
        )


def _residual(name: str, wanted: Values | None, before: np.ndarray, after: np.ndarray) -> Residual:
    """What nobody has put into numbers shall be the same for all, like the median one."""
    return Residual.of(name, float(np.median(after)) if wanted is None else wanted, before, after)


def _quantities(target: Target) -> list[_Wanted]:
    return [
        *([] if target.integrates_on_lines else _neurons(target)),
        *_drivers(target),
    ]


def _drivers(target: Target) -> list[_Wanted]:
    """How far each synapse driver pulls lines, with the pulses that were made alike."""
    found: list[_Wanted] = []
    if target.encodes_activations:
        for each in (LONG, SHORT):
            measure = partial(activated, activation=each)
            found.append((f"activation {each} / CADC LSB", None, measure))
    if target.firing:
        plasticity = target.plasticity or Plasticity()
        found.append(("plastic pulse / CADC LSB", None, partial(plastic, like=plasticity)))
    return found


def _neurons(target: Target) -> list[_Wanted]:
    found: list[_Wanted] = []
    if target.keeps_leak:
        found += _leaky(target)
    for line in LINES:
        tau = target.tau_of(line)
        found.append((f"tau_syn {line[:3]}. / us", tau / us, _line(line, tau)))
        if (is_coba := np.isfinite(reversal := target.reversal_of(line))).any():
            measure = partial(_reversal, target=target, line=line, is_coba=is_coba)
            found.append((f"reversal {line[:3]}. / CADC LSB", reversal[is_coba], measure))
    if target.firing:
        found += [
            ("reset / CADC LSB", target.firing.reset_lsb, reset_level),
            ("threshold / CADC LSB", target.firing.threshold_lsb, threshold_level),
        ]
    else:
        found.append(("reset / CADC LSB", target.leak_lsb, reset_level))
    refractory = target.refractory_time / us
    found.append(("refractory period / us", refractory, lambda b: refractory_time(b) / us))
    return found


def _leaky(target: Target) -> list[_Wanted]:
    """What can only be told of a membrane that does not float."""
    found: list[_Wanted] = [
        ("leak / CADC LSB", target.leak_lsb, rest_level),
        ("tau_mem / us", target.tau_mem / us, _membrane(target)),
        ("EPSP of weight 1 / mV", None, _height(target, "excitatory")),
        ("IPSP of weight 1 / mV", None, _height(target, "inhibitory")),
    ]
    if target.tau_icc is not None:
        wanted = target.tau_icc / us
        found.append(("tau_icc / us", wanted, lambda b: coupling_time(b, target) / us))
    return found


def _membrane(target: Target) -> _Measure:
    return lambda bench: time_constant(bench, target.tau_mem, PRECISE) / us


def _line(line: str, tau: Values) -> _Measure:
    return lambda bench: pulled(bench, line, tau).tau / us


def _reversal(bench: Bench, target: Target, line: str, is_coba: np.ndarray) -> np.ndarray:
    return reversal_level(bench, target, line)[is_coba]


def _height(target: Target, line: str) -> _Measure:
    scale = lsb_per_volt(target.cadc_range_code) * mV
    return lambda bench: height(bench, line, target) / scale
