"""What shall be recorded in a population, and what was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from neckar import network
from neckar.brainscales2.mapping.results import Samples, SnippetResults
from neckar.units import ms

ANALOG = ("v", "exc_synin", "inh_synin", "adaptation")
PADS = {
    f"pad_{pad}{suffix}": f"pad_{pad}_{suffix[1:] or 'buffered'}"
    for pad in (0, 1)
    for suffix in ("", "_buffered", "_unbuffered")
}


class Site(NamedTuple):
    """A compartment of a cell, both by their index."""

    cell: int
    compartment: int

    def __str__(self) -> str:
        return f"cell {self.cell}" + (f" at {self.compartment}" if self.compartment else "")


@dataclass
class Wanted:
    """Which sites are observed with what.

    Args:
        spikes: sites whose spikes are recorded.
        variable: the one analog variable that a site's readout is switched to.
        madc: sites that the MADC samples.
        cadc: sites that the CADC samples.
        pads: per pad "pad_0_buffered" ... the site it shows.
    """

    spikes: set[Site] = field(default_factory=set)
    variable: dict[Site, str] = field(default_factory=dict)
    madc: set[Site] = field(default_factory=set)
    cadc: set[Site] = field(default_factory=set)
    pads: dict[str, Site] = field(default_factory=dict)

    def observe(self, label: str, variable: str, sites: Iterable[Site], device: str) -> None:
        """Let `device` observe `variable`; refuse what a neuron's one readout cannot do."""
        sites = set(sites)
        for site in sorted(sites):
            other = self.variable.get(site, variable)
            if other != variable:
                raise ValueError(
                    f"{label}: {site} already shows {other!r}; only one source can be "
                    f"recorded per neuron, not {variable!r} as well"
                )
        if device in PADS:
            self._show_on_pad(label, sites, PADS[device])
        else:
            (self.madc if device == "madc" else self.cadc).update(sites)
        self.variable.update(dict.fromkeys(sites, variable))

    def _show_on_pad(self, label: str, sites: set[Site], pad: str) -> None:
        if len(sites) > 1:
            raise ValueError(f"{label}: {pad} can show one neuron, not {len(sites)}")
        (site,) = sites
        for shown, other in self.pads.items():
            if shown[:5] == pad[:5] and (shown, other) != (pad, site):
                raise ValueError(
                    f"{label}: {pad[:5]} already shows {other} as {shown}; one neuron and "
                    "one mode (buffered or unbuffered) per pad"
                )
        self.pads[pad] = site

    def probes(self, population: str) -> Iterator[network.Probe]:
        """The same in the words of the mapping."""
        yield from _probes(population, self.spikes, "spikes", "madc")
        for device, sites in (("madc", self.madc), ("cadc", self.cadc)):
            for variable in ANALOG:
                same = {site for site in sites if self.variable[site] == variable}
                yield from _probes(population, same, variable, device)
        for pad, site in self.pads.items():
            yield from _probes(population, {site}, self.variable[site], pad)


def _probes(
    population: str, sites: set[Site], variable: str, device: str
) -> Iterator[network.Probe]:
    """One for every compartment."""
    for compartment in sorted({site.compartment for site in sites}):
        cells = sorted(site.cell for site in sites if site.compartment == compartment)
        yield network.Probe(
            population=population,
            cells=np.array(cells, dtype=int),
            variable=variable,  # type: ignore[arg-type]
            device=device,  # type: ignore[arg-type]
            compartment=compartment,
        )


@dataclass
class Recorded:
    """What one snippet brought for one population.

    Args:
        begin: of the snippet, milliseconds since the run began; likewise `end`.
        spikes: per site its spike times, milliseconds since the run began.
        samples: per variable and device, per site its samples.
    """

    begin: float
    end: float
    spikes: dict[Site, np.ndarray]
    samples: dict[tuple[str, str], dict[Site, Samples]]

    def forget(self, variable: str, site: Site) -> None:
        """Drop what was recorded of a variable at a site."""
        if variable == "spikes":
            self.spikes.pop(site, None)
        for (recorded, _), samples in self.samples.items():
            if recorded == variable:
                samples.pop(site, None)


def recorded(results: SnippetResults, population: str, begin: float, end: float) -> Recorded:
    """What a snippet from `begin` to `end` (ms) brought for a population."""
    return Recorded(
        begin=begin,
        end=end,
        spikes={
            _site(key): times / ms for key, times in results.spikes.get(population, {}).items()
        },
        samples={
            (variable, device): {_site(key): values for key, values in samples.items()}
            for (name, variable, device), samples in results.samples.items()
            if name == population
        },
    )


def _site(key: int | tuple[int, int]) -> Site:
    """A site in the words of the mapping, where cells of one circuit have no compartments."""
    return Site(*key) if isinstance(key, tuple) else Site(key, 0)
