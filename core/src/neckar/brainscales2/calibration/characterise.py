"""Characterise the converters: which voltage reads what, by voltages that the board's DAC makes.

Nothing is set by it. Who works with samples of the MADC turns them into volts with its line.
"""

from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.backends.base import Backend
from neckar.brainscales2.calibration.bench import Bench, cycles
from neckar.brainscales2.calibration.readout import converted, off_pad, on_pad
from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.program import BlockUntil, SampleMADC, Write
from neckar.units import us

_VOLTAGES = np.linspace(0.2, 1.0, 9)  # V, which every calibrated converter can read
_CADC_READS = 10
_MADC_TIME = 60 * us  # of samples, of which the first are not valid
_VALID_FROM = 0.5  # of that time


@dataclass(frozen=True, kw_only=True)
class Line:
    """reading = offset_lsb + lsb_per_volt * volts, of one converter or of many.

    Args:
        offset_lsb: reading at 0 V.
        lsb_per_volt: slope.
        bend_lsb: root mean square of what is not straight, or noise.
    """

    offset_lsb: np.ndarray
    lsb_per_volt: np.ndarray
    bend_lsb: np.ndarray

    def volts(self, reading: np.ndarray) -> np.ndarray:
        """What voltage reads so much."""
        return np.asarray((reading - self.offset_lsb) / self.lsb_per_volt)


def characterise_cadc(backend: Backend, chip: Chip) -> Line:
    """All channels of the CADC with these settings, (2, 2, 256).

    Indexed by causal and acausal, hemisphere and column.
    """
    with backend.open() as session:
        bench = Bench(session=session, chip=Chip.from_array(chip.array))
        return _line(np.stack([converted(bench, volts, _CADC_READS) for volts in _VOLTAGES]))


def characterise_madc(backend: Backend) -> Line:
    """The MADC, through the pads."""
    with backend.open() as session:
        bench = Bench(session=session)
        return _line(np.array([_sampled(bench, volts) for volts in _VOLTAGES]))


def _sampled(bench: Bench, volts: float) -> float:
    probe = bench.aside()
    chain = probe.chip.array["readout_chain"]
    chain["pad_mux"]["debug_to_pad"][0] = chain["input_mux"]["debug_plus"][0] = True
    chain["input_mux"]["neuron_even"] = chain["input_mux"]["neuron_odd"] = False
    recording = r.EventRecordingConfig(enable_event_recording=True)
    switch = Write(coordinate=c.EventRecordingConfigOnFPGA(), register=recording)
    sampling = SampleMADC(enable=True), BlockUntil(cycles=cycles(_MADC_TIME))
    entry = probe.play(switch, *on_pad(volts), *sampling, SampleMADC(enable=False), *off_pad())
    values = entry.madc["value"]
    return float(np.mean(values[int(_VALID_FROM * len(values)) :]))


def _line(readings: np.ndarray) -> Line:
    """Least squares along the first axis."""
    volts = _VOLTAGES.reshape(-1, *[1] * (readings.ndim - 1))
    centred = volts - volts.mean()
    slope = (centred * readings).sum(axis=0) / (centred**2).sum()
    offset = readings.mean(axis=0) - slope * volts.mean()
    bend = np.sqrt(np.mean((readings - offset - slope * volts) ** 2, axis=0))
    return Line(offset_lsb=offset, lsb_per_volt=slope, bend_lsb=bend)
