"""Populations, views of them, and their parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import neo
import numpy as np
import pyNN.common
from pyNN.errors import (
    InvalidDimensionsError,
    InvalidParameterValueError,
    NonExistentParameterError,
)
from pyNN.parameters import ParameterSpace, simplify

from neckar import network
from neckar.frontends.pynn import simulator
from neckar.frontends.pynn.recording import Recorder, joined


def _own_parameters(celltype: Any, size: int, label: str) -> ParameterSpace:
    """Its parameter space with one value per cell, sharing nothing with the original."""
    space = ParameterSpace({}, celltype.get_schema(), (size,), type(celltype))
    for name, lazy in celltype.parameter_space.items():
        try:
            space._parameters[name] = _values(lazy, size)
        except ValueError as error:
            raise InvalidDimensionsError(
                f"{label}: {name} has {_length(lazy)} values, the population {size} cells"
            ) from error
    space._evaluated, space._evaluated_shape = True, (size,)
    return space


def _length(given: Any) -> int:
    return len(given if isinstance(given, np.ndarray) else given.base_value)


def _values(lazy: Any, size: int) -> np.ndarray:
    """One value per cell, of a type that was just made or of one that another population has."""
    if isinstance(lazy, np.ndarray):
        is_uniform = all(value == lazy[0] for value in lazy[1:])
        return np.repeat(lazy[:1], size) if is_uniform else np.array(lazy).reshape(size)
    if isinstance(lazy.base_value, bool | int | float) and not lazy.operations:
        return np.full(size, lazy.base_value, dtype=lazy.dtype)
    lazy.shape = (size,)
    return np.array(lazy.evaluate(simplify=False)).reshape(size)


class _Parameters:
    """Reading and writing of parameters, the same for populations and views."""

    celltype: Any
    size: int
    label: str
    all_cells: np.ndarray

    def _cells(self) -> np.ndarray | slice:
        """Indices of the cells in their population."""
        raise NotImplementedError

    def _root(self) -> Population:
        """The population the cells belong to."""
        raise NotImplementedError

    def set(self, **parameters: Any) -> None:
        """Set parameters: one value for all, or a list or array with one value per cell."""
        try:
            super().set(**parameters)  # type: ignore[misc]
        except NonExistentParameterError:
            raise
        except (InvalidParameterValueError, OverflowError):
            raise
        except (TypeError, ValueError) as error:
            names = ", ".join(parameters)
            raise type(error)(f"{self.label}: cannot set {names}: {error}") from error

    def _get_parameters(self, *names: str) -> ParameterSpace:
        celltype = self.celltype
        celltype.validate_parameter_space()
        values = {}
        for name in names:
            if not celltype.has_parameter(name):
                raise NonExistentParameterError(
                    name, type(celltype).__name__, celltype.get_parameter_names()
                )
            value = simplify(celltype.parameter_space[name][self._cells()])
            values[name] = bool(value) if isinstance(value, np.bool_) else value
        schema = {name: kind for name, kind in celltype.get_schema().items() if name in values}
        return ParameterSpace(values, schema=schema, shape=(self.size,))

    def _set_parameters(self, parameter_space: ParameterSpace) -> None:
        parameter_space.evaluate(simplify=False)
        values = dict(parameter_space.items())
        self.celltype.check(self.label, values)
        self.celltype.assign(self._cells(), values)
        self._root().forget_noun()

    def _calibration(self, name: str) -> Any:
        """Something about the calibration of all cells."""
        found = getattr(self.celltype, name, None)
        if found is None:
            raise AttributeError(
                f"{self.label}: {name} is known once cells like CalibHXNeuronCuba are mapped; call "
                "run(None, RunCommand.PREPARE) first"
            )
        return found

    @property
    def calib_target(self) -> ParameterSpace:
        """What the circuits were calibrated for."""
        target = self._calibration("calib_target")
        values = {name: each[self._cells()] for name, each in target.items()}
        return ParameterSpace(values, shape=(self.size,))

    @property
    def calib_hwparams(self) -> list[Any]:
        """Settings of the circuits as calibration found them."""
        return self._chosen(self._calibration("calib_hwparams"))

    @property
    def actual_hwparams(self) -> tuple[Any, ...]:
        """Settings of the circuits as they are written to the chip; may be changed."""
        return tuple(self._chosen(self._calibration("actual_hwparams")))

    def _chosen(self, values: Sequence[Any]) -> list[Any]:
        return [values[index] for index in np.arange(len(values))[self._cells()]]

    def _get_view(self, selector: Any, label: str | None = None) -> PopulationView:
        return PopulationView(self, selector, label)

    def record(
        self,
        variables: str | Sequence[str] | None,
        to_file: Any = None,
        sampling_interval: float | None = None,
        locations: Sequence[str] | None = None,
        *,
        device: str = "madc",
    ) -> None:
        """Record variables of all cells; `None` ends recording of the whole population.

        Args:
            variables: one or several of the cell type's `recordable`.
            to_file: a file name; `end()` writes there.
            sampling_interval: not available, converters have their own.
            locations: labels of compartments; the first compartment if none are given.
            device: "madc", "cadc", or "pad_0", "pad_1" with "_buffered" or "_unbuffered".
        """
        recorder = self._root().recorder
        if variables is None:
            recorder.reset()
        else:
            recorder.record(
                variables,
                self.all_cells,
                sampling_interval,
                locations,
                device=device,
            )
        if isinstance(to_file, str):
            recorder.file = to_file
            simulator.active().write_on_end.append((self, variables, to_file))

    def find_units(self, variable: Any) -> str:
        """Unit of a variable or parameter."""
        return self.celltype.units[getattr(variable, "name", variable)]

    def _set_initial_value_array(self, variable: str, value: Any) -> None:
        simulator.active().log.warning(
            "%s: initial value of %s is ignored; a membrane starts where its circuit left it",
            self.label,
            variable,
        )


class Assembly(pyNN.common.Assembly):
    """Several populations under one name; can be recorded but not yet connected."""

    _simulator = simulator

    def record(
        self,
        variables: str | Sequence[str] | None,
        to_file: Any = None,
        sampling_interval: float | None = None,
        locations: Sequence[str] | None = None,
        *,
        device: str = "madc",
    ) -> None:
        """Record variables of all cells of all populations."""
        for population in self.populations:
            population.record(variables, to_file, sampling_interval, locations, device=device)

    def get_data(
        self,
        variables: str | Sequence[str] = "all",
        gather: bool = True,
        clear: bool = False,
        annotations: dict[str, Any] | None = None,
    ) -> neo.Block:
        """The recorded data of all populations in one block."""
        blocks = [p.get_data(variables, gather, clear) for p in self.populations]
        block = joined(self.label, self.describe(), blocks)
        block.annotate(**self.annotations, **(annotations or {}))
        return block


class Population(_Parameters, pyNN.common.Population):
    """Cells of one type. Their ids are consecutive over all populations, in order of creation."""

    _simulator = simulator
    _recorder_class = Recorder
    _assembly_class = Assembly

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        simulator.active()
        self._noun: network.Population | None = None
        self._descriptions: dict[Any, Any] = {}
        try:
            super().__init__(*args, **kwargs)
        except BaseException:
            simulator.active().recorders.discard(self.__dict__.get("recorder"))
            raise
        self.name = simulator.active().register(self)

    def _create_cells(self) -> None:
        if self.size < 1:
            raise ValueError(f"{self.label}: a population needs at least one cell, not {self.size}")
        state = simulator.active()
        celltype = self.celltype.owned(
            _own_parameters(self.celltype, self.size, self.label), state.initial_config
        )
        celltype.check(self.label, dict(celltype.parameter_space.items()))
        self.celltype = celltype
        first = state.id_counter
        cells = [simulator.ID(first + k) for k in range(self.size)]
        for cell in cells:
            cell.parent = self
        self.all_cells = np.array(cells, dtype=simulator.ID)
        self._mask_local = np.ones(self.size, dtype=bool)
        state.id_counter += self.size

    def __setattr__(self, name: str, value: Any) -> None:
        if name != "_noun" and "_descriptions" in self.__dict__:
            self._descriptions.clear()
        super().__setattr__(name, value)

    def _cells(self) -> slice:
        return slice(None)

    def _root(self) -> Population:
        return self

    def describe(self, template: Any = "population_default.txt", engine: Any = "default") -> Any:
        """Human-readable description."""
        key = (template, engine)
        if key not in self._descriptions:
            self._descriptions[key] = super().describe(template, engine)
        return self._descriptions[key]

    def forget_noun(self) -> None:
        """Cells have changed: say them anew to the mapping."""
        self._noun = None

    def noun(self) -> network.Population:
        """The population in the words of the mapping."""
        if self._noun is None:
            cell = self.celltype.cell(self.name)
            self._noun = network.Population(name=self.name, size=self.size, cell=cell)
        return self._noun


class PopulationView(_Parameters, pyNN.common.PopulationView):
    """Some cells of a population."""

    _simulator = simulator
    _assembly_class = Assembly

    def _cells(self) -> np.ndarray:
        return self.index_in_grandparent(np.arange(self.size))

    def _root(self) -> Population:
        return self.grandparent
