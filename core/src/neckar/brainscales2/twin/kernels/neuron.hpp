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
    float drive, v_min, v_max;
    float exponential_slope, exponential_shift;
    float adaptation_gain, adaptation_potential;
    float noise;  // this step's, the sum over all of it
};

struct Point {
    float v, w, excitatory, inhibitory;
};

// How v moves during a piece: v(t) = v + change (1 - exp(-rate t)) / rate, or in an upswing
// dv/dt = steady + (change - steady) exp((v - v0) slope).
struct Motion {
    float change, rate, steady, slope;
    bool upswing;
};

namespace {

// (1 - e^-x) / x
inline float mean_of_decay(float x)
{
    return __builtin_fabsf(x) > 0.01f ? -exponential_less_1(-x) / x : 1.0f - x * (0.5f - x * (1.0f / 6));
}

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

// Moves `p` on by `length` of a step; `ceiling` is where an upswing ends.
inline Motion move(const Circuit &c, Point &p, float length, float ceiling)
{
    const float v = p.v;
    const Four x = c.rate * length;
    Four mean = mean_of_decay_within(x), decay = 1.0f - x * mean;
    if (c.fastest * length > STEEP) {
        const Four up = growth(x);
        decay = 1.0f / (1.0f + x * up);
        mean = up * decay;
    }

    const Four lines = {p.excitatory * mean[0], p.inhibitory * mean[1], 0.0f, 0.0f};
    const Tanh<Four> pull(c.shift - c.slope * v + lines);
    const Four ratio = pull.top / pull.bottom, tanh = pull.x * ratio;
    const Four i = c.gain * tanh, g = c.gain * c.slope;
    const Four tangents = g * (1.0f - tanh * tanh), secants = g * ratio;
    const Four factor = max(1.0f + c.coba * (c.reversal - v), Four{});
    const Four slopes = factor > 0.0f ? i * c.coba : Four{};
    const float tangent = tangents[2] + tangents[3], secant = secants[2] + secants[3];
    const float part = min(secant * secant * length * length, 1.0f);
    float rate = tangent + (secant - tangent) * (part * part) + slopes[0] - slopes[1];
    const Four bends = -2.0f * tangents * tanh * c.slope;
    float bend = (bends[2] + bends[3]) * (1.0f - part * part);
    float change = i[2] + i[3] + i[0] * factor[0] - i[1] * factor[1] + c.drive;

    float steady = change;
    if (c.exponential_slope > 0.0f) {
        const float exponent = v * c.exponential_slope - c.exponential_shift;
        const float upswing =
            exponential(max(min(exponent, MOST_IN_A_STEP), -LONGEST_EXPONENT));
        change += upswing;
        rate -= upswing * c.exponential_slope;
        bend += upswing * c.exponential_slope * c.exponential_slope;
    }
    const float settled = c.adaptation_gain * (v - c.adaptation_potential);
    const float w_mean = settled + (p.w - settled) * mean[2];
    change -= w_mean;
    steady -= w_mean;
    rate += c.adaptation_gain * (1.0f - mean[2]);

    const bool upswing =
        c.exponential_slope > 0.0f && -rate * length > STEEP && change > 0.0f;
    const Motion motion{change, rate, steady, c.exponential_slope, upswing};
    if (upswing) {
        p.v = upswing_after(motion, v, length, ceiling);
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
        p.v = v + change * length * (relaxed + faster * order);
        if (c.noise != 0.0f)
            p.v += c.noise * length * __builtin_sqrtf(relaxed * (0.5f + 0.5f * remains));
    }
    p.v = max(min(p.v, c.v_max), c.v_min);
    const float w_end = c.adaptation_gain * (0.5f * (v + p.v) - c.adaptation_potential);
    p.w = w_end + (p.w - w_end) * decay[2];
    p.excitatory *= decay[0];
    p.inhibitory *= decay[1];
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
