"""When somebody looks: recording of events, sampling of the ADCs, counters that will be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neckar.brainscales2.chip.datasheet import FPGA_CYCLE
from neckar.brainscales2.program import Read, SampleCADC, SampleMADC, Write
from neckar.brainscales2.twin import readout
from neckar.brainscales2.twin.registers import Registers
from neckar.brainscales2.twin.timeline import Timeline

Window = tuple[int, int]
"""First cycle, and the first one after it."""

RECORDING = "EventRecordingConfigOnFPGA"
MADC_CONTROL = "MADCControlOnDLS"
_COUNTERS = ("SpikeCounterReadOnDLS", "CrossbarOutputOnDLS", "CrossbarInputOnDLS")
_COUNTER_RESETS = ("SpikeCounterResetOnDLS", "CrossbarOutputOnDLS", "CrossbarInputOnDLS")


@dataclass(frozen=True, kw_only=True)
class Windows:
    """When a program looks at the chip, in cycles; each tuple ascends.

    Args:
        recording: events and MADC samples are passed on.
        madc: the MADC samples; it begins anew with each window.
        cadc: when the processors read all columns.
        counting: events are counted, and the counts are read later.
    """

    recording: tuple[Window, ...]
    madc: tuple[Window, ...]
    cadc: np.ndarray
    counting: tuple[Window, ...]

    @property
    def spans(self) -> tuple[Window, ...]:
        """All of them."""
        return (*self.recording, *self.madc, *self.counting, *self.cadc_spans)

    @property
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


def windows(timeline: Timeline, registers: Registers) -> Windows:
    """Find them in a program that starts with these registers."""
    recording = registers.kept.get((RECORDING, 0))
    is_on = recording is not None and bool(recording.enable_event_recording)
    return Windows(
        recording=_recording(timeline, is_on),
        madc=_madc(timeline, registers),
        cadc=_cadc(timeline),
        counting=_counting(timeline),
    )


def overlap(spans: Sequence[Window], begin: float, end: float) -> bool:
    """Whether some of the cycles from `begin` to `end` lie in one of them."""
    return any(first < end and begin < last for first, last in spans)


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


def _madc(timeline: Timeline, registers: Registers) -> tuple[Window, ...]:
    """By `SampleMADC`, or by hand through the MADC's control register."""
    registers = registers.copy()
    switches = [(0, False)]
    for moment in timeline.moments:
        match moment.instruction:
            case SampleMADC(enable=enable):
                switches.append((moment.cycle, enable))
            case Write(coordinate=coordinate, register=control) if (
                type(coordinate).__name__ == MADC_CONTROL
            ):
                switches.append(_control(moment.cycle, control, registers.chip, switches[-1]))
        registers.apply(moment.instruction)
    return _on(switches, timeline.end)


def _control(
    cycle: int, control: Any, chip: np.ndarray, last: tuple[int, bool]
) -> tuple[int, bool]:
    """The MADC starts again while `start_recording` is left on, or goes on until it is stopped."""
    since, is_on = last
    if control.start_recording or control.stop_recording:
        return cycle, bool(control.start_recording)
    if not is_on or control.enable_continuous_sampling:
        return cycle, is_on
    n_samples = int(chip["readout_chain"]["madc"]["number_of_samples"])
    length = n_samples * readout.sampling(chip).period / FPGA_CYCLE
    return max(cycle, since + int(np.ceil(length))), False


def _cadc(timeline: Timeline) -> np.ndarray:
    reads = [np.empty(0, np.int64)]
    for moment in timeline.moments:
        if isinstance(moment.instruction, SampleCADC):
            burst = moment.instruction
            reads.append(moment.cycle + burst.period_cycles * np.arange(burst.n_samples))
    cycles = np.sort(np.concatenate(reads))
    return cycles[cycles < timeline.end]


def _counting(timeline: Timeline) -> tuple[Window, ...]:
    """Backwards from every read of a counter to the last reset before it."""
    switches = [(0, False)]
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
