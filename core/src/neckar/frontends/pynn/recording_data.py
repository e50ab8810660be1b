"""What shall be recorded in a population, and what was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

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


@dataclass
class Wanted:
    """Which cells (by index) are observed with what.

    Args:
        spikes: cells whose spikes are recorded.
        variable: the one analog variable that a cell's readout is switched to.
        madc: cells that the MADC samples.
        cadc: cells that the CADC samples.
        pads: per pad "pad_0_buffered" ... the cell it shows.
    """

    spikes: set[int] = field(default_factory=set)
    variable: dict[int, str] = field(default_factory=dict)
    madc: set[int] = field(default_factory=set)
    cadc: set[int] = field(default_factory=set)
    pads: dict[str, int] = field(default_factory=dict)

    def observe(self, label: str, variable: str, cells: Iterable[int], device: str) -> None:
        """Let `device` observe `variable`; refuse what a neuron's one readout cannot do."""
        cells = set(cells)
        for cell in sorted(cells):
            other = self.variable.get(cell, variable)
            if other != variable:
                raise ValueError(
                    f"{label}: cell {cell} already shows {other!r}; only one source can be "
                    f"recorded per neuron, not {variable!r} as well"
                )
        if device in PADS:
            self._show_on_pad(label, cells, PADS[device])
        else:
            (self.madc if device == "madc" else self.cadc).update(cells)
        self.variable.update(dict.fromkeys(cells, variable))

    def _show_on_pad(self, label: str, cells: set[int], pad: str) -> None:
        if len(cells) > 1:
            raise ValueError(f"{label}: {pad} can show one neuron, not {len(cells)}")
        (cell,) = cells
        for shown, other in self.pads.items():
            if shown[:5] == pad[:5] and (shown, other) != (pad, cell):
                raise ValueError(
                    f"{label}: {pad[:5]} already shows cell {other} as {shown}; one neuron and "
                    "one mode (buffered or unbuffered) per pad"
                )
        self.pads[pad] = cell

    def probes(self, population: str) -> Iterator[network.Probe]:
        """The same in the words of the mapping."""
        if self.spikes:
            yield _probe(population, self.spikes, "spikes", "madc")
        for device, cells in (("madc", self.madc), ("cadc", self.cadc)):
            yield from self._analog_probes(population, cells, device)
        for pad, cell in self.pads.items():
            yield _probe(population, {cell}, self.variable[cell], pad)

    def _analog_probes(
        self, population: str, cells: set[int], device: str
    ) -> Iterator[network.Probe]:
        for variable in ANALOG:
            same = {cell for cell in cells if self.variable[cell] == variable}
            if same:
                yield _probe(population, same, variable, device)


def _probe(population: str, cells: set[int], variable: str, device: str) -> network.Probe:
    return network.Probe(
        population=population,
        cells=np.array(sorted(cells), dtype=int),
        variable=variable,  # type: ignore[arg-type]
        device=device,  # type: ignore[arg-type]
    )


@dataclass
class Recorded:
    """What one snippet brought for one population.

    Args:
        begin: of the snippet, milliseconds since the run began; likewise `end`.
        spikes: per cell (by index) its spike times, milliseconds since the run began.
        samples: per variable and device, per cell its samples.
    """

    begin: float
    end: float
    spikes: dict[int, np.ndarray]
    samples: dict[tuple[str, str], dict[int, Samples]]

    def forget(self, variable: str, cell: int) -> None:
        """Drop what was recorded of a variable of a cell."""
        if variable == "spikes":
            self.spikes.pop(cell, None)
        for (recorded, _), samples in self.samples.items():
            if recorded == variable:
                samples.pop(cell, None)


def recorded(results: SnippetResults, population: str, begin: float, end: float) -> Recorded:
    """What a snippet from `begin` to `end` (ms) brought for a population."""
    return Recorded(
        begin=begin,
        end=end,
        spikes={cell: times / ms for cell, times in results.spikes.get(population, {}).items()},
        samples={
            (variable, device): dict(samples)
            for (name, variable, device), samples in results.samples.items()
            if name == population
        },
    )
