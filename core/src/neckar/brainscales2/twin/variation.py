"""How one chip differs from the next. A serial number is all there is to know."""

from dataclasses import dataclass, fields
from hashlib import blake2b
from typing import Self

import numpy as np

from neckar.units import mV

DEFAULT_SERIAL = 849
"""The chip that resembles the recorded ones most, see decision 0008."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """One standard deviation of every source of mismatch, and what speaks for its size.

    Plain fields are relative; fields ending in `_offset` are absolute, in SI or as named. [S]
    recordings of ten neighbouring neurons, [T] figures of tutorials, [C] acceptance limits of the
    calibration library, [A] assumed.
    """

    # per cell of the parameter memory
    capmem_voltage_offset: float = 3 * mV  # [C]
    capmem_current_gain: float = 0.04  # [A]
    capmem_current_offset_code: float = 2.0  # [A]
    # per neuron
    leak_conductance: float = 0.15  # [S] rise 51 +- 7 LSB/us
    leak_linear: float = 0.05  # [S] at most 0.15, part of it from the fit
    leak_offset: float = 25 * mV  # [C] at least 5 LSB of the CADC
    reset_conductance: float = 0.03  # [S] time constant 1.80 +- 0.09 us
    reset_offset: float = 13 * mV  # [S] minimum 230 +- 10 LSB
    threshold_offset: float = 17 * mV  # [S] peak 408 +- 10 LSB
    capacitance: float = 0.02  # [A]
    intrinsic_capacitance: float = 0.10  # [C]
    offset_current: float = 0.10  # [A]
    exponential_offset: float = 15 * mV  # [A]
    exponential_slope: float = 0.10  # [A]
    adaptation: float = 0.20  # [A] each of its conductances
    adaptation_offset: float = 15 * mV  # [A]
    line_tau: float = 0.20  # [C]
    line_high_resistance: float = 0.05  # [A]
    line_small_capacitance: float = 0.03  # [A]
    line_offset: float = 10 * mV  # [A]
    input_conductance: float = 0.15  # [C]
    input_offset: float = 9.6 * mV  # [C] the search over shift codes must centre
    coba: float = 0.15  # [A]
    coupling: float = 0.20  # [C] its calibration halves the spread
    readout_gain: float = 0.01  # [A]
    readout_offset: float = 5 * mV  # [A]
    cadc_buffer_offset: float = 12 * mV  # [T] rest differs by 7 MADC LSB where the CADC sees none
    # per synapse driver, per synapse
    driver: float = 0.03  # [A]
    synapse: float = 0.05  # [A]
    stp_comparator: float = 15 * mV  # [C] 0.7 steps of the hagen DAC
    stp_memory: float = 75 * mV  # [C] amplitudes vary by 2 LSB; calibration takes off more than 1
    stp_recovery: float = 0.10  # [A]
    correlation_amplitude: float = 0.30  # [C] half to double the target after calibration
    correlation_tau: float = 0.25  # [C]
    correlation_baseline: float = 27 * mV  # [C] 5 .. 8 LSB
    # per quadrant
    capmem_voltage_gain: float = 0.01  # [A]
    synapse_bias: float = 0.05  # [C]
    cadc_start_offset: float = 15 * mV  # [C]
    cadc_step: float = 0.05  # [C]
    # per CADC channel
    cadc_channel_offset_lsb: float = 6.0  # [C] must be 3 .. 20
    cadc_channel_gain: float = 0.01  # [A]
    # per chip
    chip_threshold_offset: float = 50 * mV  # [S] and [T] show two chips 97 mV apart
    madc_gain: float = 0.01  # [T]
    madc_offset_lsb: float = 2.0  # [A]
    # what calibrations overlook: they fit noisy traces
    calibration_tau: float = 0.04  # [S] 10.3, 10.8 and 13.7 us where 10 us were wanted
    calibration_height: float = 0.03  # [A]

    @classmethod
    def none(cls) -> Self:
        """A chip without mismatch."""
        return cls(**dict.fromkeys((field.name for field in fields(cls)), 0.0))


def stream(serial: int, path: str) -> np.random.Generator:
    """Random numbers that depend on the chip and on the place on it, and on nothing else."""
    place = int.from_bytes(blake2b(path.encode(), digest_size=8).digest(), "little")
    return np.random.default_rng([serial, place])


def factors(serial: int, path: str, spread: float, shape: int | tuple[int, ...]) -> np.ndarray:
    """Factors around 1; log-normal, so that none changes a sign."""
    return np.exp(spread * stream(serial, path).standard_normal(shape))


def offsets(serial: int, path: str, spread: float, shape: int | tuple[int, ...]) -> np.ndarray:
    """Offsets around 0."""
    return spread * stream(serial, path).standard_normal(shape)
