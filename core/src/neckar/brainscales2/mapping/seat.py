"""Give every bundle of synapses a bus and drivers: neurons first, they have the least choice."""

from collections.abc import Iterator, Sequence

import numpy as np

from neckar.brainscales2.chip.datasheet import (
    N_BUSES,
    N_COLUMNS,
    N_EVENT_OUTPUTS,
    N_HEMISPHERES,
    N_LABELS,
    N_SPL1,
)
from neckar.brainscales2.chip.wiring import (
    column_of_neuron,
    event_output_of_neuron,
    hemisphere_of_neuron,
)
from neckar.brainscales2.mapping.bundle import Bundle, bundle, group, pool, split
from neckar.brainscales2.mapping.buses import HOST, Buses, Guest
from neckar.brainscales2.mapping.demand import Demand, first_sites
from neckar.brainscales2.mapping.share_bus import ANY_ADDRESS, Tenant
from neckar.network import Network, OnChipPoisson, Population, SpikeTimes

FIRST_BACKGROUND = N_EVENT_OUTPUTS + N_SPL1  # crossbar input
HEMISPHERES = ("top", "bottom")


def seat_neurons(
    buses: Buses, network: Network, wanted: Demand, circuit: np.ndarray
) -> Iterator[str]:
    """Spikes of neurons: the wiring fixes the bus, two bits of the row-select address are free."""
    sender = circuit[wanted.source]
    internal = np.flatnonzero(sender >= 0)
    for members, output in group(event_output_of_neuron(sender[internal])):
        own = internal[members]
        part = bundle(wanted, own, label_of_neuron(sender[own]))
        choices = tuple((4 * output + bits,) for bits in range(4))
        guest = Guest(tenant=_tenant([part], choices), bundles=(part,), origin=output)
        free = buses.free()[:, output % N_BUSES]
        if not buses.admit(output % N_BUSES, guest):
            yield _no_rows(network, wanted, [part], free)


def seat_backgrounds(
    buses: Buses, network: Network, wanted: Demand, order: Sequence[int]
) -> Iterator[str]:
    """Each on-chip Poisson population takes one source on every hemisphere where it has targets."""
    first = first_sites(network)
    for population in network.sources:
        if not isinstance(population.cell, OnChipPoisson):
            continue
        own = _synapses_from(wanted, population, first)
        hemisphere = hemisphere_of_neuron(wanted.neuron[own])
        cells = wanted.source[own] - first[population.name]
        places = [_sources(order, side) for side in np.unique(hemisphere)]
        for among in places or [[*_sources(order, 0), *_sources(order, 1)]]:
            on_it = hemisphere == among[0] // N_BUSES
            parts = _parts(wanted, population, own[on_it], cells[on_it])
            yield from _seat_background(buses, population, parts, among)


def seat_hosts(buses: Buses, network: Network, wanted: Demand) -> Iterator[str]:
    """Spikes of the host: any bus will do; the largest bundles choose first."""
    is_host = [isinstance(population.cell, SpikeTimes) for population in network.populations]
    sizes = [population.n_sites for population in network.populations]
    from_host = np.repeat(np.array(is_host, dtype=bool), sizes)
    waiting = list(pool(wanted, np.flatnonzero(from_host[wanted.source])))
    homeless = []
    while waiting:
        waiting.sort(key=lambda part: int(part.drivers.max()))
        part = waiting.pop()
        if not _seat_host(buses, part):
            smaller = split(wanted, part)
            waiting += smaller
            homeless += [] if smaller else [part]
    if homeless:
        yield _no_rows(network, wanted, homeless, buses.free().sum(axis=1))


def label_of_neuron(circuit: np.ndarray) -> np.ndarray:
    """The six bits by which synapses tell apart the 64 circuits of one event output."""
    width = N_COLUMNS // N_EVENT_OUTPUTS
    return width * hemisphere_of_neuron(circuit) + column_of_neuron(circuit) % width


