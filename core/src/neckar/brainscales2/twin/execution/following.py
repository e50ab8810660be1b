"""Which neurons are followed when: those that matter always, the others only where they are seen.

A neuron forgets: what it was before the longest of its time constants several times over makes no
difference any more. So one whose spikes nobody hears is followed from one such memory before a look
at it until the end of the look, and nothing of it is calculated in between.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import N_COLUMNS, N_NEURONS, N_ROWS
from neckar.brainscales2.chip.register_map import atomic_neuron, columns_of_quad
from neckar.brainscales2.program import Read, Write
from neckar.brainscales2.twin import correlation, coupling, readout, router, wires
from neckar.brainscales2.twin.execution.setting import Setting
from neckar.brainscales2.twin.execution.spans import Act, Script, Span
from neckar.brainscales2.twin.kernels import STEP
from neckar.brainscales2.twin.logic import XNOR
from neckar.brainscales2.twin.registers.readable import CADC_QUADS, CADC_WORDS

_NOBODY = np.empty(0, int)
_QUAD, _ROW = "CADCSampleQuadOnDLS", "CADCSampleRowOnDLS"
_COUNT, _RESET = "SpikeCounterReadOnDLS", "SpikeCounterResetOnDLS"


@dataclass(frozen=True, kw_only=True, eq=False)
class Followed:
    """What of an item is simulated.

    Args:
        neurons: those that are, ascending.
        first: from this step on.
    """

    neurons: np.ndarray
    first: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Wanted:
    """Neurons that somebody wants to know about.

    Args:
        always: their spikes go somewhere, or they hang together with others; ascending.
        seen: by item, those that are looked at, ascending.
    """

    always: np.ndarray
    seen: tuple[np.ndarray, ...]

    @property
    def ever(self) -> np.ndarray:
        """All of them, ascending."""
        return _union(self.always, *self.seen)


def wanted(script: Script, counted: np.ndarray) -> Wanted:
    """Find them in a script; the spikes of those `counted`, (512,) bool, are read later."""
    configs = _configs(script)
    always = counted.copy()
    for config in configs:
        always |= _is_heard(config)
    sensed, joined = _sensed(script), _joined(script)
    if sensed.any():
        may_fire = np.logical_or.reduce([fires(config) for config in configs])
        always |= _with_neighbours(configs, joined, sensed & may_fire)
    seen = _seen(script.items)
    if joined or any(coupling.is_used(config) for config in configs):
        for neurons in seen:
            always[neurons] = True
        always = _with_neighbours(configs, joined, always)
    kept = np.flatnonzero(always)
    return Wanted(always=kept, seen=tuple(_with(kept, *both) for both in _both(script, seen)))


def _kind(act: Act) -> str:
    return type(getattr(act.instruction, "coordinate", None)).__name__


def _both(script: Script, seen: list[np.ndarray]) -> list[tuple[Span | Act, np.ndarray]]:
    return list(zip(script.items, seen, strict=True))


def _with(kept: np.ndarray, item: Span | Act, seen: np.ndarray) -> np.ndarray:
    """Whoever matters always is seen whenever somebody looks at anything."""
    if not kept.size or not (isinstance(item, Act) or item.is_observed):
        return seen
    return kept if not seen.size else _union(kept, seen)


def _seen(items: Sequence[Span | Act]) -> list[np.ndarray]:
    """Backwards: a buffered read shows what was converted by the last read that triggered.

    A counter that is read shows the spikes since it was reset.
    """
    found = []
    buffered, counted = _NOBODY, _NOBODY
    config, on_cadc = None, _NOBODY
    for item in reversed(items):
        if isinstance(item, Span):
            found.append(_union(item.watched, counted) if counted.size else item.watched)
            continue
        kind = _kind(item)
        if kind in (_COUNT, _RESET) and isinstance(item.instruction, Read | Write):
            neuron = np.array([atomic_neuron(item.instruction.coordinate)])
            is_read = kind == _COUNT and isinstance(item.instruction, Read)
            counted = _union(counted, neuron) if is_read else np.setdiff1d(counted, neuron)
        if not isinstance(item.instruction, Read) or kind not in CADC_WORDS:
            found.append(_NOBODY)
            continue
        if item.config.registers is not config:
            config, on_cadc = item.config.registers, _on_cadc(item.config)
        neurons = on_cadc
        if kind == _ROW:
            hemisphere = int(item.instruction.coordinate.toEnum()) // N_ROWS
            neurons = neurons[neurons // N_COLUMNS == hemisphere]
        elif kind == _QUAD:
            columns, is_buffered = _of_quad(int(item.instruction.coordinate.toEnum()))
            columns = _union(columns, buffered)
            buffered = columns if is_buffered else _NOBODY
            seen = _NOBODY if is_buffered or not neurons.size else np.isin(neurons, columns)
            neurons = neurons[seen]
        found.append(neurons)
    return found[::-1]


def _of_quad(enum: int) -> tuple[np.ndarray, bool]:
    """Neurons above the columns of a quad, and whether it is read without converting anew."""
    hemisphere, is_buffered, _, _, quad = np.unravel_index(enum, CADC_QUADS)
    return np.sort(hemisphere * N_COLUMNS + columns_of_quad(int(quad))), bool(is_buffered)


def _on_cadc(config: ChipConfig) -> np.ndarray:
    channels = (readout.CAUSAL, readout.ACAUSAL)
    return _union(*(readout.on_cadc(config.registers, channel) for channel in channels))


def _joined(script: Script) -> list[np.ndarray]:
    """Neurons whose lines or membranes wires outside of them join, in any setting."""
    settings = {(id(item.config.registers), item.pads): item for item in script.items}
    reached = [
        on
        for item in settings.values()
        for on in (
            *wires.on_debug_lines(item.config.registers, item.pads),
            *wires.on_stimulus_lines(item.config.registers, item.pads),
        )
    ]
    return [on.neurons for on in reached if on.neurons.size > 1 and not on.by.is_held]


def _with_neighbours(
    configs: Sequence[ChipConfig], joined: Sequence[np.ndarray], needed: np.ndarray
) -> np.ndarray:
    """And those on which they depend, in any setting."""
    while True:
        wider = needed.copy()
        for config in configs:
            wider |= coupling.neighbours(config, wider)
        for neurons in joined:
            wider[neurons] |= wider[neurons].any()
        if (wider == needed).all():
            return needed
        needed = wider


def _configs(script: Script) -> list[ChipConfig]:
    """Each setting once."""
    return list({id(item.config.registers): item.config for item in script.items}.values())


def _is_heard(config: ChipConfig) -> np.ndarray:
    """Neurons that can spike, put it onto the crossbar and get it through."""
    settings = config.neurons
    is_sending = router.sends(config.registers)
    heard = np.zeros(N_NEURONS, bool)
    if not is_sending.any():
        return heard
    neurons = np.flatnonzero(fires(config) & is_sending)
    events = router.inside(neurons, settings["event_routing"]["address"][neurons].astype(int))
    reaches = router.cross(config.registers["crossbar"]["nodes"], events).any(axis=1)
    heard[neurons[reaches]] = True
    return heard


def fires(config: ChipConfig) -> np.ndarray:
    """Neurons that can spike, or make a spike of those of others, (512,) bool."""
    settings = config.neurons
    routing = settings["event_routing"]
    is_bypassed = routing["enable_bypass_excitatory"] | routing["enable_bypass_inhibitory"]
    may_fire = settings["threshold"]["enable"] & (routing["analog_output"] > 0) | is_bypassed
    may_fire |= coupling.obeys(settings) | (settings["bayesian"]["operation"] == XNOR)
    return np.asarray(may_fire)


def _sensed(script: Script) -> np.ndarray:
    """Neurons whose columns of sensors are read at any time or stay connected, (512,) bool."""
    acts = (act for act in script.acts if isinstance(act.instruction, Read))
    reading = {id(act.config.registers): act.config for act in acts if _kind(act) in CADC_WORDS}
    sensed = correlation.shown_columns(script.registers.chip)
    for config in reading.values():
        sensed |= correlation.shown_columns(config.registers)
    return sensed


def follow(
    items: Sequence[Span | Act], settings: Sequence[Setting], wanted: Wanted
) -> tuple[list[Followed], np.ndarray]:
    """What of every item is simulated, and who must be known when the first of them begins.

    Backwards: before every look at a neuron, all of its memory must have been simulated.
    """
    walk = _Backwards(always=wanted.always)
    made = [
        walk.through(item, setting, seen)
        for item, setting, seen in zip(
            reversed(items), reversed(settings), reversed(wanted.seen), strict=True
        )
    ]
    return made[::-1], walk.live


class _Backwards:
    """Who is followed, and which part of its memory is still to be simulated."""

    def __init__(self, always: np.ndarray) -> None:
        self.live = _NOBODY
        self._always = always
        self._left = np.zeros(N_NEURONS)

    def through(self, item: Span | Act, setting: Setting, seen: np.ndarray) -> Followed:
        if seen.size:
            self._left[seen] = 1.0
            if seen is not self.live:
                self.live = seen if not self.live.size else _union(self.live, seen)
        live = self.live
        if isinstance(item, Act):
            return Followed(neurons=live, first=item.step)
        if not live.size:
            return Followed(neurons=live, first=item.begin if item.is_observed else item.end)
        memory = setting.memory_of(live, self._always)
        left = self._left[live]
        needed = int(np.ceil(np.max(left * memory) / STEP))
        first = item.begin if item.is_observed else max(item.begin, item.end - needed)
        left = np.maximum(0.0, left - (item.end - item.begin) * STEP / memory)
        self._left[live] = left
        self._left[seen] = 1.0
        if not self._left[live].all():
            self.live = live[self._left[live] > 0]
        return Followed(neurons=live, first=first)


def _union(*sets: np.ndarray) -> np.ndarray:
    """Ascending, each once; the same array again where it says all."""
    largest = max(sets, key=len)
    is_in = np.zeros(N_NEURONS, bool)
    for one in sets:
        is_in[one] = True
    return largest if np.count_nonzero(is_in) == largest.size else np.flatnonzero(is_in)
