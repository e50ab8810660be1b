"""From volts inside a neuron to integers outside the chip: readout amplifiers, MADC and CADC."""

from dataclasses import dataclass, replace
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
LAST_AMPLIFIED = 3
_SYNIN_DROP, _READOUT_AMP = 300, 110  # biases that registers start with


@dataclass(frozen=True, kw_only=True)
class Amplifiers:
    """Readout amplifiers of all neurons and the levels behind them; arrays of shape (512,)."""

    gain: np.ndarray
    offset: np.ndarray
    excitatory_rest: np.ndarray
    inhibitory_rest: np.ndarray
    adaptation_baseline: np.ndarray
    adaptation_output: np.ndarray
    line_shift: np.ndarray


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
        line_shift=np.full(N_NEURONS, p.LINE_READOUT_SHIFT),
    )


def dropped(amplifiers: Amplifiers, config: ChipConfig) -> Amplifiers:
    """The same with source followers of the synaptic lines that have another bias."""
    bias = config.registers["neuron_block"]["i_bias_synin_drop"]
    if (bias == _SYNIN_DROP).all():
        return amplifiers
    more = neuron.overdrive(bias, _SYNIN_DROP)[_QUADRANT]
    return replace(
        amplifiers,
        excitatory_rest=amplifiers.excitatory_rest + more,
        inhibitory_rest=amplifiers.inhibitory_rest + more,
        line_shift=amplifiers.line_shift + more,
    )


def lag(config: ChipConfig) -> np.ndarray:
    """How much slower than with their nominal bias readout amplifiers follow, s, (512,)."""
    bias = config.registers["neuron_block"]["i_bias_readout_amp"]
    slower = _READOUT_AMP / np.maximum(bias, 1.0) - 1
    return p.READOUT_SETTLING * np.maximum(slower, 0.0)[_QUADRANT]


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
    direct = v, *(line - a.line_shift[neurons] for line in lines)
    volts = np.choose(source, (v, *lines, adaptation, *direct))
    is_amplified = source <= LAST_AMPLIFIED
    gain, offset = (np.where(is_amplified, x[neurons], y) for x, y in ((a.gain, 1), (a.offset, 0)))
    return volts * gain + offset


def madc(
    volts: np.ndarray, serial: int, spread: Spread, noise: Noise, random: np.random.Generator
) -> np.ndarray:
    """10 bit readings of successive samples `volts`, uint16. The noise remembers a little."""
    gain, offset = _madc_gain(serial, spread), _madc_offset(serial, spread)
    reading = p.MADC_AT_ZERO_LSB + offset + gain * volts + _coloured(volts.shape, noise, random)
    return np.clip(np.rint(reading), 0, p.MADC_MAX_LSB).astype(np.uint16)


def madc_offset(serial: int, spread: Spread) -> float:
    """What the converter reads too much, V; its own calibration takes it off."""
    return _madc_offset(serial, spread) / _madc_gain(serial, spread)


def _madc_gain(serial: int, spread: Spread) -> float:
    return p.MADC_LSB_PER_VOLT * float(factors(serial, "madc/gain", spread.madc_gain, 1)[0])


def _madc_offset(serial: int, spread: Spread) -> float:
    return float(offsets(serial, "madc/offset", spread.madc_offset_lsb, 1)[0])


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

    count = (V - start) / step * gain + offset; `digital` is added to the count. One that counts
    beyond `last` is cut off, and reads the end of the ramp.
    """

    start: np.ndarray
    step: np.ndarray
    gain: np.ndarray
    offset_lsb: np.ndarray
    last: np.ndarray
    digital: np.ndarray

    def convert(self, volts: np.ndarray, noise: Noise, random: np.random.Generator) -> np.ndarray:
        """8 bit readings, (n, 512) uint8."""
        count = (volts - self.start) / self.step * self.gain
        count = count + self.offset_lsb + noise.cadc_lsb * random.standard_normal(volts.shape)
        count = _clipped(np.rint(count))
        count = np.where(count > self.last, p.CADC_MAX_LSB, count)
        return _clipped(count + self.digital).astype(np.uint8)


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
        offset_lsb=ramp.offset_lsb[channel] + _late(config)[_QUADRANT],
        last=_last_count(config)[_QUADRANT],
        digital=chains[_CHANNELS[channel]]["offset"].reshape(N_NEURONS),
    )


def _late(config: ChipConfig) -> np.ndarray:
    """Counts by which channels of the quadrants notice the ramp later than calibrations know it.

    A bias of 0 is one that nobody has set: it counts as the one of calibrations.
    """
    ramp = config.registers["cadc_readout_chains"]["ramp"]
    late = sum(
        delay * (nominal / np.where(ramp[name] > 0, ramp[name], nominal) - 1)
        for name, nominal, delay in (
            ("i_bias_comparator", 1022, p.CADC_COMPARATOR_DELAY),
            ("v_bias_buffer", 400, p.CADC_RAMP_LAG),
        )
    )
    return np.asarray(late).reshape(4) * p.CADC_CLOCK


def _last_count(config: ChipConfig) -> np.ndarray:
    """Of the quadrants: channels that count further are cut off, and read the end of the ramp."""
    dead_time = config.registers["cadc_readout_chains"]["ramp"]["dead_time"].astype(int)
    last = p.CADC_MAX_LSB + np.minimum(dead_time - p.CADC_LEAF_DELAY, 0)
    return np.repeat(last, 2)


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