def label_bits_of(population: Population) -> int:
    """Label bits that a background source draws at random to play a population."""
    return int(population.size - 1).bit_length()


def _seat_host(buses: Buses, part: Bundle) -> bool:
    guest = Guest(tenant=_tenant([part], ANY_ADDRESS), bundles=(part,), origin=HOST)
    left = buses.free()[guest.tenant.passes] - part.drivers[guest.tenant.passes][:, None]
    room = left.min(axis=0)
    by_room = np.argsort(-room, kind="stable")
    return any(buses.admit(int(bus), guest) for bus in by_room if room[bus] >= 0)


def _seat_background(
    buses: Buses, population: Population, parts: tuple[Bundle, ...], places: Sequence[int]
) -> Iterator[str]:
    addresses = range(0, len(ANY_ADDRESS), len(parts))
    choices = tuple(tuple(range(first, first + len(parts))) for first in addresses)
    tenant = _tenant(parts, choices)
    for source in places:
        origin = FIRST_BACKGROUND + source
        guest = Guest(tenant=tenant, bundles=parts, origin=origin, population=population.name)
        if origin not in buses.origins and buses.admit(source % N_BUSES, guest):
            return
    yield _no_source(population, buses, places, tenant)


def _parts(
    wanted: Demand, population: Population, own: np.ndarray, cells: np.ndarray
) -> tuple[Bundle, ...]:
    """The low bits of an address are drawn too where a population exceeds 64: one part for each."""
    n_parts = max(1, 2 ** label_bits_of(population) // N_LABELS)
    part, label = cells // N_LABELS, cells % N_LABELS
    return tuple(bundle(wanted, own[part == k], label[part == k]) for k in range(n_parts))


def _synapses_from(wanted: Demand, population: Population, first: dict[str, int]) -> np.ndarray:
    cell = wanted.source - first[population.name]
    return np.flatnonzero((cell >= 0) & (cell < population.size))


def _sources(order: Sequence[int], hemisphere: int) -> list[int]:
    """Background sources of a hemisphere in the wanted order of their buses."""
    return [N_BUSES * int(hemisphere) + int(bus) for bus in order]


def _tenant(parts: Sequence[Bundle], choices: tuple[tuple[int, ...], ...]) -> Tenant:
    needed = np.array([part.drivers for part in parts])
    return Tenant(choices=choices, needed=needed, passes=np.any(needed > 0, axis=0))


def _no_rows(
    network: Network, wanted: Demand, parts: Sequence[Bundle], free_drivers: np.ndarray
) -> str:
    synapses = np.concatenate([part.synapses for part in parts])
    indices = np.unique(np.searchsorted(wanted.starts, synapses, side="right") - 1)
    names = ", ".join(network.projections[index].name for index in indices)
    needed = 2 * np.sum([part.drivers for part in parts], axis=0)
    lack = [
        f"{needed[side]} synapse rows on the {HEMISPHERES[side]} hemisphere, where "
        f"{2 * free_drivers[side]} are left for them"
        for side in range(N_HEMISPHERES)
        if needed[side]
    ]
    return (
        f"{names}: no room for {' and '.join(lack)}; a row is needed for each connection that one "
        "neuron receives and for every further 63 of a weight: use fewer connections per neuron, "
        "smaller weights or other neurons"
    )


def _no_source(population: Population, buses: Buses, places: Sequence[int], tenant: Tenant) -> str:
    taken = [place for place in places if FIRST_BACKGROUND + place in buses.origins]
    if len(taken) == len(places):
        return (
            f"{population.name}: all {len(places)} background sources that reach its targets are "
            f"in use; a population takes one on each hemisphere where it has targets"
        )
    rows = int(2 * tenant.needed.sum())
    return (
        f"{population.name}: {rows} synapse rows are needed on the PADI bus of its background "
        f"source, fewer are free; use fewer connections per target or smaller weights"
    )
