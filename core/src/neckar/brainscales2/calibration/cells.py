"""Calibrate the neurons of a chip for model cells in SI units."""

from collections.abc import Mapping

import numpy as np

from neckar.brainscales2.calibration.inputs import peak
from neckar.brainscales2.calibration.on_demand import on_demand
from neckar.brainscales2.calibration.target import SPIKING, Firing, Target, reading_of
from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin.variation import Spread
from neckar.network.cells import LIF

NAMES = tuple(LIF().values(1))
UNIT = dict.fromkeys(NAMES, "V") | dict.fromkeys(
    ("tau_mem", "tau_syn_exc", "tau_syn_inh", "refractory_time"), "s"
)
REACH: Mapping[str, tuple[float, float]] = {
    "tau_mem": (0.8e-6, 60e-6),
    "tau_syn_exc": (0.3e-6, 30e-6),
    "tau_syn_inh": (0.3e-6, 30e-6),
    "leak": (0.29, 0.78),
    "reset": (0.29, 0.78),
    "threshold": (0.29, 1.05),
    "refractory_time": (40e-9, 32e-6),
}
"""What circuits can be calibrated for [calix: limits of spiking targets]; a short `tau_mem` needs
the largest leak bias."""
_PSP = 0.1e-3, 2.2e-3  # V, with amplifier biases of 30 .. 800 at time constants of 10 us
_SEEN = 0.03e-3  # V; weaker inputs do not stand out of the noise
_SMALL_LINE_BELOW = 1e-6  # s; then the line has its small capacitance
_LEVELS = ("leak", "reset", "threshold")


def calibrate_cells(values: Mapping[str, np.ndarray], serial: int, spread: Spread) -> Chip:
    """Settings that make each neuron do what `values` say, by fields of `LIF`, (512,) each."""
    chip = on_demand(target_of(values), serial, spread)
    neurons = chip.array["neuron_block"]["atomic_neurons"]
    neurons["threshold"]["enable"] = np.isfinite(values["threshold"])
    return chip


def reach(values: Mapping[str, np.ndarray], name: str) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest value that the circuits of these cells can be calibrated for."""
    like = np.ones_like(values[name])
    if name != "psp":
        return REACH[name][0] * like, REACH[name][1] * like
    lines = [peak(values["tau_mem"], values[f"tau_syn_{way}"]) for way in ("exc", "inh")]
    small = 1 / p.LINE_SMALL_CAPACITANCE
    lines = [
        effect * np.where(values[f"tau_syn_{way}"] < _SMALL_LINE_BELOW, small, 1.0)
        for effect, way in zip(lines, ("exc", "inh"), strict=True)
    ]
    standard = peak(np.array(10e-6), np.array(10e-6))
    lowest = np.maximum(_PSP[0] * np.maximum(*lines) / standard, _SEEN)
    return lowest, _PSP[1] * np.minimum(*lines) / standard


def target_of(values: Mapping[str, np.ndarray]) -> Target:
    """The same wish in readings of the CADC."""
    read = {name: reading_of(values[name], SPIKING.cadc_range_code) for name in _LEVELS}
    return Target(
        leak_lsb=read["leak"],
        tau_mem=values["tau_mem"],
        tau_syn=values["tau_syn_exc"],
        tau_syn_inh=values["tau_syn_inh"],
        gm_code=SPIKING.gm_code,
        psp=values["psp"],
        synapse_bias_code=SPIKING.synapse_bias_code,
        cadc_range_code=SPIKING.cadc_range_code,
        refractory_time=values["refractory_time"],
        firing=Firing(reset_lsb=read["reset"], threshold_lsb=read["threshold"]),
    )
