"""Nominal physical numbers of HICANN-X v3, each with its source; spreads are in `twin/variation`.

Voltages in V, currents in A, conductances in S, capacitances in F, times in s; `x` is a code of the
analog parameter memory (CapMem), 0 .. 1022.

Sources: [S] membrane traces recorded on real chips, copies beside `core/tests/physics`;
[T] conversions and figures in the public tutorials `brainscales2-demos`; [C] ranges, protocols and
acceptance limits of the public calibration library `calix`; [H] the public abstraction layer
`haldls`; [P] Pehle et al. 2022, Front. Neurosci. 16; [A] assumed, no better source known.
Where they disagree, recordings win.
"""

from neckar.units import MHz, fF, ms, mV, nA, nS, pF, us

# The host ---------------------------------------------------------------------------------------
BETWEEN_PROGRAMS = 10 * ms  # [C] tests rely on cells that the program before has just written

# Analog parameter memory -------------------------------------------------------------------------
CAPMEM_VOLT_AT_ZERO = 19 * mV  # [C] codes 70 and 550 give 0.15 V and 1.05 V
CAPMEM_VOLT_PER_CODE = 1.875 * mV  # [C] likewise
CAPMEM_SETTLING = 3e-3  # [C] 20 ms after a write all cells have arrived
CAPMEM_CELL_RESISTANCE_FIXED = 8.0  # [A] steps of current_cell_res that are always there
REFERENCE_RESISTOR_FIXED = 8.0  # [A] likewise of resistor_control

# Source followers: a stronger current widens the gate's voltage with its root
FOLLOWER_OVERDRIVE = 0.1  # V [A] at the bias that registers start with

# Membrane ----------------------------------------------------------------------------------------
CAPACITANCE_PER_CODE = 34.9 * fF  # [H] 2.2 pF at 63
CAPACITANCE_INTRINSIC_CODE = 6  # [C] 3.2 .. 12; with it 2.41 pF at 63
MEMBRANE_FLOOR = 0.0  # ground
MEMBRANE_CEILING = 1.42  # [T] traces clip near 800 LSB

# Leak: transconductance amplifier behind a source follower, I = x * saturation * tanh(dV / linear)
LEAK_SATURATION_PER_CODE = 1.28 * nA  # [S] rise of ten neighbours, 47 LSB/us at code 200
LEAK_LINEAR = 0.50  # [S] they rise 0.777 +- 0.022 as fast at the end as at the beginning
LEAK_FOLLOWER_GAIN = 0.798  # [T] 0.79 LSB per code
LEAK_FOLLOWER_SHIFT = -0.451  # [T] -180 LSB; [S] silent trace, 374 LSB at 700
LEAK_LOWEST, LEAK_HIGHEST = 0.06, 1.15  # [T] the resting level saturates at both ends of the codes
FOLLOWER_KNEE = 30 * mV  # [A] how softly

# Reset: the same kind of amplifier. The fall of ten neighbours is fitted to 0.1 LSB rms.
RESET_CONDUCTANCE_PER_CODE = 1.87 * nS  # [S]
RESET_LINEAR = 0.57  # [S]
RESET_FOLLOWER_GAIN = 0.889  # [T] 0.88 LSB per code, confirmed by [S]: 102 LSB at 400
RESET_FOLLOWER_SHIFT = -0.585  # [T] -250 LSB
RESET_LOWEST, RESET_HIGHEST = 0.02, 1.15  # [T] saturates at low codes

# Switches of both
DIVISION = 1 / 8  # [H]
MULTIPLICATION = 8  # [H]
DEGENERATION = 2  # [A] resistors at the sources widen the linear range and lower the conductance

# Conductance to the somatic line
COUPLING_CONDUCTANCE_PER_CODE = 3 * nS  # [T] potentials along a chain, fitted to 1.8 LSB rms
COUPLING_DIVISION = 1 / 4  # [H]
COUPLING_MULTIPLICATION = 4  # [H]

# Threshold comparator
# Chips differ: 300 reads 408 LSB on the recorded one [S], 357 LSB on that of the tutorials' own
# fit 0.99 x + 60 [T]. Nominal is the middle.
THRESHOLD_SHIFT = 48 * mV

