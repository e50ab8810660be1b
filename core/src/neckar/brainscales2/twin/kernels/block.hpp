// What a step works on: 16 neurons side by side, everything scaled to steps and volts.
//
// With h the step and C the capacitance: a current i is stored as i h / C (volts per step), a time
// tau as h / tau or exp(-h / tau). The names are those of state.py.

#pragma once

#include <cstdint>

namespace neckar {

constexpr int LANES = 16;

using Lanes = float[LANES];

struct Line {     // one synaptic input, see state.SynapticInput
    Lanes s;      // deflection at the start of the next step; events are put there as if they had
    Lanes s_old;  //   come at its start
    Lanes late;   // and this corrects the mean over the step for their coming later
    Lanes decay;  // exp(-h / tau)
    Lanes mean;   // mean over a step of a deflection that starts as 1
    Lanes gain;   // saturation h / C
    Lanes slope;  // 1 / linear
    Lanes shift;  // offset / linear
};

struct alignas(64) Block {
    Lanes v, v_old;
    Line excitatory, inhibitory;
    Lanes leak_gain;  // saturation h / C; 0 while paused
    Lanes leak_slope, leak_shift;
    Lanes reset_gain;  // 0 unless resetting
    Lanes reset_slope, reset_shift;
    Lanes drive;      // constant current h / C
    Lanes threshold;  // inf unless the neuron may fire
    Lanes v_min, v_max;
    std::int32_t wake[LANES];  // step in which a reset or hold-off ends
};

struct alignas(64) Exponential {
    Lanes gain;  // current h / C; 0 while paused
    Lanes slope, shift;
    Lanes limit;  // of the exponent, so that nothing overflows
};

struct alignas(64) Adaptation {
    Lanes w, w_old;  // w h / C
    Lanes gain;      // conductance h / C
    Lanes potential;
    Lanes decay, mean;
};

struct alignas(64) Conductance {  // of the two inputs: max(0, 1 + coba (reversal - v))
    Lanes excitatory_coba, excitatory_reversal;
    Lanes inhibitory_coba, inhibitory_reversal;
};

struct alignas(64) Noise {
    Lanes sigma;  // of the sum over a step
    std::uint32_t key_low[LANES], key_high[LANES];
};

struct Population {
    int n_blocks;
    Block *block;
    Exponential *exponential;  // null when no neuron uses it, and so on
    Adaptation *adaptation;
    Conductance *conductance;
    Noise *noise;
};

// Takes every neuron one step further and says in `special` (one bit per lane) which of them did
// something that needs a closer look. Returns whether any did.
using Step = bool (*)(const Population &, std::int32_t now, std::uint32_t salt_low,
                      std::uint32_t salt_high, std::uint32_t *special);

// One of them per instruction set; `features` has a bit for each non-null part.
enum Feature { EXPONENTIAL = 1, ADAPTATION = 2, CONDUCTANCE = 4, NOISE = 8 };

Step step_portable(int features);
#ifdef NECKAR_X86
Step step_v2(int features);
Step step_v3(int features);
Step step_v4(int features);
#endif

// Beyond this argument the rational tanh is 1.
constexpr float TANH_END = 4.9717f;
// Steeper upswings than this (per step) are followed by the closer look.
constexpr float STEEP = 0.5f;

}  // namespace neckar
