"""The MADC before it counts: its multiplexer, its preamplifier, its converter.

A switched capacitor takes a sample during the sampling window, after which the multiplexer may go
on to the other input. What it held before is forgotten with the time constant of the amplifiers,

    V = wanted + (last - wanted) exp(-window / tau),    tau ~ 1 / bias

and is amplified about a reference by the ratio of two capacitors. Converting takes a cycle per bit;
a conversion that is cut short leaves the lowest bits zero. With the settings that every chip starts
with, nothing here changes anything.
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.datasheet import MADC_FREQUENCY
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.chip.sections import Sections

_FORGOTTEN = 1e-3  # less than this of the last sample is below any resolution


@dataclass(frozen=True, kw_only=True)
class Converter:
    """What a setting of the readout chain makes of its samples.

    Args:
        memory: share of the last sample in the next one.
        gain: of the preamplifier.
        reference: V, about which it amplifies.
        scale: of all readings, by the current that the converter's own reference is made of.
        lost_bits: at the end of every reading.
        is_calibrated: the converter's own offset is taken off.
    """

    memory: float
    gain: float
    reference: float
    scale: float
    lost_bits: int
    is_calibrated: bool

    def amplified(self, volts: np.ndarray, last: float) -> tuple[np.ndarray, float]:
        """Volts as a nominal converter would read them, and the sample that was held at the end."""
        if volts.size == 0:
            return volts, last
        if self.memory:
            start = [self.memory * last]
            volts, _ = lfilter([1 - self.memory], [1.0, -self.memory], volts, zi=start)
        held = float(volts[-1])
        if self.gain != 1 or self.reference != _REFERENCE:
            volts = _REFERENCE + self.gain * (volts - self.reference)
        if self.scale != 1:
            at_zero = p.MADC_AT_ZERO_LSB / p.MADC_LSB_PER_VOLT
            volts = self.scale * (volts + at_zero) - at_zero
        return volts, held


def converter(registers: Sections) -> Converter:
    """The converter of a setting of the chip."""
    chain = registers["readout_chain"]
    adc, preamp = chain["madc"], chain["madc_preamp"]
    size = float(preamp["gain_cap_size"]) + p.MADC_GAIN_CAPACITOR_FIXED
    nominal = float(_CHAIN["madc_preamp"]["gain_cap_size"]) + p.MADC_GAIN_CAPACITOR_FIXED
    reference_bias = float(adc["in_500na"])
    return Converter(
        memory=_memory(chain),
        gain=nominal / size,
        reference=_reference(chain),
        scale=float(_CHAIN["madc"]["in_500na"]) / reference_bias if reference_bias else np.inf,
        lost_bits=max(p.MADC_BITS - cycles(adc), 0),
        is_calibrated=bool(adc["enable_calibration"]),
    )


def cycles(adc: np.ndarray) -> int:
    """Cycles of its clock from sample to sample; both settings are added in hardware [haldls]."""
    return max(int(adc["conversion_cycles_offset"]) + int(adc["sample_duration_adjust"]), 1)


def _memory(chain: np.ndarray) -> float:
    """Nothing is sampled without a window or a current; the last sample stays."""
    preamp, mux = chain["madc_preamp"], chain["dynamic_mux"]
    window = int(preamp["sampling_window_end"]) - int(preamp["sampling_window_start"])
    if window <= 0 or not preamp["i_bias"] or not mux["i_bias"]:
        return 1.0
    slow = sum(float(_CHAIN[name]["i_bias"]) / float(chain[name]["i_bias"]) for name in _AMPLIFIERS)
    memory = np.exp(-window / MADC_FREQUENCY / (p.MADC_AMPLIFIER_SETTLING * slow))
    return float(memory) if memory > _FORGOTTEN else 0.0


def _reference(chain: np.ndarray) -> float:
    """Of the preamplifier, or of the converter to pseudo-differential signals if that is on."""
    pseudo = chain["pseudo_diff_converter"]
    is_on = pseudo["enable_reference"].any() and pseudo["buffer_bias"]
    code = (pseudo if is_on else chain["madc_preamp"])["v_ref"]
    return p.CAPMEM_VOLT_AT_ZERO + p.CAPMEM_VOLT_PER_CODE * float(code)


_AMPLIFIERS = ("madc_preamp", "dynamic_mux")
_CHAIN = Chip().array["readout_chain"]
_REFERENCE = _reference(_CHAIN)