# Refractory counter: counts of MASTER_CLOCK / 2 ** (scale + 1); 255 / 125 MHz = 2.04 us [S]
MASTER_CLOCK = 250 * MHz  # [H]
HOLDOFF_MAX_CODE = 15  # [C] hold-off lasts 2 * (15 - code) + 1 counts at the end

# Constant current
OFFSET_CURRENT_PER_CODE = 0.4 * nA  # [T] rheobase 200 .. 270 at leak codes 530/150, threshold 250

# Exponential term: weak inversion behind an amplifier whose bias sets the slope
EXPONENTIAL_ONSET_CURRENT = (
    100 * nA
)  # [T] at V = V_exp; 580/100 fires at 50 .. 150 codes of current
EXPONENTIAL_SLOPE = 30 * mV  # [T] at the reference bias; figures of the AdEx tutorial
EXPONENTIAL_REFERENCE_CODE = 300  # [T] default of that tutorial
EXPONENTIAL_LOWEST = 0.3  # [A] input range of the amplifier

# Adaptation: a second leaky integrator, V_w on its own capacitor [T, figures of the AdEx tutorial]
ADAPTATION_CAPACITANCE = 2 * pF  # a pulse of 1.02 us at bias 200 raises V_w by 95 mV
ADAPTATION_PULSE_CURRENT_PER_CODE = 0.93 * nA
ADAPTATION_TAU_CODE = 10e-3  # s * code; 100 us at 100
ADAPTATION_GAIN = 0.8  # dV_w/dV when biases of a and tau are equal
ADAPTATION_OUTPUT_CONDUCTANCE = 167 * nS  # membrane current per volt of V_w above its baseline
ADAPTATION_BASELINE_SHIFT = -0.43  # baseline code 500 reads 330 LSB
ADAPTATION_LEAK_GAIN = 0.798  # follows the leak potential code by code
ADAPTATION_LEAK_SHIFT = -0.151  # 500 here matches 700 there

# Synaptic input: a line at rest that events pull down, and an amplifier that reads it
LINE_REST = 1.2  # [C]
LINE_READOUT_SHIFT = -0.6  # [C] source follower before the readout
LINE_FLOOR = 0.9  # [C] lowest voltage of the line: its readout is expected at 0.3 .. 0.6 V
LINE_COMPLIANCE = 0.15  # V [A] above it, from where on synapses pull less
LINE_TAU_CODE = 200 * us  # s * code, low resistance; [C] all large capacitances reach 0.3 us
LINE_HIGH_RESISTANCE = 100.0  # [C] lines of some 20 us at the largest codes, see decision 0049
LINE_SMALL_CAPACITANCE = 0.58  # [T] gain of products; [C] some 2/3, see decision 0047
INPUT_CONDUCTANCE_PER_CODE = 9.6 * nS  # [S] first EPSP 45 LSB at weight 63, bias 600, code 500
INPUT_LINEAR = 120 * mV  # [T] products straight to 118 LSB, excitation to weight 288
INHIBITORY_COMPLIANCE = 0.3  # V [T] ends 130 LSB below rest, sums of products at -112 LSB
INPUT_SHIFT_BALANCED_CODE = 310  # [C]
INPUT_SHIFT_PER_CODE = 0.18 * mV  # [C]
COBA_PER_BIAS_RATIO = 8.0  # 1/V at equal biases; [C] a quarter of the codes is enough, see 0049
COBA_REFERENCE_GAIN = 0.8  # [C]

# Synapse
SYNAPSE_AMPLITUDE = 12 * mV  # of a spike of full weight; [C] five at bias 400 dip over 20 LSB
SYNAPSE_BIAS_REFERENCE_CODE = 600  # [C] default of spiking calibrations
STP_LONGEST_PULSE = 0.75  # of a spike's with the circuit off; [C] six dip by some 30 LSB

