"""What cannot be wanted of any chip, before anything is measured."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from neckar.brainscales2.calibration.target import Sensing, Target
from neckar.brainscales2.chip.datasheet import N_NEURONS
from neckar.errors import CalibrationError
from neckar.units import us

_READINGS = 0, 255  # of the CADC, LSB
_TIMES = 0.1, 2000.0  # us; of membranes and of synaptic inputs [calix]
_RESETS = 0.0, 67000.0  # us; 255 periods of the slowest clock of neurons
_SENSOR_TIMES = 0.1, 100.0  # us
_AMPLITUDES = 0.01, 100.0  # LSB; of a pair, less than noise and as much as a store holds
_TIMED = "tau_mem", "tau_syn", "tau_syn_inh", "tau_icc"
_READ = "leak_lsb", "reset_lsb", "threshold_lsb"
_OPEN = "reversal_exc_lsb", "reversal_inh_lsb"  # not finite says that there is none
_FREE = *_OPEN, "refractory_time", "psp", "capacitance_code"


def check(target: Target | Sensing) -> None:
    """Refuse what no chip can do.

    Raises:
        CalibrationError: names everything that is wrong.
    """
    rules = _sensing(target) if isinstance(target, Sensing) else _target(target)
    if wrong := list(rules):
        raise CalibrationError("\n".join(wrong))


def _sensing(target: Sensing) -> Iterator[str]:
    yield from _outside("tau", target.tau / us, *_SENSOR_TIMES, "us")
    yield from _outside("amplitude_lsb", target.amplitude_lsb, *_AMPLITUDES, "LSB")


def _target(target: Target) -> Iterator[str]:
    given = {name: getattr(target, name) for name in (*_TIMED, *_FREE, "leak_lsb")}
    if target.firing:
        given |= vars(target.firing)
    for name, values in given.items():
        if values is None:
            continue
        if wrong := _no_numbers(name, values):
            yield wrong
        elif name in _TIMED:
            yield from _outside(name, np.divide(values, us), *_TIMES, "us")
        elif name == "refractory_time":
            yield from _outside(name, np.divide(values, us), *_RESETS, "us")
        elif name in _READ:
            never = name == "threshold_lsb"
            yield from _outside(name, values, *_READINGS, "LSB", never)


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


def _outside(
    name: str, values: Any, low: float, high: float, unit: str, may_be_infinite: bool = False
) -> Iterator[str]:
    numbers = np.atleast_1d(np.asarray(values, dtype=float))
    wrong = ~((numbers >= low) & (numbers <= high))
    if may_be_infinite:  # of neurons that shall never fire
        wrong &= numbers != np.inf
    if wrong.any():
        first = int(np.argmax(wrong))
        of = f" of neuron {first}" if numbers.size > 1 else ""
        yield f"{name} = {numbers[first]:g} {unit}{of} lies outside {low:g} .. {high:g} {unit}"
