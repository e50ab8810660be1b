"""From a routed network to the registers of the chip."""

from collections.abc import Mapping
from functools import cache

import numpy as np

from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import (
    BACKGROUND_FREQUENCY,
    MAX_WEIGHT,
    N_BUSES,
    N_NEURONS,
)
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.chip.wiring import (
    column_of_neuron,
    event_output_of_neuron,
    hemisphere_of_neuron,
)
from neckar.brainscales2.mapping.observe import (
    PADS,
    SOURCES,
    UNBUFFERED_PADS,
    analog_probes,
    connect,
    line_of,
    observed,
    sites_of,
)
from neckar.brainscales2.mapping.place import Placement
from neckar.brainscales2.mapping.routing import OPEN, Routing, node_of
from neckar.brainscales2.mapping.seat import FIRST_BACKGROUND
from neckar.network import Circuit, Compartments, Network, OnChipPoisson, Population

NORMAL = 1  # AtomicNeuron.EventRouting.AnalogOutputMode
FIRST_LINK_OUTPUT = 8  # crossbar outputs that lead to the FPGA
MAX_RATE, MAX_PERIOD = 255, 65535  # of a background source [haldls BackgroundSpikeSource]
_RATE_TOLERANCE = 0.005


def configure(
    network: Network, placement: Placement, routing: Routing, initial: ChipConfig | None = None
) -> ChipConfig:
    """Write everything that the network needs over `initial`, by default the settings after reset.

    Background sources are prepared but off, `awaken` switches them on; the MADC sees nobody yet,
    `observe` lets it.
    """
    registers = (default_config() if initial is None else initial).array
    _set_neurons(registers, network, placement)
    _set_events(registers, network, placement, routing)
    _set_synapses(registers, network, routing)
    _set_drivers(registers, routing)
    _set_crossbar(registers, network, placement, routing)
    _set_backgrounds(registers, network, routing)
    _set_readout(registers, network, placement)
    return ChipConfig.from_array(registers)


def awaken(config: ChipConfig, network: Network, routing: Routing) -> ChipConfig:
    """Switch the background sources on."""
    if not routing.backgrounds:
        return config
    registers = config.array
    for background in routing.backgrounds:
        rate = network[background.population].cell.rate  # type: ignore[union-attr]
        registers["background_spike_sources"]["enable"][background.source] = rate > 0
    return ChipConfig.from_array(registers)


@cache
def default_config() -> ChipConfig:
    """All registers as they are after reset."""
    return ChipConfig.of(Chip())


@cache
def parameter_paths() -> dict[str, tuple[str, str]]:
    """Member and attribute of a neuron circuit by the flattened name of the parameter."""
    dtype = default_config().neurons.dtype
    members = {member: dtype[member].names or () for member in dtype.names or ()}
    return {f"{m}_{a}": (m, a) for m, attributes in members.items() for a in attributes}


def parameters_of(population: Population) -> Mapping[str, np.ndarray]:
    """Settings that a population gives itself; those of model cells come from a calibration."""
    return population.cell.parameters if isinstance(population.cell, Circuit | Compartments) else {}


def recorded_sites(network: Network) -> dict[str, np.ndarray]:
    """Sites of each population whose spikes are observed, ascending."""
    sites: dict[str, np.ndarray] = {}
    for probe in network.probes:
        if probe.variable == "spikes":
            own = network[probe.population].sites(probe.cells, probe.compartment)
            sites[probe.population] = np.union1d(sites.get(probe.population, []), own)
    return {name: found.astype(int) for name, found in sites.items()}


def recorded_circuits(network: Network, placement: Placement) -> np.ndarray:
    """Neuron circuits whose spikes are observed."""
    circuits = [
        placement.neurons[name][sites]
        for name, sites in recorded_sites(network).items()
        if name in placement.neurons
    ]
    return np.concatenate([*circuits, np.zeros(0, dtype=int)])


def rate_code_and_period(rate: float) -> tuple[int, int]:
    """Settings of a background source for a total rate: rate = clock / period * code / 255.

    The smallest code that meets the rate, as few certain and many possible spikes are most random.
    """
    codes = np.arange(1, MAX_RATE + 1)
    exact = BACKGROUND_FREQUENCY * codes / (MAX_RATE * rate)
    periods = np.clip(np.round(exact), 1, MAX_PERIOD).astype(int)
    error = np.abs(exact / periods - 1)
    good = np.flatnonzero(error <= _RATE_TOLERANCE)
    best = int(good[0]) if len(good) else int(np.argmin(error))
    return int(codes[best]), int(periods[best])


def _set_neurons(registers: np.ndarray, network: Network, placement: Placement) -> None:
    neurons = registers["neuron_block"]["atomic_neurons"]
    for population in network.neurons:
        circuits = placement.circuits[population.name]
        for name, values in parameters_of(population).items():
            member, attribute = parameter_paths()[name]
            codes = np.asarray(values).astype(int).reshape(circuits.shape)
            neurons[member][attribute][circuits] = codes
        rows = registers["neuron_block"]["current_rows"]["values"]
        at = hemisphere_of_neuron(circuits), column_of_neuron(circuits)
        rows["enable_synaptic_current_excitatory"][at] = True
        rows["enable_synaptic_current_inhibitory"][at] = True


