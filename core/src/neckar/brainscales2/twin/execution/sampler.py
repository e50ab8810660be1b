"""What the ADCs see while a program is played."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy.signal import lfilter

from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.datasheet import (
    FPGA_CYCLE,
    LATENCY_CROSSBAR_TO_FPGA,
    MADC_FREQUENCY,
    N_NEURONS,
)
from neckar.brainscales2.recording import MADC_SAMPLE, CADCSamples
from neckar.brainscales2.twin import adc, correlation, driver_readout, ramp, readout, wires
from neckar.brainscales2.twin.execution.setting import Chip, Setting
from neckar.brainscales2.twin.execution.spans import Span
from neckar.brainscales2.twin.execution.windows import (
    Window,
    Windows,
    inside,
    overlapping,
    whole_cycles,
)
from neckar.brainscales2.twin.kernels import STEP
from neckar.brainscales2.twin.kernels.pairing import Sensors
from neckar.brainscales2.twin.kernels.state import State
from neckar.brainscales2.twin.kernels.traces import Traces
from neckar.brainscales2.twin.readout import Channel
from neckar.brainscales2.twin.wires import Line

_VARIABLES = ("v", "excitatory", "inhibitory", "w", "v", "excitatory", "inhibitory")  # by source
_ROUNDING = 1e-6  # steps
_ON_THE_WAY = round(LATENCY_CROSSBAR_TO_FPGA / FPGA_CYCLE)  # cycles

Drivers = Mapping[int, driver_readout.Shown]


@dataclass(frozen=True)
class Watched:
    """Traces of neurons that somebody samples, ascending."""

    neurons: np.ndarray
    traces: Traces


@dataclass(kw_only=True)
class Sampler:
    """Collects samples of one batch entry. Times are s since the program began.

    Args:
        chip: whose ADCs they are.
        windows: when they are on.
        madc_noise: random numbers for the MADC.
        cadc_noise: random numbers for the CADC.
    """

    chip: Chip
    windows: Windows
    madc_noise: np.random.Generator
    cadc_noise: np.random.Generator
    _volts: list[np.ndarray] = field(default_factory=list)
    _sawtooth: list[np.ndarray] = field(default_factory=list)
    _lost_bits: list[np.ndarray] = field(default_factory=list)
    _held: float = 0.0
    _times: list[np.ndarray] = field(default_factory=list)
    _channels: list[np.ndarray] = field(default_factory=list)
    _cycles: list[np.ndarray] = field(default_factory=list)
    _readings: list[np.ndarray] = field(default_factory=list)

    def sample(
        self, span: Span, setting: Setting, traces: Watched, drivers: Drivers, start: float
    ) -> None:
        """Read the traces of a span; they count from power-up, the program began at `start`."""
        if span.on_madc:
            madc, (begin, end) = self.windows.madc, self._cycles_of(span)
            for number in overlapping(madc, begin, end):
                sources = _Sources(setting, traces, drivers, self.windows.conversions, start)
                self._sample_madc(madc[number], self._warm[number], span, sources)
        if span.on_cadc:
            begin, end = self._cycles_of(span)
            first, last = np.searchsorted(self.windows.cadc, (begin, end))
            self._sample_cadc(self.windows.cadc[first:last], setting, traces, start)

    def seen(self, span: Span, first: int, last: int) -> np.ndarray:
        """Ends of these steps of a span that samples lie between, (last - first + 1,) bool.

        Empty if all of them.
        """
        if span.on_madc or not span.on_cadc:
            return np.empty(0, bool)
        some = np.searchsorted(self.windows.cadc, self._cycles_of(span))
        at = self.windows.cadc[slice(*some)] * (FPGA_CYCLE / STEP) - first
        before, after = np.floor(at - _ROUNDING), np.ceil(at + _ROUNDING)
        ends = np.concatenate([before, before + 1, after]).astype(int)
        is_seen = np.zeros(last - first + 1, bool)
        is_seen[ends[(ends >= 0) & (ends < is_seen.size)]] = True
        return is_seen

    @staticmethod
    def _cycles_of(span: Span) -> tuple[float, float]:
        return span.begin * STEP / FPGA_CYCLE, span.end * STEP / FPGA_CYCLE

    @cached_property
    def _warm(self) -> list[bool]:
        """For each time the MADC runs, whether its amplifiers have just been running."""
        madc = self.windows.madc
        ends = [-np.inf, *(end for _, end in madc)]
        return [
            (begin - end) * FPGA_CYCLE < p.MADC_COOLING
            for (begin, _), end in zip(madc, ends[:-1], strict=True)
        ]

    def read_cadc(
        self, setting: Setting, state: State, sensors: Sensors | None = None, row: int = 0
    ) -> np.ndarray:
        """Causal and acausal readings of all columns as they are now, (2, 512).

        Of sensors those of a row are seen.
        """
        return np.stack(
            [
                self._digitise(setting, *self._seen(setting, state, each, sensors, row), each)[0]
                for each in (readout.CAUSAL, readout.ACAUSAL)
            ]
        )

    def _seen(
        self, setting: Setting, state: State, channel: int, sensors: Sensors | None, row: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Columns that anybody drives, and their volts; neurons and sensors fight as equals."""
        neurons = setting.on_cadc[channel]
        shown = _now(setting, neurons, state) if neurons.size else np.empty((1, 0))
        if sensors is None:
            return neurons, shown
        columns, chip = setting.sensed[channel], self.chip
        of_row = correlation.shown(sensors, row, channel, chip.serial, chip.spread)
        of_sensors = of_row.reshape(-1)[columns]
        if not neurons.size:
            return columns, of_sensors[None]
        sum_of, n_on = np.zeros((2, N_NEURONS))
        for where, volts in ((neurons, shown[0]), (columns, of_sensors)):
            sum_of[where] += volts
            n_on[where] += 1
        seen = np.flatnonzero(n_on)
        return seen, (sum_of[seen] / n_on[seen])[None]

    def madc(self) -> np.ndarray:
        """All samples that were passed on, as `MADC_SAMPLE`."""
        volts = np.concatenate([np.empty(0), *self._volts])
        cycles = whole_cycles(np.concatenate([np.empty(0), *self._times]))
        channel = np.concatenate([np.empty(0, np.uint8), *self._channels])
        value = adc.madc(
            volts, self.chip.serial, self.chip.spread, self.chip.noise, self.madc_noise
        )
        sawtooth = np.concatenate([np.empty(0, int), *self._sawtooth])
        lost = np.concatenate([np.empty(0, int), *self._lost_bits]).astype(np.uint16)
        value = value >> lost << lost
        value = np.where(sawtooth >= 0, sawtooth, value)
        is_passed_on = inside(self.windows.recording, cycles)
        samples = np.empty(np.count_nonzero(is_passed_on), MADC_SAMPLE)
        samples["value"] = value[is_passed_on]
        samples["channel"] = channel[is_passed_on]
        samples["chip_time"] = cycles[is_passed_on]
        samples["fpga_time"] = samples["chip_time"] + _ON_THE_WAY
        return samples

    def cadc(self) -> CADCSamples:
        """All readings of the processors."""
        return CADCSamples(
            time=np.concatenate([np.empty(0, np.int64), *self._cycles]),
            value=np.concatenate([np.empty((0, N_NEURONS), np.uint8), *self._readings]),
        )

    def _sample_madc(
        self,
        window: Window,
        is_warm: bool,
        span: Span,
        sources: "_Sources",
    ) -> None:
        begin, end = (cycle * FPGA_CYCLE for cycle in window)
        sampling = sources.setting.sampling
        number = sampling.numbers(begin, span.begin * STEP, min(span.end * STEP, end))
        if number.size == 0:
            return
        times, turn = begin + number * sampling.period, sampling.channel_of(number)
        volts, channels = np.zeros(number.size), np.empty(number.size, np.uint8)
        for place, channel in enumerate(sampling.channels):
            mine = turn == place
            channels[mine] = channel.number
            if not sampling.is_dummy:
                volts[mine] = sources.seen(channel, times[mine])
        converter = sampling.converter
        volts, self._held = converter.amplified(volts, self._held if number[0] else 0.0)
        if converter.is_calibrated:
            volts = volts - adc.madc_offset(self.chip.serial, self.chip.spread)
        self._lost_bits.append(np.full(number.size, converter.lost_bits))
        if not is_warm:
            volts *= -np.expm1(-(times - begin) / p.MADC_SETTLING)
        self._volts.append(volts)
        self._sawtooth.append(
            number & p.MADC_MAX_LSB if sampling.is_dummy else np.full(number.size, -1)
        )
        self._times.append(times)
        self._channels.append(channels)

    def _sample_cadc(
        self, cycles: np.ndarray, setting: Setting, traces: Watched, start: float
    ) -> None:
        if cycles.size == 0:
            return
        neurons = readout.on_cadc(setting.config.registers)
        source = readout.source(setting.config.registers)[neurons]
        values = _interpolate(neurons, source, traces, start + cycles * FPGA_CYCLE)
        shown = _shown(setting, neurons, source, values)
        self._cycles.append(cycles)
        self._readings.append(self._digitise(setting, neurons, shown, readout.CAUSAL))

    def _digitise(
        self, setting: Setting, neurons: np.ndarray, shown: np.ndarray, channel: int
    ) -> np.ndarray:
        """Readings of all columns; one that nobody drives lies at ground.

        A neuron and the debug line fight on equal terms. Buffers lie between the neurons and the
        channels; the debug line reaches the channels themselves.
        """
        chip = self.chip
        volts = np.zeros((len(shown), N_NEURONS))
        volts[:, neurons] = shown
        volts += adc.buffers(chip.serial, chip.spread)
        seen, debug = setting.cadc_debug[channel]
        if debug.size:
            is_fought = np.isin(seen, neurons)
            volts[:, seen] = (volts[:, seen] * is_fought + debug.mean()) / (1 + is_fought)
        return setting.converters[channel].convert(volts, chip.noise, self.cadc_noise)


