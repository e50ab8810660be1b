"""The part of a network that one execution carries, and results put together again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np

from neckar.brainscales2.chip.datasheet import LATENCY_FPGA_TO_CROSSBAR
from neckar.brainscales2.mapping.configure import recorded_sites
from neckar.brainscales2.mapping.results import Results, Site, SnippetResults, keys_of
from neckar.network import (
    Compartments,
    Network,
    OnChipPoisson,
    Population,
    Probe,
    Projection,
    SpikeTimes,
)

_Value = TypeVar("_Value")

Cells = Mapping[str, np.ndarray]
"""By population, which of its cells, ascending."""
Trains = Mapping[str, Mapping[Site, np.ndarray]]
"""Population -> site -> spike times, s."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Piece:
    """What one execution carries of a network that is larger than a chip.

    Args:
        cells: its neurons and on-chip sources.
        sends: those whose spikes later executions need.
        is_first: whether it is the first execution, which also shows what the host sends.
    """

    cells: Cells
    sends: Cells
    is_first: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Cut:
    """A piece as a network of its own.

    Args:
        network: sources "… of earlier executions" stand for neurons that are not in the piece.
        origins: for each of its projections the number of the original one, and which of its
            connections it has.
    """

    network: Network
    origins: tuple[tuple[int, np.ndarray], ...]


def cut(network: Network, piece: Piece, heard: Trains) -> Cut:
    """Take a piece out of a network.

    Args:
        network: all of it.
        piece: what to take.
        heard: spikes of earlier executions.
    """
    projections, origins, needed = [], [], {}
    for number, projection in enumerate(network.projections):
        for part, connections in _parts(network, projection, piece):
            projections.append(part)
            origins.append((number, connections))
            needed[part.source] = projection.source
    populations = tuple(_populations(network, piece, needed, heard))
    probes = tuple(_probes(network, piece))
    return Cut(
        network=Network(populations=populations, projections=tuple(projections), probes=probes),
        origins=tuple(origins),
    )


def merge(
    networks: Sequence[Network], pieces: Sequence[Piece], results: Sequence[Results]
) -> Results:
    """The results of all pieces as those of the whole network, one entry per snippet."""
    n_snippets = len(networks)
    return Results(
        snippets=tuple(
            _merged(networks[k], pieces, [each.snippets[k] for each in results])
            for k in range(n_snippets)
        ),
        dropped_in=sum(each.dropped_in for each in results),
        dropped_out=sum(each.dropped_out for each in results),
    )


def heard(piece: Piece, results: Results) -> Trains:
    """What a piece has sent, as later ones shall hear it: on time at their crossbar."""
    return {
        name: {
            site: np.maximum(times - LATENCY_FPGA_TO_CROSSBAR, 0)
            for site, times in _named(piece, name, results.spikes[name]).items()
            if (site[0] if isinstance(site, tuple) else site) in cells
        }
        for name, cells in piece.sends.items()
    }


def _stand_in(name: str) -> str:
    return f"{name} of earlier executions"


def _parts(
    network: Network, projection: Projection, piece: Piece
) -> Iterator[tuple[Projection, np.ndarray]]:
    """Connections that end in the piece, from within and from without."""
    targets = piece.cells.get(projection.target, _NOBODY)
    mine = np.flatnonzero(np.isin(projection.post, targets))
    if not mine.size:
        return
    source = network[projection.source]
    if isinstance(source.cell, SpikeTimes):
        yield _part(projection, mine, targets, projection.pre, projection.source), mine
        return
    sources = piece.cells.get(projection.source, _NOBODY)
    is_inside = np.isin(projection.pre[mine], sources)
    if is_inside.any():
        inside, pre = mine[is_inside], np.searchsorted(sources, projection.pre)
        yield _part(projection, inside, targets, pre, projection.source), inside
    if not is_inside.all():
        outside, pre = mine[~is_inside], source.sites(projection.pre, projection.source_compartment)
        part = _part(projection, outside, targets, pre, _stand_in(projection.source))
        yield replace(part, source_compartment=0), outside


