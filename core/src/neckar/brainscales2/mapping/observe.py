"""Which neurons the analog instruments see, and how the readout chain leads there.

The MADC samples one or two inputs in turn. Each input is a multiplexer that is open to shared
lines; a line joins the neurons of all even or all odd columns of a hemisphere, so two neurons of
the same line cannot be seen at once. Pads share the multiplexers with the MADC.
"""

from collections.abc import Iterator

import numpy as np

from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.wiring import column_of_neuron, hemisphere_of_neuron
from neckar.brainscales2.mapping.place import Placement
from neckar.network import Network, Probe

NOBODY = -1
N_INPUTS = 2
SOURCES = ("v", "exc_synin", "inh_synin", "adaptation")  # order of AtomicNeuron.Readout.Source
PADS = {"pad_0_buffered": 0, "pad_1_buffered": 1}
UNBUFFERED_PADS = {"pad_0_unbuffered": 0, "pad_1_unbuffered": 1}


def analog_probes(network: Network) -> Iterator[Probe]:
    """Probes that look at a voltage."""
    return (probe for probe in network.probes if probe.variable != "spikes")


def sites_of(network: Network, probe: Probe) -> np.ndarray:
    """Numbers of the observed sites of its population."""
    return network[probe.population].sites(probe.cells, probe.compartment)


def observed(network: Network, placement: Placement, device: str) -> np.ndarray:
    """Neuron circuits that an instrument shall see, in the order in which they were asked for."""
    circuits = [
        placement.neurons[probe.population][sites_of(network, probe)]
        for probe in analog_probes(network)
        if probe.device == device
    ]
    return np.array(list(dict.fromkeys(np.concatenate([*circuits, np.zeros(0, int)]).tolist())))


def line_of(circuit: int) -> tuple[int, int]:
    """Hemisphere, and whether its odd (1) or even (0) columns share the line of this circuit."""
    return hemisphere_of_neuron(circuit), column_of_neuron(circuit) % 2


def takes(network: Network, placement: Placement) -> tuple[np.ndarray, ...]:
    """What the inputs of the MADC see in every run that is needed to see everybody, (2,) each.

    Pairs of neurons on different lines, in the order in which they were asked for.
    """
    pads = [device for device in PADS if len(observed(network, placement, device))]
    inputs = [k for k in range(N_INPUTS) if k not in (PADS[pad] for pad in pads)]
    waiting = observed(network, placement, "madc").astype(int).tolist()
    found = []
    while waiting:
        first = waiting.pop(0)
        others = [other for other in waiting if line_of(other) != line_of(first)]
        together = [first, *others[: len(inputs) - 1]]
        waiting = [circuit for circuit in waiting if circuit not in together]
        take = np.full(N_INPUTS, NOBODY)
        take[inputs[: len(together)]] = together
        found.append(take)
    return tuple(found)


def observe(config: ChipConfig, take: np.ndarray) -> ChipConfig:
    """Let the MADC see these neurons."""
    registers = config.array
    chain = registers["readout_chain"]
    for number, circuit in enumerate(take):
        if circuit != NOBODY:
            connect(registers, int(circuit), number)
    used = np.flatnonzero(take != NOBODY)
    chain["dynamic_mux"]["initially_selected_input"][...] = used[0]
    chain["dynamic_mux"]["input_select_length"][...] = len(used) - 1
    return ChipConfig.from_array(registers)


def connect(registers: np.ndarray, circuit: int, number: int) -> None:
    """Put a neuron on its line and open a multiplexer to it."""
    hemisphere, is_odd = line_of(circuit)
    mux = registers["readout_chain"]["input_mux"][number]
    mux["neuron_odd" if is_odd else "neuron_even"][hemisphere] = True
    readout = registers["neuron_block"]["atomic_neurons"]["readout"]
    readout["enable_buffered_access"][circuit] = True
    readout["enable_amplifier"][circuit] = True
