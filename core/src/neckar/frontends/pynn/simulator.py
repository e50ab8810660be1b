"""What `setup` creates and `end` drops: the state of one experiment, and the ids of its cells."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
from pyNN.common import IDMixin
from pyNN.common.control import BaseState

from neckar.brainscales2.calibration import Target
from neckar.brainscales2.chip.coordinates import AtomicNeuronOnDLS, Enum
from neckar.brainscales2.chip.coordinates.special import LogicalNeuronOnDLS
from neckar.brainscales2.chip.datasheet import N_COLUMNS
from neckar.brainscales2.chip.registers import Chip
from neckar.frontends.pynn import execution
from neckar.frontends.pynn.calibrate import calibrate, calibrated, same_frame
from neckar.frontends.pynn.connection import Connection
from neckar.frontends.pynn.injection import Injected
from neckar.frontends.pynn.snapshot import circuits_of, snapshot

name = "HX"  # annotates output data


class ID(int, IDMixin):
    """Number of a cell, consecutive over all populations; gives access to its parameters."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # NumPy asks for many such names
            raise AttributeError(name)
        if name != "parent" and self.celltype.has_parameter(name):
            return self.as_view().get(name)
        return super().__getattr__(name)


class NeuronPlacement:
    """Tells on which circuits a cell sits."""

    def __init__(
        self, populations: list[Any], projections: list[Any], ground: execution.Ground
    ) -> None:
        self._populations = populations
        self._circuits = circuits_of(populations, projections, ground)

    def id2logicalneuron(self, cell: int) -> LogicalNeuronOnDLS:
        """The neuron of the chip that is the cell with this id."""
        for population in self._populations:
            index = int(cell) - int(population.first_id)
            if population.name in self._circuits and 0 <= index < population.size:
                rows, columns = np.divmod(self._circuits[population.name][index], N_COLUMNS)
                anchor = AtomicNeuronOnDLS(Enum(int(rows.min() * N_COLUMNS + columns.min())))
                return LogicalNeuronOnDLS(population.celltype.logical_compartments, anchor)
        raise KeyError(f"no neuron has the id {int(cell)}")


