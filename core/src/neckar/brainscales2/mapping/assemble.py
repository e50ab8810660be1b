"""From mapped snippets to programs that can be played."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.coordinates import EventRecordingConfigOnFPGA
from neckar.brainscales2.chip.datasheet import (
    CADC_MEMORY_SAMPLES,
    CADC_PERIOD,
    FPGA_FREQUENCY,
    LINK_DRAIN,
    MADC_START,
    SETTLING,
)
from neckar.brainscales2.chip.registers import EventRecordingConfig
from neckar.brainscales2.mapping.configure import awaken
from neckar.brainscales2.mapping.injection import Held, Injection
from neckar.brainscales2.mapping.mapped import Mapped
from neckar.brainscales2.mapping.observe import N_INPUTS, NOBODY, analog_probes, observe
from neckar.brainscales2.program import (
    BlockUntil,
    Configure,
    Instruction,
    Program,
    ResetTimer,
    SampleCADC,
    SampleMADC,
    SendSpikes,
    Spikes,
    Write,
)
from neckar.network import SpikeTimes

_NOTHING = Injection()
_CYCLE_TOLERANCE = 1e-3  # times that were meant to lie on the FPGA's grid stay there


def cycles(time: np.ndarray | float) -> np.ndarray:
    """Seconds to FPGA cycles, truncated."""
    return np.floor(np.asarray(time) * FPGA_FREQUENCY + _CYCLE_TOLERANCE).astype(np.int64)


def assemble(snippets: Sequence[Mapped], injection: Injection = _NOTHING) -> tuple[Program, ...]:
    """Programs that play the snippets one after the other in continuous time.

    One program, or several that repeat the run where more neurons are to be seen by the MADC than
    it has inputs. Spikes are those of the first. Every program carries the injection.
    """
    n_programs = max(1, *(len(snippet.takes) for snippet in snippets))
    return tuple(
        Program(instructions=tuple(_instructions(snippets, number, injection)))
        for number in range(n_programs)
    )


def spikes_of(snippet: Mapped) -> Spikes:
    """What the host sends in a snippet: spikes in [begin, end), ascending."""
    times, labels = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for name, label_of in snippet.routing.host_labels.items():
        cell = snippet.network[name].cell
        assert isinstance(cell, SpikeTimes)
        source = np.repeat(np.arange(len(cell.times)), [len(train) for train in cell.times])
        time = cycles(np.concatenate([*cell.times, np.zeros(0)]))
        wanted = (snippet.begin_cycles <= time) & (time < snippet.end_cycles)
        for label in label_of[source[wanted]].T:
            times.append(time[wanted][label >= 0])
            labels.append(label[label >= 0])
    time, label = np.concatenate(times), np.concatenate(labels)
    order = np.argsort(time, kind="stable")
    return Spikes(cycles=time[order], labels=label[order].astype(np.uint16))


def _instructions(
    snippets: Sequence[Mapped], number: int, injection: Injection
) -> Iterator[Instruction]:
    takes = [_take(snippet, number) for snippet in snippets]
    quiet = [_seen(snippet, take) for snippet, take in zip(snippets, takes, strict=True)]
    held, take, end = Held(quiet[0]), takes[0], snippets[-1].end_cycles
    yield from injection.first
    yield from _before(held, takes[0], injection)
    yield ResetTimer()  # time zero of the run
    yield SendSpikes(entries=(spikes_of(snippets[0]),))
    yield from held.noting(iter(injection.at_begin))
    for snippet, still, wanted in zip(snippets, quiet, takes, strict=True):
        live = awaken(still, snippet.network, snippet.routing)
        is_other = not np.array_equal(wanted, take)
        if is_other and _sees(take):
            yield SampleMADC(enable=False)
        yield from held.change_to(live)
        if is_other and _sees(wanted):
            yield SampleMADC(enable=True)
        if snippet is not snippets[0]:
            yield SendSpikes(entries=(spikes_of(snippet),))
        yield from _sample_cadc(snippet)
        yield from held.noting(injection.between(snippet.begin_cycles, snippet.end_cycles))
        yield BlockUntil(cycles=snippet.end_cycles)
        take = wanted
    yield from injection.between(end, math.inf)
    yield from injection.at_end
    yield from _after(end, held, quiet[-1], take)
    yield from injection.after


def _take(snippet: Mapped, number: int) -> np.ndarray:
    """What the MADC sees in the program of this number."""
    nobody = np.full(N_INPUTS, NOBODY)
    return snippet.takes[number] if number < len(snippet.takes) else nobody


def _sees(take: np.ndarray) -> bool:
    return bool(np.any(take != NOBODY))


def _seen(snippet: Mapped, take: np.ndarray) -> ChipConfig:
    return observe(snippet.config, take) if _sees(take) else snippet.config


def _before(held: Held, take: np.ndarray, injection: Injection) -> Iterator[Instruction]:
    """Configure, let the analog parameters settle, then listen; nothing is sent yet."""
    yield Configure(config=held.plan)
    yield from held.noting(iter(injection.before))
    yield ResetTimer()
    yield BlockUntil(cycles=int(cycles(SETTLING - MADC_START)))
    yield _recording(enable=True)
    if _sees(take):
        yield SampleMADC(enable=True)
    yield BlockUntil(cycles=int(cycles(SETTLING)))
    yield from held.noting(iter(injection.settled))


def _after(end: int, held: Held, config: ChipConfig, take: np.ndarray) -> Iterator[Instruction]:
    """Wait for the last events on their way, then stop listening and silence the sources."""
    yield BlockUntil(cycles=end + int(cycles(LINK_DRAIN)))
    if _sees(take):
        yield SampleMADC(enable=False)
    yield _recording(enable=False)
    yield from held.change_to(config)


def _recording(*, enable: bool) -> Write:
    return Write(
        coordinate=EventRecordingConfigOnFPGA(),
        register=EventRecordingConfig(enable_event_recording=enable),
    )


def _sample_cadc(snippet: Mapped) -> Iterator[Instruction]:
    """As many parallel reads as fit into the snippet and the memory of the processors."""
    period = int(np.ceil(CADC_PERIOD * FPGA_FREQUENCY))
    n_samples = min(CADC_MEMORY_SAMPLES, (snippet.end_cycles - snippet.begin_cycles) // period)
    is_wanted = any(probe.device == "cadc" for probe in analog_probes(snippet.network))
    if is_wanted and n_samples > 0:
        yield SampleCADC(n_samples=n_samples, period_cycles=period)
