"""Projections and their connections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyNN.common
from pyNN.errors import ConnectionError, InvalidDimensionsError, NonExistentParameterError
from pyNN.space import Space

from neckar import network
from neckar.brainscales2.chip.coordinates import CompartmentOnLogicalNeuron
from neckar.frontends.pynn import execution, simulator
from neckar.frontends.pynn.populations import Population
from neckar.frontends.pynn.standardmodels.synapses import StaticSynapse

SPACE = Space()


class Connection(pyNN.common.Connection):
    """One connection; its weight can be set."""

    delay = 0.0

    def __init__(self, projection: Projection, index: int) -> None:
        self.projection = projection
        self._index = index

    @property
    def presynaptic_index(self) -> int:
        """Index in the projection's presynaptic population or view."""
        return int(self.projection.pre_index[self._index])

    @property
    def postsynaptic_index(self) -> int:
        """Index in the projection's postsynaptic population or view."""
        return int(self.projection.post_index[self._index])

    @property
    def pop_pre_index(self) -> int:
        """Index in the whole presynaptic population."""
        return int(self.projection.pop_pre_index[self._index])

    @property
    def pop_post_index(self) -> int:
        """Index in the whole postsynaptic population."""
        return int(self.projection.pop_post_index[self._index])

    @property
    def weight(self) -> int:
        """Signed integer."""
        return int(self.projection.weight[self._index])

    @weight.setter
    def weight(self, value: float) -> None:
        self.projection.assign_weights(np.array([value]), slice(self._index, self._index + 1))

    @property
    def parameters(self) -> dict[str, float]:
        """Further parameters of the synapse."""
        return {name: values[self._index] for name, values in self.projection.extra.items()}

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "delay":
            self.projection.check_delay(value)
        super().__setattr__(name, value)

    def as_tuple(self, *attribute_names: str) -> tuple[Any, ...]:
        """Values of some attributes."""
        return tuple(getattr(self, name) for name in attribute_names)


