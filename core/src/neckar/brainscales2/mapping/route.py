"""From placed cells to rows, labels, buses and links."""

from collections.abc import Sequence

import numpy as np

from neckar.brainscales2.chip.datasheet import (
    N_BUSES,
    N_EVENT_OUTPUTS,
    N_HEMISPHERES,
    N_NEURONS,
)
from neckar.brainscales2.chip.wiring import (
    column_of_neuron,
    crossbar_nodes,
    driver_at,
    event_output_of_neuron,
    hemisphere_of_neuron,
)
from neckar.brainscales2.mapping.bundle import Bundle
from neckar.brainscales2.mapping.buses import HOST, Buses
from neckar.brainscales2.mapping.demand import Demand, demand, first_sites
from neckar.brainscales2.mapping.place import Placement
from neckar.brainscales2.mapping.routing import (
    BACKGROUND_LABEL,
    CLOSED,
    DRIVERS,
    FIRST_HOST_LANE,
    HEMISPHERE_BIT,
    LABEL_BITS,
    LANE_BIT,
    OPEN,
    ROW_MODE,
    ROWS,
    Background,
    Routing,
    Synapses,
    node_of,
)
from neckar.brainscales2.mapping.seat import (
    FIRST_BACKGROUND,
    label_bits_of,
    label_of_neuron,
    seat_backgrounds,
    seat_hosts,
    seat_neurons,
)
from neckar.brainscales2.mapping.share_bus import mask_of
from neckar.errors import RuleError
from neckar.network import Network, SpikeTimes


def route(
    network: Network, placement: Placement, background_permutation: Sequence[int] | None = None
) -> Routing:
    """Find rows, labels and paths for every connection.

    Args:
        network: what shall be connected.
        placement: which circuit carries which cell.
        background_permutation: PADI buses 0..3 in the order in which on-chip Poisson populations
            use them.

    Raises:
        RuleError: the chip has too few rows or sources; everything that does not fit is named.
    """
    wanted = demand(network, placement)
    circuit = _circuits(network, placement)
    order = range(N_BUSES) if background_permutation is None else background_permutation
    buses = Buses()
    complaints = [
        *seat_neurons(buses, network, wanted, circuit),
        *seat_backgrounds(buses, network, wanted, order),
        *seat_hosts(buses, network, wanted),
    ]
    if complaints:
        raise RuleError(complaints)
    mask, target = _nodes(buses)
    listens, driver_mask, row_mode = _drivers(buses)
    return Routing(
        synapses=_synapses(wanted, buses),
        driver_listens=listens,
        driver_mask=driver_mask,
        row_mode=row_mode,
        node_mask=mask,
        node_target=target,
        neuron_address=_addresses(buses),
        neuron_sends=_senders(wanted, circuit),
        host_labels=_host_labels(network, wanted, buses),
        backgrounds=_backgrounds(network, buses),
    )


def _circuits(network: Network, placement: Placement) -> np.ndarray:
    """Neuron circuit of every site in order of creation, -1 for sources."""
    parts = [
        placement.neurons.get(population.name, np.full(population.n_sites, -1))
        for population in network.populations
    ]
    return np.concatenate([np.zeros(0, dtype=int), *parts])


def _rows(part: Bundle, drivers: np.ndarray, hemisphere: int) -> tuple[np.ndarray, np.ndarray]:
    """Excitatory and inhibitory rows of a bundle on its drivers."""
    rows = np.stack([2 * drivers, 2 * drivers + 1], axis=1).ravel()
    excitatory, inhibitory = part.rows[hemisphere]
    return rows[:excitatory], rows[excitatory : excitatory + inhibitory]


def _synapses(wanted: Demand, buses: Buses) -> Synapses:
    row, label = np.empty_like(wanted.chunk), np.empty_like(wanted.chunk)
    side = hemisphere_of_neuron(wanted.neuron)
    for bus, guest, lease in buses.stays():
        for part, positions in zip(guest.bundles, lease.positions, strict=True):
            label[part.synapses] = part.labels
            stack = np.zeros((N_HEMISPHERES, 2, max(1, part.rows.max())), dtype=int)
            for hemisphere in range(N_HEMISPHERES):
                drivers = driver_at(bus, positions[hemisphere])
                for receptor, rows in enumerate(_rows(part, drivers, hemisphere)):
                    stack[hemisphere, receptor, : len(rows)] = rows
            own = part.synapses
            row[own] = stack[side[own], wanted.receptor[own], part.rank]
    return Synapses(
        connection=wanted.connection,
        chunk=wanted.chunk,
        hemisphere=side,
        row=row,
        column=column_of_neuron(wanted.neuron),
        label=label,
        starts=wanted.starts,
    )


