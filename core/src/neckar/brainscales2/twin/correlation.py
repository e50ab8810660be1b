"""Correlation sensors of the synapses: what they are made of, and what the CADC reads from them."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import N_COLUMNS, N_HEMISPHERES, N_ROWS
from neckar.brainscales2.chip.sections import Sections
from neckar.brainscales2.twin.capmem import Codes
from neckar.brainscales2.twin.kernels.pairing import Pairing, Sensors
from neckar.brainscales2.twin.readout import ACAUSAL, CAUSAL
from neckar.brainscales2.twin.variation import Spread, factors, offsets

CHAINS, CONNECTED = "cadc_readout_chains", "enable_connect_correlation"
_SHAPE = (N_HEMISPHERES * N_ROWS, N_COLUMNS)
_BRANCHES = ("causal", "acausal")
_TRIMS, _CURRENTS = ("amp_calibs", "time_calibs"), ("syn_i_bias_store", "syn_i_bias_ramp")
_PULSED_BY: dict[str, list[tuple[str, ...]]] = {
    "synapse_blocks": [("matrix", name) for name in ("labels", *_TRIMS)],
    "synapse_driver_blocks": [("synapse_drivers",)],
}
_UNSEEN = 1e-4  # of a store
_FORGOTTEN = 20  # time constants; what is left fits no bit of any reading
_CHANNELS = tuple(f"channels_{branch}" for branch in _BRANCHES)


def powered_up(time: float) -> Sensors:
    """Empty sensors that have not seen anything."""
    return Sensors(
        causal=np.zeros(_SHAPE, np.float32),
        acausal=np.zeros(_SHAPE, np.float32),
        row_pulse=np.full(_SHAPE, -np.inf),
        neuron_pulse=np.full(_SHAPE[0], -np.inf),
        time=time,
    )


def is_connected(registers: Sections, channel: int) -> np.ndarray:
    """Columns whose sensors the CADC sees, (2, 256) bool; a neuron overrules them."""
    channels = registers[CHAINS][_CHANNELS[channel]]
    return channels[CONNECTED] & ~channels["enable_connect_neuron"]


def shown_columns(registers: Sections) -> np.ndarray:
    """Columns of which the CADC sees any sensor, (512,) bool."""
    causal, acausal = (is_connected(registers, channel) for channel in (CAUSAL, ACAUSAL))
    return (causal | acausal).reshape(-1)


def are_alike(one: ChipConfig, codes: Codes, other: ChipConfig, other_codes: Codes) -> bool:
    """Whether sensors see the same pulses and do the same with them."""
    if one.registers is not other.registers:
        for section, parts in _PULSED_BY.items():
            mine, theirs = one.registers[section], other.registers[section]
            if mine is not theirs and not all(_is_same(mine, theirs, *path) for path in parts):
                return False
    return all(np.array_equal(codes[name], other_codes[name]) for name in _CURRENTS)


def _is_same(one: np.ndarray, other: np.ndarray, *path: str) -> bool:
    for name in path:
        one, other = one[name], other[name]
    return np.array_equal(one, other)


def depends_on(config: ChipConfig, codes: Codes) -> list[np.ndarray]:
    """What amplitude and time constant come from: trims of synapses, currents of quadrants."""
    trims = (_matrix(config)[name] for name in _TRIMS)
    return [*trims, *(codes[name] for name in _CURRENTS)]


def _matrix(config: ChipConfig) -> np.ndarray:
    return config.registers["synapse_blocks"]["matrix"]


def pairing(config: ChipConfig, codes: Codes, serial: int, spread: Spread) -> Pairing:
    """Amplitude and time constant of all sensors.

    amplitude ~ 1 / x_store, tau ~ 1 / x_ramp; two bits of each synapse trim either
    """
    matrix = _matrix(config)
    amplitude = p.CORRELATION_AMPLITUDE_CODE / _by_column(codes["syn_i_bias_store"])
    amplitude = amplitude * (1 - p.CORRELATION_AMPLITUDE_TRIM * matrix["amp_calibs"])
    tau = p.CORRELATION_TAU_CODE / _by_column(codes["syn_i_bias_ramp"])
    tau = tau * (1 + p.CORRELATION_TAU_TRIM * matrix["time_calibs"])
    strength, slowness = _pattern(serial, spread)
    return Pairing(
        amplitude=amplitude.reshape(_SHAPE).astype(np.float32) * strength,
        rate=1 / (tau.reshape(_SHAPE).astype(np.float32) * slowness),
        limit=p.CORRELATION_RANGE,
        leak=1 / p.CORRELATION_LEAK,
        memory=_FORGOTTEN * float(np.max(tau) * slowness.max()),
        label=_labels(config),
    )


def labelled(pairing: Pairing, config: ChipConfig) -> Pairing:
    """The same sensors, listening to other labels."""
    return replace(pairing, label=_labels(config))


def _labels(config: ChipConfig) -> np.ndarray:
    return np.ascontiguousarray(_matrix(config)["labels"]).reshape(_SHAPE)


def leak(sensors: Sensors, now: float) -> None:
    """Stores lose their charge slowly."""
    lost = (now - sensors.time) / p.CORRELATION_LEAK
    if lost < _UNSEEN:
        return
    left = np.float32(np.exp(-lost))
    sensors.causal *= left
    sensors.acausal *= left
    sensors.time = now


def reset(sensors: Sensors, row: int, columns: np.ndarray) -> None:
    """Empty both stores of some synapses of a row 0..511."""
    sensors.causal[row, columns] = sensors.acausal[row, columns] = 0


def shown(sensors: Sensors, row: int, channel: int, serial: int, spread: Spread) -> np.ndarray:
    """Volts that the CADCs of both hemispheres see while they read a row, (2, 256)."""
    store = sensors.causal if channel == CAUSAL else sensors.acausal
    baseline = p.CORRELATION_RESET + p.CORRELATION_FOLLOWER_SHIFT
    rows = slice(row, None, N_ROWS)
    return baseline + _baselines(serial, spread)[channel, rows] - store[rows]


def _by_column(code: np.ndarray) -> np.ndarray:
    """Currents of the quadrants, for (hemisphere, row, column)."""
    of_half = np.maximum(code, 1.0).reshape(N_HEMISPHERES, 1, 2)
    return np.repeat(of_half, N_COLUMNS // 2, axis=2)


@lru_cache(maxsize=2)
def _pattern(serial: int, spread: Spread) -> tuple[np.ndarray, np.ndarray]:
    """Factors on amplitudes and time constants, (2, 512, 256) float32 each."""
    kinds = {"amplitude": spread.correlation_amplitude, "tau": spread.correlation_tau}
    amplitude, tau = (
        np.stack(
            [factors(serial, f"correlation/{branch}/{kind}", s, _SHAPE) for branch in _BRANCHES]
        )
        for kind, s in kinds.items()
    )
    return amplitude.astype(np.float32), tau.astype(np.float32)


@lru_cache(maxsize=2)
def _baselines(serial: int, spread: Spread) -> np.ndarray:
    sigma = spread.correlation_baseline
    drawn = [offsets(serial, f"correlation/{b}/baseline", sigma, _SHAPE) for b in _BRANCHES]
    return np.stack(drawn).astype(np.float32)
