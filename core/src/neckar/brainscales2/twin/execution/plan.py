"""Which neurons are simulated when, and everything made ready for it."""

from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.program import Write
from neckar.brainscales2.twin import background, router
from neckar.brainscales2.twin.background import Source
from neckar.brainscales2.twin.board import Pads
from neckar.brainscales2.twin.execution.following import follow, wanted
from neckar.brainscales2.twin.execution.play import Stage, Traffic, by_hand
from neckar.brainscales2.twin.execution.setting import Chip, Part, Setting
from neckar.brainscales2.twin.execution.spans import Act, Script, Span
from neckar.brainscales2.twin.kernels import STEP
from neckar.brainscales2.twin.registers.kinds import PADI_EVENT

Sources = tuple[Source, ...]

_SILENCE = Traffic(time=np.empty(0), kind=np.empty(0, int))


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """A script, compiled.

    Args:
        neurons: those that are simulated at any time, ascending.
        live: those whose state at the beginning matters, ascending.
        labels: of all spikes that the program sends, ascending.
        items: stages and acts in the order of their time.
        sources: background sources at the end.
    """

    neurons: np.ndarray
    live: np.ndarray
    labels: np.ndarray
    items: tuple["Stage | AtSetting", ...]
    sources: Sources

    @property
    def first(self) -> Setting:
        """The setting with which the program begins."""
        return self.items[0].setting

    @property
    def at_end(self) -> np.ndarray:
        """Neurons whose state is known when the program ends."""
        stage = next(item for item in reversed(self.items) if isinstance(item, Stage))
        return stage.part.neurons if stage.first < stage.span.end else np.empty(0, int)

    def make(self) -> None:
        """Make all parts of the chip now, before several threads ask for them."""
        for item in self.items:
            if isinstance(item, Stage) and item.first < item.span.end:
                item.part.make()


@dataclass(frozen=True, kw_only=True, eq=False)
class AtSetting:
    """An act, the chip on which it acts, and the neurons that are simulated then."""

    act: Act
    setting: Setting
    neurons: np.ndarray


def plan(
    script: Script,
    chip: Chip,
    labels: np.ndarray,
    sources: Sources,
    start: int,
    counted: np.ndarray,
) -> Plan:
    """Compile a script that begins at step `start` since power-up.

    A later one may read the spike counters of the neurons `counted`, (512,) bool.
    """
    who = wanted(script, counted)
    stimuli = router.join([router.outside(labels), *map(by_hand, _padi_events(script))])
    settings = _Settings(chip=chip, neurons=who.ever, stimuli=stimuli)
    made = [settings.of(item) for item in script.items]
    followed, live = follow(script.items, made, who)
    items: list[Stage | AtSetting] = []
    for item, setting, part in zip(script.items, made, followed, strict=True):
        if isinstance(item, Act):
            items.append(AtSetting(act=item, setting=setting, neurons=part.neurons))
        else:
            traffic, sources = _emit(sources, setting, item, part.first, start)
            items.append(
                Stage(
                    span=item,
                    part=settings.part(setting, part.neurons),
                    first=part.first,
                    background=traffic,
                    is_quiet=not (who.always.size or traffic.time.size),
                )
            )
    return Plan(
        neurons=who.ever,
        live=live,
        labels=labels,
        items=tuple(items),
        sources=sources,
    )


@dataclass
class _Settings:
    """Each setting once."""

    chip: Chip
    neurons: np.ndarray
    stimuli: router.Events

    def __post_init__(self) -> None:
        self._made: dict[tuple[int, int, Pads], Setting] = {}
        self._parts: dict[tuple[int, int], Part] = {}

    def of(self, item: Span | Act) -> Setting:
        key = (id(item.config.registers), id(item.codes), item.pads)
        if key not in self._made:
            self._made[key] = Setting(
                chip=self.chip,
                config=item.config,
                codes=item.codes,
                pads=item.pads,
                neurons=self.neurons,
                stimuli=self.stimuli,
            )
        return self._made[key]

    def part(self, setting: Setting, neurons: np.ndarray) -> Part:
        """A setting as some neurons see it; neurons are the same if their array is."""
        key = id(setting), id(neurons)
        if key not in self._parts:
            self._parts[key] = Part(setting=setting, neurons=neurons)
        return self._parts[key]


def _padi_events(script: Script) -> list[Write]:
    writes = [act.instruction for act in script.acts]
    return [
        write
        for write in writes
        if isinstance(write, Write) and type(write.coordinate).__name__ == PADI_EVENT
    ]


def _emit(
    sources: Sources, setting: Setting, span: Span, first: int, start: int
) -> tuple[Traffic, Sources]:
    """What the background sources send during the simulated part of a span."""
    registers = setting.config.registers["background_spike_sources"]
    if not registers["enable"].any() and not any(source.is_on for source in sources):
        return _SILENCE, sources
    begin, heard, end = ((start + step) * STEP for step in (span.begin, first, span.end))
    times, kinds, after = [np.empty(0)], [np.empty(0, int)], []
    offset = setting.stimuli.label.size
    for number, source in enumerate(sources):
        source = background.switch(source, registers[number], begin)
        if source.is_on:
            source = background.skip(source, registers[number], heard)
            source, emission = background.emit(source, registers[number], end)
            labels = background.labels(registers[number])
            times.append(emission.time)
            kinds.append(offset + np.searchsorted(labels, emission.label))
            offset += labels.size
        after.append(source)
    time, kind = np.concatenate(times), np.concatenate(kinds)
    order = np.argsort(time, kind="stable")
    return Traffic(time=time[order], kind=kind[order]), tuple(after)