class State(BaseState):
    """Everything between `setup()` and `end()`. Times in milliseconds of hardware time."""

    dt = 3.4e-05  # between two samples of the MADC
    batch_entry = 0  # PyNN knows only one
    mpi_rank = 0
    num_processes = 1
    record_sample_times = True

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self.connection = connection
        self.log = logging.getLogger("pyNN.brainscales2")
        self.min_delay: float = 0
        self.max_delay: float = 0
        self.initial_config: Chip | None = None
        self._default_config: Chip | None = None
        self._calibrated: Chip | None = None
        self.calibration_cache: tuple[Path, ...] = ()
        self.injected_target: Target | None = None
        self.neuron_permutation: tuple[int, ...] | None = None
        self.background_permutation: tuple[int, ...] | None = None
        self.injected = Injected(None, None)
        self.injected_config: Any = None
        self.injected_readout: Any = None
        self.populations: list[Any] = []
        self.projections: list[Any] = []
        self.recorders: set[Any] = set()
        self.id_counter = 0
        self.segment_counter = -1
        self.mapped: execution.Layout | None = None
        self.reset()

    def reset(self) -> None:
        """Back to time zero; what was built stays."""
        self.running = False
        self.t: float = 0
        self.t_start = 0
        self.runtimes: list[float] = []
        self.snippets: list[execution.Snippet] = []
        self.segment_counter += 1
        for recorder in self.recorders:
            recorder.forget()

    def register(self, population: Any) -> str:
        """Count a population in; returns the name under which it is mapped, its unique label."""
        taken = {other.name for other in self.populations}
        name, count = population.label, 1
        while name in taken:
            count += 1
            name = f"{population.label} #{count}"
        self.populations.append(population)
        return name

    def get_base_configuration(self) -> Chip:
        """What was given as `initial_config`, otherwise a chip with default settings."""
        return self.grenade_chip_config

    @property
    def grenade_chip_config(self) -> Chip:
        """Settings for everything that the network leaves open; may be changed before a run."""
        if self._default_config is None:
            self._default_config = Chip()
        return self._default_config if self.initial_config is None else self.initial_config

    @property
    def neuron_placement(self) -> NeuronPlacement:
        """Where the cells sit, known also before a run."""
        return NeuronPlacement(self.populations, self.projections, self.ground())

    def preprocess(self, begin: float, end: float) -> None:
        """Map the network as it is now, without running it."""
        self.mapped = execution.prepare(self.ground(), self._snapshot(end - begin))

    def placed(self) -> execution.Layout | None:
        """How the network was mapped last, by a run or for a snippet that was appended."""
        if self.mapped is None and self.snippets:
            self.mapped = execution.prepare(self.ground(), self.snippets[-1])
        return self.mapped

    def add(self, runtime: float) -> None:
        """Append a snippet: the network as it is now, for `runtime`."""
        self.snippets.append(self._snapshot(runtime))
        self.runtimes.append(runtime)
        self.t += runtime

    def drop_last(self) -> None:
        """Take back the last `add`."""
        self.snippets.pop()
        self.runtimes.pop()
        self.t = sum(self.runtimes)

    def refuse_second_run(self) -> None:
        """Raise if the experiment has been executed already."""
        if self.running:
            raise RuntimeError(
                "run(): this experiment has been executed already; call reset() first. The chip "
                "evolves in continuous time and cannot be stopped and resumed between two runs."
            )

    def run(self) -> None:
        """Run all snippets on the chip and hand what it recorded to the recorders."""
        self.refuse_second_run()
        self.mapped, results = execution.execute(
            self.ground(), self.snippets, self.connection.get(), self.injected.injection()
        )
        self.injected.receive(results.reads)
        for recorder in self.recorders:
            recorder.receive(results.snippets, self.runtimes)
        if results.dropped_in or results.dropped_out:
            self.log.warning(
                "the link to the chip lost %d spikes on their way in and %d on their way out; send "
                "fewer at a time",
                results.dropped_in,
                results.dropped_out,
            )
        self.running = True

    def run_until(self, tstop: float) -> None:
        """Run to an absolute time."""
        self.add(tstop - self.t)
        self.run()

    def ground(self) -> execution.Ground:
        """What the network is mapped onto."""
        return self._ground(self._calibrated or self._base())

    def _base(self) -> Chip | None:
        return self._default_config if self.initial_config is None else self.initial_config

    def _ground(self, config: Chip | None) -> execution.Ground:
        return execution.Ground(
            config=config,
            neuron_permutation=self.neuron_permutation,
            background_permutation=self.background_permutation,
        )

    def _snapshot(self, runtime: float) -> execution.Snippet:
        self._calibrate()
        return snapshot(self.populations, self.projections, self.ground(), runtime)

    def _calibrate(self) -> None:
        """Calibrate the circuits of cells that need it, if there are any."""
        cells = calibrated(self.populations)
        if not cells:
            return
        circuits = circuits_of(self.populations, self.projections, self._ground(self._base()))
        earlier = self._calibrated
        self._calibrated = calibrate(
            cells,
            circuits,
            self._base(),
            self.connection.twin,
            self.calibration_cache,
            self.injected_target,
        )
        if self.snippets and earlier is not None and not same_frame(earlier, self._calibrated):
            raise RuntimeError(
                "a snippet that was appended before needs other settings of what all neurons "
                "share: clocks, synapses, converters; run it before changing tau_refrac, "
                "i_synin_gm or synapse_dac_bias"
            )


state: State | None = None  # created by setup()


def active() -> State:
    """The current state; an error that says what to do if there is none."""
    if state is None:
        raise RuntimeError("no experiment is set up; call setup() first")
    return state
