"""When somebody looks: recording of events, sampling of the ADCs, counters that will be read."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from neckar.brainscales2.chip.datasheet import FPGA_CYCLE, N_HEMISPHERES
from neckar.brainscales2.chip.register_map import atomic_neuron
from neckar.brainscales2.chip.sections import Sections
from neckar.brainscales2.program import Configure, Read, SampleCADC, SampleMADC, Write
from neckar.brainscales2.twin import correlation, readout
from neckar.brainscales2.twin.execution.timeline import Moment, Timeline
from neckar.brainscales2.twin.registers.file import Registers
from neckar.brainscales2.twin.registers.kinds import MADC_CONTROL
from neckar.brainscales2.twin.registers.readable import CADC_WORDS, converted_halves, triggers

Window = tuple[int, int]
"""First cycle, and the first one after it."""

_WATCHED = ("readout_chain", "cadc_readout_chains")
RECORDING = "EventRecordingConfigOnFPGA"
_COUNTERS = ("SpikeCounterReadOnDLS", "CrossbarOutputOnDLS", "CrossbarInputOnDLS")
_COUNTER_RESETS = ("SpikeCounterResetOnDLS", "CrossbarOutputOnDLS", "CrossbarInputOnDLS")


@dataclass(frozen=True, kw_only=True)
class Windows:
    """When a program looks at the chip, in cycles; each tuple ascends.

    Args:
        recording: events and MADC samples are passed on.
        madc: the MADC samples; it counts its samples anew with each window.
        cadc: when the processors read all columns.
        counting: events are counted, and the counts are read later.
        sensing: correlation sensors may see something, and are read later: in this program, or
            perhaps in another if columns stay connected to the CADC.
        conversions: when the CADC of each half begins to convert.
    """

    recording: tuple[Window, ...]
    madc: tuple[Window, ...]
    cadc: np.ndarray
    counting: tuple[Window, ...]
    sensing: tuple[Window, ...]
    conversions: tuple[np.ndarray, ...] = (np.empty(0, np.int64),) * N_HEMISPHERES

    @property
    def spans(self) -> tuple[Window, ...]:
        """All of them."""
        return (*self.recording, *self.madc, *self.counting, *self.sensing, *self.cadc_spans)

    @cached_property
    def cadc_spans(self) -> tuple[Window, ...]:
        """From the first to the last read of each burst."""
        if not self.cadc.size:
            return ()
        gaps = np.flatnonzero(np.diff(self.cadc) > _LONGEST_PERIOD)
        starts = self.cadc[np.concatenate([[0], gaps + 1])]
        ends = self.cadc[np.concatenate([gaps, [self.cadc.size - 1]])]
        return tuple((int(a), int(b) + 1) for a, b in zip(starts, ends, strict=True))


_CYCLE_TOLERANCE = 1e-3  # times on the grid of the FPGA stay there
_LONGEST_PERIOD = 12_500  # cycles; reads that are further apart are looked at one by one


def windows(timeline: Timeline, registers: Registers, counts_on: bool = False) -> Windows:
    """Find them in a program that starts with these registers.

    Args:
        timeline: the program.
        registers: as they are at its beginning.
        counts_on: whether a later program may read a counter.
    """
    recording = registers.kept.get((RECORDING, 0))
    is_on = recording is not None and bool(recording.enable_event_recording)
    madc, sensing = _of_settings(timeline, registers)
    return Windows(
        recording=_recording(timeline, is_on),
        madc=madc,
        cadc=(cadc := _cadc(timeline)),
        counting=_counting(timeline, counts_on),
        sensing=sensing,
        conversions=_conversions(timeline, cadc),
    )


def overlap(spans: Sequence[Window], begin: float, end: float) -> bool:
    """Whether some of the cycles from `begin` to `end` lie in one of them, which ascend."""
    after = bisect_left(spans, end, key=_first)  # the first that begins too late
    return after > 0 and begin < spans[after - 1][1]


def overlapping(spans: Sequence[Window], begin: float, end: float) -> range:
    """Numbers of those, which ascend, that have some of these cycles."""
    return range(bisect_right(spans, begin, key=_last), bisect_left(spans, end, key=_first))


def _first(window: Window) -> int:
    return window[0]


def _last(window: Window) -> int:
    return window[1]


def inside(spans: Sequence[Window], cycles: np.ndarray) -> np.ndarray:
    """Which cycles lie in one of them."""
    is_inside = np.zeros(cycles.size, bool)
    for first, end in spans:
        is_inside |= (cycles >= first) & (cycles < end)
    return is_inside


def whole_cycles(time: np.ndarray) -> np.ndarray:
    """Times in s as the FPGA cycles in which they fall."""
    return np.floor(time / FPGA_CYCLE + _CYCLE_TOLERANCE).astype(np.int64)


def _recording(timeline: Timeline, is_on: bool) -> tuple[Window, ...]:
    switches = [(0, is_on)]
    for moment in timeline.moments:
        match moment.instruction:
            case Write(coordinate=coordinate, register=register) if (
                type(coordinate).__name__ == RECORDING
            ):
                switches.append((moment.cycle, bool(register.enable_event_recording)))
    return _on(switches, timeline.end)


def _of_settings(
    timeline: Timeline, registers: Registers
) -> tuple[tuple[Window, ...], tuple[Window, ...]]:
    """When the MADC samples, by `SampleMADC` or by hand; when sensors have to be followed."""
    if not any(map(_depends_on_settings, timeline.moments)) and not _may_show(timeline, registers):
        return (), ()
    registers = registers.copy()
    machine = _Machine(is_awake=registers.is_madc_awake)
    sensing: tuple[Window, ...] = ()
    shows: bool | None = None
    for moment in timeline.moments:
        match moment.instruction:
            case SampleMADC(enable=enable):
                machine.go_to(moment.cycle)
                machine.sample(enable)
            case Write(coordinate=coordinate, register=control) if (
                type(coordinate).__name__ == MADC_CONTROL
            ):
                machine.go_to(moment.cycle)
                machine.control(control, registers.chip)
            case Read(coordinate=coordinate) if type(coordinate).__name__ in CADC_WORDS:
                if shows is None:
                    shows = bool(correlation.shown_columns(registers.chip).any())
                if moment.cycle and shows:
                    sensing = ((0, moment.cycle),)
        if moment.puts is None or any(put.section in _WATCHED for put in moment.puts):
            registers.apply(moment.instruction, moment.puts)
            shows = None
    machine.go_to(timeline.end)
    machine.stop()
    if correlation.shown_columns(registers.chip).any():
        sensing = ((0, timeline.end),)
    return tuple(machine.windows), sensing


def _may_show(timeline: Timeline, registers: Registers) -> bool:
    """Whether sensors may be connected to the CADC when the program is over."""
    return bool(correlation.shown_columns(registers.chip).any()) or any(
        map(_may_connect, timeline.moments)
    )


def _may_connect(moment: Moment) -> bool:
    if moment.puts is None:
        whole = moment.instruction
        return isinstance(whole, Configure) and bool(
            correlation.shown_columns(whole.config.registers).any()
        )
    return any(
        put.section == correlation.CHAINS
        and (put.value.dtype.names is not None or put.path[-1] == correlation.CONNECTED)
        and any(put.content)
        for put in moment.puts
    )


def _depends_on_settings(moment: Moment) -> bool:
    instruction = moment.instruction
    kind = type(getattr(instruction, "coordinate", None)).__name__
    return isinstance(instruction, SampleMADC) or kind == MADC_CONTROL or kind in CADC_WORDS


@dataclass(kw_only=True)
class _Machine:
    """States of the MADC: asleep, awake, sampling since `begin`, perhaps until `end`.

    Once awake it starts as soon as it is told to. It stops after the number of samples that is
    configured, and begins again if `start_recording` was left on, unless it fell asleep.
    """

    is_awake: bool
    now: int = 0
    begin: int | None = None
    end: int | None = None
    falls_asleep: bool = False
    windows: list[Window] = field(default_factory=list)
    _ready: int = 0

    def go_to(self, cycle: int) -> None:
        """Let time pass."""
        if self.end is not None and self.end <= cycle:
            self.now = self.end
            self.stop()
        self.now = cycle

    def stop(self) -> None:
        """Sample no longer."""
        if self.begin is not None:
            if self.now > self.begin:
                self.windows.append((self.begin, self.now))
            self.is_awake = not self.falls_asleep
        self.begin = self.end = None

    def sample(self, enable: bool) -> None:
        """Be switched on, for as long as it takes, or off."""
        self.falls_asleep = False
        if not enable:
            self.stop()
        elif self.begin is None:
            self.is_awake, self.begin = True, self.now
        self.end = None

    def control(self, control: Any, chip: Sections) -> None:
        """Do what the control register says."""
        self.falls_asleep = bool(control.enable_power_down_after_sampling)
        if control.wake_up and not self.is_awake:
            self.is_awake = True
            self._ready = self.now + readout.wake_up_in_cycles(chip)
        if control.stop_recording:
            self.stop()
        elif control.start_recording and self.is_awake and self.begin is None:
            self.begin = max(self.now, self._ready)
        if self.begin is not None:
            self.end = self._end(control, readout.samples_in_cycles(chip), self.begin)

    def _end(self, control: Any, length: float, begin: int) -> int | None:
        """After the rest of the samples; never if they are taken again and again."""
        if control.enable_continuous_sampling:
            return None
        if length == 0:
            return begin
        if control.start_recording and not self.falls_asleep:
            return None
        n_times = max(1, int(np.ceil((self.now - begin) / length)))
        return begin + int(np.ceil(n_times * length))


def _cadc(timeline: Timeline) -> np.ndarray:
    reads = [np.empty(0, np.int64)]
    for moment in timeline.moments:
        if isinstance(moment.instruction, SampleCADC):
            burst = moment.instruction
            reads.append(moment.cycle + burst.period_cycles * np.arange(burst.n_samples))
    cycles = np.sort(np.concatenate(reads))
    return cycles[cycles < timeline.end]


def _conversions(timeline: Timeline, cadc: np.ndarray) -> tuple[np.ndarray, ...]:
    """By the processors, and for reads that trigger; a read of everything converts both halves."""
    by_hand: tuple[list[int], ...] = tuple([] for _ in range(N_HEMISPHERES))
    for moment in timeline.moments:
        match moment.instruction:
            case Read(coordinate=coordinate) if triggers(coordinate):
                for hemisphere in converted_halves(coordinate):
                    by_hand[hemisphere].append(moment.cycle)
    return tuple(np.sort(np.concatenate([cadc, np.array(own, np.int64)])) for own in by_hand)


def still_counting(timeline: Timeline, before: np.ndarray) -> np.ndarray:
    """Neurons whose spike counter was set to zero and not read since, (512,) bool.

    Args:
        timeline: a program.
        before: those of which that was so before it.
    """
    counting = before.copy()
    for moment in timeline.moments:
        match moment.instruction:
            case Read(coordinate=coordinate) if type(coordinate).__name__ == _COUNTERS[0]:
                counting[atomic_neuron(coordinate)] = False
            case Write(coordinate=coordinate) if type(coordinate).__name__ == _COUNTER_RESETS[0]:
                counting[atomic_neuron(coordinate)] = True
    return counting


def _counting(timeline: Timeline, counts_on: bool) -> tuple[Window, ...]:
    """Backwards from the end, if counts go on, and every read to the last reset before it."""
    switches = [(0, counts_on)]
    for moment in reversed(timeline.moments):
        match moment.instruction:
            case Read(coordinate=coordinate) if type(coordinate).__name__ in _COUNTERS:
                switches.append((timeline.end - moment.cycle, True))
            case Write(coordinate=coordinate) if type(coordinate).__name__ in _COUNTER_RESETS:
                switches.append((timeline.end - moment.cycle, False))
    spans = reversed(_on(switches, timeline.end))
    return tuple((timeline.end - last, timeline.end - first) for first, last in spans)


def _on(switches: list[tuple[int, bool]], end: int) -> tuple[Window, ...]:
    spans: list[Window] = []
    since = None
    for cycle, is_on in [*switches, (end, False)]:
        if is_on and since is None:
            since = cycle
        elif not is_on and since is not None:
            if cycle > since:
                spans.append((since, cycle))
            since = None
    return tuple(spans)