def _now(setting: Setting, neurons: np.ndarray, state: State) -> np.ndarray:
    source = readout.source(setting.config.registers)[neurons]
    values = np.stack([getattr(state, name)[neurons] for name in _VARIABLES])
    return _shown(setting, neurons, source, values[source, np.arange(neurons.size)][None])


@dataclass(frozen=True)
class _Sources:
    """Everything that can drive a wire during a span. Times are s since the program began.

    Args:
        traces: of neurons, from power-up.
        drivers: what synapse drivers show, from power-up.
        conversions: when the CADC of each half begins to convert, in cycles.
        start: s from power-up to the beginning of the program.
    """

    setting: Setting
    traces: Watched
    drivers: Drivers
    conversions: tuple[np.ndarray, ...]
    start: float

    def seen(self, channel: Channel, times: np.ndarray) -> np.ndarray:
        """Volts at an input of the MADC, to which a wire and a measured current may lie."""
        volts = []
        if channel.line is not None:
            volts.append(self.on(channel.line, times))
        if channel.unit is not None:
            volts.append(self._measured(channel.unit, times))
        return np.mean(volts, axis=0) if volts else np.zeros(times.size)

    def on(self, line: Line, times: np.ndarray) -> np.ndarray:
        """Volts on a wire. All who drive it fight on equal terms, and a current moves them."""
        ampere, n_amplifiers = self.setting.ampere(line), line.without(*_DIRECT).n_driving
        if not line.n_driving:
            rail = p.READOUT_SUPPLY if ampere > 0 else 0.0
            return np.full(times.size, rail)
        volts = self._driving(line, times).mean(axis=1)
        return volts + (p.READOUT_RESISTANCE * ampere / n_amplifiers if n_amplifiers else 0.0)

    def _driving(self, line: Line, times: np.ndarray) -> np.ndarray:
        """Volts of all who drive a wire, (len(times), n)."""
        neurons, sources, since = line.neurons, line.sources, self.start + times
        values = _interpolate(neurons, sources, self.traces, since)
        volts = self.setting.volts(line)
        still = np.broadcast_to(volts, (times.size, volts.size))
        moving = [
            *(self.drivers[driver].at(since) for driver in line.drivers),
            *(self._ramp(quadrant, times) for quadrant in line.ramps),
        ]
        shown = _shown(self.setting, neurons, sources, values)
        return np.column_stack([self._followed(neurons, sources, shown, times), still, *moving])

    def _followed(
        self, neurons: np.ndarray, sources: np.ndarray, shown: np.ndarray, times: np.ndarray
    ) -> np.ndarray:
        """Amplifiers with less than their nominal bias follow later: tau dV/dt = shown - V."""
        lag = np.where(sources <= adc.LAST_AMPLIFIED, adc.lag(self.setting.config)[neurons], 0.0)
        if times.size < 2 or not lag.any():
            return shown
        step, followed = (times[-1] - times[0]) / (times.size - 1), shown.copy()
        for column in np.flatnonzero(lag).tolist():
            left = np.exp(-step / lag[column])
            start = [left * shown[0, column]]
            followed[:, column], _ = lfilter([1 - left], [1.0, -left], shown[:, column], zi=start)
        return followed

    def _ramp(self, quadrant: int, times: np.ndarray) -> np.ndarray:
        setting, conversions = self.setting, self.conversions[quadrant // 2] * FPGA_CYCLE
        start, step = adc.ramps(setting.codes, setting.chip.serial, setting.chip.spread)
        length = ramp.length(setting.config, quadrant)
        return ramp.shown(float(start[quadrant]), float(step[quadrant]), length, conversions, times)

    def _measured(self, line: Line, times: np.ndarray) -> np.ndarray:
        """Volts that the unit for measuring currents makes of what flows into it.

        V = reference + I * window / capacitance
        """
        unit = self.setting.config.registers["readout_chain"]["source_measure_unit"]
        if not unit["amp_i_bias"]:
            return np.zeros(times.size)
        reference = p.CAPMEM_VOLT_AT_ZERO + p.CAPMEM_VOLT_PER_CODE * float(unit["amp_v_ref"])
        n_cycles = int(unit["sampling_window_end"]) - int(unit["sampling_window_start"])
        window = max(n_cycles, 0) / MADC_FREQUENCY
        return reference + self._flowing(line, times) * window / p.CURRENT_CAPACITANCE

    def _flowing(self, line: Line, times: np.ndarray) -> np.ndarray:
        """Current from everything on a wire into the unit that holds it, A."""
        if wires.TEST_VOLTAGE not in line.cells:
            return np.zeros(times.size)
        setting, unit = self.setting, replace(wires.NOBODY, cells=(wires.TEST_VOLTAGE,))
        level = float(setting.volts(unit)[0])
        others = tuple(cell for cell in line.cells if cell != wires.TEST_VOLTAGE)
        rest = replace(line.without(*wires.DIRECT_LINES), cells=others)
        resistance = np.full(rest.n_driving, p.READOUT_RESISTANCE)
        is_membrane = rest.sources == wires.DIRECT_MEMBRANE
        resistance[: is_membrane.size][is_membrane] = p.STIMULUS_RESISTANCE
        flowing = ((self._driving(rest, times) - level) / resistance).sum(axis=1)
        return flowing + setting.ampere(line) + setting.drawn(line, level)


_DIRECT = (wires.DIRECT_MEMBRANE, *wires.DIRECT_LINES)


def _interpolate(
    neurons: np.ndarray, source: np.ndarray, traces: Watched, times: np.ndarray
) -> np.ndarray:
    """The variable that each neuron shows, (len(times), len(neurons))."""
    names = [_VARIABLES[shown] for shown in source.tolist()]
    return traces.traces.at(np.searchsorted(traces.neurons, neurons), names, times)


def _shown(
    setting: Setting, neurons: np.ndarray, source: np.ndarray, values: np.ndarray
) -> np.ndarray:
    """Volts that neurons put onto a wire, from the variable that each of them shows."""
    return adc.shown(setting.amplifiers, neurons, source, values, values, values, values)
