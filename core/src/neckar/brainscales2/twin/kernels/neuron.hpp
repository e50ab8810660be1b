// One neuron for part of a step: membrane.move of the reference, in the scaling of block.hpp.

#pragma once

#include <cmath>

#include "block.hpp"
#include "vector.hpp"

namespace neckar {
namespace {

struct Circuit {
    // excitatory input, inhibitory input, leak, reset: gain tanh(shift - slope v); of the first
    // two the argument is shift + s
    Four gain, slope, shift;
    Four rate;  // h / tau of the two lines and of w
    Four coba, reversal;
    float drive, v_min, v_max;
    float exponential_slope, exponential_shift;
    float adaptation_gain, adaptation_potential;
    float noise;  // this step's, the sum over all of it
};

struct Point {
    float v, w, excitatory, inhibitory;
};

// How v moves during a piece: v(t) = v + change (1 - exp(-rate t)) / rate, faster if `upswing`.
struct Motion {
    float change, rate;
    bool upswing;
};

inline Four mean_of_decay(Four x, Four decay)
{
    const Four series = 1.0f - x * (0.5f - x * (1.0f / 6 - x * (1.0f / 24)));
    const Four safe = x > 0.05f ? x : Four{1, 1, 1, 1};
    return x > 0.05f ? (1.0f - decay) / safe : series;
}

// Moves `p` on by `length` of a step; `ceiling` is where an upswing ends.
inline Motion move(const Circuit &c, Point &p, float length, float ceiling)
{
    const float v = p.v;
    const Four x = c.rate * length;
    const Four decay = exponential(max(-x, Four{} - LONGEST_EXPONENT));
    const Four mean = mean_of_decay(x, decay);

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

    if (c.exponential_slope > 0.0f) {
        const float exponent = v * c.exponential_slope - c.exponential_shift;
        const float upswing =
            exponential(max(min(exponent, MOST_IN_A_STEP), -LONGEST_EXPONENT));
        change += upswing;
        rate -= upswing * c.exponential_slope;
        bend += upswing * c.exponential_slope * c.exponential_slope;
    }
    const float settled = c.adaptation_gain * (v - c.adaptation_potential);
    change -= settled + (p.w - settled) * mean[2];
    rate += c.adaptation_gain * (1.0f - mean[2]);

    const Motion motion{change, rate, -rate * length > STEEP && change > 0.0f};
    if (motion.upswing) {
        // dv/dt = change exp(-rate (v - v0) / change) grows beyond all bounds in a finite time.
        const float left = 1.0f - std::exp((ceiling - v) * rate / change);
        p.v = left <= -rate * length ? ceiling
                                     : v + change / rate * std::log(1.0f + rate * length);
    } else {
        const float y = max(min(rate * length, 1e4f), -STEEP), up = growth(y);
        const float remains = 1.0f / (1.0f + y * up), relaxed = up * remains;
        const float limit = STEEP * STEEP, square = length * length;
        const float faster = max(min(bend * change * square, limit), -limit) / 6.0f;
        p.v = v + change * length * (relaxed + faster * max(1.0f - y, 0.0f));
        if (c.noise != 0.0f)
            p.v += c.noise * length * std::sqrt(relaxed * (0.5f + 0.5f * remains));
    }
    p.v = max(min(p.v, c.v_max), c.v_min);
    const float w_end = c.adaptation_gain * (0.5f * (v + p.v) - c.adaptation_potential);
    p.w = w_end + (p.w - w_end) * decay[2];
    p.excitatory *= decay[0];
    p.inhibitory *= decay[1];
    return motion;
}

// When, in an upswing, v has risen by `distance`.
inline float time_to_rise(const Motion &m, float distance)
{
    return (std::exp(distance * m.rate / m.change) - 1.0f) / m.rate;
}

// Moves `p` to where v reaches the threshold, `after` being where it would be at `length`; when.
// A chord gives the first guess, the remaining chord the correction.
inline float move_to_threshold(const Circuit &c, Point &p, float after, float length,
                               float threshold)
{
    const float before = p.v;
    const float guess = length * (threshold - before) / (after - before);
    if (guess <= 0.0f) return 0.0f;
    move(c, p, guess, threshold);
    const bool early = p.v < threshold;
    const float chord = early ? (after - p.v) / (length - guess) : (p.v - before) / guess;
    const float late = chord > 0.0f ? (threshold - p.v) / chord : 0.0f;
    const float rise = max(min(guess + late, length), 0.0f);
    p.excitatory *= 1.0f - c.rate[0] * (rise - guess);
    p.inhibitory *= 1.0f - c.rate[1] * (rise - guess);
    return rise;
}

}  // namespace
}  // namespace neckar
