// One neuron for part of a step, as in reference._piece, in the scaling of block.hpp.

#pragma once

#include <cmath>

#include "block.hpp"

namespace neckar {

struct Pull {  // gain tanh(shift - slope v)
    float gain, slope, shift;
};

struct Input {
    float rate;  // h / tau
    float gain, slope, shift, coba, reversal;
};

struct Circuit {
    Pull leak, reset;
    Input excitatory, inhibitory;
    float drive, v_min, v_max;
    float exponential_gain, exponential_slope, exponential_shift, exponential_limit;
    float adaptation_gain, adaptation_potential, adaptation_rate;
    float noise;  // this step's, the sum over all of it
};

struct Point {
    float v, w, excitatory, inhibitory;
};

// How v moves during a piece: v(t) = v + change (1 - exp(-rate t)) / rate, steeper if `upswing`.
struct Motion {
    float change, rate;
    bool upswing;
};

inline float relax(float x) { return x > 80.0f ? 0.0f : std::exp(-x); }

// (1 - e^-x) / x, the mean of a decay.
inline float mean_of_decay(float x, float decay)
{
    if (std::fabs(x) > 0.05f) return (1.0f - decay) / x;
    return 1.0f - x * (0.5f - x * (1.0f / 6 - x * (1.0f / 24)));
}

inline float rational_tanh(float x, float &secant)
{
    x = std::fmax(std::fmin(x, TANH_END), -TANH_END);
    const float q = x * x;
    const float top = 1.0f + q * (17325.0f / 135135 + q * (378.0f / 135135 + q / 135135));
    const float bottom =
        1.0f + q * (62370.0f / 135135 + q * (3150.0f / 135135 + q * (28.0f / 135135)));
    secant = top / bottom;
    return x * secant;
}

inline float synaptic_current(const Input &line, float s, float v, float length, float &end,
                              float &slope)
{
    const float decay = relax(line.rate * length);
    end = s * decay;
    float secant;
    const float mean = s * mean_of_decay(line.rate * length, decay);
    const float i = line.gain * rational_tanh(mean * line.slope + line.shift, secant);
    const float f = 1.0f + line.coba * (line.reversal - v);
    slope = f > 0.0f ? i * line.coba : 0.0f;
    return f > 0.0f ? i * f : 0.0f;
}

// Moves `p` on by `length` of a step; `ceiling` is where an upswing ends.
inline Motion piece(const Circuit &c, Point &p, float length, float ceiling)
{
    const float v = p.v;
    float slope_exc, slope_inh, leak_secant, reset_secant;
    const float i_exc =
        synaptic_current(c.excitatory, p.excitatory, v, length, p.excitatory, slope_exc);
    const float i_inh =
        synaptic_current(c.inhibitory, p.inhibitory, v, length, p.inhibitory, slope_inh);
    const float leak = rational_tanh(c.leak.shift - c.leak.slope * v, leak_secant);
    const float reset = rational_tanh(c.reset.shift - c.reset.slope * v, reset_secant);
    const float g_leak = c.leak.gain * c.leak.slope, g_reset = c.reset.gain * c.reset.slope;
    const float secant = g_leak * leak_secant + g_reset * reset_secant;
    const float tangent = g_leak * (1.0f - leak * leak) + g_reset * (1.0f - reset * reset);
    const float stiff = std::fmin(secant * secant * length * length, 1.0f);
    float rate = tangent + (secant - tangent) * stiff + slope_exc - slope_inh;
    float change = c.leak.gain * leak + c.reset.gain * reset + i_exc - i_inh + c.drive;

    float bend = 0.0f;
    if (c.exponential_gain > 0.0f) {
        const float x = std::fmax(
            std::fmin(v * c.exponential_slope - c.exponential_shift, c.exponential_limit), -80.0f);
        const float i = c.exponential_gain * std::exp(x);
        change += i;
        rate -= i * c.exponential_slope;
        bend = i * c.exponential_slope * c.exponential_slope;
    }
    const float w = p.w, w_decay = relax(c.adaptation_rate * length);
    const float w_mean = mean_of_decay(c.adaptation_rate * length, w_decay);
    const float w_end = c.adaptation_gain * (v - c.adaptation_potential);
    change -= w_end + (w - w_end) * w_mean;
    rate += c.adaptation_gain * (1.0f - w_mean);

    Motion motion{change, rate, -rate * length > STEEP && change > 0.0f};
    if (motion.upswing) {
        // dv/dt = change exp(-rate (v - v0) / change) grows beyond all bounds in a finite time.
        const float left = 1.0f - std::exp((ceiling - v) * rate / change);
        p.v = left <= -rate * length ? ceiling
                                     : v + change / rate * std::log(1.0f + rate * length);
    } else {
        const float y = std::fmax(rate * length, -STEEP);
        const float decay = relax(y);
        const float phi = mean_of_decay(y, decay) + std::fmin(bend * change * length * length,
                                                               STEEP * STEEP) / 6.0f;
        p.v = v + change * length * phi +
              c.noise * length * std::sqrt(mean_of_decay(2.0f * y, decay * decay));
        motion.change = (p.v - v) / (length * mean_of_decay(y, decay));
        motion.rate = y / length;
    }
    p.v = std::fmax(std::fmin(p.v, c.v_max), c.v_min);
    const float w_settled = c.adaptation_gain * (0.5f * (v + p.v) - c.adaptation_potential);
    p.w = w_settled + (w - w_settled) * w_decay;
    return motion;
}

// When, on its way, v has risen by `distance`.
inline float time_to_rise(const Motion &m, float distance)
{
    const float x = distance * m.rate / m.change;
    if (m.upswing) return (1.0f - std::exp(x)) / -m.rate;
    if (std::fabs(x) < 1e-3f) return distance / m.change * (1.0f + x * (0.5f + x * (1.0f / 3)));
    return -std::log1p(-x) / m.rate;
}

}  // namespace neckar
