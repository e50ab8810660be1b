"""Cell types in model terms, for which the circuits are calibrated when they are mapped."""

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
from neckar.frontends.pynn.standardmodels.cells_base import (
    NeuronCellType,
    OutOfRangeError,
    untranslated,
)
from neckar.frontends.pynn.standardmodels.settings import ANALOG_VARIABLES, FIELDS, NOT_CONFIGURABLE

RANGES = {
    "v_rest": (50, 160),
    "v_reset": (50, 160),
    "v_thresh": (50, 220),
    "tau_m": (0.5, 60),
    "tau_syn_E": (0.3, 30),
    "tau_syn_I": (0.3, 30),
    "cm": (0, 63),
    "tau_refrac": (0.04, 32),
    "i_synin_gm_E": (30, 800),
    "i_synin_gm_I": (30, 800),
    "synapse_dac_bias": (30, 1022),
}
_WRITTEN = tuple(
    name
    for name, (member, _) in FIELDS.items()
    if member not in ("event_routing", "readout") and name not in NOT_CONFIGURABLE
)


class CalibratedCell(NeuronCellType):
    """A neuron whose circuit is calibrated for it.

    Once it is mapped there are `calib_target`, `calib_hwparams` (what calibration found), and
    `actual_hwparams`, which is written to the chip and may be changed.
    """

    is_calibrated = True
    recordable = ("spikes", *ANALOG_VARIABLES)
    units = dict.fromkeys(ANALOG_VARIABLES, "dimensionless")
    logical_compartments = LogicalNeuronCompartments(
        {CompartmentOnLogicalNeuron(): [AtomicNeuronOnLogicalNeuron()]}
    )
    default_parameters: dict[str, float]
    calib_target: dict[str, np.ndarray] | None = None
    calib_hwparams: tuple[AtomicNeuron, ...] | None = None
    actual_hwparams: tuple[AtomicNeuron, ...] | None = None

    def __init__(self, plasticity_rule: Any = None, **parameters: Any) -> None:
        if plasticity_rule is not None:
            raise NotImplementedError(
                f"{type(self).__name__}(plasticity_rule=...): plasticity rules are not available "
                "yet; instead: change parameters between runs or snippets"
            )
        super().__init__(**parameters)

    def owned(self, space: ParameterSpace, initial_config: Chip | None) -> Self:
        """A copy for one population, not calibrated yet."""
        own = super().owned(space, initial_config)
        own.calib_target = own.calib_hwparams = own.actual_hwparams = None
        return own

    def check(self, label: str, values: Mapping[str, np.ndarray]) -> None:
        """Within what circuits can be calibrated for."""
        wrong = []
        for name, (low, high) in RANGES.items():
            given = np.asarray(values.get(name, low), dtype=float)
            outside = given[~((given >= low) & (given <= high))]
            if outside.size:
                wrong.append(f"{name} = {outside.flat[0]:g} lies outside {low:g} .. {high:g}")
        if wrong:
            raise OutOfRangeError(f"{label}: {'; '.join(wrong)}")

    def take(self, registers: np.ndarray) -> None:
        """Keep what calibration found for the circuits; changes by the user last until it changes.

        Args:
            registers: settings of the circuits, (size,).
        """
        self.calib_target = {
            name: np.array(values) for name, values in self.parameter_space.items()
        }
        known = self.calib_hwparams
        if known is not None and all(
            neuron.array.tobytes() == register.tobytes()
            for neuron, register in zip(known, registers, strict=True)
        ):
            return
        self.calib_hwparams = tuple(AtomicNeuron.from_array(each) for each in registers)
        self.actual_hwparams = tuple(AtomicNeuron.from_array(each) for each in registers)

    def skeleton(self, size: int) -> network.Circuit:
        """As many circuits."""
        return network.Circuit(parameters={})

    def cell(self, label: str) -> network.Circuit:
        """The actual settings of the circuits."""
        assert self.actual_hwparams is not None
        registers = np.stack([neuron.array for neuron in self.actual_hwparams])
        return network.Circuit(
            parameters={
                name: registers[member][attribute]
                for name, (member, attribute) in FIELDS.items()
                if name in _WRITTEN
            }
        )


class CalibHXNeuronCuba(CalibratedCell):
    """Leaky integrate-and-fire with currents as synaptic input.

    Args:
        v_rest: where the membrane rests, readings of the CADC as all potentials.
        v_reset: where it is held after a spike.
        v_thresh: where it fires.
        tau_m: of the membrane, us of hardware time as all times.
        tau_syn_E: of the excitatory input; likewise `tau_syn_I`.
        cm: capacitance of the membrane, a code up to 63.
        tau_refrac: how long it is held.
        i_synin_gm_E: strength of excitatory inputs, a code, the same on the whole chip; likewise
            `i_synin_gm_I`.
        synapse_dac_bias: strength of all synapses, a code, the same on the whole chip.
    """

    conductance_based = False
    default_parameters = {  # noqa: RUF012
        "v_rest": 80.0,
        "v_reset": 70.0,
        "v_thresh": 125.0,
        "tau_m": 10.0,
        "tau_syn_E": 10.0,
        "tau_syn_I": 10.0,
        "cm": 63.0,
        "tau_refrac": 2.0,
        "i_synin_gm_E": 500.0,
        "i_synin_gm_I": 500.0,
        "synapse_dac_bias": 600.0,
    }
    translations = untranslated(default_parameters)


class CalibHXNeuronCoba(CalibratedCell):
    """Leaky integrate-and-fire with conductances as synaptic input.

    Parameters are those of `CalibHXNeuronCuba`, and `e_rev_E`, `e_rev_I`: the potentials at which
    an input has no effect. At rest it has the effect of a current.
    """

    conductance_based = True
    default_parameters = {  # noqa: RUF012
        "v_rest": 110.0,
        "v_reset": 100.0,
        "v_thresh": 160.0,
        "tau_m": 10.0,
        "tau_syn_E": 10.0,
        "tau_syn_I": 10.0,
        "cm": 63.0,
        "tau_refrac": 2.0,
        "e_rev_E": 300.0,
        "e_rev_I": 30.0,
        "i_synin_gm_E": 180.0,
        "i_synin_gm_I": 250.0,
        "synapse_dac_bias": 400.0,
    }
    translations = untranslated(default_parameters)

    def check(self, label: str, values: Mapping[str, np.ndarray]) -> None:
        """Reversal potentials lie on either side of any resting potential."""
        super().check(label, values)
        for name, (low, high) in {"e_rev_E": (180, 1000), "e_rev_I": (-1000, 45)}.items():
            given = np.asarray(values.get(name, low), dtype=float)
            if not np.all((given >= low) & (given <= high)):
                raise OutOfRangeError(f"{label}: {name} lies outside {low:g} .. {high:g}")
