"""One setting of one chip, made into what the kernel and the ADCs need between two changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import N_COLUMNS, N_HEMISPHERES, N_ROWS
from neckar.brainscales2.twin import (
    adc,
    background,
    capmem,
    contact,
    correlation,
    coupling,
    driver,
    driver_readout,
    logic,
    neuron,
    readout,
    router,
    stp,
    synapse,
    wires,
)
from neckar.brainscales2.twin.board import Pads
from neckar.brainscales2.twin.capmem import Codes
from neckar.brainscales2.twin.contact import Shared
from neckar.brainscales2.twin.kernels.pairing import Pairing
from neckar.brainscales2.twin.kernels.state import Coupling, Neurons, SynapticInput
from neckar.brainscales2.twin.kernels.together import groups, slowest
from neckar.brainscales2.twin.noise import Noise
from neckar.brainscales2.twin.variation import Spread
from neckar.brainscales2.twin.wires import Line

_KINDS = ("excitatory", "inhibitory")
_CURRENTS = ("enable_synaptic_current_excitatory", "enable_synaptic_current_inhibitory")
_LONG = 10  # time constants after which a state has forgotten how it began
_SHORTEST = 10e-6  # s; events on their way are forgotten, too
_LONGEST = 2e-3  # s; a membrane without leak would never forget


@dataclass(frozen=True, kw_only=True)
class Chip:
    """One copy of the chip. What it made last is remembered, for most settings change little."""

    serial: int
    spread: Spread
    noise: Noise
    _analog: "_Recent" = field(default_factory=lambda: _Recent(), repr=False, compare=False)
    _couplings: "_Recent" = field(default_factory=lambda: _Recent(), repr=False, compare=False)
    _synapses: "_Recent" = field(default_factory=lambda: _Recent(), repr=False, compare=False)
    _circuits: "_Recent" = field(default_factory=lambda: _Recent(), repr=False, compare=False)
    _pairings: "_Recent" = field(default_factory=lambda: _Recent(), repr=False, compare=False)
    _routes: "_Recent" = field(default_factory=lambda: _Recent(), repr=False, compare=False)
    _slowness: "_Recent" = field(default_factory=lambda: _Recent(), repr=False, compare=False)
    _parts: "_Recent" = field(default_factory=lambda: _Recent(size=16), repr=False, compare=False)

    def analog(self, config: ChipConfig, codes: Codes) -> Neurons:
        """The constants of all 512 neurons."""
        return self._analog.get(
            (*self._of(config, *_NEURONS), codes.neuron, codes.shared),
            lambda: neuron.fabricate(config, codes, self.serial, self.spread, self.noise),
        )

    def slowness(self, neurons: Neurons, joined: Coupling | None) -> np.ndarray:
        """The longest time constant of every neuron, s."""
        known = _Same(neurons), _Same(joined)
        slowness: np.ndarray = self._slowness.get(
            known, lambda: np.max(_time_constants(neurons, joined), axis=0)
        )
        return slowness

    def coupling(
        self, config: ChipConfig, codes: Codes, joined: Sequence[np.ndarray]
    ) -> Coupling | None:
        """How all 512 neurons hang together; wires outside of them join those in `joined`."""
        return self._couplings.get(
            (*self._of(config, _NEURONS[0]), codes.neuron, *joined),
            lambda: coupling.fabricate(config, codes, self.serial, self.spread, joined),
        )

    def amplitude(self, config: ChipConfig, codes: Codes) -> np.ndarray:
        """What one event of each synapse does, V, (2, 256, 256)."""
        drivers = config.registers["synapse_driver_blocks"]["synapse_drivers"]
        if not driver.modes(drivers).any():
            return _NO_AMPLITUDE
        return self._synapses.get(
            (*self._of(config, *_NEURONS, *_ARRAY), codes.shared),
            lambda: synapse.amplitude(config, codes, self.serial, self.spread),
        )

    def circuits(self, config: ChipConfig, codes: Codes) -> stp.Circuits | None:
        """What makes the pulses of drivers plastic, if any are."""
        if not stp.is_used(config.registers["synapse_driver_blocks"]["synapse_drivers"]):
            return None
        circuits: stp.Circuits = self._circuits.get(
            (*self._of(config, "synapse_driver_blocks"), codes.shared),
            lambda: stp.circuits(config, codes, self.serial, self.spread),
        )
        return circuits

    def pairing(self, config: ChipConfig, codes: Codes) -> Pairing:
        """How the correlation sensors answer to pairs of pulses."""
        pairing: Pairing = self._pairings.get(
            correlation.depends_on(config, codes),
            lambda: correlation.pairing(config, codes, self.serial, self.spread),
        )
        return correlation.labelled(pairing, config)

    def routes(
        self, config: ChipConfig, codes: Codes, neurons: np.ndarray, stimuli: router.Events
    ) -> router.Routes:
        """Where `stimuli` and events of background sources and of `neurons` go."""
        amplitude, circuits = self.amplitude(config, codes), self.circuits(config, codes)
        sections = self._of(config, *_NEURONS, *_ARRAY, "crossbar", "background_spike_sources")
        plastic = () if circuits is None else circuits.arrays
        return self._routes.get(
            (neurons, stimuli.source, stimuli.label, amplitude, *sections, *plastic),
            lambda: router.route(
                config.registers,
                amplitude,
                neurons,
                _events(config, stimuli),
                circuits,
            ),
        )

    def _of(self, config: ChipConfig, *paths: str) -> list[np.ndarray]:
        """Parts of all registers, as bytes; the same ones as long as nothing is written there."""
        parts = []
        for path in paths:
            section = config.registers[path.split("/")[0]]
            known = _Same(section), _Same(path)
            parts.append(self._parts.get(known, partial(_part, section, path)))
        return parts


_NEURONS = (
    "neuron_block/atomic_neurons",
    "neuron_block/backends",
    "neuron_block/i_bias_leak_source_follower",
)
_ARRAY = ("neuron_block/current_rows", "synapse_blocks", "synapse_driver_blocks")
_NO_AMPLITUDE = np.zeros((N_HEMISPHERES, N_ROWS, N_COLUMNS), np.float32)
_NO_AMPLITUDE.flags.writeable = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Setting:
    """The chip while nothing is written to it.

    Args:
        neurons: those that are simulated at any time, ascending.
        stimuli: events that may come from outside.
    """

    chip: Chip
    config: ChipConfig
    codes: Codes
    pads: Pads
    neurons: np.ndarray
    stimuli: router.Events

    @cached_property
    def analog(self) -> Neurons:
        """Constants of all 512 neurons; a line that a voltage holds stays where it is."""
        analog = self.chip.analog(self.config, self.codes)
        if any(on.neurons.size for on in self.on_lines):
            lines = [self._line(analog, number) for number in range(len(_KINDS))]
            analog = replace(analog, excitatory=lines[0], inhibitory=lines[1])
        for reached in self._on_membranes:
            if reached.by.is_held:
                volts = float(self.volts(reached.by).mean())
                analog = contact.clamped(analog, reached.neurons, volts)
            elif (ampere := self.ampere(reached.by)) != 0:
                analog = contact.fed(analog, reached.neurons, ampere)
        return analog

    def _line(self, analog: Neurons, number: int) -> SynapticInput:
        line: SynapticInput = getattr(analog, _KINDS[number])
        reached, shared = self.on_lines[number], self.shared[number]
        if shared is not None:
            return contact.together(line, shared)
        return contact.held(line, reached.neurons) if reached.by.is_held else line

    @cached_property
    def on_lines(self) -> tuple[wires.OnWire, wires.OnWire]:
        """Neurons whose excitatory and inhibitory lines are on their debug line."""
        return wires.on_debug_lines(self.config.registers, self.pads)

    @cached_property
    def _on_membranes(self) -> tuple[wires.OnWire, ...]:
        return wires.on_stimulus_lines(self.config.registers, self.pads)

    @cached_property
    def shared(self) -> tuple[Shared | None, ...]:
        """Excitatory and inhibitory lines that are one, or get a current."""
        return tuple(self.share(kind, on) for kind, on in zip(_KINDS, self.on_lines, strict=True))

    def share(self, kind: str, reached: wires.OnWire) -> Shared | None:
        """Lines of a kind that a wire makes one, or feeds, unless a voltage holds them."""
        neurons, ampere = reached.neurons, self.ampere(reached.by)
        if reached.by.is_held or not neurons.size or (neurons.size < 2 and ampere == 0):
            return None
        capacitance = neuron.line_capacitance(self.config.neurons, self._pattern, kind)
        return contact.share(
            neurons,
            getattr(self.chip.analog(self.config, self.codes), kind).tau[neurons],
            p.LINE_CAPACITANCE * capacitance[neurons],
            self.own_rest(kind)[neurons],
            ampere,
        )

    def drawn(self, line: Line, volts: float) -> float:
        """What synaptic lines on a wire that is held at `volts` put into it, A."""
        total = 0.0
        for kind, shown in zip(_KINDS, wires.DIRECT_LINES, strict=True):
            neurons = line.neurons[line.sources == shown]
            tau = getattr(self.chip.analog(self.config, self.codes), kind).tau[neurons]
            relative = neuron.line_capacitance(self.config.neurons, self._pattern, kind)[neurons]
            conductance = p.LINE_CAPACITANCE * relative / tau
            total += float(conductance @ (self.own_rest(kind)[neurons] - volts))
        return total

    def own_rest(self, kind: str) -> np.ndarray:
        """Where the lines of all neurons rest as long as they are alone, V."""
        return p.LINE_REST + self._pattern[f"{kind}/rest"]

    @property
    def _pattern(self) -> dict[str, np.ndarray]:
        return neuron.pattern(self.chip.serial, self.chip.spread)

    @cached_property
    def coupling(self) -> Coupling | None:
        """How all 512 neurons hang together."""
        joined = [
            reached.neurons
            for reached in self._on_membranes
            if reached.neurons.size > 1 and not reached.by.is_held
        ]
        return self.chip.coupling(self.config, self.codes, joined)

    @cached_property
    def routes(self) -> router.Routes:
        """Where events go."""
        held = [on.neurons if on.by.is_held else on.neurons[:0] for on in self.on_lines]
        config = _without(self.config, held)
        routes = self.chip.routes(config, self.codes, self.neurons, self.stimuli)
        if self.shared == (None, None):
            return routes
        return replace(routes, fanout=contact.spread(routes.fanout, self.neurons, self.shared))

    @cached_property
    def on_cadc(self) -> tuple[np.ndarray, ...]:
        """Neurons that each channel of the CADC sees, ascending."""
        registers = self.config.registers
        return tuple(readout.on_cadc(registers, each) for each in (readout.CAUSAL, readout.ACAUSAL))

    @cached_property
    def converters(self) -> tuple[adc.Converter, ...]:
        """Causal and acausal channels of the CADC."""
        config, codes, chip = self.config, self.codes, self.chip
        return tuple(
            adc.converter(config, codes, chip.serial, chip.spread, each)
            for each in (readout.CAUSAL, readout.ACAUSAL)
        )

    @cached_property
    def sensed(self) -> tuple[np.ndarray, ...]:
        """Columns, counted through both halves, whose sensors each channel of the CADC sees."""
        registers, channels = self.config.registers, (readout.CAUSAL, readout.ACAUSAL)
        both = (correlation.is_connected(registers, each).reshape(-1) for each in channels)
        return tuple(np.flatnonzero(each) for each in both)

    @property
    def shows_sensors(self) -> bool:
        """Whether the CADC sees correlation sensors of any column."""
        return any(columns.size for columns in self.sensed)

    @cached_property
    def pairing(self) -> Pairing:
        """How the correlation sensors answer."""
        return self.chip.pairing(self.config, self.codes)

    @cached_property
    def sampling(self) -> readout.Sampling:
        """What the MADC sees."""
        return readout.sampling(self.config.registers, self.pads)

    @cached_property
    def cadc_debug(self) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """By channel of the CADC: columns that see its debug line, and volts of what drives it."""
        return tuple(self._cadc_debug(channel) for channel in (readout.CAUSAL, readout.ACAUSAL))

    def _cadc_debug(self, channel: int) -> tuple[np.ndarray, np.ndarray]:
        columns, line = readout.on_cadc_debug(self.config.registers, self.pads, channel)
        return columns, self.volts(line)

    def volts(self, line: Line) -> np.ndarray:
        """Voltages that stay as they are on a wire."""
        cells = capmem.cells(self.chip.serial, self.chip.spread)
        shown = [capmem.output(self.config, self.codes, cell, cells) for cell in line.cells]
        return np.array([*line.volts, *shown])

    def ampere(self, line: Line) -> float:
        """Current that enters a wire."""
        cells = capmem.cells(self.chip.serial, self.chip.spread)
        found = [capmem.amperes(self.config, self.codes, k, cells) for k in line.current_cells]
        return sum((*line.amperes, *found), 0.0)

    @cached_property
    def amplifiers(self) -> adc.Amplifiers:
        """Between the neurons and the ADCs."""
        made = adc.amplifiers(self.codes, self.chip.serial, self.chip.spread)
        for kind, shared in zip(_KINDS, self.shared, strict=True):
            if shared is not None:
                rest = getattr(made, f"{kind}_rest").copy()
                rest[shared.neurons] = shared.level + p.LINE_READOUT_SHIFT
                made = replace(made, **{f"{kind}_rest": rest})
        return adc.dropped(made, self.config)

    @cached_property
    def drivers(self) -> driver_readout.Readout | None:
        """Synapse drivers that are read out, if any are."""
        if not driver_readout.is_used(self.config.registers):
            return None
        chip = self.chip
        return driver_readout.fabricate(self.config, self.codes, chip.serial, chip.spread)

    def memory_of(self, neurons: np.ndarray, together: np.ndarray) -> np.ndarray:
        """After how long each of some neurons has forgotten its state, s.

        Those of `together` depend on each other.
        """
        memory = self._memory[neurons]
        if together.size:
            memory[np.isin(neurons, together)] = self._memory[together].max()
        return memory

    @cached_property
    def _memory(self) -> np.ndarray:
        circuits = self.chip.circuits(self.config, self.codes)
        pulses = 0.0 if circuits is None else circuits.slowest
        shown = readout.source(self.config.registers)
        lines = [
            np.where(shown == k + 1, line.tau, 0) for k, line in enumerate(_lines(self.analog))
        ]
        slowness = self.chip.slowness(self.analog, self.coupling)
        longest = np.maximum.reduce([slowness, *lines, np.full(slowness.size, pulses)])
        return np.clip(_LONG * longest, _SHORTEST, _LONGEST)


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """A setting as far as it concerns the neurons that are simulated, ascending."""

    setting: Setting
    neurons: np.ndarray

    @cached_property
    def analog(self) -> Neurons:
        """Their constants."""
        return take(self.setting.analog, self.neurons)

    @cached_property
    def coupling(self) -> Coupling | None:
        """How they hang together."""
        return coupling.take(self.setting.coupling, self.neurons)

    @cached_property
    def routes(self) -> router.Routes:
        """Where events go that concern them."""
        routes = self.setting.routes
        everybody = self.setting.neurons
        if self.neurons.size == everybody.size:
            return routes
        return router.restrict(routes, np.searchsorted(everybody, self.neurons))

    @cached_property
    def logic(self) -> logic.Logic | None:
        """What they make of fire signals, if they send anything but spikes."""
        settings = self.setting.config.neurons
        if not logic.is_asked(settings):
            return None
        return logic.fabricate(settings, self.neurons, self.analog, self.coupling)

    def make(self) -> None:
        """Make all parts now, before several threads ask for them."""
        _ = self.analog, self.coupling, self.routes, self.logic
        _ = self.setting.sampling, self.setting.amplifiers

    def place_of(self, neurons: np.ndarray) -> np.ndarray:
        """Positions of physical neurons among the simulated ones."""
        return np.searchsorted(self.neurons, neurons)


def _without(config: ChipConfig, held: Sequence[np.ndarray]) -> ChipConfig:
    """Events change nothing on lines that a voltage holds."""
    if not any(neurons.size for neurons in held):
        return config
    registers = config.registers.copy()
    switches = registers.own("neuron_block")["current_rows"]["values"]
    for name, neurons in zip(_CURRENTS, held, strict=True):
        switches[name].reshape(-1)[neurons] = False
    return ChipConfig(registers)


def take(neurons: Neurons, which: np.ndarray) -> Neurons:
    """Some of many neurons."""
    parts = {part.name: getattr(neurons, part.name) for part in fields(neurons)}
    return Neurons(**{name: _take(part, which) for name, part in parts.items()})


def _take(part: Any, which: np.ndarray) -> Any:
    if isinstance(part, SynapticInput):
        names = [each.name for each in fields(part)]
        return SynapticInput(**{name: getattr(part, name)[which] for name in names})
    return part[which]


def _time_constants(neurons: Neurons, joined: Coupling | None) -> list[np.ndarray]:
    with np.errstate(divide="ignore"):
        membrane = neurons.capacitance * neurons.leak_linear / neurons.leak_saturation
    for group in groups(joined):
        leak = (neurons.leak_saturation / neurons.leak_linear)[group.circuits]
        membrane[group.circuits] = slowest(group, neurons.capacitance[group.circuits], leak)
    return [
        membrane,
        *(np.where(line.saturation != 0, line.tau, 0) for line in _lines(neurons)),
        np.where(neurons.adaptation_conductance != 0, neurons.adaptation_tau, 0),
        neurons.reset_time + neurons.holdoff_time,
    ]


def _lines(neurons: Neurons) -> tuple[SynapticInput, SynapticInput]:
    return neurons.excitatory, neurons.inhibitory


def _events(config: ChipConfig, stimuli: router.Events) -> router.Events:
    sources = config.registers["background_spike_sources"]
    on = [
        router.background(number, background.labels(sources[number]))
        for number in np.flatnonzero(sources["enable"]).tolist()
    ]
    return router.join([stimuli, *on])


def _part(section: np.ndarray, path: str) -> np.ndarray:
    """A part of a section, as bytes; of neurons without how they are read."""
    for name in path.split("/")[1:]:
        section = section[name]
    if path == _NEURONS[0]:
        section = section.copy()
        section["readout"] = 0
    return _words(np.ascontiguousarray(section).reshape(-1).view(np.uint8))


def _words(part: np.ndarray) -> np.ndarray:
    """Bytes as longer words where they can be, which compares faster."""
    is_even = part.size % 8 == 0 and part.ctypes.data % 8 == 0
    return part.view(np.uint64) if is_even else part


@dataclass
class _Recent:
    """Remembers what was made from the last few sets of arrays."""

    made: list[tuple[tuple[Any, ...], Any]] = field(default_factory=list)
    size: int = 4

    def get(self, arrays: Sequence[Any], make: Callable[[], Any]) -> Any:
        for known, value in self.made:
            if len(known) == len(arrays) and all(map(_is_same, known, arrays)):
                return value
        value = make()
        self.made[:] = [(tuple(arrays), value), *self.made[: self.size - 1]]
        return value


@dataclass(frozen=True, eq=False)
class _Same:
    """Is the same as itself, whatever it holds."""

    thing: Any


def _is_same(a: Any, b: Any) -> bool:
    if isinstance(a, _Same):
        return isinstance(b, _Same) and a.thing is b.thing
    return a is b or np.array_equal(a, b)
