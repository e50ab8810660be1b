"""Calibrate the correlation sensors of all synapses: what a pair of pulses leaves, and how long.

Events pulse all rows at once, and the columns are pulsed by hand some time before or after. Then
the CADC reads every row. Two such times tell amplitude and time constant of every synapse.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neckar.brainscales2.backends.base import Backend
from neckar.brainscales2.calibration.bench import Bench, cycles, spikes
from neckar.brainscales2.calibration.calibrate import Tell, resume, stage
from neckar.brainscales2.calibration.check import check
from neckar.brainscales2.calibration.parts import (
    Part,
    Writes,
    apply,
    sensor_parts,
    settling,
)
from neckar.brainscales2.calibration.readout import CHANNELS, calibrate_readout
from neckar.brainscales2.calibration.residual import Residual
from neckar.brainscales2.calibration.stimulus import LABEL, open_buses
from neckar.brainscales2.calibration.store import digest, keep
from neckar.brainscales2.calibration.target import BRANCHES, Sensing
from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip.coordinates.common import Enum
from neckar.brainscales2.chip.datasheet import (
    LATENCY_CROSSBAR_TO_SYNAPSE,
    LATENCY_FPGA_TO_CROSSBAR,
    MAX_CAPMEM,
    N_BUSES,
    N_COLUMNS,
    N_HEMISPHERES,
    N_ROWS,
)
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.program import BlockUntil, Instruction, Read, Write
from neckar.units import us

_LANE_SHIFT = 14
_LATE = LATENCY_FPGA_TO_CROSSBAR + LATENCY_CROSSBAR_TO_SYNAPSE
_SETTLED = 100 * us  # after all sensors were emptied
_APART = 100.0  # time constants between pairs; so much is forgotten
_LEFT_LSB = 40  # that pairs shall leave: well above the noise, and below where stores are full
_FEWEST, _MOST = 5, 150  # pairs
_DELAYS = 0.1, 1.0  # time constants between the pulses of a pair
_FIRST_STORE, _FIRST_RAMP, _OUTPUT = 70, 80, 600  # codes [calix]
_ROUNDS = 3
_N_EMPTY = 4  # readings of empty sensors
_TRIMS = 4
_MIDDLE_TRIM = 1


@dataclass(frozen=True, kw_only=True)
class SensorCalibration:
    """What came of calibrating sensors.

    Args:
        chip: all settings.
        target: what they are for.
        is_successful: quadrants neither of whose currents ended at the end of its range, (4,).
    """

    chip: Chip
    target: Sensing
    is_successful: np.ndarray

    @property
    def settings(self) -> list[Part]:
        """What was found, and time to settle; weights and labels are no part of it."""
        return [*sensor_parts(self.chip), *settling()]

    def apply(self, builder: Writes) -> None:
        """Append what was found to a program or a dumper; weights and labels stay as they are."""
        apply(self.settings, builder)

    def to_chip(self) -> Chip:
        """A chip with these settings."""
        return Chip.from_array(self.chip.array)


@dataclass(frozen=True, kw_only=True)
class Window:
    """What pairs leave in LSB at no distance, and time constant in s, (2, 256, 256) each.

    Not a number where too little is left to tell.
    """

    amplitude: np.ndarray
    tau: np.ndarray


def calibrate_sensors(
    backend: Backend,
    target: Sensing,
    tell: Tell | None = None,
    start: Chip | None = None,
    folder: Path | None = None,
) -> SensorCalibration:
    """Measure currents of the quadrants, and trims of all synapses if the target wants them.

    Args:
        backend: where the chip is.
        target: for all synapses.
        tell: is told before every step, and at the end.
        start: settings of that chip with a calibrated CADC; else that is calibrated, too.
        folder: where steps are kept, so that one that was interrupted goes on where it was.

    Raises:
        CalibrationError: no chip can do that.
    """
    check(target)
    steps = ["cadc", *["currents"] * _ROUNDS, *["trims"] * target.trims]
    kept = None if folder is None else folder / f"{digest(target, backend.identifier)}.unfinished"
    with backend.open() as session:
        chip = Chip() if start is None else Chip.from_array(start.array)
        bench = Bench(session=session, chip=chip)
        done = resume(kept, bench)
        if not done and start is None:
            _tell(tell, 0.0, steps[0])
            calibrate_readout(bench, target.cadc_range_code)
        if not done:
            _prepare(chip, target)
        empty = np.mean([readings(bench, 0, 0.0, target.tau) for _ in range(_N_EMPTY)], axis=0)
        for number, step in list(enumerate(steps))[max(done, 1) :]:
            _tell(tell, number / len(steps), step)
            (_trim if step == "trims" else _scale)(bench, target, empty)
            if kept:
                keep(kept, stage(chip, number + 1))
    if kept:
        kept.unlink(missing_ok=True)
    _tell(tell, 1.0, "done")
    return calibration_of(chip, target)


def calibration_of(chip: Chip, target: Sensing) -> SensorCalibration:
    """Settings that were found, and for which quadrants."""
    codes = np.stack(_currents(chip)).reshape(2, -1)
    is_successful = np.all((codes > 1) & (codes < MAX_CAPMEM), axis=0)
    return SensorCalibration(chip=chip, target=target, is_successful=is_successful)


def verify_sensors(backend: Backend, calibration: SensorCalibration) -> tuple[Residual, ...]:
    """Compare synapses with their target, calibrated and with the same codes everywhere."""
    target = calibration.target
    same = Chip.from_array(calibration.chip.array)
    for code in _currents(same):
        code[...] = round(float(np.median(code)))
    _set_trims(same, _MIDDLE_TRIM if target.trims else 0)
    found = []
    with backend.open() as session:
        for chip in (same, calibration.chip):
            bench = Bench(session=session, chip=chip)
            empty = np.mean([readings(bench, 0, 0.0, target.tau) for _ in range(_N_EMPTY)], axis=0)
            found.append({b: measured(bench, target, empty, b) for b in target.branches})
    residuals = []
    for branch in target.branches:
        before, after = (each[branch] for each in found)
        residuals += [
            Residual.of(
                f"{branch} amplitude / LSB", target.amplitude_lsb, before.amplitude, after.amplitude
            ),
            Residual.of(f"{branch} tau / us", target.tau / us, before.tau / us, after.tau / us),
        ]
    return tuple(residuals)


def _tell(tell: Tell | None, fraction: float, name: str) -> None:
    if tell:
        tell(fraction, name)


def _currents(chip: Chip) -> tuple[np.ndarray, np.ndarray]:
    """Codes of the quadrants, (2, 2) each: less leaves more, and less leaves it for longer."""
    correlation = chip.array["cadc_readout_chains"]["correlation"]
    return correlation["i_bias_store"], correlation["i_bias_ramp"]


def _prepare(chip: Chip, target: Sensing) -> None:
    for code, first in zip(_currents(chip), (_FIRST_STORE, _FIRST_RAMP), strict=True):
        code[...] = first
    chip.array["cadc_readout_chains"]["correlation"]["i_bias_corout"] = _OUTPUT
    _set_trims(chip, _MIDDLE_TRIM if target.trims else 0)


def _set_trims(chip: Chip, trim: int) -> None:
    matrix = chip.array["synapse_blocks"]["matrix"]
    matrix["amp_calibs"] = matrix["time_calibs"] = trim


def _scale(bench: Bench, target: Sensing, empty: np.ndarray) -> None:
    """Amplitude and time constant fall with the current of their quadrant, nearly inversely."""
    found = _of_target(bench, target, empty)
    for code, values, wanted in zip(
        _currents(bench.chip),
        (found.amplitude, found.tau),
        (target.amplitude_lsb, target.tau),
        strict=True,
    ):
        median = np.nanmedian(values.reshape(N_HEMISPHERES, N_ROWS, 2, -1), axis=(1, 3))
        code[...] = np.clip(np.rint(code * median / wanted), 1, MAX_CAPMEM)


def _trim(bench: Bench, target: Sensing, empty: np.ndarray) -> None:
    """The nearest of four amplitudes, and of four time constants, for every synapse."""
    amplitudes, taus = [], []
    for trim in range(_TRIMS):
        _set_trims(bench.chip, trim)
        found = _of_target(bench, target, empty)
        amplitudes.append(found.amplitude / target.amplitude_lsb)
        taus.append(found.tau / target.tau)
    matrix = bench.chip.array["synapse_blocks"]["matrix"]
    for name, ratios in (("amp_calibs", amplitudes), ("time_calibs", taus)):
        off = np.nan_to_num(np.abs(np.log(ratios)), nan=np.inf)
        matrix[name] = np.where(np.isfinite(off).any(axis=0), np.argmin(off, axis=0), _MIDDLE_TRIM)


def _of_target(bench: Bench, target: Sensing, empty: np.ndarray) -> Window:
    """The branch that counts, or the geometric mean of both."""
    found = [measured(bench, target, empty, branch) for branch in target.branches]
    return Window(
        amplitude=np.exp(np.mean([np.log(each.amplitude) for each in found], axis=0)),
        tau=np.exp(np.mean([np.log(each.tau) for each in found], axis=0)),
    )


def measured(bench: Bench, target: Sensing, empty: np.ndarray, branch: str) -> Window:
    """Amplitudes and time constants of one branch, by pairs of two distances.

    left = amplitude * exp(-delay / tau)

    Args:
        bench: the chip.
        target: about what to expect.
        empty: readings of empty sensors, as of `readings`.
        branch: causal or acausal.
    """
    channel = BRANCHES.index(branch)
    near, far = (each * target.tau for each in _DELAYS)
    n = int(np.clip(_LEFT_LSB / target.amplitude_lsb, _FEWEST, _MOST))
    left = []
    for delay in (near, far):
        found = readings(bench, n, delay if branch == "causal" else -delay, target.tau)
        fallen = empty[channel] - found[channel]
        left.append(np.where(fallen > 0, fallen, np.nan) / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        tau = (far - near) / np.log(left[0] / left[1])
        tau = np.where(tau > 0, tau, np.nan)
        return Window(amplitude=left[0] * np.exp(near / tau), tau=tau)


def readings(bench: Bench, n: int, delay: float, tau: float) -> np.ndarray:
    """Of all sensors after `n` pairs whose columns come so late, LSB (2, 2, 256, 256).

    Indexed by causal and acausal, hemisphere, row and column.
    """
    probe = bench.aside()
    _connect(probe)
    first = _SETTLED + max(0.0, -delay)
    times = first + _APART * tau * np.arange(n)
    lanes = LABEL | np.arange(N_BUSES) << _LANE_SHIFT
    sent = (spikes(np.repeat(times, N_BUSES), np.tile(lanes, n)),) if n else ()
    pairs = (step for time in times for step in _pulse_columns(time + _LATE + delay))
    reads = (
        Read(coordinate=_at(c.CADCSampleRowOnDLS, row), ticket=row)
        for row in range(N_HEMISPHERES * N_ROWS)
    )
    after = BlockUntil(cycles=cycles(first + _APART * tau * n))
    found = probe.play(*_empty(), *sent, *pairs, after, *reads).reads
    each = np.array([[row.array["causal"], row.array["acausal"]] for row in found], float)
    return each.swapaxes(0, 1).reshape(2, N_HEMISPHERES, N_ROWS, N_COLUMNS)


def _connect(probe: Bench) -> None:
    """Every row listens to events, which move no membrane; columns are pulsed by hand."""
    open_buses(probe)
    drivers = probe.chip.array["synapse_driver_blocks"]["synapse_drivers"]
    drivers["enable_receiver"] = drivers["enable_address_out"] = True
    drivers["row_address_compare_mask"] = 0
    drivers["row_mode_top"] = drivers["row_mode_bottom"] = 1
    matrix = probe.chip.array["synapse_blocks"]["matrix"]
    matrix["labels"], matrix["weights"] = LABEL, 0
    for name in CHANNELS:
        channels = probe.chip.array["cadc_readout_chains"][name]
        channels["enable_connect_neuron"], channels["enable_connect_correlation"] = False, True
    probe.write("threshold.enable", False)
    probe.write("event_routing.enable_post_overwrite", True)


def _empty() -> Iterator[Instruction]:
    """Resets of all sensors."""
    for row in range(N_HEMISPHERES * N_ROWS):
        where = _at(c.CorrelationResetRowOnDLS, row)
        yield Write(coordinate=where, register=r.CorrelationResetRow())


def _pulse_columns(time: float) -> Iterator[Instruction]:
    """All of them, east and west."""
    yield BlockUntil(cycles=cycles(time))
    for half in range(2):
        where = c.BlockPostPulseOnDLS(Enum(half))
        yield Write(coordinate=where, register=r.BlockPostPulse())


def _at(kind: Any, row: int) -> Any:
    """A row, counted through both hemispheres."""
    hemisphere, local = divmod(row, N_ROWS)
    return kind(c.SynapseRowOnSynram(local), c.SynramOnDLS(hemisphere))