def _part(
    projection: Projection,
    connections: np.ndarray,
    targets: np.ndarray,
    pre: np.ndarray,
    source: str,
) -> Projection:
    return replace(
        projection,
        source=source,
        pre=pre[connections],
        post=np.searchsorted(targets, projection.post[connections]),
        weight_code=projection.weight_code[connections],
    )


def _populations(
    network: Network, piece: Piece, needed: Mapping[str, str], heard: Trains
) -> Iterator[Population]:
    recorded = recorded_sites(network) if piece.is_first else {}
    for population in network.populations:
        name = population.name
        if name in piece.cells:
            cells = piece.cells[name]
            yield replace(population, size=len(cells), cell=_of(population, cells))
        if _stand_in(name) in needed:
            trains, sites = heard.get(name, {}), np.arange(population.n_sites)
            times = tuple(trains.get(site, _NEVER) for site in keys_of(population, sites))
            yield Population(name=_stand_in(name), size=len(times), cell=SpikeTimes(times=times))
        if isinstance(population.cell, SpikeTimes) and (name in needed or name in recorded):
            yield population


def _of(population: Population, cells: np.ndarray) -> Any:
    """The model of some cells only: whatever has one value per cell has fewer."""
    cell = population.cell
    if isinstance(cell, OnChipPoisson):
        return cell
    if isinstance(cell, Compartments):
        parameters = {name: values[cells] for name, values in cell.parameters.items()}
        return replace(cell, parameters=parameters)
    size = population.size
    parts = {field.name: getattr(cell, field.name) for field in fields(cell)}
    return replace(cell, **{name: _chosen(value, size, cells) for name, value in parts.items()})


def _chosen(value: Any, size: int, cells: np.ndarray) -> Any:
    if isinstance(value, Mapping):
        return {name: _chosen(each, size, cells) for name, each in value.items()}
    return value[cells] if np.shape(value) == (size,) else value


def _probes(network: Network, piece: Piece) -> Iterator[Probe]:
    for probe in network.probes:
        if isinstance(network[probe.population].cell, SpikeTimes):
            if piece.is_first:
                yield probe
            continue
        own = piece.cells.get(probe.population, _NOBODY)
        seen = np.intersect1d(own, probe.cells)
        if seen.size:
            yield replace(probe, cells=np.searchsorted(own, seen))
    for name, cells in piece.sends.items():
        sent = np.searchsorted(piece.cells[name], cells)
        for compartment in sorted(
            {each.source_compartment for each in network.projections if each.source == name}
        ):
            yield Probe(population=name, cells=sent, variable="spikes", compartment=compartment)


def _merged(
    network: Network, pieces: Sequence[Piece], results: Sequence[SnippetResults]
) -> SnippetResults:
    wanted = {
        name: set(keys_of(network[name], sites)) for name, sites in recorded_sites(network).items()
    }
    spikes: dict[str, dict[Site, np.ndarray]] = {name: {} for name in wanted}
    samples: dict[Any, dict[Site, Any]] = {}
    for piece, part in zip(pieces, results, strict=True):
        for name, trains in part.spikes.items():
            found = _named(piece, name, trains)
            spikes.get(name, {}).update(
                {site: train for site, train in found.items() if site in wanted.get(name, ())}
            )
        for key, seen in part.samples.items():
            samples.setdefault(key, {}).update(_named(piece, key[0], seen))
    return SnippetResults(
        begin=results[0].begin,
        end=results[0].end,
        spikes={name: _sorted(trains) for name, trains in spikes.items()},
        samples={key: _sorted(seen) for key, seen in samples.items()},
    )


def _sorted(values: Mapping[Site, _Value]) -> dict[Site, _Value]:
    """Either all sites are cells, or all are compartments of cells."""
    return {site: values[site] for site in sorted(values, key=lambda site: (site,))}


def _named(piece: Piece, name: str, values: Mapping[Site, _Value]) -> dict[Site, _Value]:
    """By the number that a cell has in the whole network."""
    cells = piece.cells.get(name)
    if cells is None:
        return dict(values)
    return {
        (int(cells[site[0]]), site[1]) if isinstance(site, tuple) else int(cells[site]): value
        for site, value in values.items()
    }


_NOBODY = np.zeros(0, dtype=int)
_NEVER = np.zeros(0)
