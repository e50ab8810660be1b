"""Calibrate conductance-based inputs: full effect at a reference, none at the reversal.

The effect is straight in the membrane: 1 + coba * (reference - v). It is compared with that of the
same input as a current, at the reference and at a second level, either on the way to the reversal
or on the way back, where the effect is more than full: wherever membranes can rest further away.
"""

import numpy as np

from neckar.brainscales2.calibration.bench import Bench
from neckar.brainscales2.calibration.inputs import height, highest
from neckar.brainscales2.calibration.potentials import calibrate_leak
from neckar.brainscales2.calibration.target import (
    LINES,
    TOWARDS,
    Target,
    Values,
    lsb_per_volt,
    volts_of,
)
from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.datasheet import MAX_CAPMEM

_WAY = 0.8  # to the reversal, where the second level lies
_LEVELS_LSB = 75.0, 165.0  # where membranes can rest, and nothing pulls them towards the ground
_HALF = 0.5  # of the effect is gone there, while the bias is measured
_LEAST = 0.05
_STEEP, _NEAR_LSB = 3.0, 60.0  # steeper than wanted and this steep, while the reference is sought
_ASIDE = 60  # codes on either side of the nominal reference
_CARE = 4  # of all measurements
_LOOKS = 2  # at how fast an effect fades
_MOVED = 0.6  # of its peak, the membrane's mean way while an event acts
_FAR_LSB = 200.0  # reversal of a current, whose second level is only looked at


def calibrate_reversals(bench: Bench, target: Target) -> None:
    """Reference and bias of either input; those without a reversal stay currents."""
    calibrate_leak(bench, target.leak_lsb)
    for line in LINES:
        is_coba = np.isfinite(target.reversal_of(line))
        if is_coba.any():
            _calibrate(bench, target, line)
        bench.write(f"{line}_input.enable_coba_mode", is_coba)
        for name in ("v_rev_coba", "i_bias_coba"):
            code = bench.neurons[f"{line}_input"][name]
            bench.write(f"{line}_input.{name}", np.where(is_coba, code, 0))


def _calibrate(bench: Bench, target: Target, line: str) -> None:
    near, full, level = bench.aside(), target.reference_of(line), _second_level(target, line)
    calibrate_leak(near, full)
    reference = _reference(near, target, line)
    for each in (bench, near):
        each.write(f"{line}_input.v_rev_coba", reference)
    far = near.aside()
    calibrate_leak(far, level)
    currents = [_height(each, target, line) for each in (near, far)]
    bias, found = _bias(bench, target, line, (level - full) / _HALF), []
    for _ in range(_LOOKS):
        effects, levels = [], []
        for probe, current, rest in zip((near, far), currents, (full, level), strict=True):
            probe.write(f"{line}_input.i_bias_coba", bias)
            effects.append(_height(probe, target, line, is_coba=True) / current)
            levels.append(rest + _moved(probe, target, line))
        way = levels[1] - levels[0]
        change = -TOWARDS[line] * np.sign(way) * (effects[1] - effects[0])
        found.append(bias * np.abs(way) / np.maximum(change, _LEAST))
        bias = _code(found[-1] * _HALF / np.abs(way))
    distance = np.abs(_distance(target, line))
    bench.write(f"{line}_input.i_bias_coba", _code(np.mean(found, axis=0) / distance))


def _reference(bench: Bench, target: Target, line: str) -> np.ndarray:
    """Code at which the input acts as if it were a current where membranes rest; it fades fast."""
    probe = bench.aside()
    steep = TOWARDS[line] * np.minimum(np.abs(_distance(target, line)) / _STEEP, _NEAR_LSB)
    probe.write(f"{line}_input.i_bias_coba", _bias(bench, target, line, steep))
    current, moved = _height(probe, target, line), _moved(probe, target, line)
    volts = volts_of(target.reference_of(line), target.cadc_range_code) / p.COBA_REFERENCE_GAIN
    middle = (volts - p.CAPMEM_VOLT_AT_ZERO) / p.CAPMEM_VOLT_PER_CODE
    codes = [_code(middle + aside) for aside in (-_ASIDE, _ASIDE)]
    effects = []
    for code in codes:
        probe.write(f"{line}_input.v_rev_coba", code)
        effects.append(_height(probe, target, line, is_coba=True) / current)
    slope = (effects[1] - effects[0]) / (codes[1] - codes[0])
    return _code(codes[0] + (1 - moved / steep - effects[0]) / slope)


def reversal_level(bench: Bench, target: Target, line: str) -> np.ndarray:
    """Where an input would have no effect, LSB, by its effects where it is full and elsewhere."""
    probe, level = bench.aside(), _second_level(target, line)
    effects, levels = [], []
    for each in (target.reference_of(line), level):
        calibrate_leak(probe, each)
        effects.append(height(probe, line, target, _CARE))
        levels.append(each + _moved(probe, target, line))
    return levels[0] + (levels[1] - levels[0]) / (1 - effects[1] / effects[0])


def _height(probe: Bench, target: Target, line: str, is_coba: bool = False) -> np.ndarray:
    probe.write(f"{line}_input.enable_coba_mode", is_coba)
    return height(probe, line, target, _CARE)


def _moved(bench: Bench, target: Target, line: str) -> np.ndarray:
    """Mean way of the membrane while events act, LSB; it changes the effect already."""
    return TOWARDS[line] * _MOVED * highest(bench, line, target)


def _second_level(target: Target, line: str) -> np.ndarray:
    """LSB, where membranes can rest far from where the input acts in full."""
    full, way = target.reference_of(line), _WAY * _distance(target, line)
    there, back = (np.clip(full + each, *_LEVELS_LSB) for each in (way, -way))
    return np.where(np.abs(back - full) > np.abs(there - full), back, there)


def _distance(target: Target, line: str) -> np.ndarray:
    """From where an input acts in full to its reversal, LSB."""
    distance = target.reversal_of(line) - target.reference_of(line)
    return np.where(np.isfinite(distance), distance, TOWARDS[line] * _FAR_LSB)


def _bias(bench: Bench, target: Target, line: str, distance: np.ndarray) -> np.ndarray:
    """Code for a reversal so far from the reference, by the nominal ratio of the two biases."""
    volts = np.abs(distance) / lsb_per_volt(target.cadc_range_code)
    gm = bench.neurons[f"{line}_input"]["i_bias_gm"]
    return _code(gm / p.COBA_PER_BIAS_RATIO / volts)


def _code(code: Values) -> np.ndarray:
    return np.clip(np.rint(code), 1, MAX_CAPMEM).astype(int)
