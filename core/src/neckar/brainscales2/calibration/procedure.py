"""What measured and computed calibrations do alike: numbers, and settings to begin with."""

from neckar.brainscales2.calibration.target import LINES, Plasticity, Target
from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.registers import Chip

# The CADC.
FIRST_SLOPE_CODE = 350
READOUT_ROUNDS = 2  # start and slope depend on each other
OFFSETS_LSB = -128, 127
CADC_BIASES = {"i_bias_comparator": 1022, "i_bias_vreset_buffer": 1022, "v_bias_buffer": 400}

# Synapse drivers whose STP circuit is on.
MIDDLE_OFFSET, LARGEST_STP_OFFSET = 7, 15  # [calix]
STP_RAMP = Plasticity().i_ramp[
    0
]  # [calix] for plasticity; cells of the ramp and of its offset have the same code

# Synapse drivers in hagen mode.
LARGEST_ACTIVATION = 31
REACHED = 0.9  # [calix] of the longest pulse, by the largest activation
LONG, SHORT = 29, 2  # [calix] activations that are measured
LARGEST_OFFSET, LARGEST_RAMP = 63, 1022
N_RAMPS = 4  # one in each block of the CapMem, for 64 drivers

# Neurons.
_FIRST_LEAK_CODE = 700
_RESET_BIAS_CODE = 1012  # with multiplication: as fast as it gets
_NORMAL = 1  # analog output: lets resets act


def prepare(chip: Chip, target: Target) -> None:
    """Settings of synapses and neurons that are the same for all, or in the middle at first."""
    chip.array["synapse_blocks"]["i_bias_dac"] = target.synapse_bias_code
    neurons = chip.array["neuron_block"]["atomic_neurons"]
    neurons["membrane_capacitance"]["capacitance"] = target.capacitance_code
    neurons["event_routing"]["analog_output"] = _NORMAL
    neurons["leak"]["v_leak"] = _FIRST_LEAK_CODE
    neurons["reset"]["i_bias"] = _RESET_BIAS_CODE
    neurons["reset"]["enable_multiplication"] = True
    rows = chip.array["neuron_block"]["current_rows"]["values"]
    for line in LINES:
        rows[f"enable_synaptic_current_{line}"] = True
        neurons[f"{line}_input"]["enable"] = True
        neurons[f"{line}_input"]["i_shift_reference"] = p.INPUT_SHIFT_BALANCED_CODE
