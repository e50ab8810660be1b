// Whether a neuron has nothing to do until the next event, and where it then is. In SI units.

#pragma once

#include <algorithm>
#include <cmath>

#include "advance.hpp"

namespace neckar {

struct Rest {
    double v, w, rate, deviation;  // rate: 1 / s, at which v returns; deviation: of the noise
};

constexpr double AT_REST = 20e-6;    // V, a hundredth of an ADC step
constexpr double TYPICAL = 4, FAR = 8;  // standard deviations of noise
constexpr double SLOWEST = 1e-3;     // 1 / s

struct Slope {
    double current, conductance;  // A, and -dA/dV
};

inline double input_current(const SynapticInput &input, int k, double s, double v,
                            double &conductance)
{
    if (input.saturation[k] == 0) return 0;
    const double i = input.saturation[k] * std::tanh((s + input.offset[k]) / input.linear[k]);
    const double f = 1 + input.coba[k] * (input.reversal[k] - v);
    if (f <= 0) return 0;
    conductance += i * input.coba[k];
    return i * f;
}

inline Slope at_voltage(const Neurons &n, int k, double v)
{
    double g = 0;
    const double leak = std::tanh((n.leak_potential[k] - v) / n.leak_linear[k]);
    double i = n.leak_saturation[k] * leak + n.current[k];
    g += n.leak_saturation[k] / n.leak_linear[k] * (1 - leak * leak);
    double g_inh = 0;
    i += input_current(n.excitatory, k, 0, v, g);
    double i_inh = input_current(n.inhibitory, k, 0, v, g_inh);
    if (v < n.compliance[k]) {
        g_inh = (g_inh * v - i_inh) / n.compliance[k];
        i_inh *= v / n.compliance[k];
    }
    i -= i_inh;
    g -= g_inh;
    if (n.exponential_current[k] > 0) {
        const double x = (v - n.exponential_potential[k]) / n.exponential_slope[k];
        const double upswing = n.exponential_current[k] * std::exp(std::min(x, 50.0));
        i += upswing;
        g -= upswing / n.exponential_slope[k];
    }
    i -= n.adaptation_conductance[k] * (v - n.adaptation_potential[k]);
    return {i, g + n.adaptation_conductance[k]};
}

inline double effect_of_line(const SynapticInput &input, int k, double s, double v)
{
    if (input.saturation[k] == 0) return 0;
    return input.saturation[k] * s / input.linear[k] *
           (1 + std::fabs(input.coba[k] * (input.reversal[k] - v)));
}

// Where v settles when all else has: on a rail or where the current is zero.
inline bool settle(const Neurons &n, int k, double v, Rest &rest)
{
    for (int round = 0; round < 8; round++) {
        const Slope at = at_voltage(n, k, v);
        rest.rate = at.conductance / n.capacitance[k];
        if (v >= n.v_max[k] && at.current >= 0) return true;
        if (v <= n.v_min[k] && at.current <= 0) return true;
        if (rest.rate < SLOWEST) return at.current == 0 && n.noise[k] == 0;
        const double step = at.current / at.conductance;
        v = rest.v = std::clamp(v + step, n.v_min[k], n.v_max[k]);
        if (std::fabs(step) < 1e-3 * AT_REST) return true;
    }
    return false;
}

inline bool rest_of(const Neurons &n, int k, double v, double w, double exc, double inh,
                    Rest &rest)
{
    rest = {v, 0, 0, 0};
    if (!settle(n, k, v, rest)) return false;
    const double rate = std::max(rest.rate, 0.0), g = rate * n.capacitance[k];
    const bool noisy = n.noise[k] > 0 && n.noise_key[k] != 0;
    if (noisy && rate > 0) rest.deviation = n.noise[k] / std::sqrt(2 * rate);
    rest.rate = rate;
    rest.w = n.adaptation_conductance[k] * (rest.v - n.adaptation_potential[k]);

    const double around = AT_REST + TYPICAL * rest.deviation;
    const double reach = rest.v + AT_REST + FAR * rest.deviation;
    const bool safe = n.threshold[k] > std::min(reach, n.v_max[k]) || n.threshold[k] > n.v_max[k];
    const bool stable = rest.v >= n.v_max[k] || rest.v <= n.v_min[k] || rate == 0 ||
                        n.exponential_current[k] == 0 || at_voltage(n, k, reach).current < 0;
    const double lines =
        effect_of_line(n.excitatory, k, exc, v) + effect_of_line(n.inhibitory, k, inh, v);
    return safe && stable && std::fabs(v - rest.v) <= around && lines <= AT_REST * g + 1e-18 &&
           std::fabs(w - rest.w) <=
               AT_REST * g + n.adaptation_conductance[k] * TYPICAL * rest.deviation + 1e-18;
}

}  // namespace neckar
