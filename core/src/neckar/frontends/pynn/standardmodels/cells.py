"""Cell types: the neuron circuit with all its settings, and the sources of spikes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from neckar import network
from neckar.brainscales2.chip.coordinates import (
    AtomicNeuronOnLogicalNeuron,
    CompartmentOnLogicalNeuron,
)
from neckar.brainscales2.chip.coordinates.special import LogicalNeuronCompartments
from neckar.brainscales2.chip.registers import AtomicNeuron
from neckar.frontends.pynn.standardmodels.calibrated import (
    CalibHXNeuronCoba,
    CalibHXNeuronCuba,
)
from neckar.frontends.pynn.standardmodels.cells_base import (
    ConfiguredCellType,
    ExternalNeuron,
    NeuronCellType,
    OutOfRangeError,
    StandardCellType,
    untranslated,
)
from neckar.frontends.pynn.standardmodels.settings import (
    ANALOG_VARIABLES,
    FIELDS,
    NOT_CONFIGURABLE,
    get_values_of_atomic_neuron,
)
from neckar.frontends.pynn.standardmodels.sources import (
    SpikeSourceArray,
    SpikeSourcePoisson,
    SpikeSourcePoissonOnChip,
)

__all__ = [
    "CalibHXNeuronCoba",
    "CalibHXNeuronCuba",
    "ExternalNeuron",
    "HXNeuron",
    "NeuronCellType",
    "SpikeSourceArray",
    "SpikeSourcePoisson",
    "SpikeSourcePoissonOnChip",
    "StandardCellType",
]

PLASTICITY = {"plasticity_rule_readout_source": 0.0, "plasticity_rule_enable_readout_source": False}


class HXNeuron(ConfiguredCellType):
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

    def check(self, label: str, values: Mapping[str, np.ndarray]) -> None:
        """Codes lie within what their register holds."""
        broken = [
            f"{name} {message}"
            for name, value in values.items()
            if name in FIELDS and (message := refused(value, *FIELDS[name]))
        ]
        if broken:
            raise OutOfRangeError(f"{label}: {'; '.join(broken)}")

    def _take_over(self, registers: np.ndarray) -> None:
        values = self.parameter_space._parameters
        for name in values.keys() - self._chosen - PLASTICITY.keys():
            member, attribute = FIELDS[name]
            values[name] = registers[member][attribute][:, 0].astype(values[name].dtype)

    def skeleton(self, size: int) -> network.Circuit:
        """As many circuits."""
        return network.Circuit(parameters={})

    def cell(self, label: str) -> network.Circuit:
        """What the user chose, as codes; all else is as the chip was configured initially."""
        space = self.parameter_space
        return network.Circuit(
            parameters={
                name: codes(space[name]) for name in sorted(self._chosen - PLASTICITY.keys())
            }
        )


def codes(values: np.ndarray) -> np.ndarray:
    """Floats cut off to integers, switches as they are."""
    return values if values.dtype == bool else np.trunc(values).astype(int)


def refused(values: np.ndarray, member: str, attribute: str) -> str:
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
