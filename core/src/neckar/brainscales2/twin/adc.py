"""From volts inside a neuron to integers outside the chip: readout amplifiers, MADC and CADC."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.signal import lfilter

from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import N_COLUMNS, N_HEMISPHERES, N_NEURONS
from neckar.brainscales2.twin import capmem, neuron
from neckar.brainscales2.twin.capmem import Codes
from neckar.brainscales2.twin.noise import Noise
from neckar.brainscales2.twin.readout import CAUSAL
from neckar.brainscales2.twin.variation import Spread, factors, offsets

_QUADRANT = np.arange(N_NEURONS) // 128
_CHANNELS = ("channels_causal", "channels_acausal")
_LAST_AMPLIFIED = 3


@dataclass(frozen=True, kw_only=True)
class Amplifiers:
    """Readout amplifiers of all neurons and the levels behind them; arrays of shape (512,)."""

    gain: np.ndarray
    offset: np.ndarray
    excitatory_rest: np.ndarray
    inhibitory_rest: np.ndarray
    adaptation_baseline: np.ndarray
    adaptation_output: np.ndarray


def amplifiers(codes: Codes, serial: int, spread: Spread) -> Amplifiers:
    """The readout of chip `serial` while its cells hold `codes`."""
    pattern = neuron.pattern(serial, spread)
    baseline = capmem.voltage(codes, "adaptation.v_ref", capmem.cells(serial, spread))
    gain, offset = _amplifier_pattern(serial, spread)
    follower = p.LINE_REST + p.LINE_READOUT_SHIFT
    return Amplifiers(
        gain=gain,
        offset=offset,
        excitatory_rest=follower + pattern["excitatory/rest"],
        inhibitory_rest=follower + pattern["inhibitory/rest"],
        adaptation_baseline=baseline + p.ADAPTATION_BASELINE_SHIFT + pattern["adaptation/baseline"],
        adaptation_output=p.ADAPTATION_OUTPUT_CONDUCTANCE * pattern["adaptation/output"],
    )


@lru_cache(maxsize=8)
def _amplifier_pattern(serial: int, spread: Spread) -> tuple[np.ndarray, np.ndarray]:
    return (
        factors(serial, "readout/gain", spread.readout_gain, N_NEURONS),
        offsets(serial, "readout/offset", spread.readout_offset, N_NEURONS),
    )


def shown(
    amplifiers: Amplifiers,
    neurons: np.ndarray,
    source: np.ndarray,
    v: np.ndarray,
    w: np.ndarray,
    excitatory: np.ndarray,
    inhibitory: np.ndarray,
) -> np.ndarray:
    """Volts that `neurons` put onto a wire, (n, len(neurons)).

    `source` is what each of them shows: 0 membrane, 1 and 2 its synaptic lines, 3 adaptation behind
    its readout amplifier; 4 membrane, 5 and 6 its synaptic lines without it. The state of the
    neurons is given as in `kernels.state`, one column for each.
    """
    a = amplifiers
    lines = a.excitatory_rest[neurons] - excitatory, a.inhibitory_rest[neurons] - inhibitory
    adaptation = a.adaptation_baseline[neurons] + w / a.adaptation_output[neurons]
    direct = v, *(line - p.LINE_READOUT_SHIFT for line in lines)
    volts = np.choose(source, (v, *lines, adaptation, *direct))
    is_amplified = source <= _LAST_AMPLIFIED
    gain, offset = (np.where(is_amplified, x[neurons], y) for x, y in ((a.gain, 1), (a.offset, 0)))
    return volts * gain + offset


def madc(
    volts: np.ndarray, serial: int, spread: Spread, noise: Noise, random: np.random.Generator
) -> np.ndarray:
    """10 bit readings of successive samples `volts`, uint16. The noise remembers a little."""
    gain = p.MADC_LSB_PER_VOLT * float(factors(serial, "madc/gain", spread.madc_gain, 1)[0])
    offset = float(offsets(serial, "madc/offset", spread.madc_offset_lsb, 1)[0])
    reading = p.MADC_AT_ZERO_LSB + offset + gain * volts + _coloured(volts.shape, noise, random)
    return np.clip(np.rint(reading), 0, p.MADC_MAX_LSB).astype(np.uint16)


def _coloured(shape: tuple[int, ...], noise: Noise, random: np.random.Generator) -> np.ndarray:
    """x[k] = memory * x[k - 1] + fresh, stationary, along the first axis."""
    white = noise.madc_lsb * random.standard_normal(shape)
    white[1:] *= np.sqrt(1 - noise.madc_memory**2)
    return lfilter([1.0], [1.0, -noise.madc_memory], white, axis=0)


def cadc(
    volts: np.ndarray,
    config: ChipConfig,
    codes: Codes,
    serial: int,
    spread: Spread,
    noise: Noise,
    random: np.random.Generator,
    channel: int = CAUSAL,
) -> np.ndarray:
    """8 bit readings of all columns, (n, 512) uint8, of volts behind their readout amplifiers."""
    volts = volts + buffers(serial, spread)
    return convert(volts, config, codes, serial, spread, noise, random, channel)


@lru_cache(maxsize=8)
def buffers(serial: int, spread: Spread) -> np.ndarray:
    """Offsets of the buffers between the neurons and the CADC, V, (512,)."""
    return offsets(serial, "cadc/buffer", spread.cadc_buffer_offset, N_NEURONS)


def convert(
    volts: np.ndarray,
    config: ChipConfig,
    codes: Codes,
    serial: int,
    spread: Spread,
    noise: Noise,
    random: np.random.Generator,
    channel: int,
) -> np.ndarray:
    """Readings of voltages at the channels themselves, (n, 512) uint8."""
    return converter(config, codes, serial, spread, channel).convert(volts, noise, random)


@dataclass(frozen=True, kw_only=True)
class Converter:
    """One channel of every column: when does a voltage ramp pass the voltage? All (512,).

    count = (V - start) / step * gain + offset; `digital` is added to the count
    """

    start: np.ndarray
    step: np.ndarray
    gain: np.ndarray
    offset_lsb: np.ndarray
    digital: np.ndarray

    def convert(self, volts: np.ndarray, noise: Noise, random: np.random.Generator) -> np.ndarray:
        """8 bit readings, (n, 512) uint8."""
        count = (volts - self.start) / self.step * self.gain
        count = count + self.offset_lsb + noise.cadc_lsb * random.standard_normal(volts.shape)
        return _clipped(_clipped(np.rint(count)) + self.digital).astype(np.uint8)


def _clipped(count: np.ndarray) -> np.ndarray:
    return np.minimum(np.maximum(count, 0), p.CADC_MAX_LSB)


def converter(
    config: ChipConfig, codes: Codes, serial: int, spread: Spread, channel: int
) -> Converter:
    """The causal or acausal channels in a setting."""
    ramp, (start, step) = _ramp_pattern(serial, spread), ramps(codes, serial, spread)
    chains = config.registers["cadc_readout_chains"]
    return Converter(
        start=start[_QUADRANT],
        step=step[_QUADRANT],
        gain=ramp.gain[channel],
        offset_lsb=ramp.offset_lsb[channel],
        digital=chains[_CHANNELS[channel]]["offset"].reshape(N_NEURONS),
    )


def ramps(codes: Codes, serial: int, spread: Spread) -> tuple[np.ndarray, np.ndarray]:
    """Where the ramp of every quadrant starts, V, and how far it rises by count, V; (4,)."""
    ramp = _ramp_pattern(serial, spread)
    start = p.CADC_START_PER_CODE * codes["cadc_start"] + p.CADC_START_SHIFT + ramp.start
    return start, p.CADC_STEP_PER_CODE * np.maximum(codes["cadc_slope"], 1.0) * ramp.step


@dataclass(frozen=True, kw_only=True)
class _Ramp:
    """Fixed pattern: start and step by quadrant, (4,); gain and offset by channel, (2, 512)."""

    start: np.ndarray
    step: np.ndarray
    gain: np.ndarray
    offset_lsb: np.ndarray


@lru_cache(maxsize=8)
def _ramp_pattern(serial: int, spread: Spread) -> _Ramp:
    channels = (2, N_HEMISPHERES * N_COLUMNS)
    return _Ramp(
        start=offsets(serial, "cadc/start", spread.cadc_start_offset, 4),
        step=factors(serial, "cadc/step", spread.cadc_step, 4),
        gain=factors(serial, "cadc/channel/gain", spread.cadc_channel_gain, channels),
        offset_lsb=offsets(serial, "cadc/channel/offset", spread.cadc_channel_offset_lsb, channels),
    )
