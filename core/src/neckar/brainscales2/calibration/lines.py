"""Calibrate the lines of the synaptic inputs: how strongly events pull, how fast they let go.

The CADC reads the lines themselves while many synapses pull all of them at once.
"""

import numpy as np

from neckar.brainscales2.calibration.bench import PERIOD_CYCLES, Bench, spikes
from neckar.brainscales2.calibration.bisect import bisect
from neckar.brainscales2.calibration.fit import Decay, decay
from neckar.brainscales2.calibration.searches import search_line
from neckar.brainscales2.calibration.stimulus import LABEL, connect
from neckar.brainscales2.calibration.target import Values
from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.datasheet import (
    FPGA_CYCLE,
    MAX_CAPMEM,
    MAX_WEIGHT,
    N_HEMISPHERES,
)
from neckar.units import us

_SOURCE = {"excitatory": 1, "inhibitory": 2}  # AtomicNeuron.Readout.Source
_PULL = 0.3  # V, what events would pull if lines did not saturate; how lines let go does not care
_STRAIGHT_PULL = 0.12  # V, before that
_TAUS = 6.0  # between events
_SAMPLES = 100
_PHASES = 7  # of events relative to the samples
MOST_ROWS = 64
_ARRIVED = 0.5 * us  # after an event has left
_SEEN = 0.3  # of the variance; noise alone explains a tenth


def calibrate_time_constant(bench: Bench, line: str, wanted: Values) -> None:
    """Make a line of every neuron let go as fast as wanted.

    Lines without a decay in sight had let go before the first reading.
    """

    def look() -> np.ndarray:
        found = pulled(bench, line, wanted)
        return np.where(found.explained > _SEEN, found.tau, 0.0)

    search_line(bench, line, wanted, look)


def calibrate_synapses(bench: Bench, bias_code: int, tau_syn: Values) -> None:
    """Give every quadrant the median strength that `bias_code` gives."""

    def measure(code: np.ndarray) -> np.ndarray:
        bench.chip.array["synapse_blocks"]["i_bias_dac"] = code.reshape(N_HEMISPHERES, 2)
        amplitude = -pulled(bench, "excitatory", tau_syn, n_rows).amplitude
        return np.median(amplitude.reshape(4, -1), axis=1)

    n_rows = rows_for(bench, "excitatory", _STRAIGHT_PULL, MAX_WEIGHT)
    standard = np.median(measure(np.full(4, bias_code)))
    measure(bisect(measure, standard, 4, highest=MAX_CAPMEM))


def integrate_on_lines(bench: Bench) -> None:
    """Lines keep their charge, and the CADC reads the excitatory ones.

    The board puts lines back to where they rest, over their debug line; see `Calibration.apply`.
    """
    for line in _SOURCE:
        for name in ("enable", "enable_small_capacitance", "i_bias_tau"):
            bench.write(f"{line}_input.{name}", 0)
        bench.write(f"{line}_input.enable_high_resistance", True)
    bench.write("readout.source", _SOURCE["excitatory"])
    bench.write("readout.enable_amplifier", True)
    bench.write("threshold.enable", False)
    pad = bench.chip.array["readout_chain"]["pad_mux"][0]
    for line in _SOURCE:
        pad[f"synin_debug_{line}_to_synapse_intermediate_mux"] = True
    pad["synapse_intermediate_mux_to_pad"] = True


def pulled(bench: Bench, line: str, tau_syn: Values, n_rows: int | None = None) -> Decay:
    """What a line of every neuron does after strong events.

    Samples between events that come at ever other phases show time constants that are shorter than
    the period of the samples.
    """
    expected, slowest = float(np.median(tau_syn)), float(np.max(tau_syn))
    probe = bench.aside()
    probe.write("readout.source", _SOURCE[line])
    connect(probe, line, n_rows or _rows(probe, line), MAX_WEIGHT)
    periods = int(np.ceil(_TAUS * slowest / FPGA_CYCLE / PERIOD_CYCLES)) + 1
    apart = (periods * PERIOD_CYCLES + PERIOD_CYCLES // _PHASES) * FPGA_CYCLE
    n = max(_SAMPLES, 2 * periods)
    times = np.arange(n * PERIOD_CYCLES * FPGA_CYCLE // apart) * apart
    trace = probe.trace(n, (0.0, spikes(times, LABEL)))
    since = trace.time - times[np.searchsorted(times, trace.time, side="right") - 1]
    is_after = since > _ARRIVED
    return decay(since[is_after] - _ARRIVED, trace.lsb[is_after], expected)


def _rows(bench: Bench, line: str) -> int:
    """How many rows pull a line as far as it can be seen well."""
    return rows_for(bench, line, _PULL, MAX_WEIGHT)


def rows_for(bench: Bench, line: str, volts: float, weight: int) -> int:
    """How many rows pull a line nominally so far, an even number."""
    return int(np.clip(2 * round(volts / row_pull(bench, line) / weight / 2), 2, MOST_ROWS))


def row_pull(bench: Bench, line: str) -> float:
    """How far an event through one synapse of weight 1 nominally pulls a line, V."""
    bias = float(np.median(bench.chip.array["synapse_blocks"]["i_bias_dac"]))
    volts = p.SYNAPSE_AMPLITUDE / MAX_WEIGHT
    volts *= bias / p.SYNAPSE_BIAS_REFERENCE_CODE
    if np.median(bench.neurons[f"{line}_input"]["enable_small_capacitance"]):
        volts /= p.LINE_SMALL_CAPACITANCE
    return volts
