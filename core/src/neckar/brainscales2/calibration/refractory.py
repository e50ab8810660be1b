"""Calibrate the refractory period: clock and counts are chosen, and intervals of spikes measured.

A neuron whose threshold lies at the bottom fires again as soon as it may. Counter and clock are
digital, so that there is little to correct; where there is, it is whole counts.
"""

import numpy as np

from neckar.brainscales2.calibration.bench import Bench, cycles
from neckar.brainscales2.calibration.target import Values
from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip import wiring
from neckar.brainscales2.chip.datasheet import (
    FPGA_CYCLE,
    N_BUSES,
    N_COLUMNS,
    N_EVENT_OUTPUTS,
    N_HEMISPHERES,
    N_NEURONS,
)
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.program import BlockUntil, Write

_MIN_COUNTS = 30  # shorter refractory periods are not reliable
_MAX_COUNTS = 254  # of 8 bits, less the one for the hold-off
_FAST = 1  # input clock of the refractory counter
_NORMAL = 1  # analog output: lets neurons fire
_N_INTERVALS = 20  # that are averaged
_MOST_SPIKES = 50e6  # 1/s at a time, a fifth of what the link carries
_FEWEST_SPIKES = 2  # that make an interval
_PER_OUTPUT = 32  # columns whose events share an input of the crossbar
_LABEL, _OUTPUT_SHIFT = 0x3FFF, 8


def calibrate_refractory(bench: Bench, wanted: Values) -> None:
    """Make resets of all neurons last as long as wanted."""
    set_refractory_time(bench.chip, wanted)
    counts = bench.neurons["refractory_period"]["refractory_time"].astype(int)
    off = np.nan_to_num((wanted - refractory_time(bench)) / _clock(bench.chip))
    bench.write("refractory_period.refractory_time", np.clip(counts + np.rint(off), 1, 255))


def set_refractory_time(chip: Chip, wanted: Values) -> None:
    """The slowest clock that still gives enough counts; the hold-off is one count, its least."""
    scale, shortest, longest = 0, np.min(wanted), np.max(wanted)
    while shortest * p.MASTER_CLOCK / 2 ** (scale + 2) > _MIN_COUNTS:
        scale += 1
    while longest * p.MASTER_CLOCK / 2 ** (scale + 1) > _MAX_COUNTS:
        scale += 1
    chip.array["neuron_block"]["backends"]["clock_scale_fast"] = scale
    counts = np.rint(wanted * p.MASTER_CLOCK / 2 ** (scale + 1)).astype(int) + 1
    period = chip.array["neuron_block"]["atomic_neurons"]["refractory_period"]
    period["input_clock"] = _FAST
    period["refractory_time"] = counts
    period["reset_holdoff"] = p.HOLDOFF_MAX_CODE


def refractory_time(bench: Bench) -> np.ndarray:
    """How long the reset of every neuron lasts, s, (512,): mean intervals less the hold-off.

    Not a number where a neuron does not fire.
    """
    clock = _clock(bench.chip)
    longest = clock * float(bench.neurons["refractory_period"]["refractory_time"].max())
    shortest = clock * float(bench.neurons["refractory_period"]["refractory_time"].min())
    n_turns = int(np.ceil(N_NEURONS / max(_MOST_SPIKES * shortest, 1.0)))
    interval = np.full(N_NEURONS, np.nan)
    for turn in range(n_turns):
        neurons = np.arange(turn, N_NEURONS, n_turns)
        interval[neurons] = _intervals(bench, neurons, _N_INTERVALS * longest)
    return interval - clock


def _clock(chip: Chip) -> float:
    """Duration of a count, s."""
    scale = int(chip.array["neuron_block"]["backends"]["clock_scale_fast"].max())
    return float(2 ** (scale + 1) / p.MASTER_CLOCK)


def _intervals(bench: Bench, neurons: np.ndarray, duration: float) -> np.ndarray:
    """Between spikes of neurons that fire as often as they can, s."""
    probe = bench.aside()
    _let_fire(probe, neurons)
    until = BlockUntil(cycles=cycles(duration))
    spikes = probe.play(_recording(True), until, _recording(False)).spikes
    label = spikes["label"].astype(int) & _LABEL
    row, column = np.divmod(label & (1 << _OUTPUT_SHIFT) - 1, _PER_OUTPUT)
    fired = row * N_COLUMNS + (label >> _OUTPUT_SHIFT) * _PER_OUTPUT + column
    return np.array([_mean_interval(spikes["chip_time"][fired == k]) for k in neurons])


def _recording(is_on: bool) -> Write:
    register = r.EventRecordingConfig(enable_event_recording=is_on)
    return Write(coordinate=c.EventRecordingConfigOnFPGA(), register=register)


def _mean_interval(time_cycles: np.ndarray) -> float:
    if time_cycles.size < _FEWEST_SPIKES:
        return np.nan
    first, last = float(time_cycles[0]), float(time_cycles[-1])
    return (last - first) / (time_cycles.size - 1) * FPGA_CYCLE


def _let_fire(probe: Bench, neurons: np.ndarray) -> None:
    """These neurons alone, each with an address of its own."""
    fires = np.isin(np.arange(N_NEURONS), neurons)
    probe.write("threshold.enable", fires)
    probe.write("threshold.v_threshold", 0)
    probe.write("event_routing.analog_output", _NORMAL)
    probe.write("event_routing.enable_digital", fires)
    row, column = np.divmod(np.arange(N_NEURONS), N_COLUMNS)
    probe.write("event_routing.address", row * _PER_OUTPUT + column % _PER_OUTPUT)
    inputs, outputs = wiring.crossbar_nodes()
    is_open = (inputs < N_EVENT_OUTPUTS) & (outputs >= N_HEMISPHERES * N_BUSES)
    nodes = probe.chip.array["crossbar"]["nodes"]
    nodes["mask"], nodes["target"] = 0, np.where(is_open, 0, 1)
