"""What all cell types share: parameters keep names and values, and are checked at the door."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from pyNN.errors import InvalidParameterValueError
from pyNN.parameters import ParameterSpace
from pyNN.standardmodels import StandardCellType as PyNNCellType
from pyNN.standardmodels import build_translations

from neckar import network
from neckar.brainscales2.chip.registers import Chip
from neckar.frontends.pynn import strictness

Cell = network.Circuit | network.Compartments | network.SpikeTimes | network.OnChipPoisson


class OutOfRangeError(InvalidParameterValueError, OverflowError):
    """A value that the chip cannot hold."""


def untranslated(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """PyNN's table of translations for parameters that keep their names and values."""
    return build_translations(*((name, name) for name in parameters))


class StandardCellType(PyNNCellType):
    """Base of all cell types that a population can consist of."""

    recordable: tuple[str, ...] = ("spikes",)
    awaits_config = False
    is_calibrated = False

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**{name: value for name, value in parameters.items() if value is not None})

    def owned(self, space: ParameterSpace, initial_config: Chip | None) -> Self:
        """A copy for one population, with one value per cell in `space`."""
        own = copy.copy(self)
        own.parameter_space = space
        return own

    def translate(self, parameters: ParameterSpace, copy: bool = True) -> ParameterSpace:
        """Names and values stay as they are."""
        return parameters

    def reverse_translate(self, native_parameters: ParameterSpace) -> ParameterSpace:
        """Names and values stay as they are."""
        return native_parameters

    def can_record(self, variable: str, location: Any = None) -> bool:
        """Whether `variable` can be recorded."""
        return variable in self.recordable

    def validate_parameter_space(self) -> None:
        """Raise if the values of the parameters are not known yet."""

    def check(self, label: str, values: Mapping[str, np.ndarray]) -> None:
        """Refuse values that the population `label` cannot have."""

    def assign(self, cells: np.ndarray | slice, values: Mapping[str, np.ndarray]) -> None:
        """Set parameters of some cells of the population."""
        for name, value in values.items():
            old = self.parameter_space[name]
            new = np.array(old)
            new[cells] = value
            self.parameter_space._parameters[name] = new

    def skeleton(self, size: int) -> Cell:
        """What has to be placed, without its parameters."""
        raise NotImplementedError

    def cell(self, label: str) -> Cell:
        """The cells of the population `label` in the words of the mapping."""
        raise NotImplementedError


class NeuronCellType(StandardCellType):
    """Base of cell types that occupy neuron circuits."""

    receptor_types = ("excitatory", "inhibitory")
    conductance_based = False


class ConfiguredCellType(NeuronCellType):
    """Base of cell types whose parameters are the settings of neuron circuits.

    With an `initial_config` they are unknown until the cells are placed: then the settings of
    their circuits are taken over, and what the user chose wins, the latest last.
    """

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self._chosen = {name for name, value in parameters.items() if value is not None}
        self._config: Chip | None = None
        self._queue: list[tuple[Any, dict[str, np.ndarray]]] = []

    def owned(self, space: ParameterSpace, initial_config: Chip | None) -> Self:
        """A copy for one population that awaits `initial_config`, if there is one."""
        own = super().owned(space, initial_config)
        own._chosen, own._queue = set(self._chosen), []
        own._config = initial_config
        return own

    @property
    def awaits_config(self) -> bool:  # type: ignore[override]
        """Whether the circuits, and with them the initial settings, are still unknown."""
        return self._config is not None

    def validate_parameter_space(self) -> None:
        """Raise while the initial settings are unknown."""
        if self.awaits_config:
            raise RuntimeError(
                "parameters come from initial_config and are known once the neurons are placed; "
                "call run(None, RunCommand.PREPARE) first"
            )

    def assign(self, cells: np.ndarray | slice, values: Mapping[str, np.ndarray]) -> None:
        """Set parameters now, or, while the initial settings are unknown, right after those."""
        if self.awaits_config:
            if strictness.is_strict():
                self.validate_parameter_space()
            self._queue.append((cells, dict(values)))
        else:
            super().assign(cells, values)
            self._chosen.update(values)

    def apply_config(self, circuits: np.ndarray) -> None:
        """Take over the settings of `circuits`, (size, n_circuits)."""
        assert self._config is not None
        self._take_over(self._config.array["neuron_block"]["atomic_neurons"][circuits])
        self._config = None
        queue, self._queue = self._queue, []
        for cells, chosen in queue:
            self.assign(cells, chosen)

    def _take_over(self, registers: np.ndarray) -> None:
        """Settings of circuits, (size, n_circuits), for everything that was not chosen."""
        raise NotImplementedError


class ExternalNeuron(StandardCellType):
    """Base of cell types whose spikes come from the host."""

    injectable = False

    def skeleton(self, size: int) -> network.SpikeTimes:
        """As many silent sources."""
        return network.SpikeTimes(times=(np.empty(0),) * size)
