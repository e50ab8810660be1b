"""Calibrate how fast membranes forget."""

from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.calibration.bench import PERIOD_CYCLES, Bench, cycles
from neckar.brainscales2.calibration.bisect import scaled
from neckar.brainscales2.calibration.fit import decay
from neckar.brainscales2.calibration.searches import search_membrane
from neckar.brainscales2.calibration.target import LINES, Values
from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import FPGA_CYCLE, MAX_CAPMEM
from neckar.brainscales2.program import Configure
from neckar.units import us

_DEFLECTION = 0.1  # V, so little that the leak acts in proportion
_TAUS_ON, _TAUS_OFF = 4.0, 6.0
_SHORTEST = 25 * us  # of either; writing to all neurons takes 16 us
_SHOTS, _PHASES = 4, 7  # of switches relative to the samples
_SAMPLES_OFF = 50  # at most, of one shot
_CARE = 4  # of the last measurement
PRECISE = 16  # care with which noise is a hundredth, a tenth of what neurons differ by
_CLIPPED_LSB = 250
_HARDLY, _SMALLEST_SHARE = 0.25, 0.01  # of the wanted deflection; small currents are not precise


def calibrate_membrane(bench: Bench, wanted: Values) -> None:
    """Make all membranes forget as fast as wanted."""
    search_membrane(bench, wanted, lambda: time_constant(bench, wanted))
    code = bench.neurons["leak"]["i_bias"].astype(float)
    bench.write("leak.i_bias", scaled(code, time_constant(bench, wanted, _CARE) / wanted))


def time_constant(bench: Bench, wanted: Values, care: int = 1) -> np.ndarray:
    """How fast every membrane comes back when a constant current ends, s.

    The current is as strong as the wanted time constant needs it; a membrane that it drives out of
    the range is slower, and one that it hardly moves is faster, in proportion.

    Args:
        bench: with settings to look at.
        wanted: what it should be.
        care: how many times as long to look.
    """
    probe = bench.aside()
    for line in LINES:
        probe.write(f"{line}_input.enable", False)
    probe.write("threshold.enable", False)
    on = probe.aside()
    switch_current_on(on, wanted)
    seen = switched(on, probe, wanted, care)
    share = np.maximum(seen.moved / (_DEFLECTION * _lsb_per_volt(probe)), _SMALLEST_SHARE)
    tau = np.where(share < _HARDLY, np.minimum(seen.tau, share * wanted), seen.tau)
    return np.where(seen.highest > _CLIPPED_LSB, np.inf, tau)


@dataclass(frozen=True, kw_only=True)
class Switched:
    """What membranes do when currents end, (512,) each.

    Args:
        tau: s, of how they come back.
        moved: by the currents, LSB.
        highest: reading, LSB.
    """

    tau: np.ndarray
    moved: np.ndarray
    highest: np.ndarray


def switched(on: Bench, off: Bench, wanted: Values, care: int = 1) -> Switched:
    """Change between two settings again and again, and look at how membranes follow.

    Args:
        on: with currents, which there are at the beginning.
        off: without them.
        wanted: time constants that are expected, s.
        care: how many times as long to look.
    """
    switch_off = Configure(config=ChipConfig.of(off.chip))
    switch_on = Configure(config=ChipConfig.of(on.chip))
    expected, slowest = float(np.median(wanted)), float(np.max(wanted))
    period = max(PERIOD_CYCLES, cycles(_TAUS_OFF * expected / _SAMPLES_OFF))
    time_on, time_off = (max(taus * slowest, _SHORTEST) for taus in (_TAUS_ON, _TAUS_OFF))
    shot = (cycles(time_on + time_off) // period + 1 + 1 / _PHASES) * period * FPGA_CYCLE
    n_shots = care * (_SHOTS if expected > PERIOD_CYCLES * FPGA_CYCLE else _PHASES)
    begins = time_on + shot * np.arange(n_shots)
    switches = [
        (t, each) for b in begins for t, each in ((b, switch_off), (b + time_off, switch_on))
    ][:-1]
    trace = on.trace(int(n_shots * shot / FPGA_CYCLE / period), *switches, period_cycles=period)
    since = trace.time - begins[np.searchsorted(begins, trace.time, side="right") - 1]
    is_off = (trace.time > begins[0]) & (since < time_off)
    is_rested = is_off & (since > time_off / 2)
    is_moved = (trace.time > begins[0]) & (since > time_off + time_on / 2)
    return Switched(
        tau=decay(since[is_off], trace.lsb[is_off], expected).tau,
        moved=trace.lsb[is_moved].mean(axis=0) - trace.lsb[is_rested].mean(axis=0),
        highest=trace.lsb.max(axis=0),
    )


def _lsb_per_volt(bench: Bench) -> float:
    slope = np.median(bench.chip.array["cadc_readout_chains"]["ramp"]["i_slope"])
    return 1 / (p.CADC_STEP_PER_CODE * float(slope))


def switch_current_on(bench: Bench, tau: Values) -> None:
    """As much as deflects membranes as wanted: I = C * deflection / tau."""
    code = bench.neurons["membrane_capacitance"]["capacitance"] + p.CAPACITANCE_INTRINSIC_CODE
    current = code * p.CAPACITANCE_PER_CODE * _DEFLECTION / tau
    code = np.clip(np.rint(current / p.OFFSET_CURRENT_PER_CODE), 1, MAX_CAPMEM)
    bench.write("constant_current.i_offset", code.astype(int))
    bench.write("constant_current.enable", True)
