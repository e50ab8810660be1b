"""The settings of a neuron circuit under flat names, `<member>_<attribute>`."""

from __future__ import annotations

from typing import Any

import numpy as np

from neckar.brainscales2.chip.registers import AtomicNeuron

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
