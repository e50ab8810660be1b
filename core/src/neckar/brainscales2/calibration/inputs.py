"""Calibrate the amplifiers of the synaptic inputs: no current at rest, one effect of events."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from neckar.brainscales2.calibration.bench import PERIOD_CYCLES, Bench, cycles, spikes
from neckar.brainscales2.calibration.bisect import bisect, scaled
from neckar.brainscales2.calibration.lines import MOST_ROWS, row_pull, rows_for
from neckar.brainscales2.calibration.stimulus import LABEL, connect
from neckar.brainscales2.calibration.target import LINES, TOWARDS, Target, lsb_per_volt
from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.datasheet import FPGA_CYCLE, N_NEURONS
from neckar.units import mV, us

_HEIGHT = 44 * mV  # wanted of a volley
_PULL, _MOST_PULL = 6 * mV, 24 * mV  # of a line, by many weak synapses
_VOLLEYS, _PHASES = 6, 7  # at least; relative to the samples
_ENOUGH, _MOST_SAMPLES = 5000, 2000  # samples times LSB squared, for some percent
_CARE = 6  # of the last measurement
_NOTHING = 1e-3  # LSB, of an input that does not act
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
        return -TOWARDS[line] * probe.level()

    found = bisect(measure, -TOWARDS[line] * resting, N_NEURONS)
    bench.write(f"{line}_input.i_shift_reference", found)


def _strengthen(bench: Bench, target: Target) -> None:
    """By amplifier biases; the standard is what the targets' biases do to the median neuron."""

    def measure(code: np.ndarray, line: str, care: int = 1) -> np.ndarray:
        bench.write(f"{line}_input.i_bias_gm", code)
        return effect(bench, line, target, care)

    for line in LINES:
        if target.psp is not None:
            wanted = target.psp * lsb_per_volt(target.cadc_range_code)
            wanted = wanted / _reach(target, line)
        elif line == "excitatory" or target.gm_inh_code is not None:
            wanted = np.median(measure(np.full(N_NEURONS, target.gm_of(line)), line))
        code = bisect(partial(measure, line=line), wanted, N_NEURONS)
        found = np.maximum(measure(code, line, _CARE), _NOTHING)
        bench.write(f"{line}_input.i_bias_gm", scaled(code, wanted / found))


def effect(bench: Bench, line: str, target: Target, care: int = 1) -> np.ndarray:
    """Charge that one event of weight 1 brings, as the CADC reads it.

    Peak of the membrane, over what time constants and capacitance of the target make of a charge.
    """
    return height(bench, line, target, care) / _reach(target, line)


def highest(bench: Bench, line: str, target: Target) -> np.ndarray:
    """How far one of the volleys that `height` sends moves the membrane, CADC LSB."""
    sent = _volley(bench, line, target)
    return height(bench, line, target) * sent.n_rows * sent.weight * len(sent.times)


def height(bench: Bench, line: str, target: Target, care: int = 1) -> np.ndarray:
    """Peak of the membrane after an event of weight 1 on a line of every neuron, CADC LSB.

    Volleys of events are weak enough for inputs to act nearly in proportion, and readings are
    fitted with the shape that wanted time constants give.

    Args:
        bench: with settings to look at.
        line: `excitatory` or `inhibitory`.
        target: what neurons more or less do already.
        care: how many times as long to look.
    """
    probe = bench.aside()
    for each in LINES:
        probe.write(f"{each}_input.enable", each == line)
    probe.write("threshold.enable", False)
    sent = _volley(probe, line, target)
    connect(probe, line, sent.n_rows, sent.weight)
    slowest = float(np.max([np.max(target.tau_mem), np.max(target.tau_of(line))]))
    period = max(PERIOD_CYCLES, cycles(_TAUS * slowest / _SAMPLES))
    n_apart = int(_TAUS * slowest / FPGA_CYCLE / period) + 1 + 1 / _PHASES
    apart = n_apart * period * FPGA_CYCLE
    n_volleys = max(care * _VOLLEYS, int(np.ceil(care * sent.n_samples / n_apart)))
    times = (np.arange(n_volleys)[:, None] * apart + sent.times).ravel()
    trace = probe.trace(int(n_volleys * n_apart), (0.0, spikes(times, LABEL)), period_cycles=period)
    is_periodic = trace.time > apart
    time = trace.time[is_periodic] - _DELAY
    shape = sum(_shape(target, line, (time - late) % apart, apart) for late in sent.times)
    found = _amplitude(np.asarray(shape), trace.lsb[is_periodic]) / (sent.n_rows * sent.weight)
    return TOWARDS[line] * found / sent.share


@dataclass(frozen=True, kw_only=True)
class _Volley:
    """Events that move the membrane far enough to be seen.

    Args:
        times: of events, s; each comes when the line has let go.
        n_rows: through which each of them acts; likewise `weight`.
        share: of what an event would do if the amplifier were straight.
        n_samples: that see its effect in spite of noise.
    """

    times: np.ndarray
    n_rows: int
    weight: int
    share: float
    n_samples: int


def _volley(bench: Bench, line: str, target: Target) -> _Volley:
    """Weak inputs and short lines get stronger events first, and then more of them."""
    gain = _gain(bench, line, target)
    within = _TAUS_WITHIN * float(np.median(target.tau_of(line)))
    n_most = int(np.clip(np.median(target.tau_mem) / 2 / within, 1, _MOST_EVENTS))
    most = _MOST_PULL if n_most > 1 else 2 * _MOST_PULL
    total = float(np.clip(_HEIGHT / gain, _PULL, n_most * most))
    pull = min(total, most)
    n = round(total / pull)
    weight = int(np.ceil(pull / row_pull(bench, line) / MOST_ROWS))
    seen = gain * total * lsb_per_volt(target.cadc_range_code)
    return _Volley(
        times=within * np.arange(n),
        n_rows=rows_for(bench, line, pull, weight),
        weight=weight,
        share=1 - (pull / p.INPUT_LINEAR) ** 2 / 9,  # of tanh(s / linear), while s decays
        n_samples=int(min(_ENOUGH / seen**2, _MOST_SAMPLES)),
    )


def _gain(bench: Bench, line: str, target: Target) -> float:
    """Nominal peak of the membrane over the pull of a line."""
    if target.psp is not None:
        return float(np.median(target.psp)) / row_pull(bench, line)
    code = np.median(target.capacitance_code) + p.CAPACITANCE_INTRINSIC_CODE
    conductance = p.INPUT_CONDUCTANCE_PER_CODE * target.gm_of(line)
    tau_mem, tau_syn = _time_constants(target, line)
    seconds = np.median(peak(tau_mem, tau_syn))
    return float(conductance / (code * p.CAPACITANCE_PER_CODE) * seconds)


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
