// One neuron for part of a step: membrane.move of the reference, in the scaling of block.hpp.

#pragma once

#include "block.hpp"
#include "vector.hpp"

namespace neckar {

struct Circuit {
    // excitatory input, inhibitory input, leak, reset: gain tanh(shift - slope v); of the first
    // two the argument is shift + s
    Vector<4>::Float gain, slope, shift;
    Vector<4>::Float rate;  // h / tau of the two lines and of w
    float fastest;          // of these
    Vector<4>::Float coba, reversal;
    float drive, fade, v_min, v_max;
    float exponential_slope, exponential_shift;
    float adaptation_gain, adaptation_potential;
    float noise;  // this step's, the sum over all of it
};

struct Point {
    float v, w, excitatory, inhibitory;
};

// What flows onto the capacitance of a circuit at the start of a piece, in volts per step.
struct Inflow {
    float steady;                 // all but the exponential's
    float upswing;                // that one's
    float tangent, secant, bend;  // derivatives by v, of leak and reset
    float other;                  // -d/dv of all but leak, reset and exponential
};

// How v moves during a piece: v(t) = v + change (1 - exp(-rate t)) / rate, or in an upswing
// dv/dt = steady + (change - steady) exp((v - v0) slope).
struct Motion {
    float change, rate, steady, slope;
    bool upswing;
};

namespace {

inline float upswing_after(const Motion &m, float v, float length, float ceiling)
{
    const float left = 1.0f - m.change * length * m.slope *
                                  mean_of_decay(m.steady * length * m.slope);
    return left <= exponential(max(-(ceiling - v) * m.slope, -LONGEST_EXPONENT)) ? ceiling : v - __builtin_logf(left) / m.slope;
}

// When, in an upswing, v has risen by `distance`.
inline float time_of_upswing(const Motion &m, float distance)
{
    const float part = -exponential_less_1(-distance * m.slope), x = m.steady * part / m.change;
    if (__builtin_fabsf(x) < 1e-3f) return part / (m.slope * m.change) * (1.0f + 0.5f * x);
    return -__builtin_log1pf(-x) / (m.slope * m.steady);
}

struct Decay {  // of the two lines and of w during a piece
    Four left, mean;
};

inline Decay decay_of(const Circuit &c, float length)
{
    const Four x = c.rate * length;
    if (c.fastest * length > STEEP) {
        const Four up = growth(x), left = 1.0f / (1.0f + x * up);
        return {left, up * left};
    }
    const Four mean = mean_of_decay_within(x);
    return {1.0f - x * mean, mean};
}

inline Inflow inflow(const Circuit &c, const Point &p, Four mean)
{
    const float v = p.v;
    const Four lines = {p.excitatory * mean[0], p.inhibitory * mean[1], 0.0f, 0.0f};
    const Tanh<Four> pull(c.shift - c.slope * v + lines);
    const Four ratio = pull.top / pull.bottom, tanh = pull.x * ratio;
    const Four i = c.gain * tanh, g = c.gain * c.slope;
    const Four tangents = g * (1.0f - tanh * tanh), secants = g * ratio;
    const Four factor = max(1.0f + c.coba * (c.reversal - v), Four{});
    const Four slopes = factor > 0.0f ? i * c.coba : Four{};
    const float whole = i[1] * factor[1];
    const float left = c.fade > 0.0f ? max(min(v * c.fade, 1.0f), 0.0f) : 1.0f;
    const float fading = left > 0.0f && left < 1.0f ? whole * c.fade : 0.0f;
    const Four bends = -2.0f * tangents * tanh * c.slope;
    const float settled = c.adaptation_gain * (v - c.adaptation_potential);
    const float w_mean = settled + (p.w - settled) * mean[2];
    float upswing = 0.0f;
    if (c.exponential_slope > 0.0f) {
        const float exponent = v * c.exponential_slope - c.exponential_shift;
        upswing = exponential(max(min(exponent, MOST_IN_A_STEP), -LONGEST_EXPONENT));
    }
    return {i[2] + i[3] + i[0] * factor[0] - whole * left + c.drive - w_mean,
            upswing,
            tangents[2] + tangents[3],
            secants[2] + secants[3],
            bends[2] + bends[3],
            slopes[0] - slopes[1] * left + fading + c.adaptation_gain * (1.0f - mean[2])};
}

// What else has changed when v has gone to `v_end`.
inline void arrive(const Circuit &c, Point &p, float v_end, Four left)
{
    const float w_end = c.adaptation_gain * (0.5f * (p.v + v_end) - c.adaptation_potential);
    p.w = w_end + (p.w - w_end) * left[2];
    p.v = v_end;
    p.excitatory *= left[0];
    p.inhibitory *= left[1];
}

// Moves `p` on by `length` of a step; `ceiling` is where an upswing ends.
inline Motion move(const Circuit &c, Point &p, float length, float ceiling)
{
    const float v = p.v;
    const Decay decay = decay_of(c, length);
    const Inflow f = inflow(c, p, decay.mean);
    const float part = min(f.secant * f.secant * length * length, 1.0f), stiff = part * part;
    const float slope = c.exponential_slope, change = f.steady + f.upswing;
    const float rate = f.tangent + (f.secant - f.tangent) * stiff + f.other - f.upswing * slope;
    const float bend = f.bend * (1.0f - stiff) + f.upswing * slope * slope;

    const bool upswing = slope > 0.0f && -rate * length > STEEP && change > 0.0f;
    const Motion motion{change, rate, f.steady, slope, upswing};
    float v_end;
    if (upswing) {
        v_end = upswing_after(motion, v, length, ceiling);
    } else {
        const float y = max(rate * length, -STEEP);
        float relaxed = mean_of_decay_within(y), remains = 1.0f - y * relaxed;
        if (y > STEEP) {
            remains = exponential(-min(y, LONGEST_EXPONENT));
            relaxed = (1.0f - remains) / y;
        }
        const float limit = STEEP * STEEP, square = length * length;
        const float faster = max(min(bend * change * square, limit), -limit) / 6.0f;
        const float growing = max(-y, 0.0f);
        const float order =
            max(1.0f - y, 0.0f) + growing * (UPSWING_3 + growing * UPSWING_4);
        v_end = v + change * length * (relaxed + faster * order);
        if (c.noise != 0.0f)
            v_end += c.noise * length * __builtin_sqrtf(relaxed * (0.5f + 0.5f * remains));
    }
    arrive(c, p, max(min(v_end, c.v_max), c.v_min), decay.left);
    return motion;
}

// Moves `p` to where v reaches the threshold in an upswing; when.
inline float rise_to_threshold(const Kernel &kernel, const Circuit &c, Point &p, float length,
                               float threshold, const Motion &m)
{
    const float rise = max(min(time_of_upswing(m, threshold - p.v), length), 0.0f);
    if (rise > 0.0f) kernel.move(c, p, rise, threshold);
    return rise;
}

// The same without one, `after` being where v would be at `length`. The first guess is a chord, or
// an exponential where the membrane is fast; the remaining chord gives the correction.
inline float relax_to_threshold(const Kernel &kernel, const Circuit &c, Point &p, float after,
                                float length, float threshold, float rate)
{
    const float before = p.v, part = (threshold - before) / (after - before), y = rate * length;
    float guess = length * part;
    if (y > 0.1f) guess = -__builtin_log1pf(part * exponential_less_1(-y)) / rate;
    guess = min(guess, length);
    if (guess <= 0.0f) return 0.0f;
    kernel.move(c, p, guess, threshold);
    const bool early = p.v < threshold;
    const float chord = early ? (after - p.v) / max(length - guess, 1e-6f) : (p.v - before) / guess;
    const float late = chord > 0.0f ? (threshold - p.v) / chord : 0.0f;
    const float rise = max(min(guess + late, length), 0.0f);
    return rise;
}

}  // namespace
}  // namespace neckar
