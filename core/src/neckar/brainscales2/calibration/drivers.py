"""Calibrate the synapse drivers: pulses in proportion to activations, pulses of one length.

One driver after the other pulls the lines of its hemisphere, top and bottom at the same time; the
mean over all columns says how long its pulse was.
"""

import numpy as np

from neckar.brainscales2.calibration.bench import FIRST, PERIOD_CYCLES, Bench, spikes
from neckar.brainscales2.calibration.bisect import bisect, falling
from neckar.brainscales2.calibration.procedure import (
    LARGEST_ACTIVATION,
    LARGEST_OFFSET,
    LARGEST_RAMP,
    LARGEST_STP_OFFSET,
    LONG,
    MIDDLE_OFFSET,
    N_RAMPS,
    REACHED,
    SHORT,
)
from neckar.brainscales2.calibration.stimulus import open_buses
from neckar.brainscales2.calibration.target import Plasticity
from neckar.brainscales2.chip import wiring
from neckar.brainscales2.chip.datasheet import (
    FPGA_CYCLE,
    MAX_CAPMEM,
    MAX_WEIGHT,
    N_COLUMNS,
    N_DRIVERS,
    N_HEMISPHERES,
)
from neckar.brainscales2.chip.registers import Chip
from neckar.units import us

_ALL = N_HEMISPHERES * N_DRIVERS
_EXCITATORY = 1  # mode of a row, and what neurons show
_LINE_CODE = 87  # bias that makes lines forget within some samples
_APART = 5  # periods between events
_LATE = 0.8 * us  # of samples behind events that leave the FPGA
_PLASTICITY = Plasticity()
_ROUNDS = 3


def calibrate_activations(bench: Bench) -> None:
    """Set ramps for short pulses and, for each ramp, the offsets of all drivers for long ones.

    Every driver is compared with its own longest pulse: what it pulls with is not touched.
    """
    drivers = bench.chip.array["synapse_driver_blocks"]
    drivers["synapse_drivers"]["hagen_dac_offset"] = 0
    drivers["synapse_drivers"]["offset"] = MIDDLE_OFFSET
    drivers["stp_i_ramp"], drivers["stp_i_calib"] = LARGEST_RAMP, 0
    longest = np.mean([activated(bench, LARGEST_ACTIVATION) for _ in range(_ROUNDS)], axis=0)

    def wanted(activation: int) -> np.ndarray:
        return np.asarray(REACHED * longest * activation / LARGEST_ACTIVATION)

    def long(offset: np.ndarray) -> np.ndarray:
        drivers["synapse_drivers"]["hagen_dac_offset"] = offset.reshape(N_HEMISPHERES, N_DRIVERS)
        return activated(bench, LONG)

    def short(ramp: np.ndarray) -> np.ndarray:
        drivers["stp_i_ramp"] = drivers["stp_i_calib"] = ramp.reshape(N_HEMISPHERES, 2)
        long(bisect(falling(long), -wanted(LONG), _ALL, highest=LARGEST_OFFSET))
        return by_block(activated(bench, SHORT)).mean(axis=1)

    in_block = by_block(wanted(SHORT)).mean(axis=1)
    short(bisect(short, in_block, N_RAMPS, highest=LARGEST_RAMP))


