"""What the chip can not do. One rule, one function; each yields what it finds wrong.

`STRUCTURE` must hold before anything else can be asked; `RULES` take a sound structure for granted.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import cache

import numpy as np

from neckar.brainscales2.calibration.cells import UNIT, reach
from neckar.brainscales2.chip.datasheet import BACKGROUND_FREQUENCY, MAX_CAPMEM, N_HEMISPHERES
from neckar.brainscales2.chip.registers import AtomicNeuron
from neckar.brainscales2.mapping.configure import (
    MAX_PERIOD,
    MAX_RATE,
    parameter_paths,
    parameters_of,
)
from neckar.brainscales2.mapping.observe import (
    N_INPUTS,
    PADS,
    UNBUFFERED_PADS,
    analog_probes,
    line_of,
    observed,
    sites_of,
)
from neckar.brainscales2.mapping.place import Placement
from neckar.brainscales2.mapping.seat import label_bits_of
from neckar.network import (
    LIF,
    Compartments,
    Network,
    OnChipPoisson,
    Population,
    Probe,
    SpikeTimes,
)
from neckar.units import show

Rule = Callable[[Network], Iterator[str]]

MAX_LABEL_BITS = 8  # a background source draws no more [haldls BackgroundSpikeSource]
MAX_SEED = 2**32 - 1  # [haldls BackgroundSpikeSource]
_SET_BY_MAPPING = {
    "event_routing_analog_output": "it follows from the placement",
    "event_routing_enable_digital": "it follows from projections and recorded spikes",
    "readout_enable_amplifier": "record an analog variable instead",
    "readout_enable_buffered_access": "record an analog variable with device madc instead",
    "readout_source": "it follows from the recorded variable",
}


def names_are_unique(network: Network) -> Iterator[str]:
    """Populations are found by name."""
    counts = Counter(population.name for population in network.populations)
    for name, count in counts.items():
        if count > 1:
            yield f"{name}: {count} populations have this name; give each its own"


def projections_connect_populations(network: Network) -> Iterator[str]:
    """Both ends exist, and only neurons receive."""
    by_name = {population.name: population for population in network.populations}
    for projection in network.projections:
        for end in (projection.source, projection.target):
            if end not in by_name:
                known = ", ".join(by_name)
                yield (
                    f"{projection.name}: there is no population called {end!r}; there are: {known}"
                )
        target = by_name.get(projection.target)
        if target is not None and target.is_source:
            yield f"{projection.name}: {target.name} is a source of spikes and cannot receive any"


def connections_are_in_range(network: Network) -> Iterator[str]:
    """Connections join cells that exist."""
    sizes = {population.name: population.size for population in network.populations}
    for projection in network.projections:
        lengths = {len(projection.pre), len(projection.post), len(projection.weight_code)}
        if len(lengths) > 1:
            yield f"{projection.name}: pre, post and weight_code have different lengths {lengths}"
        ends = (
            (projection.pre, projection.source, projection.source_compartment),
            (projection.post, projection.target, projection.target_compartment),
        )
        for cells, end, compartment in ends:
            if end in sizes:
                yield from _outside(projection.name, end, cells, sizes[end])
                yield from _no_compartment(projection.name, network[end], compartment)


def probes_look_at_cells(network: Network) -> Iterator[str]:
    """Observed cells exist; only neurons have voltages."""
    by_name = {population.name: population for population in network.populations}
    for probe in network.probes:
        population = by_name.get(probe.population)
        if population is None:
            yield f"recording: there is no population called {probe.population!r}"
            continue
        yield from _outside("recording", population.name, probe.cells, population.size)
        yield from _no_compartment("recording", population, probe.compartment)
        if population.is_source and probe.variable != "spikes":
            yield f"{population.name}: a source of spikes has no {probe.variable} to record"


def shapes_are_possible(network: Network) -> Iterator[str]:
    """Circuits of a cell have places of their own in the two rows; no compartment is empty."""
    for population in network.neurons:
        if not isinstance(population.cell, Compartments):
            continue
        places = population.cell.places
        for number, compartment in enumerate(population.cell.circuits):
            if not compartment:
                yield f"{population.name}: compartment {number} has no circuit; give it one"
        if not places:
            yield f"{population.name}: the cells have no compartments"
        if len(set(places)) < len(places):
            shared = next(place for place in places if places.count(place) > 1)
            yield f"{population.name}: several circuits lie at {shared}; give each its own place"
        rows = {row for _, row in places}
        if rows and max(rows) - min(rows) >= N_HEMISPHERES:
            yield (
                f"{population.name}: the circuits of a cell span {max(rows) - min(rows) + 1} rows; "
                f"the chip has {N_HEMISPHERES}"
            )


def parameters_are_known(network: Network) -> Iterator[str]:
    """Every parameter names a setting of the neuron circuit, with one value per circuit."""
    for population in network.neurons:
        wanted, each = _shape_of_parameters(population)
        for name, values in parameters_of(population).items():
            if name in _SET_BY_MAPPING:
                yield f"{population.name}: {name} cannot be set; {_SET_BY_MAPPING[name]}"
            elif name not in parameter_paths():
                yield f"{population.name}: there is no parameter called {name!r}"
            if np.shape(values) != wanted:
                yield (
                    f"{population.name}: {name} has shape {np.shape(values)}; give one value for "
                    f"each of the {population.size} {each}"
                )


def codes_fit(network: Network) -> Iterator[str]:
    """Registers have a few bits; analog codes end at 1022."""
    for population in network.neurons:
        for name, values in parameters_of(population).items():
            given = np.asarray(values).ravel()
            high = _highest(name)
            # What lies between two codes is truncated, so 1022.9 is still good; nan is not.
            if len(given) and not (given.min() > -1 and given.max() < high + 1):
                wrong = given[~((given > -1) & (given < high + 1))][0]
                yield f"{population.name}: {name} = {wrong:g} lies outside 0 .. {high}"


def models_have_values(network: Network) -> Iterator[str]:
    """Model cells have one value for all, or one for each."""
    for population in network.neurons:
        if isinstance(population.cell, LIF):
            for field in fields(population.cell):
                shape = np.shape(getattr(population.cell, field.name))
                if shape not in ((), (population.size,)):
                    yield (
                        f"{population.name}: {field.name} has shape {shape}; give one value, or "
                        f"one for each of the {population.size} cells"
                    )


def models_are_within_reach(network: Network) -> Iterator[str]:
    """What a circuit can be calibrated for is limited."""
    for population in network.neurons:
        if not isinstance(population.cell, LIF):
            continue
        wanted = population.cell.values(population.size)
        for name, values in wanted.items():
            low, high = reach(wanted, name)
            never = name == "threshold"  # infinite, for a neuron that only integrates
            fits = (low <= values) & (values <= high) | (never & np.isposinf(values))
            for cell in np.flatnonzero(~fits)[:1]:
                value, least, most = (show(x[cell], UNIT[name]) for x in (values, low, high))
                yield (
                    f"{population.name}: {name} = {value} lies outside {least} .. {most}, what the "
                    "circuits can be calibrated for"
                )


def weights_are_not_negative(network: Network) -> Iterator[str]:
    """The sign of a synapse belongs to its row, so to the receptor."""
    for projection in network.projections:
        smallest = projection.weight_code.min(initial=0)
        if not smallest >= 0:
            yield (
                f"{projection.name}: weight {smallest:g} is negative; the receptor carries the "
                "sign, use an inhibitory projection with positive weights"
            )


def spike_times_can_be_sent(network: Network) -> Iterator[str]:
    """Times are numbers from zero on, one train per cell."""
    for population in network.sources:
        if not isinstance(population.cell, SpikeTimes):
            continue
        trains = population.cell.times
        if len(trains) != population.size:
            yield f"{population.name}: {len(trains)} spike trains for {population.size} cells"
        times = np.concatenate([*trains, np.zeros(0)])
        if not np.all(np.isfinite(times)):
            yield f"{population.name}: {np.sum(~np.isfinite(times))} spike times are not finite"
        elif times.min(initial=0) < 0:
            yield (
                f"{population.name}: a spike at {times.min() * 1e3:g} ms lies before the start of "
                "the run; times count from 0"
            )


def background_sources_can_play(network: Network) -> Iterator[str]:
    """A background source has one rate, divided by its clock, for up to 256 cells."""
    for population in network.sources:
        cell = population.cell
        if isinstance(cell, OnChipPoisson):
            n_bits = label_bits_of(population)
            if n_bits > MAX_LABEL_BITS:
                yield (
                    f"{population.name}: {population.size} cells exceed the "
                    f"{2**MAX_LABEL_BITS} of a background source; use several populations"
                )
            if not 0 <= cell.seed <= MAX_SEED:
                yield f"{population.name}: seed {cell.seed} lies outside 0 .. {MAX_SEED}"
            yield from _wrong_rate(population, cell.rate, 2**n_bits)


def one_voltage_per_neuron(network: Network) -> Iterator[str]:
    """The readout of a neuron shows one of its voltages at a time."""
    for name, probes in _by_population(network).items():
        first = np.full(network[name].n_sites, -1)
        variables = [probe.variable for probe in probes]
        for number, probe in enumerate(probes):
            sites = sites_of(network, probe)
            before = {variables[k] for k in first[sites] if k >= 0} - {probe.variable}
            if before:
                yield (
                    f"{name}: {probe.variable} and {', '.join(sorted(before))} cannot both be "
                    "recorded from the same neuron; record them from different neurons or runs"
                )
            first[sites] = number


def pads_show_one_neuron(network: Network) -> Iterator[str]:
    """A pad is one wire, and shares the inputs of the MADC."""
    cells: dict[str, set] = {device: set() for device in (*PADS, *UNBUFFERED_PADS)}
    for probe in analog_probes(network):
        if probe.device in cells:
            cells[probe.device] |= {(probe.population, site) for site in _sites(network, probe)}
    for buffered, unbuffered in zip(PADS, UNBUFFERED_PADS, strict=True):
        shown = [*cells[buffered], *cells[unbuffered]]
        if len(shown) > 1:
            names = ", ".join(sorted({name for name, _ in shown}))
            pad = buffered.removesuffix("_buffered")
            yield f"{names}: {len(shown)} neurons on {pad}; a pad shows one neuron in one mode"
    has_madc = any(probe.device == "madc" for probe in analog_probes(network))
    if has_madc and all(cells[device] for device in PADS):
        yield (
            f"recording: both buffered pads are in use, which leaves none of the {N_INPUTS} inputs "
            "of the MADC; free a pad or use it unbuffered"
        )


def lines_show_one_neuron(network: Network, placement: Placement) -> Iterator[str]:
    """The readout line of a neuron on a buffered pad is taken, also for the MADC and other pads."""
    on_line: dict[tuple[int, int], int] = {}
    for device in (*PADS, "madc"):
        for circuit in observed(network, placement, device).astype(int).tolist():
            line = line_of(circuit)
            if on_line.get(line, circuit) != circuit:
                yield (
                    f"recording: neurons {on_line[line]} and {circuit} of the chip share a readout "
                    f"line, which a buffered pad keeps in use; choose a neuron of an "
                    f"{'even' if line[1] else 'odd'} column or an unbuffered pad"
                )
            elif device != "madc":
                on_line[line] = circuit


STRUCTURE: tuple[Rule, ...] = (
    names_are_unique,
    projections_connect_populations,
    connections_are_in_range,
    probes_look_at_cells,
    shapes_are_possible,
    parameters_are_known,
    models_have_values,
)
RULES: tuple[Rule, ...] = (
    codes_fit,
    models_are_within_reach,
    weights_are_not_negative,
    spike_times_can_be_sent,
    background_sources_can_play,
    one_voltage_per_neuron,
    pads_show_one_neuron,
)


def _outside(what: str, population: str, cells: np.ndarray, size: int) -> Iterator[str]:
    if len(cells) and (cells.min() < 0 or cells.max() >= size):
        wrong = cells.min() if cells.min() < 0 else cells.max()
        yield f"{what}: there is no cell {wrong} in {population}, which has {size} cells"


def _no_compartment(what: str, population: Population, number: int) -> Iterator[str]:
    if not 0 <= number < population.n_compartments:
        yield (
            f"{what}: there is no compartment {number} in the cells of {population.name}, which "
            f"have {population.n_compartments}"
        )


def _shape_of_parameters(population: Population) -> tuple[tuple[int, ...], str]:
    """Shape of its arrays of parameters, and what its first axis counts."""
    if isinstance(population.cell, Compartments):
        n_circuits = len(population.cell.places)
        return (population.size, n_circuits), f"cells and {n_circuits} circuits"
    return (population.size,), "cells"


def _sites(network: Network, probe: Probe) -> list[int]:
    return sites_of(network, probe).tolist()


@cache
def _highest(name: str) -> int:
    """Largest value of a parameter of the neuron circuit; the smallest is always 0."""
    member, attribute = parameter_paths()[name]
    is_analog = AtomicNeuron.dtype[member][attribute] == np.uint16
    return MAX_CAPMEM if is_analog else _HIGHEST.get(name, 1)


_HIGHEST = {
    "bayesian_operation": 3,
    "event_routing_address": 255,
    "membrane_capacitance_capacitance": 63,
    "refractory_period_refractory_time": 255,
    "refractory_period_reset_holdoff": 15,
}  # [haldls NeuronConfig, NeuronBackendConfig]; switches end at 1


def _wrong_rate(population: Population, rate: float, n_labels: int) -> Iterator[str]:
    highest = BACKGROUND_FREQUENCY / n_labels
    lowest = BACKGROUND_FREQUENCY / (MAX_RATE * MAX_PERIOD * n_labels)
    if rate != 0 and not lowest <= rate <= highest:
        yield (
            f"{population.name}: a rate of {rate:g} Hz lies outside {lowest:.3g} Hz .. "
            f"{highest:.3g} Hz, what a background source can do for {n_labels} cells"
        )


def _by_population(network: Network) -> dict[str, list]:
    found: dict[str, list] = {}
    for probe in analog_probes(network):
        found.setdefault(probe.population, []).append(probe)
    return found
