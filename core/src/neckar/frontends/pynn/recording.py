"""Recording of a population and its data as neo objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from warnings import warn

import neo
import numpy as np
import pyNN.recording
import quantities as pq

from neckar import network
from neckar.brainscales2.chip.coordinates import CompartmentOnLogicalNeuron
from neckar.brainscales2.mapping.results import SnippetResults
from neckar.frontends.pynn import simulator
from neckar.frontends.pynn.recording_data import (
    ANALOG,
    PADS,
    Recorded,
    Site,
    Wanted,
    recorded,
)
from neckar.units import ms

UNLABELED = "unlabeled"  # location of a neuron of one compartment
DEVICES = ("madc", "cadc")


class Recorder(pyNN.recording.Recorder):
    """Knows what is recorded in a population, keeps the data and makes neo objects of it.

    `recorded` holds per variable the ids of the cells and their compartments, `parts` the data of
    each snippet of the current run.
    """

    _simulator = simulator

    def __init__(self, population: Any, file: Any = None) -> None:
        super().__init__(population, file)
        self.recorded: dict[str, set[tuple[int, int]]] = {}
        self.wanted = Wanted()
        self.parts: list[Recorded] = []
        self._filtered: dict[tuple[str, ...], list[neo.Segment]] = {}

    # --- what to record --------------------------------------------------------------------

    def record(
        self,
        variables: str | Sequence[str],
        ids: Iterable[Any],
        sampling_interval: float | None = None,
        locations: Sequence[str] | None = None,
        *,
        device: str = "madc",
    ) -> None:
        """Add cells to what is recorded; nothing changes if anything is refused."""
        label = self.population.label
        names = [variables] if isinstance(variables, str) else list(variables)
        self._refuse(label, names, sampling_interval, device)
        compartments = self._compartments(label, locations)
        cells = [(int(cell), compartment) for cell in ids for compartment in compartments]
        sites = [self._site(*each) for each in cells]
        analog = [name for name in names if name in ANALOG]
        if len(analog) > 1:
            raise ValueError(
                f"{label}: only one analog variable can be recorded per neuron, not "
                f"{' and '.join(analog)}"
            )
        for name in analog:
            self.wanted.observe(label, name, sites, device)
        if "spikes" in names:
            self.wanted.spikes.update(sites)
        for name in names:
            self.recorded.setdefault(name, set()).update(cells)

    def _refuse(self, label: str, names: list[str], interval: Any, device: str) -> None:
        if interval:
            raise NotImplementedError(
                f"{label}: sampling_interval={interval}: the converters sample at their own rate; "
                "leave it out and interpolate"
            )
        for name in names:
            if not self.population.can_record(name):
                known = ", ".join(self.population.celltype.recordable)
                raise RuntimeError(f"{label}: Unknown variable {name!r}; there are: {known}")
        if device not in (*DEVICES, *PADS):
            raise ValueError(
                f"{label}: device {device!r} is not supported; there are: "
                f"{', '.join((*DEVICES, *PADS))}"
            )

    def _compartments(self, label: str, locations: Sequence[str] | None) -> list[int]:
        """Those with one of these labels, by default the first one."""
        celltype = self.population.celltype
        if locations is None:
            return [0]
        if not hasattr(celltype, "get_compartment_ids"):
            raise RuntimeError(
                f"{label}: cells of type {type(celltype).__name__} have no labeled locations such "
                f"as {locations!r}"
            )
        labels = [locations] if isinstance(locations, str) else list(locations)
        return [int(index) for index in celltype.get_compartment_ids(labels)]

    def probes(self) -> Iterator[network.Probe]:
        """What is recorded, in the words of the mapping."""
        return self.wanted.probes(self.population.name)

    def _reset(self) -> None:
        self.wanted = Wanted()

    def reset(self) -> None:
        """Record nothing any more."""
        self._reset()
        self.recorded = {}

    # --- what was recorded -----------------------------------------------------------------

    def receive(self, snippets: Sequence[SnippetResults], runtimes: Sequence[float]) -> None:
        """Take over what a run brought for this population."""
        ends = np.cumsum(runtimes).tolist()
        self.parts = [
            recorded(results, self.population.name, begin, end)
            for results, begin, end in zip(snippets, [0.0, *ends[:-1]], ends, strict=True)
        ]

    def forget(self) -> None:
        """Drop the data of the current run."""
        self.parts = []

    def _clear_simulator(self) -> None:
        for variable, sites in self.recorded.items():
            for cell, compartment in sites:
                for part in self.parts:
                    part.forget(variable, self._site(cell, compartment))

    def _sites(self, variable: str, filter_ids: Any) -> list[tuple[int, Site]]:
        """Id of the cell and the site where `variable` is recorded, ascending."""
        sites = self.recorded.get(variable, set())
        if filter_ids is not None:
            wanted = {int(cell) for cell in filter_ids}
            sites = {(cell, compartment) for cell, compartment in sites if cell in wanted}
        return [(cell, self._site(cell, compartment)) for cell, compartment in sorted(sites)]

    def _site(self, cell: int, compartment: int) -> Site:
        return Site(cell - int(self.population.first_id), compartment)

    def _location(self, site: Site) -> str:
        """Label of a compartment."""
        celltype = self.population.celltype
        if not hasattr(celltype, "get_label"):
            return UNLABELED
        return celltype.get_label(CompartmentOnLogicalNeuron(site.compartment))

    def _local_count(self, variable: Any, filter_ids: Any) -> dict[int, int]:
        count: dict[int, int] = {}
        for cell, site in self._sites("spikes", filter_ids):
            spikes = sum(len(part.spikes.get(site, ())) for part in self.parts)
            count[cell] = count.get(cell, 0) + spikes
        return count

    # --- neo -------------------------------------------------------------------------------

    def get(
        self,
        variables: Any,
        gather: bool = False,
        filter_ids: Any = None,
        clear: bool = False,
        annotations: dict[str, Any] | None = None,
        locations: Any = None,
    ) -> neo.Block:
        """The recorded data: one segment per earlier run, and the current one."""
        state = simulator.active()
        names = "all" if isinstance(variables, str) and variables == "all" else _names(variables)
        segments = self._earlier_segments(names)
        if state.running:
            segments.append(self._get_current_segment(filter_ids, names))
        block = neo.Block(
            name=self.population.label,
            description=self.population.describe(),
            rec_datetime=segments[0].rec_datetime if segments else None,
        )
        block.segments.extend(segments)
        for segment in segments:
            segment.block = block
        block.annotate(**self.metadata, **(annotations or {}))
        if clear:
            self.clear()
        return block

    def _earlier_segments(self, names: Any) -> list[neo.Segment]:
        """Those of earlier runs with the wanted variables only, made once."""
        earlier = list(self.cache)
        if isinstance(names, str):
            return earlier
        made = self._filtered.setdefault(tuple(names), [])
        made += [_filtered(segment, names) for segment in earlier[len(made) :]]
        return list(made)

    def clear(self) -> None:
        """Forget all data, of earlier runs and of the current one."""
        super().clear()
        self._filtered.clear()

    def _get_current_segment(
        self, filter_ids: Any = None, variables: Any = "all", clear: bool = False
    ) -> neo.Segment:
        segment = neo.Segment(
            name=f"segment{simulator.active().segment_counter:03d}",
            description=self.population.describe(),
            rec_datetime=datetime.now(),
        )
        wanted = sorted(
            self.recorded if variables == "all" else set(variables) & set(self.recorded)
        )
        for part in self.parts:
            for variable in wanted:
                sites = self._sites(variable, filter_ids)
                if variable == "spikes":
                    self._add_spiketrains(segment, part, sites)
                else:
                    self._add_signals(segment, part, sites, variable)
        return segment

    def _add_spiketrains(self, segment: neo.Segment, part: Recorded, sites: Any) -> None:
        t_start, t_stop = part.begin * pq.ms, part.end * pq.ms
        for cell, site in sites:
            if site not in part.spikes:
                continue
            times = part.spikes[site]
            inside = (times >= part.begin) & (times <= part.end)
            if not inside.all():
                warn(
                    f"{self.population.label}: {np.sum(~inside)} spikes outside of {part.begin} "
                    f".. {part.end} ms were dropped",
                    stacklevel=2,
                )
            train = neo.SpikeTrain(
                times[inside] * pq.ms,
                t_start=t_start,
                t_stop=t_stop,
                source_population=self.population.label,
                source_id=cell,
                source_location=self._location(site),
                source_compartment=site.compartment,
                source_index=site.cell,
            )
            segment.spiketrains.append(train)
            train.segment = segment

    def _add_signals(self, segment: neo.Segment, part: Recorded, sites: Any, variable: str) -> None:
        units = self.population.find_units(variable)
        for device in DEVICES:
            samples = part.samples.get((variable, device), {})
            for cell, site in sites:
                if site not in samples or not samples[site].time.size:
                    continue
                signal = neo.IrregularlySampledSignal(
                    (samples[site].time / ms).astype(np.float32),
                    samples[site].value.astype(np.float32),
                    units=units,
                    time_units=pq.ms,
                    name=variable,
                    device=device,
                    source_ids=[cell],
                    source_locations=[self._location(site)],
                    source_population=self.population.label,
                    source_compartments=[site.compartment],
                    array_annotations={"channel_index": [site.cell]},
                )
                segment.irregularlysampledsignals.append(signal)
                signal.segment = segment


def _names(variables: Any) -> list[str]:
    """Variable names, whether one or several were given."""
    return [variables] if isinstance(variables, str) else list(variables)


def _filtered(segment: neo.Segment, names: list[str]) -> neo.Segment:
    """The segment with the variables in `names` only."""
    part = neo.Segment(
        name=segment.name, description=segment.description, rec_datetime=segment.rec_datetime
    )
    part.annotations = dict(segment.annotations)
    if "spikes" in names:
        part.spiketrains.extend(segment.spiketrains)
    part.irregularlysampledsignals.extend(
        [signal for signal in segment.irregularlysampledsignals if signal.name in names]
    )
    return part


def joined(name: str, description: str, blocks: Sequence[neo.Block]) -> neo.Block:
    """One block with the trains and signals of several, run by run."""
    block = neo.Block(name=name, description=description)
    for parts in zip(*(each.segments for each in blocks), strict=True):
        segment = neo.Segment(name=parts[0].name, rec_datetime=parts[0].rec_datetime)
        for part in parts:
            segment.spiketrains.extend(list(part.spiketrains))
            segment.irregularlysampledsignals.extend(list(part.irregularlysampledsignals))
        block.segments.append(segment)
    return block
