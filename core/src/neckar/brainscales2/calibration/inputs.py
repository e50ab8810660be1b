"""Calibrate the amplifiers of the synaptic inputs: no current at rest, one effect of events."""

from functools import partial

import numpy as np

from neckar.brainscales2.calibration.bench import PERIOD_CYCLES, Bench, cycles, spikes
from neckar.brainscales2.calibration.bisect import bisect
from neckar.brainscales2.calibration.lines import rows_for
from neckar.brainscales2.calibration.stimulus import LABEL, LINES, connect
from neckar.brainscales2.calibration.target import Target, lsb_per_volt
from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.datasheet import FPGA_CYCLE, N_NEURONS
from neckar.units import mV, us

_SIGN = {"excitatory": 1.0, "inhibitory": -1.0}
_PULL, _MOST_PULL, _WEIGHT = 5 * mV, 20 * mV, 1  # by many weak synapses: inputs act in proportion
_VOLLEYS = 12
_TAUS_WITHIN = 4.0  # of the line, between events of a volley
_MOST_EVENTS = 24  # of a volley of weak ones, which lasts half a time constant of the membrane
_TAUS = 5.0  # between volleys
_SAMPLES = 40  # between volleys, at most
_DELAY = 0.4 * us  # from the FPGA to the synapses
_REST_READS = 64


def calibrate_inputs(bench: Bench, target: Target) -> None:
    """Balance every input, and give one event the same effect on every neuron and either way."""
    for line in LINES:
        bench.write(f"{line}_input.enable", False)
        bench.write(f"{line}_input.i_shift_reference", p.INPUT_SHIFT_BALANCED_CODE)
        bench.write(f"{line}_input.i_bias_gm", target.gm_of(line))
    resting = bench.level(_REST_READS)
    for line in LINES:
        _balance(bench, line, resting)
    _strengthen(bench, target)
    for line in LINES:
        _balance(bench, line, resting)
    for line in LINES:
        bench.write(f"{line}_input.enable", True)


def _balance(bench: Bench, line: str, resting: np.ndarray) -> None:
    """No current without events: the membrane rests where it does without the input."""
    probe = bench.aside()
    probe.write(f"{line}_input.enable", True)

    def measure(code: np.ndarray) -> np.ndarray:
        probe.write(f"{line}_input.i_shift_reference", code)
        return -_SIGN[line] * probe.level()

    found = bisect(measure, -_SIGN[line] * resting, N_NEURONS)
    bench.write(f"{line}_input.i_shift_reference", found)


def _strengthen(bench: Bench, target: Target) -> None:
    """By amplifier biases; the standard is what the targets' biases do to the median neuron."""

    def measure(code: np.ndarray, line: str) -> np.ndarray:
        bench.write(f"{line}_input.i_bias_gm", code)
        return effect(bench, line, target)

    for line in LINES:
        if target.psp is not None:
            wanted = target.psp * lsb_per_volt(target.cadc_range_code)
            wanted = wanted / _reach(target, line)
        elif line == "excitatory" or target.gm_inh_code is not None:
            wanted = np.median(measure(np.full(N_NEURONS, target.gm_of(line)), line))
        measure(bisect(partial(measure, line=line), wanted, N_NEURONS), line)


def effect(bench: Bench, line: str, target: Target) -> np.ndarray:
    """Charge that one event of weight 1 brings, as the CADC reads it.

    Peak of the membrane, over what time constants and capacitance of the target make of a charge.
    """
    return height(bench, line, target) / _reach(target, line)


def height(bench: Bench, line: str, target: Target) -> np.ndarray:
    """Peak of the membrane after an event of weight 1 on a line of every neuron, CADC LSB.

    Volleys of events are weak enough for inputs to act in proportion, and readings are fitted with
    the shape that wanted time constants give.
    """
    probe = bench.aside()
    for each in LINES:
        probe.write(f"{each}_input.enable", each == line)
    probe.write("threshold.enable", False)
    pull, volley = _volley(target, line)
    n_rows = rows_for(probe, line, pull, _WEIGHT)
    connect(probe, line, n_rows, _WEIGHT)
    slowest = float(np.max([np.max(target.tau_mem), np.max(target.tau_of(line))]))
    period = max(PERIOD_CYCLES, cycles(_TAUS * slowest / _SAMPLES))
    apart = (int(_TAUS * slowest / FPGA_CYCLE / period) + 1) * period * FPGA_CYCLE
    times = (np.arange(_VOLLEYS)[:, None] * apart + volley).ravel()
    n = round(_VOLLEYS * apart / FPGA_CYCLE / period)
    trace = probe.trace(n, (0.0, spikes(times, LABEL)), period_cycles=period)
    is_periodic = trace.time > apart
    time = trace.time[is_periodic] - _DELAY
    shape = sum(_shape(target, line, (time - late) % apart, apart) for late in volley)
    return _SIGN[line] * _amplitude(np.asarray(shape), trace.lsb[is_periodic]) / (n_rows * _WEIGHT)


def _volley(target: Target, line: str) -> tuple[float, np.ndarray]:
    """How far events pull the line, V, and their times: each comes when the line has let go.

    Short lines bring little charge. They get more rows first, whose mismatch then cancels, and then
    more events.
    """
    within = _TAUS_WITHIN * float(np.median(target.tau_of(line)))
    n = int(np.clip(np.median(target.tau_mem) / 2 / within, 1, _MOST_EVENTS))
    pull = min(n * _PULL, _MOST_PULL)
    return pull, within * np.arange(round(n * _PULL / pull))


def _shape(target: Target, line: str, since: np.ndarray, apart: float) -> np.ndarray:
    """Of the membrane after an event, peak 1, on top of what earlier events left; (n, 512 or 1)."""
    tau_mem, tau_syn = _time_constants(target, line)
    both = [np.exp(-since[:, None] / tau) / -np.expm1(-apart / tau) for tau in (tau_mem, tau_syn)]
    return (both[0] - both[1]) / (tau_mem - tau_syn) * tau_mem * tau_syn / peak(tau_mem, tau_syn)


def _time_constants(target: Target, line: str) -> tuple[np.ndarray, np.ndarray]:
    """Wanted ones, (512 or 1,), never quite the same."""
    tau_mem, tau_syn = (np.atleast_1d(tau) for tau in (target.tau_mem, target.tau_of(line)))
    is_close = np.isclose(tau_syn, tau_mem, rtol=1e-3)
    return tau_mem, np.where(is_close, 1.001 * tau_mem, tau_syn)


def _amplitude(shape: np.ndarray, values: np.ndarray) -> np.ndarray:
    centred = shape - shape.mean(axis=0)
    return np.asarray((centred * values).sum(axis=0) / (centred**2).sum(axis=0))


def _reach(target: Target, line: str) -> np.ndarray:
    """Relative height that a charge has for these time constants and this capacitance."""
    capacitance = np.atleast_1d(target.capacitance_code) + p.CAPACITANCE_INTRINSIC_CODE
    tau_mem, tau_syn = _time_constants(target, line)
    reach = peak(tau_mem, tau_syn) / capacitance
    return reach / np.median(reach)


def peak(tau_mem: np.ndarray, tau_syn: np.ndarray) -> np.ndarray:
    """Largest deflection by a current that decays with tau_syn: I / C times this many seconds.

    tau_mem * (tau_syn / tau_mem) ** (tau_mem / (tau_mem - tau_syn))
    """
    ratio = np.where(np.isclose(tau_syn, tau_mem, rtol=1e-6), 1 + 1e-6, tau_syn / tau_mem)
    return np.asarray(tau_mem * ratio ** (1 / (1 - ratio)))
