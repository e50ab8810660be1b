"""From recordings in chip coordinates back to the names of the network."""

from collections.abc import Mapping, Sequence

import numpy as np

from neckar.brainscales2.chip.datasheet import (
    FPGA_CYCLE,
    LATENCY_FPGA_TO_CROSSBAR,
    N_BUSES,
    N_COLUMNS,
    N_EVENT_OUTPUTS,
    N_LABELS,
)
from neckar.brainscales2.mapping.assemble import cycles
from neckar.brainscales2.mapping.configure import recorded_backgrounds, recorded_sites
from neckar.brainscales2.mapping.mapped import Mapped
from neckar.brainscales2.mapping.observe import NOBODY, analog_probes, sites_of
from neckar.brainscales2.mapping.results import Results, Samples, Site, SnippetResults, keys_of
from neckar.brainscales2.mapping.routing import BACKGROUND_LABEL, LANE_BIT
from neckar.brainscales2.recording import Entry, Recording
from neckar.network import SpikeTimes
from neckar.network.probes import Device, Variable

Cells = dict[Site, Samples]


def resolve(snippets: Sequence[Mapped], recordings: Sequence[Recording]) -> Results:
    """Sort events and samples by snippet, population and cell.

    Args:
        snippets: what was run.
        recordings: of the programs that `assemble` made of it, in their order.
    """
    entries = [recording.entries[0] for recording in recordings]
    return Results(
        snippets=tuple(
            SnippetResults(
                begin=snippet.begin_cycles * FPGA_CYCLE,
                end=snippet.end_cycles * FPGA_CYCLE,
                spikes=_spikes(snippet, entries[0]),
                samples=_samples(snippet, entries),
            )
            for snippet in snippets
        ),
        dropped_in=entries[0].dropped_in,
        dropped_out=entries[0].dropped_out,
        reads=entries[0].reads,
    )


def circuit_of(label: np.ndarray) -> np.ndarray:
    """Neuron circuit that sent an event, by its label."""
    output = label >> 8 & (N_EVENT_OUTPUTS - 1)
    width = N_COLUMNS // N_EVENT_OUTPUTS
    return label % N_LABELS // width * N_COLUMNS + output * width + label % width


def _begin(entry: Entry) -> int:
    """Time zero of the run: the last reset of the timer."""
    return int(entry.timer_resets[-1])


def _within(snippet: Mapped, entry: Entry, time: np.ndarray) -> slice:
    """The part of ascending absolute times that lies in a snippet."""
    borders = np.array([snippet.begin_cycles, snippet.end_cycles]) + _begin(entry)
    first, last = np.searchsorted(time.astype(np.int64), borders)
    return slice(int(first), int(last))


def _seconds(entry: Entry, time: np.ndarray) -> np.ndarray:
    return (time.astype(np.int64) - _begin(entry)) * FPGA_CYCLE


def _spikes(snippet: Mapped, entry: Entry) -> dict[str, dict[Site, np.ndarray]]:
    events = entry.spikes[_within(snippet, entry, entry.spikes["chip_time"])]
    label, time = events["label"].astype(int), _seconds(entry, events["chip_time"])
    is_neuron = (label & BACKGROUND_LABEL) == 0
    of_circuit = _by_key(circuit_of(label[is_neuron]), time[is_neuron])
    of_source = _background_spikes(snippet, label[~is_neuron], time[~is_neuron])
    found = {}
    for name, sites in recorded_sites(snippet.network).items():
        population, numbers = snippet.network[name], sites.tolist()
        if name in snippet.placement.neurons:
            circuits = snippet.placement.neurons[name][sites].tolist()
            trains = [of_circuit.get(circuit, _NEVER) for circuit in circuits]
        elif isinstance(population.cell, SpikeTimes):
            trains = [_sent(snippet, name, cell) for cell in numbers]
        else:
            trains = [of_source[name].get(cell, _NEVER) for cell in numbers]
        found[name] = dict(zip(keys_of(population, sites), trains, strict=True))
    return found


def _background_spikes(
    snippet: Mapped, label: np.ndarray, time: np.ndarray
) -> dict[str, dict[int, np.ndarray]]:
    """Spikes of on-chip Poisson populations by cell."""
    found = {}
    backgrounds = {background.source: background for background in snippet.routing.backgrounds}
    for source, name in recorded_backgrounds(snippet.network, snippet.routing).items():
        lane_and_label = source % N_BUSES << LANE_BIT | backgrounds[source].label
        mask = backgrounds[source].mask
        own = (label & ~mask) == lane_and_label
        found[name] = _by_key(label[own] & mask, time[own])
    return found


def _by_key(key: np.ndarray, time: np.ndarray) -> dict[int, np.ndarray]:
    """Times of every key, in the order in which they came."""
    order = np.argsort(key, kind="stable")
    keys, starts = np.unique(key[order], return_index=True)
    parts = np.split(time[order], starts[1:])
    return dict(zip(keys.tolist(), parts, strict=False))


def _sent(snippet: Mapped, population: str, cell: int) -> np.ndarray:
    """What the host sent comes back from the crossbar, which stamps it like all other events."""
    source = snippet.network[population].cell
    assert isinstance(source, SpikeTimes)
    sent = np.sort(source.times[cell])
    time = sent[cycles(sent) >= 0] + LATENCY_FPGA_TO_CROSSBAR
    stamp = cycles(time)
    return time[(snippet.begin_cycles <= stamp) & (stamp < snippet.end_cycles)]


def _samples(
    snippet: Mapped, entries: Sequence[Entry]
) -> dict[tuple[str, Variable, Device], Cells]:
    madc = _madc(snippet, entries)
    found: dict[tuple[str, Variable, Device], Cells] = {}
    for probe in analog_probes(snippet.network):
        if probe.device not in ("madc", "cadc"):
            continue  # what a pad shows is seen by other instruments
        population, sites = snippet.network[probe.population], sites_of(snippet.network, probe)
        circuits = snippet.placement.neurons[population.name][sites].tolist()
        seen = madc if probe.device == "madc" else _cadc(snippet, entries[0], circuits)
        cells = found.setdefault((probe.population, probe.variable, probe.device), {})
        for site, circuit in zip(keys_of(population, sites), circuits, strict=True):
            cells[site] = seen[circuit]
    return found


def _madc(snippet: Mapped, entries: Sequence[Entry]) -> Mapping[int, Samples]:
    """Samples by neuron circuit; every program saw others."""
    seen = {}
    for take, entry in zip(snippet.takes, entries, strict=False):
        samples = entry.madc[_within(snippet, entry, entry.madc["chip_time"])]
        for channel in np.flatnonzero(take != NOBODY):
            own = samples[samples["channel"] == channel]
            seen[int(take[channel])] = Samples(
                time=_seconds(entry, own["chip_time"]), value=own["value"].astype(np.float32)
            )
    return seen


def _cadc(snippet: Mapped, entry: Entry, circuits: Sequence[int]) -> Mapping[int, Samples]:
    inside = _within(snippet, entry, entry.cadc.time)
    time = _seconds(entry, entry.cadc.time[inside])
    value = entry.cadc.value[inside].astype(np.float32)
    return {circuit: Samples(time=time, value=value[:, circuit]) for circuit in circuits}


_NEVER = np.zeros(0)