# Short-term plasticity and hagen mode: a comparator ends the pulse when a ramp meets a voltage
STP_RAMP_PER_CODE = 1.5 * mV  # [C] 0.9 V at the default ramp of 600
STP_OFFSET_PER_CODE = 30 * mV  # [C] 15 take all of stp_i_calib, for the first half of the ramp
STP_OFFSET_REFERENCE_CODE = 600  # [C] default of stp_i_calib; the offset is a part of its current
STP_OFFSET_BALANCED_CODE = 6.5  # [C] with 7 in hagen mode, DACs end in the middle of their range
STP_UTILIZATION = 0.2  # [C]
STP_UTILIZATION_PER_CODE = 0.02  # [A]
STP_RECOVERY_TICKS = 64  # [A] of its clock, MASTER_CLOCK / 2 ** (speed + 1); 0.5 us .. 0.27 s
HAGEN_STEP = 21.75 * mV  # [C] per activation; 29 mV of it with ramp 500 is a step of the amplitude
HAGEN_OFFSET_STEPS = 0.1  # [C] steps by one code of hagen_dac_offset; calibrated to about 29 of 63

# Correlation sensors
CORRELATION_AMPLITUDE_CODE = 0.19  # V * code, of one pair at zero distance; [C] 0.6 LSB at 70
CORRELATION_TAU_CODE = 400 * us  # s * code; [C] 5 us at 80
CORRELATION_AMPLITUDE_TRIM = 0.15  # [A] less by each step of amp_calib
CORRELATION_TAU_TRIM = 0.2  # [A] more by each step of time_calib
CORRELATION_RANGE = 0.6  # V; [P] pilot study: full after 128 LSB
CORRELATION_LEAK = 2.0  # s [A] the 70 ms of a calibration lose little
CORRELATION_RESET = 1.85  # V [C] board voltage v_reset
CORRELATION_FOLLOWER_SHIFT = -0.89  # V [C] empty sensors read about 200 LSB

# ADCs
MADC_AT_ZERO_LSB = 50  # [T]
MADC_LSB_PER_VOLT = 528  # [T]
MADC_MAX_LSB = 1023
MADC_SETTLING = 0.5 * us  # [H] the first 120 samples are not valid; [A] how they come nearer
MADC_COOLING = 1 * ms  # [A] pauses after which that happens again
MADC_BITS = 10  # [H]; [A] one cycle each
MADC_AMPLIFIER_SETTLING = 0.7e-9  # s [A] multiplexer and preamplifier each: 10 ns are long enough
MADC_GAIN_CAPACITOR_FIXED = 32.0  # [A] steps of the gain capacitor that are always there
CADC_START_PER_CODE = 1.875 * mV  # [C] voltage that reads 0, offset code
CADC_START_SHIFT = -0.165  # [C]
CADC_STEP_PER_CODE = 12.9e-6  # [C] volts per count, slope code; 4.5 mV at 350
CADC_MAX_LSB = 255
CADC_CLOCK = 500 * MHz  # [P] counts while the ramp rises; 1.85 MS/s leave 14 cycles beside 256
CADC_LEAF_DELAY = 12  # cycles [A] until the last channel knows that the ramp passed it
CADC_COMPARATOR_DELAY = 4e-9  # s [A] at the bias of calibrations, 1022
CADC_RAMP_LAG = 4e-9  # s [A] of the ramp behind its buffer at the bias of calibrations, 400
CADC_RAMP_FALL = 20e-9  # s [A] the ramp drops at once, but for its low pass [H]

# Wires between sources, multiplexers and pads
READOUT_SETTLING = 20e-9  # s [A] of a readout amplifier at its default bias, 110
READOUT_RESISTANCE = 5e3  # ohm [A] of whatever drives a wire, with the switches in between
READOUT_SUPPLY = 2.5  # V [H] vdd25_analog: where a current ends on a wire that nobody holds
CAPMEM_CURRENT_PER_CODE = 1 * nA  # [H] code 500 is called 500 nA
CAPMEM_RAMP_CURRENT_PER_CODE = 20 * nA  # [A] reference for ramps, of the slope's 6 bits
CURRENT_DAC_STEPS = 255  # [H] 8 bit; [A] its largest current is that of its bias cell
STIMULUS_RESISTANCE = 10e3  # ohm [A] switch between a membrane and the line that reaches it
LINE_CAPACITANCE = 1 * pF  # [A] of a synaptic line whose small capacitance is off
CURRENT_CAPACITANCE = 20 * fF  # [A] collects a measured current: 1 uA in 10 ns make 0.5 V
STP_READOUT_SHIFT = 0.5  # V [A] source follower that lifts voltages from 0.1 .. 0.8 V
