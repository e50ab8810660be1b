"""What a run would take and lose, known before it runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.calibration.cells import UNIT
from neckar.brainscales2.calibration.oracle.cells import achieved
from neckar.brainscales2.chip.datasheet import (
    BUS_EVENT_SPACING,
    FPGA_CYCLE,
    N_BUSES,
    N_HEMISPHERES,
    POWER_SPIKING,
    POWER_SYSTEM,
)
from neckar.brainscales2.chip.wiring import bus_of_driver
from neckar.brainscales2.mapping.assemble import assemble, spikes_of
from neckar.brainscales2.mapping.configure import parameters_of
from neckar.brainscales2.mapping.mapped import Mapped
from neckar.brainscales2.program import Program
from neckar.brainscales2.twin import link, router
from neckar.brainscales2.twin.chip import Twin
from neckar.brainscales2.twin.execution.timeline import lay_out
from neckar.brainscales2.twin.registers.file import Registers
from neckar.network import LIF, OnChipPoisson

PEAK = 10e-6  # s, over which a peak rate is counted


@dataclass(frozen=True, kw_only=True)
class Usage:
    """How much of the chip is in use.

    Args:
        neurons: circuits with a cell, of 512.
        synapses: of 131072.
        rows: synapse rows per hemisphere, of 256.
        drivers: synapse drivers that listen, per hemisphere and PADI bus, of 32.
        sources: on-chip background sources, of 8.
    """

    neurons: int
    synapses: int
    rows: tuple[int, ...]
    drivers: tuple[tuple[int, ...], ...]
    sources: int


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Wanted weights of a projection against what synapses can hold.

    Args:
        name: of the projection.
        connections: how many.
        synapses: that they take; a weight above 63 takes several.
        smallest: wanted weight, likewise `largest`.
        error: root mean square of what rounding changes, in codes.
    """

    name: str
    connections: int
    synapses: int
    smallest: float
    largest: float
    error: float


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A wanted value of the cells of a population against what their circuits will do.

    Args:
        population: its name.
        name: of the value, for example `tau_mem`.
        unit: `V`, `s` or `code`.
        wanted: median over the cells.
        got: median over the cells.
        error: root mean square over the cells.
        worst: largest error of a cell.
    """

    population: str
    name: str
    unit: str
    wanted: float
    got: float
    error: float
    worst: float


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """Events that the host and the background sources send; what neurons fire is not known yet.

    Args:
        sent: events that the host sends.
        peak: largest rate of the host over 10 us, 1/s.
        lost_on_link: of the host's events, how many the link has no room for.
        lost_on_buses: of those that pass, how many a PADI bus has no room for.
        load: busiest 10 us of every PADI bus as a fraction of what it carries, background
            included, (hemisphere, bus).
    """

    sent: int
    peak: float
    lost_on_link: int
    lost_on_buses: int
    load: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Time on the chip and energy, without the host that prepares and reads.

    Args:
        programs: how often the run is repeated so that the MADC sees everybody.
        network: during which the network runs, all programs together, s.
        chip: during which the chip is in use, with configuration and settling, s.
        energy_network: of the chip while the network runs, J.
        energy_chip: of the chip in all that time, J.
        energy_system: of a mobile system with its FPGA in all that time, J.
    """

    programs: int
    network: float
    chip: float
    energy_network: float
    energy_chip: float
    energy_system: float


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What a run would take and lose. A run that breaks rules has violations and nothing else.

    Args:
        chip: on which it would run.
        executions: that a network larger than a chip needs; the rest is about one of them.
        usage: of the chip.
        weights: per projection.
        parameters: that circuits do not exactly have.
        traffic: on the way to the chip.
        cost: in time and energy.
        violations: every broken rule.
    """

    chip: str
    executions: int = 1
    usage: Usage | None = None
    weights: tuple[Weights, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    traffic: Traffic | None = None
    cost: Cost | None = None
    violations: tuple[str, ...] = ()


def forecast(snippets: Sequence[Mapped], chip: Twin | None, n_executions: int = 1) -> Forecast:
    """Look ahead; usage, weights and parameters are those of the last snippet.

    Args:
        snippets: a run that was mapped.
        chip: on which it would run, None if it is not known.
        n_executions: of which this is one.
    """
    last = snippets[-1]
    return Forecast(
        chip="unknown" if chip is None else chip.identifier,
        executions=n_executions,
        usage=usage(last),
        weights=tuple(_weights(last)),
        parameters=tuple(_codes(last)) + (() if chip is None else tuple(_models(last, chip))),
        traffic=traffic(snippets),
        cost=cost(assemble(snippets), snippets[-1].end_cycles * FPGA_CYCLE),
    )


def usage(mapped: Mapped) -> Usage:
    """Count what is in use."""
    routing = mapped.routing
    bus = bus_of_driver(np.arange(routing.driver_listens.shape[1]))
    drivers = [np.bincount(bus[listens], minlength=N_BUSES) for listens in routing.driver_listens]
    return Usage(
        neurons=sum(circuits.size for circuits in mapped.placement.circuits.values()),
        synapses=len(routing.synapses.row),
        rows=tuple(np.count_nonzero(routing.row_mode, axis=1).tolist()),
        drivers=tuple(tuple(of_side.tolist()) for of_side in drivers),
        sources=len(routing.backgrounds),
    )


def _weights(mapped: Mapped) -> Iterator[Weights]:
    starts = mapped.routing.synapses.starts
    for projection, n_synapses in zip(mapped.network.projections, np.diff(starts), strict=True):
        wanted = np.asarray(projection.weight_code, dtype=float)
        if len(wanted):
            yield Weights(
                name=projection.name,
                connections=len(wanted),
                synapses=int(n_synapses),
                smallest=float(wanted.min()),
                largest=float(wanted.max()),
                error=_rms(np.rint(wanted) - wanted),
            )


def _codes(mapped: Mapped) -> Iterator[Parameter]:
    """Settings between two codes are truncated."""
    for population in mapped.network.neurons:
        for name, values in parameters_of(population).items():
            wanted = np.asarray(values, dtype=float)
            error = np.trunc(wanted) - wanted
            if np.any(error):
                yield _parameter(population.name, name, "code", wanted, wanted + error)


def _models(mapped: Mapped, chip: Twin) -> Iterator[Parameter]:
    models = [p for p in mapped.network.neurons if isinstance(p.cell, LIF)]
    if not models:
        return
    got = achieved(mapped.config.chip(), chip.serial, chip.spread)
    for population in models:
        assert isinstance(population.cell, LIF)
        circuits = mapped.placement.neurons[population.name]
        for name, wanted in population.cell.values(population.size).items():
            some = np.isfinite(wanted)
            if some.any():
                found = got[name][circuits][some]
                yield _parameter(population.name, name, UNIT[name], wanted[some], found)


def _parameter(
    population: str, name: str, unit: str, wanted: np.ndarray, got: np.ndarray
) -> Parameter:
    return Parameter(
        population=population,
        name=name,
        unit=unit,
        wanted=float(np.median(wanted)),
        got=float(np.median(got)),
        error=_rms(got - wanted),
        worst=float(np.max(np.abs(got - wanted))),
    )


def _rms(error: np.ndarray) -> float:
    return float(np.sqrt(np.mean(error**2)))


def traffic(snippets: Sequence[Mapped]) -> Traffic:
    """Send the host's events through the queues of the link and of the buses."""
    parts = [spikes_of(snippet) for snippet in snippets]
    time = np.concatenate([part.cycles for part in parts]) * FPGA_CYCLE
    through = link.into_chip(time)
    reached = np.concatenate([_buses(m, p.labels) for m, p in zip(snippets, parts, strict=True)])
    reached = reached[through.is_kept]
    somewhere = reached.any(axis=1)
    on_buses = link.onto_buses(through.time[somewhere], reached[somewhere])
    load = BUS_EVENT_SPACING * (
        np.array([_peak(through.time[of_bus]) for of_bus in reached.T]) + _background(snippets)
    )
    return Traffic(
        sent=len(time),
        peak=_peak(time),
        lost_on_link=through.n_dropped,
        lost_on_buses=on_buses.n_dropped,
        load=tuple(tuple(side.tolist()) for side in load.reshape(N_HEMISPHERES, N_BUSES)),
    )


