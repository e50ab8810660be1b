"""Calibrate the synapse drivers for hagen mode: pulse lengths in proportion to activations."""

import numpy as np

from neckar.brainscales2.calibration.bisect import bisect, falling
from neckar.brainscales2.calibration.oracle.bench import Bench
from neckar.brainscales2.calibration.procedure import (
    LARGEST_ACTIVATION,
    LARGEST_OFFSET,
    LARGEST_RAMP,
    LONG,
    MIDDLE_OFFSET,
    N_RAMPS,
    REACHED,
    SHORT,
)
from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import N_DRIVERS, N_HEMISPHERES
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin import capmem, stp

_ALL = N_HEMISPHERES * N_DRIVERS


def calibrate_drivers(bench: Bench) -> None:
    """Set ramps for short pulses and, for each ramp, the offsets of all drivers for long ones."""
    block = bench.chip.array["synapse_driver_blocks"]
    block["synapse_drivers"]["hagen_dac_offset"] = 0
    block["synapse_drivers"]["offset"] = MIDDLE_OFFSET
    block["stp_i_ramp"], block["stp_i_calib"] = LARGEST_RAMP, 0
    longest = pulse_lengths(bench, LARGEST_ACTIVATION).mean()

    def wanted(activation: int) -> float:
        return float(REACHED * longest * activation / LARGEST_ACTIVATION)

    def long(offset: np.ndarray) -> np.ndarray:
        shape = (N_HEMISPHERES, N_DRIVERS)
        block["synapse_drivers"]["hagen_dac_offset"] = offset.reshape(shape)
        return pulse_lengths(bench, LONG)

    def short(ramp: np.ndarray) -> np.ndarray:
        block["stp_i_ramp"] = block["stp_i_calib"] = ramp.reshape(N_HEMISPHERES, 2)
        long(bisect(falling(long), -wanted(LONG), _ALL, highest=LARGEST_OFFSET))
        lengths = pulse_lengths(bench, SHORT).reshape(N_HEMISPHERES, N_DRIVERS // 2, 2)
        return lengths.mean(axis=1).reshape(N_RAMPS)

    short(bisect(short, wanted(SHORT), N_RAMPS, highest=LARGEST_RAMP))


def pulse_lengths(bench: Bench, activation: int) -> np.ndarray:
    """Of all 256 drivers in hagen mode, in units of the longest pulse of it."""
    probe = Chip.from_array(bench.chip.array)
    drivers = probe.array["synapse_driver_blocks"]["synapse_drivers"]
    for name in ("stp", "hagen_modulation", "hagen_dac"):
        drivers[f"enable_{name}"] = True
    config = ChipConfig.of(probe)
    made = stp.circuits(config, capmem.codes(config), bench.serial, bench.spread)
    length = made.length[:, LARGEST_ACTIVATION + 1 - activation]
    return np.asarray(length / p.STP_LONGEST_PULSE)
