"""Calibrate how fast membranes forget."""

import numpy as np

from neckar.brainscales2.calibration.bench import PERIOD_CYCLES, Bench, cycles
from neckar.brainscales2.calibration.bisect import bisect, falling
from neckar.brainscales2.calibration.fit import decay
from neckar.brainscales2.calibration.stimulus import LINES
from neckar.brainscales2.calibration.target import Values
from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import FPGA_CYCLE, MAX_CAPMEM, N_NEURONS
from neckar.brainscales2.program import Configure
from neckar.units import us

_DEFLECTION = 0.1  # V, so little that the leak acts in proportion
_TAUS_ON, _TAUS_OFF = 4.0, 6.0
_SHORTEST = 25 * us  # of either; writing to all neurons takes 16 us
_SHOTS, _PHASES = 4, 7  # of switches relative to the samples
_SAMPLES_OFF = 50  # at most, of one shot
_CLIPPED_LSB = 250
_HARDLY, _SMALLEST_SHARE = 0.25, 0.01  # of the wanted deflection; small currents are not precise


def calibrate_membrane(bench: Bench, wanted: Values) -> None:
    """A divided leak where the target can be reached with it."""

    def measure(code: np.ndarray) -> np.ndarray:
        bench.write("leak.i_bias", code)
        return time_constant(bench, wanted)

    bench.write("leak.enable_division", True)
    is_fast_enough = measure(np.full(N_NEURONS, MAX_CAPMEM)) < wanted
    bench.write("leak.enable_division", is_fast_enough)
    measure(bisect(falling(measure), -np.asarray(wanted), N_NEURONS))


def time_constant(bench: Bench, wanted: Values) -> np.ndarray:
    """How fast every membrane comes back when a constant current ends, s.

    The current is as strong as the wanted time constant needs it; a membrane that it drives out of
    the range is slower, and one that it hardly moves is faster, in proportion.
    """
    expected = float(np.median(wanted))
    probe = bench.aside()
    for line in LINES:
        probe.write(f"{line}_input.enable", False)
    probe.write("threshold.enable", False)
    off = Configure(config=ChipConfig.of(probe.chip))
    _switch_current_on(probe, wanted)
    on = Configure(config=ChipConfig.of(probe.chip))
    period = max(PERIOD_CYCLES, cycles(_TAUS_OFF * expected / _SAMPLES_OFF))
    time_on, time_off = (max(taus * expected, _SHORTEST) for taus in (_TAUS_ON, _TAUS_OFF))
    shot = (cycles(time_on + time_off) // period + 1 + 1 / _PHASES) * period * FPGA_CYCLE
    n_shots = _SHOTS if expected > PERIOD_CYCLES * FPGA_CYCLE else _PHASES
    begins = time_on + shot * np.arange(n_shots)
    switches = [(t, each) for b in begins for t, each in ((b, off), (b + time_off, on))][:-1]
    n = int(n_shots * shot / FPGA_CYCLE / period)
    trace = probe.trace(n, *switches, period_cycles=period)
    since = trace.time - begins[np.searchsorted(begins, trace.time, side="right") - 1]
    is_off = (trace.time > begins[0]) & (since < time_off)
    tau = decay(since[is_off], trace.lsb[is_off], expected).tau
    is_rested = is_off & (since > time_off / 2)
    is_moved = (trace.time > begins[0]) & (since > time_off + time_on / 2)
    moved = trace.lsb[is_moved].mean(axis=0) - trace.lsb[is_rested].mean(axis=0)
    share = np.maximum(moved / (_DEFLECTION * _lsb_per_volt(probe)), _SMALLEST_SHARE)
    tau = np.where(share < _HARDLY, np.minimum(tau, share * wanted), tau)
    return np.where(trace.lsb.max(axis=0) > _CLIPPED_LSB, np.inf, tau)


def _lsb_per_volt(bench: Bench) -> float:
    slope = np.median(bench.chip.array["cadc_readout_chains"]["ramp"]["i_slope"])
    return 1 / (p.CADC_STEP_PER_CODE * float(slope))


def _switch_current_on(bench: Bench, tau: Values) -> None:
    """As much as deflects membranes as wanted: I = C * deflection / tau."""
    code = bench.neurons["membrane_capacitance"]["capacitance"] + p.CAPACITANCE_INTRINSIC_CODE
    current = code * p.CAPACITANCE_PER_CODE * _DEFLECTION / tau
    code = np.clip(np.rint(current / p.OFFSET_CURRENT_PER_CODE), 1, MAX_CAPMEM)
    bench.write("constant_current.i_offset", code.astype(int))
    bench.write("constant_current.enable", True)