def _set_events(
    registers: np.ndarray, network: Network, placement: Placement, routing: Routing
) -> None:
    events = registers["neuron_block"]["atomic_neurons"]["event_routing"]
    digital = routing.neuron_sends.copy()
    digital[recorded_circuits(network, placement)] = True
    events["enable_digital"] = digital
    events["address"] = routing.neuron_address
    for circuits in placement.circuits.values():
        events["analog_output"][circuits] = NORMAL


def _set_synapses(registers: np.ndarray, network: Network, routing: Routing) -> None:
    matrix = registers["synapse_blocks"]["matrix"]
    matrix["weights"] = 0
    matrix["labels"] = 0
    synapses = routing.synapses
    at = synapses.hemisphere, synapses.row, synapses.column
    matrix["weights"][at] = weight_codes(network, routing)
    matrix["labels"][at] = synapses.label


def weight_codes(network: Network, routing: Routing) -> np.ndarray:
    """Weight of every synapse: 63, 63, ... and the rest for what one synapse cannot carry."""
    synapses = routing.synapses
    parts = [
        projection.weight_code[synapses.connection[start:stop]]
        for projection, start, stop in zip(
            network.projections, synapses.starts[:-1], synapses.starts[1:], strict=True
        )
    ]
    whole = np.rint(np.concatenate([*parts, np.zeros(0, dtype=int)]))
    return np.clip(whole - MAX_WEIGHT * synapses.chunk, 0, MAX_WEIGHT).astype(int)


def _set_drivers(registers: np.ndarray, routing: Routing) -> None:
    blocks = registers["synapse_driver_blocks"]
    drivers = blocks["synapse_drivers"]
    drivers["enable_receiver"] = routing.driver_listens
    drivers["enable_address_out"] |= routing.driver_listens
    drivers["row_address_compare_mask"] = routing.driver_mask
    drivers["row_mode_bottom"] = routing.row_mode[:, 0::2]
    drivers["row_mode_top"] = routing.row_mode[:, 1::2]
    blocks["padi_bus"]["enable_spl1"] = True


def _set_crossbar(
    registers: np.ndarray, network: Network, placement: Placement, routing: Routing
) -> None:
    nodes = registers["crossbar"]["nodes"]
    nodes["mask"] = routing.node_mask
    nodes["target"] = routing.node_target
    recorded = recorded_circuits(network, placement)
    inputs = {int(output) for output in event_output_of_neuron(recorded)}
    inputs |= {FIRST_BACKGROUND + source for source in recorded_backgrounds(network, routing)}
    for source in inputs:
        node = node_of(source, FIRST_LINK_OUTPUT + source % N_BUSES)
        nodes["mask"][node], nodes["target"][node] = OPEN


def recorded_backgrounds(network: Network, routing: Routing) -> dict[int, str]:
    """Background sources whose events are observed, one for each observed population."""
    first = {background.population: background.source for background in routing.backgrounds[::-1]}
    return {first[name]: name for name in recorded_sites(network) if name in first}


def _set_backgrounds(registers: np.ndarray, network: Network, routing: Routing) -> None:
    sources = registers["background_spike_sources"]
    sources["enable"] = False
    for background in routing.backgrounds:
        cell = network[background.population].cell
        assert isinstance(cell, OnChipPoisson)
        if cell.rate > 0:
            code, period = rate_code_and_period(cell.rate * (background.mask + 1))
            sources["rate"][background.source] = code
            sources["period"][background.source] = period
        sources["enable_random"][background.source] = True
        sources["seed"][background.source] = cell.seed
        sources["mask"][background.source] = background.mask
        sources["neuron_label"][background.source] = background.label


def _set_readout(registers: np.ndarray, network: Network, placement: Placement) -> None:
    readout = registers["neuron_block"]["atomic_neurons"]["readout"]
    readout["enable_buffered_access"] = False
    for probe in analog_probes(network):
        circuits = placement.neurons[probe.population][sites_of(network, probe)]
        readout["source"][circuits] = SOURCES.index(probe.variable)
    _close_multiplexers(registers)
    _set_cadc(registers, observed(network, placement, "cadc"))
    for device, pad in PADS.items():
        for circuit in observed(network, placement, device):
            connect(registers, int(circuit), pad)
            registers["readout_chain"]["buffer_to_pad"]["enable"][pad] = True
            registers["readout_chain"]["pad_mux"]["buffer_to_pad"][pad, pad] = True
    for device, pad in UNBUFFERED_PADS.items():
        for circuit in observed(network, placement, device):
            readout["enable_unbuffered_access"][circuit] = True
            side = line_of(int(circuit))[0]
            pad_mux = registers["readout_chain"]["pad_mux"][pad]
            pad_mux["neuron_i_stim_mux"][side] = pad_mux["neuron_i_stim_mux_to_pad"] = True


def _close_multiplexers(registers: np.ndarray) -> None:
    mux = registers["readout_chain"]["input_mux"]
    for name in mux.dtype.names or ():
        mux[name] = False


def _set_cadc(registers: np.ndarray, circuits: np.ndarray) -> None:
    chains = registers["cadc_readout_chains"]
    sees = np.zeros(N_NEURONS, dtype=bool)
    sees[circuits.astype(int)] = True
    chains["channels_causal"]["enable_connect_neuron"] = sees.reshape(2, -1)
    if sees.any():
        chains["ramp"]["enable"] = True
        registers["neuron_block"]["atomic_neurons"]["readout"]["enable_amplifier"] |= sees