class Projection(pyNN.common.Projection):
    """Connections between two populations, in order of the presynaptic, then postsynaptic cell."""

    _simulator = simulator
    _static_synapse_class = StaticSynapse

    def __init__(
        self,
        presynaptic_neurons: Any,
        postsynaptic_neurons: Any,
        connector: Any,
        synapse_type: Any = None,
        source: Any = None,
        receptor_type: str | None = None,
        space: Space = SPACE,
        label: str | None = None,
    ) -> None:
        state = simulator.active()
        _refuse_assemblies(presynaptic_neurons, postsynaptic_neurons)
        super().__init__(
            presynaptic_neurons,
            postsynaptic_neurons,
            connector,
            synapse_type,
            source,
            receptor_type,
            space,
            label,
        )
        self._noun: network.Projection | None = None
        self._connections: list[Connection] | None = None
        self._pieces: list[tuple[np.ndarray, np.ndarray, dict[str, Any]]] = []
        connector.connect(self)
        self._join_pieces()
        self.pre_compartment = _compartment(
            self.source_population, getattr(connector, "source_location_selector", None)
        )
        self.post_compartment = _compartment(self.target_population, connector.location_selector)
        state.projections.append(self)

    # --- construction ----------------------------------------------------------------------

    def add_connections(self, pre: np.ndarray, post: np.ndarray, **parameters: Any) -> None:
        """Called by connectors: connect pre[k] with post[k]."""
        self._pieces.append((pre, post, parameters))

    def _convergent_connect(
        self,
        presynaptic_indices: np.ndarray,
        postsynaptic_index: int,
        location_selector: Any = None,
        **connection_parameters: Any,
    ) -> None:
        pre = np.asarray(presynaptic_indices, dtype=int)
        self.add_connections(pre, np.full(len(pre), postsynaptic_index), **connection_parameters)

    def _join_pieces(self) -> None:
        pieces, self._pieces = self._pieces, []
        pre, post = (
            np.concatenate([piece[k] for piece in pieces] or [np.empty(0, dtype=int)]).astype(int)
            for k in (0, 1)
        )
        order = np.lexsort((post, pre))
        self.pre_index, self.post_index = pre[order], post[order]
        values = {
            name: np.concatenate([np.broadcast_to(p[name], len(where)) for where, _, p in pieces])
            for name in (pieces[0][2] if pieces else {})
        }
        weight = values.pop("weight", np.zeros(len(pre)))
        self.check_delay(values.pop("delay", 0))
        self.extra = {name: value[order] for name, value in values.items()}
        self.wanted_weight = np.asarray(weight, dtype=float)[order]
        self.weight = self._signed_integers(self.wanted_weight)
        self.pop_pre_index = _index_in_population(self.pre, self.pre_index)
        self.pop_post_index = _index_in_population(self.post, self.post_index)

    # --- weights ---------------------------------------------------------------------------

    def check_delay(self, delay: Any) -> None:
        """Only zero is possible."""
        delay = np.asarray(delay, dtype=float)
        if np.any(delay[np.isfinite(delay)] != 0):
            raise ValueError(
                f"{self.label}: delay {delay[delay != 0].flat[0]:g} ms; only 0 is supported, "
                "events take the time they need"
            )

    def _signed_integers(self, weights: np.ndarray) -> np.ndarray:
        """Rounded weights; refuse a sign that the receptor does not have."""
        if not np.isfinite(weights).all():
            raise ValueError(f"{self.label}: a weight is not a finite number")
        codes = np.rint(weights).astype(int)
        positive = self.post.conductance_based or self.receptor_type == "excitatory"
        wrong = weights[weights < 0 if positive else weights > 0]
        if wrong.size:
            other = "inhibitory" if positive else "excitatory"
            raise ConnectionError(
                f"{self.label}: weight {wrong[0]:g} has the wrong sign; weights of receptor_type "
                f"{self.receptor_type!r} are {'>= 0' if positive else '<= 0'}; change the sign or "
                f"use receptor_type={other!r}"
            )
        return codes

    def assign_weights(self, weights: np.ndarray, where: slice = slice(None)) -> None:
        """Set weights of some connections, or of none if one of them is refused."""
        self.weight[where] = self._signed_integers(weights)
        self.wanted_weight[where] = weights
        self._noun = None

    def _value_list_to_array(self, attributes: dict[str, Any]) -> dict[str, Any]:
        """Lists and arrays as matrices."""
        return {
            name: self._matrix(name, value)
            if isinstance(value, list | tuple | np.ndarray)
            else value
            for name, value in attributes.items()
        }

    def _matrix(self, name: str, value: Any) -> np.ndarray:
        """A matrix, one value per connection, or one per postsynaptic cell, as a matrix."""
        values = np.asarray(value, dtype=float)
        if values.shape == (len(self),):
            matrix = np.full(self.shape, np.nan)
            matrix[self.pre_index, self.post_index] = values
            return matrix
        if values.shape in (self.shape, self.shape[1:]):
            return np.broadcast_to(values, self.shape)
        raise InvalidDimensionsError(
            f"{self.label}: {name} has shape {values.shape}; possible are one value per connection "
            f"({len(self)}) or a matrix of shape {self.shape}"
        )

    def _set_attributes(self, parameter_space: Any) -> None:
        parameter_space.evaluate(simplify=True)
        values = {
            name: np.broadcast_to(np.asarray(value, dtype=float), self.shape)[
                self.pre_index, self.post_index
            ]
            for name, value in parameter_space.items()
        }
        self.check_delay(values.pop("delay", 0))
        if "weight" in values:
            self.assign_weights(values.pop("weight"))
        self.extra.update(values)

    def _set_initial_value_array(self, variable: str, initial_value: Any) -> None:
        raise NotImplementedError(
            f"{self.label}: initialize({variable}=...): static synapses have no state variables"
        )

    # --- access ----------------------------------------------------------------------------

    @property
    def source_population(self) -> Population:
        """The whole presynaptic population, also if a view was connected."""
        return _whole(self.pre)

    @property
    def target_population(self) -> Population:
        """The whole postsynaptic population, also if a view was connected."""
        return _whole(self.post)

    @property
    def connections(self) -> list[Connection]:
        """All connections, sorted by presynaptic, then postsynaptic cell."""
        if self._connections is None:
            self._connections = [Connection(self, k) for k in range(len(self))]
        return self._connections

    def __len__(self) -> int:
        return len(self.pre_index)

    def __getitem__(self, i: Any) -> Any:
        return self.connections[i]

    def _column(self, name: str) -> np.ndarray:
        columns: Mapping[str, np.ndarray] = {
            "presynaptic_index": self.pre_index,
            "postsynaptic_index": self.post_index,
            "weight": self.weight,
            "delay": np.zeros(len(self)),
            **self.extra,
        }
        if name not in columns:
            raise NonExistentParameterError(name, type(self.synapse_type).__name__, list(columns))
        return columns[name]

    def _get_attributes_as_list(self, names: Sequence[str]) -> list[tuple[Any, ...]]:
        return list(zip(*(self._column(name).tolist() for name in names), strict=True))

    def _get_attributes_as_arrays(
        self, names: Sequence[str], multiple_synapses: str = "sum"
    ) -> list[np.ndarray]:
        flat = self.pre_index * self.shape[1] + self.post_index
        if len(np.unique(flat)) < len(flat):
            return super()._get_attributes_as_arrays(names, multiple_synapses)
        matrices = []
        for name in names:
            matrix = np.full(self.shape, np.nan)
            matrix[self.pre_index, self.post_index] = self._column(name)
            matrices.append(matrix)
        return matrices

    @property
    def placed_connections(self) -> list[list[Any]]:
        """Per connection the synapses of the chip that realise it, as they were mapped last."""
        state = simulator.active()
        mapped, index = state.placed(), state.projections.index(self)
        if mapped is None or index >= len(mapped.network.projections):
            raise RuntimeError(
                f"{self.label}: placed_connections are known after the network was mapped; call "
                "run(None, RunCommand.PREPARE) first"
            )
        return execution.synapses_of(mapped, index)

    def noun(self) -> network.Projection:
        """The projection in the words of the mapping."""
        if self._noun is None:
            self._noun = network.Projection(
                name=self.label,
                source=self.source_population.name,
                target=self.target_population.name,
                receptor=self.receptor_type,
                pre=self.pop_pre_index,
                post=self.pop_post_index,
                weight_code=np.abs(self.wanted_weight),
                source_compartment=int(self.pre_compartment),
                target_compartment=int(self.post_compartment),
            )
        return self._noun


def _refuse_assemblies(*ends: Any) -> None:
    for end in ends:
        if isinstance(end, pyNN.common.Assembly):
            raise NotImplementedError(
                f"{end.label}: assemblies cannot be connected; instead: one projection for each "
                "population in it"
            )


def _whole(end: Any) -> Population:
    return end.grandparent if hasattr(end, "grandparent") else end


def _index_in_population(end: Any, indices: np.ndarray) -> np.ndarray:
    return end.index_in_grandparent(indices) if hasattr(end, "grandparent") else indices


def _compartment(population: Population, location: str | None) -> CompartmentOnLogicalNeuron:
    """The one with this label, by default the first one."""
    if location is None:
        return CompartmentOnLogicalNeuron()
    celltype = population.celltype
    if not hasattr(celltype, "get_compartment_ids"):
        raise ValueError(
            f"{population.label}: cells of type {type(celltype).__name__} have no "
            f"labeled locations such as {location!r}"
        )
    found = celltype.get_compartment_ids([location])
    if len(found) > 1:
        raise ValueError(
            f"{population.label}: {len(found)} compartments have the label {location!r}; give each "
            "compartment that is connected a label of its own"
        )
    return found[0]
