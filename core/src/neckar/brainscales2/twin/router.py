"""Event routing: crossbar, PADI buses, drivers and labels, compiled into what the kernel needs.

An event is a 14-bit label at one of the 20 crossbar inputs. Each of the 76 crossbar nodes passes it
on to its output if `(label & mask) == target`; outputs 0..7 are PADI buses, 8..11 lead to the FPGA.
On a bus its bits [10:6] select rows and its bits [5:0] are compared with the labels of synapses.
Events that pulse the same synapses share one *address*, the number by which the kernel knows them.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neckar.brainscales2.chip import wiring
from neckar.brainscales2.chip.datasheet import (
    LATENCY_CROSSBAR_TO_SYNAPSE,
    LATENCY_NEURON_TO_CROSSBAR,
    N_BUSES,
    N_CROSSBAR_INPUTS,
    N_CROSSBAR_OUTPUTS,
    N_EVENT_OUTPUTS,
    N_NEURONS,
    N_SPL1,
)
from neckar.brainscales2.chip.sections import Sections
from neckar.brainscales2.twin import synapse_table
from neckar.brainscales2.twin.kernels.state import Fanout
from neckar.brainscales2.twin.stp import Circuits
from neckar.brainscales2.twin.synapse_table import N_PADI, Synapses, in_bypass

LABEL_BITS = 14  # of an event inside the chip; two more name the link's lane outside
_LABEL_MASK = (1 << LABEL_BITS) - 1
_FIRST_BY_HAND = N_CROSSBAR_INPUTS  # sources from here on are no inputs of the crossbar
_OUTPUT = np.arange(N_CROSSBAR_OUTPUTS)

_NODE_INPUT, _NODE_OUTPUT = wiring.crossbar_nodes()
_NODE_AT = np.full((N_CROSSBAR_INPUTS, N_CROSSBAR_OUTPUTS), -1)
_NODE_AT[_NODE_INPUT, _NODE_OUTPUT] = np.arange(_NODE_INPUT.size)


@dataclass(frozen=True, kw_only=True)
class Events:
    """Kinds of events: where they enter the crossbar and their 14-bit label, (k,) each."""

    source: np.ndarray
    label: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Routes:
    """Where events go. Rows of `outputs` say which of the 12 crossbar outputs an event reaches.

    Args:
        fanout: synapses by address, for the simulated neurons.
        neurons: which neurons those are.
        events: every kind of event that was asked about.
        outputs: of those events, (k, 12) bool.
        counts_drops: of those events, (k,) bool, whether one that is lost there is counted.
        address: of those events, (k,), -1 where no synapse listens.
        keys: of every address, ascending: what its events have in common.
        neuron_label: 14-bit label of each simulated neuron, -1 where it sends none.
        neuron_outputs: crossbar outputs of each simulated neuron, (n, 12) bool.
        sources: of modulated pulses, as numbers of `stp.Memory`.
        seen: keys of `events` and of events of neurons, heard or not: what drivers see of them.
    """

    fanout: Fanout
    neurons: np.ndarray
    events: Events
    outputs: np.ndarray
    counts_drops: np.ndarray
    address: np.ndarray
    keys: np.ndarray
    neuron_label: np.ndarray
    neuron_outputs: np.ndarray
    sources: np.ndarray
    seen: tuple[np.ndarray, np.ndarray]

    def readdress(self, keys: np.ndarray) -> np.ndarray:
        """Addresses of events that had these keys under another setting, -1 for unheard ones."""
        if self.keys.size == 0:
            return np.full(keys.size, -1, np.int32)
        at = np.minimum(np.searchsorted(self.keys, keys), self.keys.size - 1)
        return np.where(self.keys[at] == keys, at, -1).astype(np.int32)


def outside(labels: np.ndarray) -> Events:
    """Events from the FPGA: 16-bit labels, whose two highest bits are the lane."""
    lane = labels.astype(np.int64) >> LABEL_BITS
    return Events(source=N_EVENT_OUTPUTS + lane, label=labels & _LABEL_MASK)


def background(source: int, labels: np.ndarray) -> Events:
    """Events of a background source."""
    first = N_EVENT_OUTPUTS + N_SPL1
    return Events(source=np.full(labels.size, first + source), label=labels)


def onto_buses(hemisphere: np.ndarray, buses: np.ndarray, label: np.ndarray) -> Events:
    """Events that are put onto PADI buses by hand, past the crossbar; `buses` is (k, 4) bool."""
    bits = buses.reshape(-1, N_BUSES) @ (1 << np.arange(N_BUSES))
    return Events(source=_FIRST_BY_HAND + (hemisphere << N_BUSES | bits), label=label)


def inside(neurons: np.ndarray, address_out: np.ndarray) -> Events:
    """Events of neurons: bits [10:8] are their event output, bits [7:0] their own address."""
    output = wiring.event_output_of_neuron(neurons)
    return Events(source=output, label=output << 8 | address_out)


def to_fpga(label: np.ndarray, output: np.ndarray) -> np.ndarray:
    """16-bit labels of events that leave through crossbar outputs 8..11."""
    return (output - N_PADI << LABEL_BITS | label).astype(np.uint16)


def join(kinds: list[Events]) -> Events:
    """Several kinds of events as one."""
    return Events(
        source=np.concatenate([np.empty(0, int), *(k.source for k in kinds)]),
        label=np.concatenate([np.empty(0, int), *(k.label for k in kinds)]),
    )


def cross(nodes: np.ndarray, events: Events) -> np.ndarray:
    """Which crossbar outputs each event reaches, (k, 12) bool."""
    is_by_hand = _is_by_hand(events)
    node = _NODE_AT[np.where(is_by_hand, 0, events.source)]
    settings = nodes[node]
    label = events.label[:, None].astype(np.uint16)
    reached = (node >= 0) & (label & settings["mask"] == settings["target"])
    if is_by_hand.any():
        chosen = events.source[is_by_hand, None] - _FIRST_BY_HAND
        reached[is_by_hand] = (chosen >> N_BUSES == _OUTPUT // N_BUSES) & (
            chosen >> _OUTPUT % N_BUSES & 1 > 0
        )
    return reached


def _is_by_hand(events: Events) -> np.ndarray:
    return events.source >= _FIRST_BY_HAND


def _counts_drops(nodes: np.ndarray, events: Events, outputs: np.ndarray) -> np.ndarray:
    """Whether any node on the way of each event to a bus counts what is lost there, (k,) bool."""
    node = _NODE_AT[np.where(_is_by_hand(events), 0, events.source)]
    counts = nodes["enable_drop_counter"][node] & (node >= 0) & ~_is_by_hand(events)[:, None]
    return np.asarray((counts & outputs)[:, :N_PADI].any(axis=1))


def sends(registers: Sections) -> np.ndarray:
    """Which neurons put their spikes onto the crossbar, (512,) bool."""
    block = registers["neuron_block"]
    backend = block["backends"][wiring.backend_of_neuron(np.arange(N_NEURONS))]
    is_alive = backend["enable_event_registers"] & backend["enable_clocks"]
    return block["atomic_neurons"]["event_routing"]["enable_digital"] & is_alive


def route(
    registers: Sections,
    amplitude: np.ndarray,
    neurons: np.ndarray,
    events: Events,
    circuits: Circuits | None = None,
) -> Routes:
    """Compile the routing of one setting of the chip.

    Args:
        registers: of the whole chip.
        amplitude: deflection that each synapse causes, V, (2, 256, 256).
        neurons: those that are simulated, ascending.
        events: that arrive from outside and from background sources.
        circuits: for short-term plasticity, if any of them is on.
    """
    of_neurons, is_sending = _neuron_events(registers, neurons)
    everything = join([events, of_neurons])
    outputs = cross(registers["crossbar"]["nodes"], everything)
    outputs[events.label.size :] &= is_sending[:, None]
    table = Synapses.of(registers, amplitude, neurons, circuits)
    keys = _seen(registers, everything, outputs)
    heard, address = _fan_out(registers, table, keys)
    n_events = events.label.size
    return Routes(
        fanout=Fanout(
            address_of=address[n_events:],
            delay=LATENCY_NEURON_TO_CROSSBAR + LATENCY_CROSSBAR_TO_SYNAPSE,
            bypass=in_bypass(registers, neurons),
            **heard.matrix,
        ),
        neurons=neurons,
        events=events,
        outputs=outputs[:n_events],
        counts_drops=_counts_drops(registers["crossbar"]["nodes"], events, outputs[:n_events]),
        address=address[:n_events],
        keys=heard.keys,
        neuron_label=np.where(is_sending, of_neurons.label, -1),
        neuron_outputs=outputs[n_events:],
        sources=heard.sources,
        seen=(keys[:n_events], keys[n_events:]),
    )


def restrict(routes: Routes, which: np.ndarray) -> Routes:
    """The same for some of the simulated neurons, given by their places; addresses stay."""
    fanout, n = routes.fanout, routes.neurons.size
    place = np.full(2 * n, -1, np.int32)
    place[which], place[n + which] = np.arange(which.size), which.size + np.arange(which.size)
    modulation = fanout.modulation
    if modulation is not None:
        first, line, amplitude = _entries_on(
            place, modulation.first, modulation.line, modulation.amplitude
        )
        modulation = replace(modulation, first=first, line=line, amplitude=amplitude)
    start, line, amplitude = _entries_on(place, fanout.start, fanout.line, fanout.amplitude)
    return replace(
        routes,
        fanout=replace(
            fanout,
            start=start,
            line=line,
            amplitude=amplitude,
            address_of=fanout.address_of[which],
            bypass=fanout.bypass[which],
            modulation=modulation,
        ),
        neurons=routes.neurons[which],
        neuron_label=routes.neuron_label[which],
        neuron_outputs=routes.neuron_outputs[which],
        seen=(routes.seen[0], routes.seen[1][which]),
    )


def _entries_on(
    place: np.ndarray, start: np.ndarray, line: np.ndarray, amplitude: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Entries of a sparse matrix on lines that have a place."""
    moved = place[line]
    is_there = moved >= 0
    before = np.concatenate([[0], np.cumsum(is_there)])
    return before[start].astype(np.int32), moved[is_there], amplitude[is_there]