def _drivers(buses: Buses) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    listens = np.zeros(DRIVERS, dtype=bool)
    mask = np.full(DRIVERS, mask_of(0, 0))
    row_mode = np.zeros(ROWS, dtype=int)
    for bus, guest, lease in buses.stays():
        parts = zip(guest.bundles, lease.address, lease.positions, strict=True)
        for part, address, positions in parts:
            for hemisphere in range(N_HEMISPHERES):
                drivers = driver_at(bus, positions[hemisphere])
                listens[hemisphere, drivers] = True
                mask[hemisphere, drivers] = mask_of(address, positions[hemisphere])
                for mode, rows in zip(ROW_MODE, _rows(part, drivers, hemisphere), strict=True):
                    row_mode[hemisphere, rows] = mode
    return listens, mask, row_mode


def _nodes(buses: Buses) -> tuple[np.ndarray, np.ndarray]:
    """Crossbar: neurons and sources pass to the buses where they are heard, lane b to bus b."""
    mask, target = (np.full(len(crossbar_nodes()[0]), value) for value in CLOSED)
    for bus, guest, _ in buses.stays():
        for hemisphere in np.flatnonzero(guest.tenant.passes):
            output = N_BUSES * int(hemisphere) + bus
            source = FIRST_HOST_LANE + bus if guest.origin == HOST else guest.origin
            bit = 1 << (HEMISPHERE_BIT + int(hemisphere))
            node = node_of(source, output)
            mask[node], target[node] = (bit, bit) if guest.origin == HOST else OPEN
    return mask, target


def _addresses(buses: Buses) -> np.ndarray:
    """What each neuron circuit sends: its label and two bits of the row-select address."""
    circuits = np.arange(N_NEURONS)
    bits = np.zeros(N_EVENT_OUTPUTS, dtype=int)
    for _, guest, lease in buses.stays():
        if 0 <= guest.origin < len(bits):
            bits[guest.origin] = lease.address[0] % 4
    return bits[event_output_of_neuron(circuits)] << LABEL_BITS | label_of_neuron(circuits)


def _senders(wanted: Demand, circuit: np.ndarray) -> np.ndarray:
    sends = np.zeros(N_NEURONS, dtype=bool)
    sender = circuit[wanted.source]
    sends[sender[sender >= 0]] = True
    return sends


def _host_labels(network: Network, wanted: Demand, buses: Buses) -> dict[str, np.ndarray]:
    """Labels to send per host source; several where its synapses are on several buses."""
    sources, labels = [np.zeros(0, dtype=int)], [np.zeros(0, dtype=int)]
    for bus, guest, lease in buses.stays():
        if guest.origin == HOST:
            sides = np.flatnonzero(guest.tenant.passes)
            path = bus << LANE_BIT | int((1 << (HEMISPHERE_BIT + sides)).sum())
            own = guest.bundles[0]
            source, where = np.unique(wanted.source[own.synapses], return_index=True)
            sources.append(source)
            labels.append(path | lease.address[0] << LABEL_BITS | own.labels[where])
    source, label = np.concatenate(sources), np.concatenate(labels)
    order = np.argsort(source, kind="stable")
    source, label = source[order], label[order]
    copy = np.arange(len(source)) - np.searchsorted(source, source)
    table = np.full((_n_sites(network), int(copy.max(initial=0)) + 1), -1)
    table[source, copy] = label
    first = first_sites(network)
    return {
        population.name: table[first[population.name] : first[population.name] + population.size]
        for population in network.sources
        if isinstance(population.cell, SpikeTimes)
    }


def _n_sites(network: Network) -> int:
    return sum(population.n_sites for population in network.populations)


def _backgrounds(network: Network, buses: Buses) -> tuple[Background, ...]:
    return tuple(
        Background(
            source=guest.origin - FIRST_BACKGROUND,
            population=guest.population,
            label=BACKGROUND_LABEL | lease.address[0] << LABEL_BITS,
            mask=(1 << label_bits_of(network[guest.population])) - 1,
        )
        for _, guest, lease in buses.stays()
        if guest.origin >= FIRST_BACKGROUND
    )
