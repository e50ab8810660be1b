"""Calibrate the conductances between circuits and the somatic line.

Neighbours share a piece of the line, one of them without resistance. Currents drive their membranes
apart: by U while they are alone, by D while they are joined through the conductance g of one. With
the same leak and the same capacitance C on both sides,

    U / D = 1 + 2 tau_mem / tau_icc,    tau_icc = C / g.

These are levels: no trace has to be fitted, and many readings make up for the noise of one.
"""

from dataclasses import dataclass, field

import numpy as np

from neckar.brainscales2.calibration.bench import Bench
from neckar.brainscales2.calibration.searches import Settable
from neckar.brainscales2.calibration.target import LINES, Target, Values
from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.datasheet import MAX_CAPMEM, N_COLUMNS, N_NEURONS
from neckar.brainscales2.chip.registers import Chip

_READS = 32, 64, 256  # of a level, one turn of the search after the other
_READS_ALONE = 512
_DEFLECTION = 0.015  # V, so little that the leak acts in proportion, even for twice the current
_SPARE = 0.9  # of the largest bias, since cells differ
_MOST = 8.0  # times that a turn of the search changes a bias
_LEAST = 0.01  # of U beyond D; less is lost in noise
_IS_ODD = np.arange(N_NEURONS) % N_COLUMNS % 2 == 1


def calibrate_coupling(bench: Bench, target: Target) -> None:
    """Divided or multiplied where the target needs it; the switches stay open."""
    assert target.tau_icc is not None
    wanted = np.broadcast_to(target.tau_icc, N_NEURONS)
    strength = nominal_strength(bench.chip, wanted)
    factor = np.ones(N_NEURONS)
    pairs = Pairs(bench=bench, tau_mem=np.broadcast_to(target.tau_mem, N_NEURONS))
    for n_reads in _READS:
        strength = write_strength(bench, strength * factor)
        factor = pairs.coupling_time(wanted, n_reads) / wanted
    write_strength(bench, strength * factor)


def nominal_strength(chip: Chip, wanted: Values) -> np.ndarray:
    """Conductances that make a median circuit do this, in codes of an undivided bias."""
    return capacitance(chip) / wanted / p.COUPLING_CONDUCTANCE_PER_CODE


def write_strength(bench: Settable, strength: np.ndarray) -> np.ndarray:
    """Biases for conductances in codes of an undivided one; what whole codes make of them."""
    is_divided = strength / p.COUPLING_DIVISION < _SPARE * MAX_CAPMEM
    is_multiplied = strength > _SPARE * MAX_CAPMEM
    scale = np.where(is_divided, p.COUPLING_DIVISION, 1.0)
    scale = np.where(is_multiplied, p.COUPLING_MULTIPLICATION, scale)
    code = np.clip(np.rint(strength / scale), 1, MAX_CAPMEM).astype(int)
    bench.write("multicompartment.enable_conductance_division", is_divided)
    bench.write("multicompartment.enable_conductance_multiplication", is_multiplied)
    bench.write("multicompartment.i_bias_nmda", code)
    return code * scale


def coupling_time(bench: Bench, target: Target) -> np.ndarray:
    """Capacitance over conductance of every circuit, s, (512,)."""
    assert target.tau_icc is not None
    pairs = Pairs(bench=bench, tau_mem=np.broadcast_to(target.tau_mem, N_NEURONS))
    return pairs.coupling_time(np.broadcast_to(target.tau_icc, N_NEURONS), _READS[-1])


@dataclass(kw_only=True)
class Pairs:
    """Neighbours, and how currents move their membranes while they are alone.

    Args:
        bench: a chip whose neurons have the leak that `tau_mem` speaks of.
        tau_mem: s, (512,).
    """

    bench: Bench
    tau_mem: np.ndarray
    _code: np.ndarray = field(init=False)
    _moved: np.ndarray = field(init=False)
    _per_code: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        current = capacitance(self.bench.chip) * _DEFLECTION / self.tau_mem
        self._code = np.maximum(np.rint(current / p.OFFSET_CURRENT_PER_CODE), 1).astype(int)
        nobody = np.zeros(N_NEURONS, bool)
        self._moved = self._deflection(self._code, nobody, _READS_ALONE)
        twice = self._deflection(2 * self._code, nobody, _READS_ALONE)
        self._per_code = (twice - self._moved) / self._code

    def coupling_time(self, expected: np.ndarray, n_reads: int) -> np.ndarray:
        """Capacitance over conductance, s, of circuits of which this is expected."""
        times = 1 + 2 * self.tau_mem / expected
        code = np.clip(np.rint(self._code * times), 1, MAX_CAPMEM).astype(int)
        alone = _apart(self._moved + self._per_code * (code - self._code))
        tau = np.empty(N_NEURONS)
        for is_arm in (_IS_ODD, ~_IS_ODD):
            joined = _apart(self._deflection(code, is_arm, n_reads))
            excess = np.maximum(alone / np.maximum(joined, _LEAST * alone) - 1, _LEAST)
            tau[is_arm] = 2 * _tau_of_pairs(self.tau_mem) / excess
        return np.clip(tau, expected / _MOST, expected * _MOST)

    def _deflection(self, code: np.ndarray, is_arm: np.ndarray, n_reads: int) -> np.ndarray:
        """By currents of this strength, up on odd columns and down on even ones, LSB, (512,).

        Half of what changes when all currents change their sign, so that rest does not matter.
        """
        probe = self.bench.aside()
        for line in LINES:
            probe.write(f"{line}_input.enable", False)
        probe.write("threshold.enable", False)
        is_joined = bool(is_arm.any())
        probe.write("multicompartment.enable_conductance", is_arm)
        probe.write("multicompartment.connect_soma", is_joined & ~is_arm)
        probe.write("multicompartment.connect_soma_right", is_joined & ~_IS_ODD)
        probe.write("constant_current.i_offset", code)
        probe.write("constant_current.enable", True)
        levels = []
        for sinks in (~_IS_ODD, _IS_ODD):
            probe.write("constant_current.type", sinks)
            levels.append(probe.level(n_reads))
        return (levels[0] - levels[1]) / 2


def _apart(moved: np.ndarray) -> np.ndarray:
    """Of neighbours, (256,)."""
    return moved[_IS_ODD] - moved[~_IS_ODD]


def _tau_of_pairs(tau: np.ndarray) -> np.ndarray:
    return (tau[_IS_ODD] + tau[~_IS_ODD]) / 2


def capacitance(chip: Chip) -> np.ndarray:
    """Of membranes as it is meant to be, F, (512,)."""
    code = chip.array["neuron_block"]["atomic_neurons"]["membrane_capacitance"]["capacitance"]
    return np.asarray(p.CAPACITANCE_PER_CODE * (code + p.CAPACITANCE_INTRINSIC_CODE))
