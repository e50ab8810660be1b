"""Calibrate the CADC: the ramp of every quadrant, then the digital offset of every channel."""

import numpy as np

from neckar.brainscales2.calibration.bisect import bisect, falling
from neckar.brainscales2.calibration.oracle.bench import Bench
from neckar.brainscales2.calibration.procedure import (
    CADC_BIASES,
    FIRST_SLOPE_CODE,
    OFFSETS_LSB,
    READOUT_ROUNDS,
)
from neckar.brainscales2.calibration.target import HIGHEST_LSB, LOWEST_LSB, ends_of
from neckar.brainscales2.chip.datasheet import N_COLUMNS, N_HEMISPHERES
from neckar.brainscales2.twin.readout import ACAUSAL, CAUSAL


def calibrate_readout(bench: Bench, range_code: tuple[float, float]) -> None:
    """Make the voltages of two codes read 20 and 220 on all channels."""
    _connect(bench)
    low, high = ends_of(range_code)
    _write_ramp(bench, "i_slope", np.full(4, FIRST_SLOPE_CODE))
    for _ in range(READOUT_ROUNDS):
        _search(bench, "v_offset", low, LOWEST_LSB)
        _search(bench, "i_slope", high, HIGHEST_LSB)
    for channel, name in ((CAUSAL, "channels_causal"), (ACAUSAL, "channels_acausal")):
        _level(bench, channel, name, (low + high) / 2)


def _connect(bench: Bench) -> None:
    """Every channel to its neuron, with the biases of the original."""
    chains = bench.chip.array["cadc_readout_chains"]
    chains["ramp"]["enable"] = True
    for name, code in CADC_BIASES.items():
        chains["ramp"][name] = code
    for name in ("channels_causal", "channels_acausal"):
        chains[name]["enable_connect_neuron"] = True
    bench.write("readout.enable_amplifier", True)


def _search(bench: Bench, name: str, volts: float, wanted_lsb: float) -> None:
    """Both a later start and a steeper ramp lower the mean reading of a quadrant."""

    def measure(code: np.ndarray) -> np.ndarray:
        _write_ramp(bench, name, code)
        return bench.converted(volts, CAUSAL).reshape(4, -1).mean(axis=1)

    _write_ramp(bench, name, bisect(falling(measure), -wanted_lsb, 4))


def _write_ramp(bench: Bench, name: str, code: np.ndarray) -> None:
    bench.chip.array["cadc_readout_chains"]["ramp"][name] = code.reshape(N_HEMISPHERES, 2)


def _level(bench: Bench, channel: int, name: str, volts: float) -> None:
    """Shift all channels to the same reading in the middle of the range."""
    excess = bench.converted(volts, channel) - (LOWEST_LSB + HIGHEST_LSB) / 2
    offset = np.clip(-np.rint(excess), *OFFSETS_LSB).astype(int)
    channels = bench.chip.array["cadc_readout_chains"][name]
    channels["offset"] = offset.reshape(N_HEMISPHERES, N_COLUMNS)
