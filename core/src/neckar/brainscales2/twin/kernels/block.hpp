// What a step works on: 32 neurons side by side, everything scaled to steps and volts.
//
// With h the step and C the capacitance: a current i is stored as i h / C (volts per step), a time
// tau as exp(-h / tau), the deflection s of a line as s / linear. Names are those of state.py.
// One chip's blocks fit into the first-level cache; what is rarely needed lies apart.
//
// Neurons that are being reset lie in blocks of their own, the ward, so that nobody else has to ask
// whether it is being reset. There a neuron may move by a part of a step.

#pragma once

#include <cstdint>

namespace neckar {

constexpr int LANES = 32;

using Lanes = float[LANES];

struct Line {     // one synaptic input, see state.SynapticInput
    Lanes s;      // at the start of the next step; events are put there as if they came then,
    Lanes late;   // and this corrects the mean over the step for their coming later
    Lanes decay;  // exp(-h / tau)
    Lanes mean;   // of that decay over the step
    Lanes gain;   // saturation h / C, SCALE of ShortTanh in it
    Lanes shift;  // offset / linear
};

struct alignas(64) Block {
    Lanes v;
    Line excitatory, inhibitory;
    Lanes leak_gain;  // saturation h / C; 0 while paused
    Lanes leak_slope, leak_shift;
    Lanes leak_conductance, leak_bend;  // gain slope, slope / 3
    Lanes threshold;  // inf unless the neuron may fire
};

struct alignas(64) Rare {
    Lanes reset_gain;  // 0 unless resetting; heard in the ward only
    Lanes reset_slope, reset_shift;
    Lanes drive;  // constant current h / C
    Lanes fade;   // 1 / compliance, 0 without one
};

struct alignas(64) Exponential {
    Lanes slope;                        // i h / C = exp(v slope - shift)
    Lanes binary_slope, binary_shift;   // the same for powers of 2; SILENT while paused
    Lanes bend;                         // slope / 6
};

struct alignas(64) Adaptation {
    Lanes w;  // w h / C
    Lanes potential;
    Lanes decay, mean;            // of w within the step, and its mean
    Lanes gain_mean, gain_end;    // conductance h / C, as far as it acts on w by then; half of that
};

struct alignas(64) Conductance {  // of the two inputs: max(0, 1 + coba (reversal - v))
    Lanes excitatory_coba, excitatory_reversal;
    Lanes inhibitory_coba, inhibitory_reversal;
};

struct alignas(64) Noise {
    Lanes sigma;  // of the sum over a step
    Lanes next;   // that of the odd step that follows
    std::uint32_t key_low[LANES], key_high[LANES];
};

struct alignas(64) Ward {
    Lanes length;  // by which to move next, in steps
    Lanes rate_excitatory, rate_inhibitory, rate_w;  // h / tau
    Lanes adaptation_gain;                           // conductance h / C
    Lanes v_min, v_max;
};

struct alignas(64) Before {  // of a step in which something happened: where it began, and how
    Lanes v, w;
    Lanes change, rate;   // dv/dt, -d(change)/dv
    Lanes bent;           // by how much the second derivative moved v
    Lanes steady;         // the part of change that is not the exponential's
    std::uint32_t steep;  // in which lanes the exponential took over
};

struct Population {
    int n_blocks;  // the ward may have as many again, which follow
    Block *block;
    Rare *rare;
    Ward *ward;  // of its first block, and so on
    Before *before;
    Exponential *exponential;  // null when no neuron uses it, and so on
    Adaptation *adaptation;
    Conductance *conductance;
    Noise *noise;
    float v_min, v_max;      // of all, or the tightest
    bool rails_differ;       // then who reaches them needs a closer look
    bool driven;             // any drive
    float compliance;        // the highest
};

struct Now {
    std::uint32_t salt_low, salt_high;  // of this step and another
    bool odd;
    bool hit;  // whether events came
};

struct LineOfNeuron {  // what the delivery of an event needs
    std::int32_t at;           // where its s is, counted in floats from the first block
    float rate, slope, floor, compliance;  // h / tau, 1 / linear, and scaled as s
};

struct Deflection {  // of a line by an event of this step
    std::int32_t at;  // as in LineOfNeuron
    float offset;     // when it came
    float jump;       // what it did then,
    float amount;     // and what it would have had to do at the start of the step
};

struct Row {  // of the fan-out: what one event does
    const std::int32_t *line;
    const double *amplitude;
    int length;
};

struct Circuit;
struct Point;
struct Motion;
struct Inflow;

// Takes every neuron one step further and adds to `special` (one bit per lane) which of them did
// something that needs a closer look. Returns whether anybody is in there.
using Step = bool (*)(const Population &, const Now &, std::uint32_t *special);
// The same for some lanes of a block of the ward, each by its length.
using Part = void (*)(const Population &, int block, const Now &, std::uint32_t lanes);

struct Kernel {
    Step step;
    Part part;
    // Puts a row's deflections on their lines, and into `to`.
    void (*deflect)(const LineOfNeuron *, float *first, const Row &, float offset, Deflection *to);
    // Moves a neuron on by a part of a step, see neuron.hpp.
    Motion (*move)(const Circuit &, Point &, float length, float ceiling);
    // The two halves of that: currents at the start, and what else changes while v goes to its end.
    Inflow (*inflow)(const Circuit &, const Point &, float length);
    void (*arrive)(const Circuit &, Point &, float v_end, float length);
};

// One of them per instruction set; `features` has a bit for each non-null part. STIFF: the time
// constant of some membrane may be as short as a few steps, which costs a division. RESET: it is
// being reset.
enum Feature { EXPONENTIAL = 1, ADAPTATION = 2, CONDUCTANCE = 4, NOISE = 8, STIFF = 16, RESET = 32 };
constexpr double STIFF_RATE = 0.25;  // h / tau

Kernel kernel_portable(int features);
#ifdef NECKAR_X86
Kernel kernel_v2(int features);
Kernel kernel_v3(int features);
Kernel kernel_v4(int features);
#endif

constexpr float LONGEST_EXPONENT = 80.0f, LOG2_E = 1.44269504f;
constexpr float SILENT = 2 * LONGEST_EXPONENT;
constexpr float MOST_IN_A_STEP = 4.60517f;  // ln of 100 V: enough for any upswing to arrive
// Steeper upswings than this (per step) are followed in closed form.
constexpr float STEEP = 0.5f;
// Below, they are completed to the series of -ln(1 - z), which is what an exponential alone does.
constexpr float UPSWING_3 = 0.25f, UPSWING_4 = 1.7f;

}  // namespace neckar
