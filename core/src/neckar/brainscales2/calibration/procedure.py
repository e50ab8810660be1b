"""What measured and computed calibrations do alike, in numbers."""

# The CADC.
FIRST_SLOPE_CODE = 350
READOUT_ROUNDS = 2  # start and slope depend on each other
OFFSETS_LSB = -128, 127
CADC_BIASES = {"i_bias_comparator": 1022, "i_bias_vreset_buffer": 1022, "v_bias_buffer": 400}

# Synapse drivers whose STP circuit is on.
MIDDLE_OFFSET, LARGEST_STP_OFFSET = 7, 15  # [calix]
STP_RAMP = 600  # [calix] for plasticity; cells of the ramp and of its offset have the same code

# Synapse drivers in hagen mode.
LARGEST_ACTIVATION = 31
REACHED = 0.9  # [calix] of the longest pulse, by the largest activation
LONG, SHORT = 29, 2  # [calix] activations that are measured
LARGEST_OFFSET, LARGEST_RAMP = 63, 1022
N_RAMPS = 4  # one in each block of the CapMem, for 64 drivers
