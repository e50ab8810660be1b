"""Calibrate the neurons, one parameter after the other, in the order in which they depend."""

from collections.abc import Callable
from functools import partial

import numpy as np

from neckar.brainscales2.calibration.bisect import bisect
from neckar.brainscales2.calibration.coupling import nominal_strength, write_strength
from neckar.brainscales2.calibration.oracle.bench import (
    PROBE_WEIGHT,
    Bench,
    clamp,
    height,
    rest,
    tau_mem,
)
from neckar.brainscales2.calibration.refractory import set_refractory_time
from neckar.brainscales2.calibration.searches import search_line, search_membrane
from neckar.brainscales2.calibration.target import LINES, Target, Values, volts_of
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import N_NEURONS
from neckar.brainscales2.twin import capmem
from neckar.brainscales2.twin.coupling import conductances
from neckar.brainscales2.twin.kernels.state import Neurons

_COUPLING_ROUNDS = 2


def calibrate_neurons(bench: Bench, target: Target) -> None:
    """Write codes that make all neurons do what `target` says."""
    for line in LINES:
        _line_time_constant(bench, line, target.tau_of(line))
    _membrane_time_constant(bench, target.tau_mem)
    _inputs(bench, target)
    _potential(bench, "leak.v_leak", rest, target.leak_lsb)
    if target.firing:
        _threshold(bench, target.firing.threshold_lsb)
        _potential(bench, "reset.v_reset", clamp, target.firing.reset_lsb)
    else:
        _potential(bench, "reset.v_reset", clamp, target.leak_lsb)
    set_refractory_time(bench.chip, target.refractory_time)
    if target.tau_icc is not None:
        _coupling(bench, target.tau_icc)
    _reversal(bench, target, "excitatory", target.reversal_exc_lsb)
    _reversal(bench, target, "inhibitory", target.reversal_inh_lsb)
    if not target.keeps_leak:
        bench.write("leak.i_bias", 0)


def _coupling(bench: Bench, wanted: Values) -> None:
    """The conductance is in proportion to its bias, but for an offset."""
    strength = nominal_strength(bench.chip, wanted)
    for _ in range(_COUPLING_ROUNDS):
        strength = write_strength(bench, strength)
        strength = strength * tau_icc(bench) / wanted
    write_strength(bench, strength)


def tau_icc(bench: Bench) -> np.ndarray:
    """Capacitance over conductance to the somatic line, s, (512,)."""
    config = ChipConfig.of(bench.chip)
    switches, codes = config.neurons["multicompartment"], capmem.codes(config)
    conductance = conductances(switches, codes, bench.serial, bench.spread)
    return np.asarray(bench.neurons().capacitance / conductance)


def _line_time_constant(bench: Bench, line: str, wanted: Values) -> None:
    def look() -> np.ndarray:
        tau = getattr(bench.neurons(), line).tau
        return bench.fitted(f"{line}/tau", bench.spread.calibration_tau, tau)

    search_line(bench, line, wanted, look)


def _membrane_time_constant(bench: Bench, wanted: Values) -> None:
    def look() -> np.ndarray:
        with np.errstate(divide="ignore"):
            tau = tau_mem(bench.neurons())
        return bench.fitted("tau_mem", bench.spread.calibration_tau, tau)

    search_membrane(bench, wanted, look)


def _inputs(bench: Bench, target: Target) -> None:
    """Balance every input, and give one event the same effect on every neuron and either way."""
    deflection = {line: bench.deflection(line) for line in LINES}

    def measure(line: str, gm_code: np.ndarray) -> np.ndarray:
        bench.write(f"{line}_input.i_bias_gm", gm_code)
        actual = effect(bench.neurons(), line, deflection[line])
        return bench.fitted(f"{line}/height", bench.spread.calibration_height, actual)

    effect = height if target.is_uniform or target.psp is not None else _current
    gm_codes = {"excitatory": target.gm_code, "inhibitory": target.gm_inh_code or target.gm_code}
    for line in LINES:
        bench.write(f"{line}_input.i_bias_gm", gm_codes[line])
        _balance(bench, line)
    for line in LINES:
        like = line if target.gm_inh_code is not None else "excitatory"
        if target.psp is None and like == line:
            standard = np.median(measure(line, np.full(N_NEURONS, gm_codes[line])))
        elif target.psp is not None:
            standard = PROBE_WEIGHT * target.psp
        measure(line, bisect(partial(measure, line), standard, N_NEURONS))


def _current(neurons: Neurons, line: str, deflection: np.ndarray) -> np.ndarray:
    """What an event makes flow at once; unlike heights, the same for membranes that differ."""
    synapse = getattr(neurons, line)
    return np.asarray(synapse.saturation * np.tanh(deflection / synapse.linear))


def _reversal(bench: Bench, target: Target, line: str, wanted_lsb: Values | None) -> None:
    """Inputs act in full at the reference and fade towards the reversal.

    1 + coba * (reference - v)
    """
    wanted = np.broadcast_to(np.inf if wanted_lsb is None else wanted_lsb, N_NEURONS)
    is_coba = np.isfinite(wanted)
    bench.write(f"{line}_input.enable_coba_mode", is_coba)
    if not is_coba.any():
        return
    full = volts_of(target.reference_of(line), target.cadc_range_code)
    distance = np.abs(volts_of(wanted, target.cadc_range_code) - full)

    def reference(code: np.ndarray) -> np.ndarray:
        bench.write(f"{line}_input.v_rev_coba", code)
        return np.asarray(getattr(bench.neurons(), line).reversal)

    def fading(code: np.ndarray) -> np.ndarray:
        bench.write(f"{line}_input.i_bias_coba", code)
        actual = np.abs(getattr(bench.neurons(), line).coba)
        return bench.fitted(f"{line}/coba", bench.spread.calibration_height, actual)

    reference(bisect(reference, full, N_NEURONS))
    fading(bisect(fading, 1 / distance, N_NEURONS))


def _balance(bench: Bench, line: str) -> None:
    """No current without events: shift codes lower the offset of either input."""

    def measure(code: np.ndarray) -> np.ndarray:
        bench.write(f"{line}_input.i_shift_reference", code)
        return np.asarray(-getattr(bench.neurons(), line).offset)

    measure(bisect(measure, 0.0, N_NEURONS))


def _potential(
    bench: Bench, name: str, level: Callable[[Neurons], np.ndarray], wanted_lsb: Values
) -> None:
    def measure(code: np.ndarray) -> np.ndarray:
        bench.write(name, code)
        return bench.reading(level(bench.neurons()))

    measure(bisect(measure, wanted_lsb, N_NEURONS))


def _threshold(bench: Bench, wanted_lsb: Values) -> None:
    bench.write("threshold.enable", True)
    _potential(bench, "threshold.v_threshold", lambda neurons: neurons.threshold, wanted_lsb)
