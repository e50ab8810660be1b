// One step of every neuron, on vectors. reference.py is the specification: `_step` there is `step`
// here. Compiled once per instruction set (STEP is its function); free of the standard library, so
// that no function of a newer instruction set can end up where an older processor calls it.

#include "block.hpp"
#include "noise.hpp"
#include "vector.hpp"

namespace neckar {
namespace {

// tanh(x) = x * top / bottom, a continued fraction, good to 1e-6 (1e-4 beyond |x| = 3).
struct Tanh {
    Float x, top, bottom;

    explicit Tanh(Float argument)
        : x(max(min(argument, Float{} + TANH_END), Float{} - TANH_END))
    {
        const Float q = x * x;
        top = 1.0f + q * (17325.0f / 135135 + q * (378.0f / 135135 + q * (1.0f / 135135)));
        bottom = 1.0f + q * (62370.0f / 135135 + q * (3150.0f / 135135 + q * (28.0f / 135135)));
    }
};

// e^x to 1e-7: a power of two times a polynomial.
inline Float exponential(Float x)
{
    const Float n = (x * 1.44269504f + 12582912.0f) - 12582912.0f;
    const Float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    const Float p =
        1.0f +
        r * (1.0f + r * (0.5f + r * (0.166666657f +
                                     r * (0.0416657962f +
                                          r * (8.33345205e-3f + r * 1.39195809e-3f)))));
    const Int power = (to_int(n) + 127) << 23;
    return p * Float(power);
}

inline Float line_mean(Line &line, int at)
{
    const Float s = load(line.s + at);
    store(line.s_old + at, s);
    store(line.s + at, s * load(line.decay + at));
    return s * load(line.mean + at) + load(line.late + at);
}

template <int features>
inline std::uint32_t step(const Population &all, int k, int at, std::int32_t now,
                          std::uint32_t salt_low, std::uint32_t salt_high)
{
    Block &b = all.block[k];
    const Float v = load(b.v + at);
    const Float leak_slope = load(b.leak_slope + at), reset_slope = load(b.reset_slope + at);

    const Tanh exc(line_mean(b.excitatory, at) * load(b.excitatory.slope + at) +
                   load(b.excitatory.shift + at));
    const Tanh inh(line_mean(b.inhibitory, at) * load(b.inhibitory.slope + at) +
                   load(b.inhibitory.shift + at));
    const Tanh leak(load(b.leak_shift + at) - leak_slope * v);
    const Tanh reset(load(b.reset_shift + at) - reset_slope * v);

    // One division for four.
    const Float inputs = exc.bottom * inh.bottom, pulls = leak.bottom * reset.bottom;
    const Float inverse = 1.0f / (inputs * pulls);
    const Float by_inputs = inverse * pulls, by_pulls = inverse * inputs;
    Float i_exc = load(b.excitatory.gain + at) * exc.x * exc.top * (by_inputs * inh.bottom);
    Float i_inh = load(b.inhibitory.gain + at) * inh.x * inh.top * (by_inputs * exc.bottom);
    const Float leak_secant = leak.top * (by_pulls * reset.bottom);
    const Float reset_secant = reset.top * (by_pulls * leak.bottom);
    const Float leak_tanh = leak.x * leak_secant, reset_tanh = reset.x * reset_secant;

    const Float leak_gain = load(b.leak_gain + at), reset_gain = load(b.reset_gain + at);
    const Float g_leak = leak_gain * leak_slope, g_reset = reset_gain * reset_slope;
    const Float secant = g_leak * leak_secant + g_reset * reset_secant;
    const Float tangent = g_leak * (1.0f - leak_tanh * leak_tanh) +
                          g_reset * (1.0f - reset_tanh * reset_tanh);
    const Float stiff = min(secant * secant, Float{} + 1.0f);
    Float rate = tangent + (secant - tangent) * stiff;

    if constexpr (features & CONDUCTANCE) {
        const Conductance &c = all.conductance[k];
        const Float zero = {};
        const Float coba_exc = load(c.excitatory_coba + at), coba_inh = load(c.inhibitory_coba + at);
        const Float f_exc = 1.0f + coba_exc * (load(c.excitatory_reversal + at) - v);
        const Float f_inh = 1.0f + coba_inh * (load(c.inhibitory_reversal + at) - v);
        rate += f_exc > zero ? i_exc * coba_exc : zero;
        rate -= f_inh > zero ? i_inh * coba_inh : zero;
        i_exc *= max(f_exc, zero);
        i_inh *= max(f_inh, zero);
    }
    Float change = leak_gain * leak_tanh + reset_gain * reset_tanh + i_exc - i_inh +
                   load(b.drive + at);
    Float bend = {};
    Int upswing = {};
    if constexpr (features & EXPONENTIAL) {
        const Exponential &e = all.exponential[k];
        const Float slope = load(e.slope + at);
        const Float i = load(e.gain + at) *
                        exponential(max(min(v * slope - load(e.shift + at), load(e.limit + at)),
                                        Float{} - 80.0f));
        change += i;
        rate -= i * slope;
        bend = i * slope * slope;
    }
    if constexpr (features & ADAPTATION) {
        const Adaptation &a = all.adaptation[k];
        const Float gain = load(a.gain + at), mean = load(a.mean + at);
        const Float w_end = gain * (v - load(a.potential + at));
        change -= w_end + (load(a.w + at) - w_end) * mean;
        rate += gain * (1.0f - mean);
    }
    if constexpr (features & EXPONENTIAL) {
        upswing = (rate < -STEEP) & (v < load(b.v_max + at));
        bend = min(bend * change, Float{} + STEEP * STEEP) * (1.0f / 6);
    }

    // phi1(-rate) = (1 - e^-rate) / rate with e^rate as a polynomial: relaxes, never overshoots.
    const Float y = max(min(rate, Float{} + 1e4f), Float{} - STEEP);
    const Float p =
        1.0f + y * (1.0f / 2 + y * (1.0f / 6 + y * (1.0f / 24 + y * (1.0f / 120))));
    const Float decay = 1.0f / (1.0f + y * p);
    const Float phi = p * decay;
    Float v_new = v + change * phi;
    if constexpr (features & EXPONENTIAL) v_new += change * bend;
    if constexpr (features & NOISE) {
        const Noise &n = all.noise[k];
        const Word sum =
            byte_sum(load(n.key_low + at), load(n.key_high + at), salt_low, salt_high);
        v_new += load(n.sigma + at) * gaussian_from(to_float(Int(sum))) *
                 sqrt(phi * (0.5f + 0.5f * decay));
    }
    v_new = max(min(v_new, load(b.v_max + at)), load(b.v_min + at));

    if constexpr (features & ADAPTATION) {
        Adaptation &a = all.adaptation[k];
        const Float w = load(a.w + at);
        const Float w_end =
            load(a.gain + at) * (0.5f * (v + v_new) - load(a.potential + at));
        store(a.w_old + at, w);
        store(a.w + at, w_end + (w - w_end) * load(a.decay + at));
    }
    store(b.v_old + at, v);
    store(b.v + at, v_new);
    return bits((v_new >= load(b.threshold + at)) | (load(b.wake + at) == now) | upswing);
}

template <int features>
bool step_all(const Population &all, std::int32_t now, std::uint32_t salt_low,
              std::uint32_t salt_high, std::uint32_t *special)
{
    std::uint32_t any = 0;
    for (int k = 0; k < all.n_blocks; k++) {
        std::uint32_t found = 0;
        for (int at = 0; at < LANES; at += WIDTH)
            found |= step<features>(all, k, at, now, salt_low, salt_high) << at;
        special[k] = found;
        any |= found;
    }
    return any != 0;
}

}  // namespace

Step STEP(int features)
{
    static constexpr Step table[16] = {
        step_all<0>,  step_all<1>,  step_all<2>,  step_all<3>, step_all<4>,  step_all<5>,
        step_all<6>,  step_all<7>,  step_all<8>,  step_all<9>, step_all<10>, step_all<11>,
        step_all<12>, step_all<13>, step_all<14>, step_all<15>};
    return table[features];
}

}  // namespace neckar
