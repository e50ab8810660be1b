"""Cell types: the neuron circuit with all its settings, and the sources of spikes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from pyNN.parameters import ParameterSpace

from neckar import network
from neckar.brainscales2.chip.coordinates import (
    AtomicNeuronOnLogicalNeuron,
    CompartmentOnLogicalNeuron,
)
from neckar.brainscales2.chip.coordinates.special import LogicalNeuronCompartments
from neckar.brainscales2.chip.registers import AtomicNeuron, Chip
from neckar.frontends.pynn import strictness
from neckar.frontends.pynn.standardmodels.cells_base import (
    ExternalNeuron,
    NeuronCellType,
    OutOfRangeError,
    StandardCellType,
    untranslated,
)
from neckar.frontends.pynn.standardmodels.sources import (
    SpikeSourceArray,
    SpikeSourcePoisson,
    SpikeSourcePoissonOnChip,
)

__all__ = [
    "ExternalNeuron",
    "HXNeuron",
    "NeuronCellType",
    "SpikeSourceArray",
    "SpikeSourcePoisson",
    "SpikeSourcePoissonOnChip",
    "StandardCellType",
]

# Set by recording and mapping, not by the user.
NOT_CONFIGURABLE = frozenset(
    {
        "event_routing_analog_output",
        "event_routing_enable_digital",
        "leak_reset_i_bias_source_follower",
        "readout_enable_amplifier",
        "readout_source",
        "readout_enable_buffered_access",
        "readout_i_bias",
    }
)
ANALOG_VARIABLES = ("v", "exc_synin", "inh_synin", "adaptation")
PLASTICITY = {"plasticity_rule_readout_source": 0.0, "plasticity_rule_enable_readout_source": False}


def get_values_of_atomic_neuron(
    atomic_neuron: AtomicNeuron, exclude: Any = ()
) -> dict[str, float | bool]:
    """Settings of a neuron as `<member>_<attribute>`: switches as bool, the rest as float."""
    registers = atomic_neuron.array
    values = {}
    for name, (member, attribute) in FIELDS.items():
        if name not in (exclude or ()):
            value = registers[member][attribute][()]
            values[name] = bool(value) if isinstance(value, np.bool_) else float(value)
    return values


def _fields() -> dict[str, tuple[str, str]]:
    """Member and attribute of each setting of a neuron, by its flat name, sorted."""
    dtype = AtomicNeuron.dtype
    return {
        f"{member}_{attribute}": (member, attribute)
        for member in sorted(dtype.names)
        for attribute in sorted(dtype[member].names)
    }


FIELDS = _fields()


class HXNeuron(NeuronCellType):
    """A neuron circuit with all settings of the chip's `AtomicNeuron`, as `<member>_<attribute>`.

    Analog values are codes 0 .. 1022 of the parameter memory (1023 switches a cell off). Without
    parameters the neuron is silent; with an `initial_config` they come from there and those given
    here win.
    """

    recordable = ("spikes", *ANALOG_VARIABLES)
    receptor_types = ("excitatory", "inhibitory")
    ReadoutSource = AtomicNeuron.Readout.Source
    logical_compartments = LogicalNeuronCompartments(
        {CompartmentOnLogicalNeuron(): [AtomicNeuronOnLogicalNeuron()]}
    )
    default_parameters = PLASTICITY | get_values_of_atomic_neuron(AtomicNeuron(), NOT_CONFIGURABLE)
    translations = untranslated(default_parameters)
    units = dict.fromkeys((*ANALOG_VARIABLES, *PLASTICITY), "dimensionless")

    def __init__(self, plasticity_rule: Any = None, **parameters: Any) -> None:
        if plasticity_rule is not None:
            raise NotImplementedError(
                "HXNeuron(plasticity_rule=...): plasticity rules are not available yet; instead: "
                "change parameters between runs or snippets"
            )
        super().__init__(**parameters)
        self._chosen = {name for name, value in parameters.items() if value is not None}
        self._config: Chip | None = None
        self._queue: list[tuple[Any, dict[str, np.ndarray]]] = []

    @classmethod
    def get_default_values(cls) -> dict[str, float | bool]:
        """The settings of a silent neuron."""
        return dict(cls.default_parameters)

    @classmethod
    def create_hw_entity(cls, pynn_parameters: Mapping[str, float | bool]) -> AtomicNeuron:
        """The settings as the chip's own object."""
        neuron = AtomicNeuron()
        for name, value in pynn_parameters.items():
            if name in FIELDS:
                member, attribute = FIELDS[name]
                neuron.array[member][attribute] = int(value)
        return neuron

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

    def check(self, label: str, values: Mapping[str, np.ndarray]) -> None:
        """Codes lie within what their register holds."""
        broken = [
            f"{name} {message}"
            for name, value in values.items()
            if name in FIELDS and (message := _refused(value, *FIELDS[name]))
        ]
        if broken:
            raise OutOfRangeError(f"{label}: {'; '.join(broken)}")

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
        """Take over the settings of `circuits`; what the user chose wins, the latest last."""
        assert self._config is not None
        registers = self._config.array["neuron_block"]["atomic_neurons"][circuits]
        values = self.parameter_space._parameters
        for name in values.keys() - self._chosen - PLASTICITY.keys():
            member, attribute = FIELDS[name]
            values[name] = registers[member][attribute].astype(values[name].dtype)
        self._config = None
        queue, self._queue = self._queue, []
        for cells, chosen in queue:
            self.assign(cells, chosen)

    def skeleton(self, size: int) -> network.Circuit:
        """As many circuits."""
        return network.Circuit(parameters={})

    def cell(self, label: str) -> network.Circuit:
        """What the user chose, as codes; all else is as the chip was configured initially."""
        space = self.parameter_space
        return network.Circuit(
            parameters={
                name: space[name]
                if space[name].dtype == bool
                else np.trunc(space[name]).astype(int)
                for name in sorted(self._chosen - PLASTICITY.keys())
            }
        )


def _codes(values: np.ndarray) -> np.ndarray:
    """Floats cut off to integers, switches as they are."""
    return values if values.dtype == bool else np.trunc(values).astype(int)


def _refused(values: np.ndarray, member: str, attribute: str) -> str:
    """Why the register does not take these values, or nothing."""
    codec = AtomicNeuron.fields[member].codec.register.fields[attribute].codec
    values = np.asarray(values)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        return "is not a finite number"
    try:
        codec.check(np.trunc(values) if values.dtype.kind == "f" else values)
    except (OverflowError, TypeError, ValueError) as error:
        return f"= {_extreme(values)}: {error}"
    return ""


def _extreme(values: np.ndarray) -> str:
    return f"{max(values.flat, key=abs):g}"