def _neuron_events(registers: Sections, neurons: np.ndarray) -> tuple[Events, np.ndarray]:
    routing = registers["neuron_block"]["atomic_neurons"]["event_routing"]
    return inside(neurons, routing["address"][neurons].astype(int)), sends(registers)[neurons]


@dataclass(frozen=True, kw_only=True)
class _Heard:
    """Keys that some synapse answers to, and what they do: arguments of `Fanout`."""

    keys: np.ndarray
    matrix: dict[str, Any]
    sources: np.ndarray


def _seen(registers: Sections, events: Events, outputs: np.ndarray) -> np.ndarray:
    """What drivers see of events."""
    blocks = registers["synapse_driver_blocks"]
    is_open = blocks["padi_bus"]["enable_spl1"].reshape(-1)
    buses = outputs[:, :N_PADI] & (is_open | _is_by_hand(events)[:, None])
    return synapse_table.keys(blocks["synapse_drivers"], events.label, buses)


def _fan_out(registers: Sections, table: Synapses, keys: np.ndarray) -> tuple[_Heard, np.ndarray]:
    """What events do by address, and the address of every event; -1 for one that nobody hears."""
    drivers = registers["synapse_driver_blocks"]["synapse_drivers"]
    distinct, address = np.unique(keys, return_inverse=True)
    start, line, volts, modulated, sources = table.pulsed_by(drivers, distinct)
    is_heard = np.diff(start) > 0
    if modulated is not None:
        is_heard |= np.diff(modulated.start) > 0
        modulated = replace(modulated, start=_of_heard(modulated.start, is_heard))
    number = np.where(is_heard, np.cumsum(is_heard) - 1, -1).astype(np.int32)
    matrix = {"start": _of_heard(start, is_heard), "line": line, "amplitude": volts}
    heard = _Heard(
        keys=distinct[is_heard],
        matrix=matrix | {"modulation": modulated},
        sources=sources,
    )
    return heard, number[address]


def _of_heard(start: np.ndarray, is_heard: np.ndarray) -> np.ndarray:
    """Beginnings without those of keys that nobody hears: their entries are empty."""
    return np.append(start[:-1][is_heard], start[-1]).astype(np.int32)