def _buses(mapped: Mapped, labels: np.ndarray) -> np.ndarray:
    """Which buses events of the host reach, (k, 8)."""
    nodes = mapped.config.registers["crossbar"]["nodes"]
    return router.cross(nodes, router.outside(labels))[:, : N_HEMISPHERES * N_BUSES]


def _peak(time: np.ndarray) -> float:
    """Largest rate over a window of fixed length, 1/s."""
    if not len(time):
        return 0.0
    ends = np.searchsorted(time, time + PEAK)
    return float(np.max(ends - np.arange(len(time))) / PEAK)


def _background(snippets: Sequence[Mapped]) -> np.ndarray:
    """Rate of the background sources on every bus, 1/s; of the snippet where it is largest."""
    rates = np.zeros((len(snippets), N_HEMISPHERES * N_BUSES))
    for number, snippet in enumerate(snippets):
        for background in snippet.routing.backgrounds:
            cell = snippet.network[background.population].cell
            assert isinstance(cell, OnChipPoisson)
            rates[number, background.source] += cell.rate * (background.mask + 1)
    return np.asarray(rates.max(axis=0))


def cost(programs: Sequence[Program], duration: float) -> Cost:
    """Lay the programs out in time, from a chip after reset on."""
    chip = sum(lay_out(program, Registers()).end for program in programs) * FPGA_CYCLE
    network = duration * len(programs)
    return Cost(
        programs=len(programs),
        network=network,
        chip=chip,
        energy_network=POWER_SPIKING * network,
        energy_chip=POWER_SPIKING * chip,
        energy_system=POWER_SYSTEM * chip,
    )
