"""What cannot be wanted of any chip, before anything is measured."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from neckar.brainscales2.calibration.target import LINES, TOWARDS, Sensing, Target
from neckar.brainscales2.chip.datasheet import N_NEURONS
from neckar.errors import CalibrationError
from neckar.units import us

Limits = tuple[float, float, float, str]
"""Unit, lowest and highest in it, and its name."""

_READING = 1.0, 0.0, 255.0, "LSB"  # of the CADC
_REFERENCE = 1.0, 60.0, 160.0, "LSB"  # where membranes can rest [calix]
_TIME = us, 0.1, 2000.0, "us"  # of membranes and of synaptic inputs [calix]
_LIMITS: dict[str, Limits] = {
    "leak_lsb": _READING,
    "reset_lsb": _READING,
    "threshold_lsb": _READING,
    "reference_exc_lsb": _REFERENCE,
    "reference_inh_lsb": _REFERENCE,
    "tau_mem": _TIME,
    "tau_syn": _TIME,
    "tau_syn_inh": _TIME,
    "tau_icc": _TIME,
    "refractory_time": (us, 0.0, 67000.0, "us"),  # 255 periods of the slowest clock of neurons
}
_SENSOR_LIMITS: dict[str, Limits] = {
    "tau": (us, 0.1, 100.0, "us"),
    "amplitude_lsb": (1.0, 0.01, 100.0, "LSB"),  # less than noise, and all that a store holds
}
_FREE = "reversal_exc_lsb", "reversal_inh_lsb", "psp", "capacitance_code"
_OPEN = {  # not finite says that there is none
    "threshold_lsb",
    "reversal_exc_lsb",
    "reversal_inh_lsb",
    "reference_exc_lsb",
    "reference_inh_lsb",
}


def check(target: Target | Sensing) -> None:
    """Refuse what no chip can do.

    Raises:
        CalibrationError: names everything that is wrong.
    """
    if isinstance(target, Sensing):
        wrong = list(_wrong(vars(target), _SENSOR_LIMITS))
    else:
        given = vars(target) | (vars(target.firing) if target.firing else {})
        wrong = list(_wrong(given, _LIMITS)) or list(_wrong_references(target))
    if wrong:
        raise CalibrationError("\n".join(wrong))


def _wrong(given: dict[str, Any], limits: dict[str, Limits]) -> Iterator[str]:
    for name, values in given.items():
        if values is None or name not in {*limits, *_FREE}:
            continue
        if no_numbers := _no_numbers(name, values):
            yield no_numbers
        elif name in limits:
            yield from _outside(name, np.asarray(values, dtype=float), limits[name])


def _no_numbers(name: str, values: Any) -> str | None:
    try:
        numbers = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        return f"{name} = {values!r} is no number"
    if numbers.shape not in ((), (N_NEURONS,)):
        return (
            f"{name} has the shape {numbers.shape}; give one number, or one for each of the "
            f"{N_NEURONS} neurons"
        )
    if name not in _OPEN and np.isnan(numbers).any():
        return f"{name} is not a number (nan); leave it out, or say what is wanted"
    return None


def _outside(name: str, values: np.ndarray, limits: Limits) -> Iterator[str]:
    scale, low, high, unit = limits
    numbers = np.atleast_1d(values / scale)
    wrong = ~((numbers >= low) & (numbers <= high))
    if name in _OPEN:
        wrong &= np.isfinite(numbers)
    if wrong.any():
        first = int(np.argmax(wrong))
        of = f" of neuron {first}" if numbers.size > 1 else ""
        yield f"{name} = {numbers[first]:g} {unit}{of} lies outside {low:g} .. {high:g} {unit}"


def _wrong_references(target: Target) -> Iterator[str]:
    """An input acts in full at its reference, which therefore is not beyond its reversal."""
    for line in LINES:
        reference, reversal = target.reference_of(line), target.reversal_of(line)
        wrong = np.isfinite(reversal) & (TOWARDS[line] * (reversal - reference) <= 0)
        if wrong.any():
            first, where = int(np.argmax(wrong)), "below" if TOWARDS[line] > 0 else "above"
            yield (
                f"{line} inputs have no effect at {reversal[first]:g} LSB and their full effect at "
                f"{reference[first]:g} LSB; let the latter lie {where} the former"
            )
