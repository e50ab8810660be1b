"""One neuron seen as circuit by circuit (`AtomicNeuron`) and as the registers that set it."""

from typing import Any

# field of `NeuronConfig`: part and field of `AtomicNeuron`
DIGITAL = {
    "enable_synaptic_input_excitatory": ("excitatory_input", "enable"),
    "enable_synaptic_input_excitatory_small_capacitance": (
        "excitatory_input",
        "enable_small_capacitance",
    ),
    "enable_synaptic_input_excitatory_high_resistance": (
        "excitatory_input",
        "enable_high_resistance",
    ),
    "enable_synaptic_input_excitatory_coba_mode": ("excitatory_input", "enable_coba_mode"),
    "enable_synaptic_input_inhibitory": ("inhibitory_input", "enable"),
    "enable_synaptic_input_inhibitory_small_capacitance": (
        "inhibitory_input",
        "enable_small_capacitance",
    ),
    "enable_synaptic_input_inhibitory_high_resistance": (
        "inhibitory_input",
        "enable_high_resistance",
    ),
    "enable_synaptic_input_inhibitory_coba_mode": ("inhibitory_input", "enable_coba_mode"),
    "enable_leak_degeneration": ("leak", "enable_degeneration"),
    "enable_leak_division": ("leak", "enable_division"),
    "enable_leak_multiplication": ("leak", "enable_multiplication"),
    "enable_reset_degeneration": ("reset", "enable_degeneration"),
    "enable_reset_division": ("reset", "enable_division"),
    "enable_reset_multiplication": ("reset", "enable_multiplication"),
    "enable_threshold_comparator": ("threshold", "enable"),
    "enable_membrane_offset": ("constant_current", "enable"),
    "invert_membrane_offset": ("constant_current", "type"),
    "connect_soma": ("multicompartment", "connect_soma"),
    "connect_soma_right": ("multicompartment", "connect_soma_right"),
    "connect_membrane_right": ("multicompartment", "connect_right"),
    "connect_bottom": ("multicompartment", "connect_vertical"),
    "enable_multicomp_conductance": ("multicompartment", "enable_conductance"),
    "enable_divide_multicomp_conductance_bias": (
        "multicompartment",
        "enable_conductance_division",
    ),
    "enable_multiply_multicomp_conductance_bias": (
        "multicompartment",
        "enable_conductance_multiplication",
    ),
    "membrane_capacitor_size": ("membrane_capacitance", "capacitance"),
    "enable_adaptation": ("adaptation", "enable"),
    "invert_adaptation_a": ("adaptation", "invert_a"),
    "invert_adaptation_b": ("adaptation", "invert_b"),
    "enable_exponential": ("exponential", "enable"),
    "enable_pause": ("refractory_period", "enable_pause"),
    "enable_unbuffered_access": ("readout", "enable_unbuffered_access"),
    "enable_readout_amplifier": ("readout", "enable_amplifier"),
    "readout_source": ("readout", "source"),
    "enable_readout": ("readout", "enable_buffered_access"),
    "enable_bypass_excitatory": ("event_routing", "enable_bypass_excitatory"),
    "enable_bypass_inhibitory": ("event_routing", "enable_bypass_inhibitory"),
}

# field of `NeuronBackendConfig`: part and field of `AtomicNeuron`
BACKEND = {
    "enable_adaptation_pulse": ("adaptation", "enable_pulse"),
    "reset_holdoff": ("refractory_period", "reset_holdoff"),
    "refractory_time": ("refractory_period", "refractory_time"),
    "select_input_clock": ("refractory_period", "input_clock"),
    "enable_spike_out": ("event_routing", "enable_digital"),
    "post_overwrite": ("event_routing", "enable_post_overwrite"),
    "address_out": ("event_routing", "address"),
    "enable_neuron_master": ("bayesian", "enable_master"),
    "enable_neuron_slave": ("bayesian", "enable_slave"),
    "connect_fire_bottom": ("bayesian", "connect_fire_vertical"),
    "connect_fire_to_right": ("bayesian", "connect_fire_to_right"),
    "connect_fire_from_right": ("bayesian", "connect_fire_from_right"),
    "enable_bayesian_extension": ("bayesian", "to_post_pulse"),
}

# code of a CapMem row (`CapMemRowOnCapMemBlock`): part and field of `AtomicNeuron`
ANALOG = (
    ("leak", "v_leak"),
    ("reset", "v_reset"),
    ("threshold", "v_threshold"),
    ("excitatory_input", "v_rev_coba"),
    ("inhibitory_input", "v_rev_coba"),
    ("adaptation", "v_leak"),
    ("exponential", "v_exp"),
    ("adaptation", "v_ref"),
    ("leak", "i_bias"),
    ("reset", "i_bias"),
    ("excitatory_input", "i_bias_tau"),
    ("excitatory_input", "i_bias_coba"),
    ("excitatory_input", "i_shift_reference"),
    ("excitatory_input", "i_bias_gm"),
    ("inhibitory_input", "i_bias_tau"),
    ("inhibitory_input", "i_bias_coba"),
    ("inhibitory_input", "i_shift_reference"),
    ("inhibitory_input", "i_bias_gm"),
    ("adaptation", "i_bias_tau"),
    ("adaptation", "i_bias_a"),
    ("adaptation", "i_bias_b"),
    ("exponential", "i_bias"),
    ("constant_current", "i_offset"),
    ("multicompartment", "i_bias_nmda"),
)


def add_to(types: dict[str, Any]) -> None:
    """Give `AtomicNeuron` its conversions from and to the registers."""
    neuron_config, backend_config = types["NeuronConfig"], types["NeuronBackendConfig"]

    def as_neuron_config(self: Any) -> Any:
        """The digital settings of the analog circuits."""
        made = neuron_config()
        _copy(self.array, made.array, DIGITAL)
        analog_output = self.array["event_routing"]["analog_output"]
        made.array["enable_fire"] = analog_output > 0
        made.array["enable_strong_fire"] = analog_output == 2
        return made

    def as_backend_config(self: Any) -> Any:
        """The settings of the digital backend."""
        made = backend_config()
        _copy(self.array, made.array, BACKEND)
        operation = int(self.array["bayesian"]["operation"])
        made.array["enable_bayesian_0"] = operation & 1
        made.array["enable_bayesian_1"] = operation >> 1
        return made

    def set_from(self: Any, config: Any) -> None:
        """Take over the digital settings of a register."""
        if type(config) is neuron_config:
            _copy_back(self.array, config.array, DIGITAL)
            fire, strong = config.enable_fire, config.enable_strong_fire
            self.array["event_routing"]["analog_output"] = (1 + strong) if fire else 0
        elif type(config) is backend_config:
            _copy_back(self.array, config.array, BACKEND)
            operation = config.enable_bayesian_0 + 2 * config.enable_bayesian_1
            self.array["bayesian"]["operation"] = operation
        else:
            raise TypeError(f"a NeuronConfig or NeuronBackendConfig is needed, not {config!r}")

    kind = types["AtomicNeuron"]
    kind.asNeuronConfig, kind.asNeuronBackendConfig = as_neuron_config, as_backend_config
    kind.set_from = set_from


def _copy(neuron: Any, register: Any, table: dict[str, tuple[str, str]]) -> None:
    for name, (part, field) in table.items():
        register[name] = neuron[part][field]


def _copy_back(neuron: Any, register: Any, table: dict[str, tuple[str, str]]) -> None:
    for name, (part, field) in table.items():
        neuron[part][field] = register[name]
