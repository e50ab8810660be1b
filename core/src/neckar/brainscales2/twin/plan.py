"""Which neurons are simulated when, and everything made ready for it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import N_NEURONS
from neckar.brainscales2.program import Write
from neckar.brainscales2.twin import background, correlation, coupling, readout, router
from neckar.brainscales2.twin.background import Source
from neckar.brainscales2.twin.board import Pads
from neckar.brainscales2.twin.kernels import STEP
from neckar.brainscales2.twin.play import Stage, Traffic, by_hand
from neckar.brainscales2.twin.register_map import atomic_neuron
from neckar.brainscales2.twin.registers import CADC_WORDS, PADI_EVENT
from neckar.brainscales2.twin.setting import Chip, Setting
from neckar.brainscales2.twin.spans import Act, Script, Span

Sources = tuple[Source, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """A script, compiled.

    Args:
        neurons: those that are simulated, ascending.
        labels: of all spikes that the program sends, ascending.
        items: stages and acts in the order of their time.
        is_settled: whether all neurons have forgotten their state before the first look at them.
        sources: background sources at the end.
        is_sensing: whether correlation sensors are followed.
    """

    neurons: np.ndarray
    labels: np.ndarray
    items: tuple["Stage | AtSetting", ...]
    is_settled: bool
    sources: Sources
    is_sensing: bool

    @property
    def first(self) -> Setting:
        """The setting with which the program begins."""
        return self.items[0].setting


@dataclass(frozen=True, kw_only=True, eq=False)
class AtSetting:
    """An act, and the chip on which it acts."""

    act: Act
    setting: Setting


def plan(script: Script, chip: Chip, labels: np.ndarray, sources: Sources, start: int) -> Plan:
    """Compile a script that begins at step `start` since power-up."""
    neurons = np.flatnonzero(_with_neighbours(script, _needed(script)))
    stimuli = router.join([router.outside(labels), *map(by_hand, _padi_events(script))])
    settings = _Settings(chip=chip, neurons=neurons, stimuli=stimuli)
    made = [settings.of(item) for item in script.items]
    firsts, is_settled = _firsts(script.items, [setting.memory for setting in made])
    items: list[Stage | AtSetting] = []
    for item, setting, first in zip(script.items, made, firsts, strict=True):
        if isinstance(item, Act):
            setting.make()
            items.append(AtSetting(act=item, setting=setting))
        else:
            traffic, sources = _emit(sources, setting, item, first, start)
            items.append(Stage(span=item, setting=setting, first=first, background=traffic))
            if first < item.end:
                setting.make()
    return Plan(
        neurons=neurons,
        labels=labels,
        items=tuple(items),
        is_settled=is_settled,
        sources=sources,
        is_sensing=any(correlation.is_sensing(config.registers) for config in _configs(script)),
    )


@dataclass
class _Settings:
    """Each setting once."""

    chip: Chip
    neurons: np.ndarray
    stimuli: router.Events

    def __post_init__(self) -> None:
        self._made: dict[tuple[int, int, Pads], Setting] = {}

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


def _padi_events(script: Script) -> list[Write]:
    writes = [act.instruction for act in script.acts]
    return [
        write
        for write in writes
        if isinstance(write, Write) and type(write.coordinate).__name__ == PADI_EVENT
    ]


def _needed(script: Script) -> np.ndarray:
    """Neurons that somebody watches, or whose spikes go anywhere; (512,) bool."""
    needed = np.zeros(N_NEURONS, bool)
    for config in _configs(script):
        needed |= _is_heard(config)
        if correlation.is_sensing(config.registers):
            needed |= config.neurons["event_routing"]["analog_output"] > 0
            needed[0] = True  # somebody must be there for events to arrive
    for span in script.spans:
        needed[span.watched] = True
    for act in script.acts:
        kind = type(act.instruction.coordinate).__name__
        if kind in CADC_WORDS:
            for channel in (readout.CAUSAL, readout.ACAUSAL):
                needed[readout.on_cadc(act.config.registers, channel)] = True
        elif kind == "SpikeCounterReadOnDLS":
            needed[atomic_neuron(act.instruction.coordinate)] = True
    return needed


def _with_neighbours(script: Script, needed: np.ndarray) -> np.ndarray:
    """And those on which they depend, in any setting."""
    while True:
        wider = needed.copy()
        for config in _configs(script):
            wider |= coupling.neighbours(config, wider)
        if (wider == needed).all():
            return needed
        needed = wider


def _configs(script: Script) -> list[ChipConfig]:
    """Each setting once."""
    return list({id(item.config.registers): item.config for item in script.items}.values())


def _is_heard(config: ChipConfig) -> np.ndarray:
    """Neurons that can spike, put it onto the crossbar and get it through."""
    settings = config.neurons
    routing = settings["event_routing"]
    is_bypassed = routing["enable_bypass_excitatory"] | routing["enable_bypass_inhibitory"]
    fires = settings["threshold"]["enable"] & (routing["analog_output"] > 0) | is_bypassed
    fires |= coupling.obeys(settings)
    neurons = np.flatnonzero(fires & router.sends(config.registers))
    events = router.inside(neurons, routing["address"][neurons].astype(int))
    reaches = router.cross(config.registers["crossbar"]["nodes"], events).any(axis=1)
    heard = np.zeros(N_NEURONS, bool)
    heard[neurons[reaches]] = True
    return heard


def _firsts(items: Sequence[Span | Act], memories: Sequence[float]) -> tuple[list[int], bool]:
    """Where the simulation of every item begins, in steps.

    Backwards: before every look at the chip, all of its memory must have been simulated. Also
    says whether it was before the first look.
    """
    firsts = []
    left = 1.0  # part of the memory that is still to be simulated
    for item, memory in zip(reversed(items), reversed(memories), strict=True):
        if isinstance(item, Act) or item.is_observed:
            left = 1.0
            firsts.append(item.step if isinstance(item, Act) else item.begin)
        else:
            first = max(item.begin, item.end - int(np.ceil(left * memory / STEP)))
            left = max(0.0, left - (item.end - first) * STEP / memory)
            firsts.append(first)
    return firsts[::-1], left == 0.0


def _emit(
    sources: Sources, setting: Setting, span: Span, first: int, start: int
) -> tuple[Traffic, Sources]:
    """What the background sources send during the simulated part of a span."""
    registers = setting.config.registers["background_spike_sources"]
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