def calibrate_plasticity(bench: Bench, like: Plasticity) -> None:
    """Give the plastic pulses of all drivers of a block the median length, by their offsets."""
    block = bench.chip.array["synapse_driver_blocks"]
    drivers = block["synapse_drivers"]
    block["stp_i_ramp"] = block["stp_i_calib"] = _blocks(like.i_ramp)

    def measure(offset: np.ndarray) -> np.ndarray:
        drivers["offset"] = offset.reshape(N_HEMISPHERES, N_DRIVERS)
        return plastic(bench, like)

    standard = np.median(by_block(measure(np.full(_ALL, MIDDLE_OFFSET))), axis=1)
    wanted = np.broadcast_to(
        standard.reshape(N_HEMISPHERES, 1, 2), (N_HEMISPHERES, N_DRIVERS // 2, 2)
    )
    measure(bisect(falling(measure), -wanted.reshape(_ALL), _ALL, highest=LARGEST_STP_OFFSET))


def activated(bench: Bench, activation: int) -> np.ndarray:
    """How far each of 256 drivers in hagen mode pulls lines with this activation, LSB."""
    probe = bench.aside()
    drivers = probe.chip.array["synapse_driver_blocks"]["synapse_drivers"]
    for name in ("stp", "hagen_modulation", "hagen_dac"):
        drivers[f"enable_{name}"] = True
    drivers["enable_address_out"] = False
    return _pulls(probe, LARGEST_ACTIVATION + 1 - activation)


def plastic(bench: Bench, like: Plasticity = _PLASTICITY) -> np.ndarray:
    """How far each of 256 drivers pulls lines with a plastic pulse that does not change, LSB."""
    probe = bench.aside()
    block = probe.chip.array["synapse_driver_blocks"]
    for pair in range(2):
        block[f"stp_v_charge_{pair}"] = block[f"stp_v_recover_{pair}"] = _blocks(like.v_probe)
    block["synapse_drivers"]["enable_stp"] = True
    return np.mean([_pulls(probe, 0) for _ in range(_ROUNDS)], axis=0)


def set_plasticity(chip: Chip, wanted: Plasticity) -> None:
    """Voltages and ramp; drivers do not use them before their plasticity is switched on."""
    block = chip.array["synapse_driver_blocks"]
    for name in ("v_charge_0", "v_recover_0", "v_charge_1", "v_recover_1", "i_ramp"):
        block[f"stp_{name}"] = _blocks(getattr(wanted, name))
    block["stp_i_calib"] = block["stp_i_ramp"]


def _blocks(codes: tuple[int, ...]) -> np.ndarray:
    return np.reshape(codes, (N_HEMISPHERES, 2))


def by_block(values: np.ndarray) -> np.ndarray:
    """Values of 256 drivers by block of the parameter memory, (4, 64): even ones lie west."""
    return values.reshape(N_HEMISPHERES, -1, 2).swapaxes(1, 2).reshape(N_RAMPS, -1)


def _pulls(probe: Bench, label: int) -> np.ndarray:
    _show_lines(probe)
    driver = np.arange(N_DRIVERS)
    lane, position = wiring.bus_of_driver(driver), wiring.position_of_driver(driver)
    sample = FIRST + (1 + _APART * driver) * PERIOD_CYCLES * FPGA_CYCLE
    sent = spikes(sample - _LATE, lane << 14 | position << 6 | label)
    lsb = probe.trace(N_DRIVERS * _APART, (0.0, sent)).lsb
    columns = lsb.reshape(len(lsb), N_HEMISPHERES, N_COLUMNS).mean(axis=2)
    before, after = columns[_APART * driver], columns[1 + _APART * driver]
    return np.asarray((before - after).T.ravel())


def _show_lines(probe: Bench) -> None:
    """Both rows of every driver act strongly on excitatory lines, which the CADC sees.

    Neurons do not fire: nobody would look, and it would take the twin most of its time.
    """
    open_buses(probe)
    probe.write("threshold.enable", False)
    drivers = probe.chip.array["synapse_driver_blocks"]["synapse_drivers"]
    drivers["enable_receiver"] = True
    drivers["row_mode_top"] = drivers["row_mode_bottom"] = _EXCITATORY
    matrix = probe.chip.array["synapse_blocks"]["matrix"]
    matrix["labels"], matrix["weights"] = 0, MAX_WEIGHT
    probe.chip.array["synapse_blocks"]["i_bias_dac"] = MAX_CAPMEM
    probe.write("excitatory_input.enable_small_capacitance", True)
    probe.write("readout.source", _EXCITATORY)
    probe.write("excitatory_input.enable_high_resistance", False)
    probe.write("excitatory_input.i_bias_tau", _LINE_CODE)
