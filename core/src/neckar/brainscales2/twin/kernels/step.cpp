// One step of every neuron, on vectors: membrane.move of the reference with the length of a step.
// Compiled once per instruction set (KERNEL is its function); free of the standard library, so that
// no function of a newer instruction set can end up where an older processor calls it.

#include "block.hpp"
#include "vector.hpp"
#include "neuron.hpp"
#include "noise.hpp"

namespace neckar {
namespace {

// What goes on in a vector of neurons during the step, in volts per step.
struct Flow {
    Float change;  // dv/dt
    Float rate;    // -d(change)/dv
    Float bend;    // half of d2(change)/dv2
};

// The argument of the tanh of a synaptic input: the mean of the line over the step.
inline Float mean_deflection(Line &line, int at, bool hit)
{
    const Float s = load(line.s + at);
    store(line.s + at, s * load(line.decay + at));
    const Float x = load(line.shift + at) + s * load(line.mean + at);
    return hit ? x + load(line.late + at) : x;
}

// The tangent is right for small steps; only the secant ends where the pull ends.
inline void avoid_overshoot(Flow &m, Float secant)
{
    const Float square = min(secant * secant, Float{} + 1.0f), part = square * square;
    m.rate += (secant - m.rate) * part;
    m.bend -= m.bend * part;
}

// Adds gain tanh(x); returns its conductance up to where it pulls.
inline Float add_pull(Flow &m, Float gain, Float slope, const Tanh<Float> &x)
{
    const Float ratio = x.top / x.bottom, tanh = x.x * ratio, g = gain * slope;
    const Float tangent = g - g * (tanh * tanh);
    m.change += gain * tanh;
    m.rate += tangent;
    m.bend -= tangent * (tanh * slope);
    return g * ratio;
}

// What is left of an inhibitory current.
inline Float left_near_ground(const Rare &rare, int at, Float v)
{
    const Float fade = load(rare.fade + at), one = Float{} + 1.0f;
    return fade > 0.0f ? max(min(v * fade, one), Float{}) : one;
}

// The saturating currents: two inputs (one division for both), the leak and, if any neuron of the
// block needs it, the reset.
template <int features>
inline Flow currents(const Population &all, int k, int at, bool hit, bool stiffly, Float v)
{
    Block &b = all.block[k];
    const Rare &rare = all.rare[k];
    const ShortTanh exc(mean_deflection(b.excitatory, at, hit));
    const ShortTanh inh(mean_deflection(b.inhibitory, at, hit));
    const Float leak_slope = load(b.leak_slope + at);
    const Tanh leak(load(b.leak_shift + at) - leak_slope * v);

    const Float inverse = 1.0f / (exc.bottom * inh.bottom);
    Flow m = {};
    Float secant = {};
    if (all.resetting[k]) {
        const Float slope = load(rare.reset_slope + at), gain = load(rare.reset_gain + at);
        const Tanh reset(load(rare.reset_shift + at) - slope * v);
        secant = add_pull(m, gain, slope, reset);
    }
    secant += add_pull(m, load(b.leak_gain + at), leak_slope, leak);
    if constexpr (features & STIFF)
        avoid_overshoot(m, secant);
    else if (stiffly)
        avoid_overshoot(m, load(rare.reset_gain + at) > 0.0f ? secant : Float{});

    Float i_exc = load(b.excitatory.gain + at) * exc.x * (exc.top * inh.bottom);
    Float i_inh = load(b.inhibitory.gain + at) * inh.x * (inh.top * exc.bottom);
    if constexpr (features & CONDUCTANCE) {
        const Conductance &c = all.conductance[k];
        const Float zero = {};
        const Float coba_exc = load(c.excitatory_coba + at), coba_inh = load(c.inhibitory_coba + at);
        const Float f_exc = 1.0f + coba_exc * (load(c.excitatory_reversal + at) - v);
        const Float f_inh = 1.0f + coba_inh * (load(c.inhibitory_reversal + at) - v);
        m.rate += (f_exc > zero ? i_exc * coba_exc : zero) * inverse;
        Float slope_inh = (f_inh > zero ? i_inh * coba_inh : zero) * inverse;
        i_exc *= max(f_exc, zero);
        i_inh *= max(f_inh, zero);
        if (at_least(Float{} + all.compliance, v)) slope_inh *= left_near_ground(rare, at, v);
        m.rate -= slope_inh;
    }
    if (at_least(Float{} + all.compliance, v)) {
        const Float left = left_near_ground(rare, at, v), fade = load(rare.fade + at);
        m.rate += (left < 1.0f ? (left > 0.0f ? i_inh * fade : Float{}) : Float{}) * inverse;
        i_inh *= left;
    }
    m.change += (i_exc - i_inh) * inverse;
    if (all.driven) m.change += load(rare.drive + at);
    return m;
}

inline void add_exponential(const Population &all, int k, int at, Float v, Flow &m)
{
    const Float slope = load(all.exponential[k].slope + at);
    const Float x = v * slope - load(all.exponential[k].shift + at);
    const Float i = exponential(max(min(x, Float{} + MOST_IN_A_STEP), Float{} - LONGEST_EXPONENT));
    const Float steeper = i * slope;
    m.change += i;
    m.rate -= steeper;
    m.bend += (0.5f * steeper) * slope;
}

inline void add_adaptation(const Population &all, int k, int at, Float v, Flow &m)
{
    const Adaptation &a = all.adaptation[k];
    const Float gain = load(a.gain_mean + at);
    m.change -= gain * (v - load(a.potential + at));
    m.change -= load(a.w + at) * load(a.mean + at);
    m.rate += gain;
}

// How far v gets for every volt per step of change, and the noise for every volt of it.
struct Reach {
    Float change, noise;
    Float rate;  // as far as it is believed
};

template <int features>
inline Reach reach(Float rate)
{
    if constexpr (features & STIFF) {
        const Float y = max(min(rate, Float{} + 1e4f), Float{} - STEEP), p = growth(y);
        const Float decay = 1.0f / (1.0f + y * p), mean = p * decay;
        if constexpr (features & NOISE) return {mean, sqrt(mean * (0.5f + 0.5f * decay)), y};
        return {mean, Float{}, y};
    }
    Float y = rate;
    if constexpr (features & (EXPONENTIAL | CONDUCTANCE)) y = max(y, Float{} - STEEP);
    return {mean_of_slow_decay(y), 1.0f - y * (1.0f / 2 - y * (5.0f / 24)), y};
}

// For neurons in a stiff reset alone: what STIFF does for all.
template <int features>
inline void believe_reset(Float reset_gain, Flow &m, Reach &far, Float &order)
{
    const auto here = reset_gain > 0.0f;
    const Reach stiff = reach<features | STIFF>(m.rate);
    const Float steepest = 0.5f * STEEP * STEEP / max(max(m.change, -m.change), Float{} + 1e-20f);
    far.change = here ? stiff.change : far.change;
    far.noise = here ? stiff.noise : far.noise;
    order = here ? max(1.0f / 3 - stiff.rate * (1.0f / 3), Float{}) : order;
    m.bend = here ? max(min(m.bend, steepest), -steepest) : m.bend;
}

inline Float chance(const Noise &n, int at, const Now &now)
{
    const Word sum =
        byte_sum(load(n.key_low + at), load(n.key_high + at), now.salt_low, now.salt_high);
    return load(n.sigma + at) * gaussian_from(__builtin_convertvector(Int(sum), Float));
}

template <int features>
inline std::uint32_t step(const Population &all, int k, int at, const Now &now)
{
    Block &b = all.block[k];
    const Float v = load(b.v + at);
    const bool stiffly = !(features & STIFF) && all.stiff_reset && all.resetting[k];
    Flow m = currents<features>(all, k, at, now.hit, stiffly, v);
    if constexpr (features & EXPONENTIAL) add_exponential(all, k, at, v, m);
    if constexpr (features & ADAPTATION) add_adaptation(all, k, at, v, m);

    Reach far = reach<features>(m.rate);
    Float order = 1.0f / 3 - far.rate * (1.0f / 3);
    if constexpr (features & STIFF) order = max(order, Float{});
    if constexpr (features & EXPONENTIAL) {
        const Float growing = max(-far.rate, Float{});
        order += growing * (UPSWING_3 / 3 + growing * (UPSWING_4 / 3));
    }
    if (stiffly) believe_reset<features>(load(all.rare[k].reset_gain + at), m, far, order);
    Float v_new = v + m.change * far.change;
    if constexpr (features & (EXPONENTIAL | STIFF)) {
        const Float limit = Float{} + 0.5f * STEEP * STEEP;
        v_new += m.change * (order * max(min(m.bend * m.change, limit), -limit));
    } else {
        v_new += m.change * (order * (m.bend * m.change));
    }
    if constexpr (features & NOISE) v_new += chance(all.noise[k], at, now) * far.noise;
    const Float v_min = Float{} + all.v_min, v_max = Float{} + all.v_max;
    v_new = max(min(v_new, v_max), v_min);
    store(b.v_old + at, v);
    store(b.v + at, v_new);

    if constexpr (features & ADAPTATION) {
        Adaptation &a = all.adaptation[k];
        const Float w = load(a.w + at);
        const Float above = 0.5f * (v + v_new) - load(a.potential + at);
        store(a.w_old + at, w);
        store(a.w + at, load(a.gain_end + at) * above + w * load(a.decay + at));
    }
    // No branch on these: it would wait for all of the above, and be mispredicted.
    std::uint32_t special = at_least(v_new, load(b.threshold + at));
    if constexpr (features & EXPONENTIAL)
        special |= at_least(Float{} - STEEP, m.rate) & ~at_least(v, v_max);
    if (all.rails_differ) special |= at_least(v_min, v_new) | at_least(v_new, v_max);
    return special;
}

template <int features>
bool step_all(const Population &all, const Now &now, std::uint32_t *special)
{
    const Population population = all;
    const Now moment = now;
    std::uint32_t any = 0;
    for (int k = 0; k < population.n_blocks; k++) {
        std::uint32_t found = 0;
        for (int at = 0; at < LANES; at += WIDTH)
            found |= step<features>(population, k, at, moment) << at;
        any |= special[k] |= found;
    }
    return any != 0;
}

constexpr int LATE = __builtin_offsetof(Line, late) / sizeof(float);  // from s to late

// A deflection is put at the start of the step, larger by e^(offset h / tau), and what it would
// have done too early is taken back.
void deflect(const LineOfNeuron *lines, float *first, const Row &row, float offset, Deflection *to)
{
    for (int e = 0; e < row.length; e++) {
        const LineOfNeuron line = lines[row.line[e]];
        float *const s = first + line.at;
        const float y = offset * line.rate, p = growth(y), grown = 1.0f + y * p;
        const float room = line.floor * grown - s[0];
        float jump = float(row.amplitude[e]) * line.slope, amount = jump * grown;
        if (amount > room) {
            amount = max(room, 0.0f);
            jump = amount / grown;
        }
        s[0] += amount;
        s[LATE] -= jump * offset * p;
        to[e] = {line.at, offset, jump, amount};
    }
}

Inflow inflow_now(const Circuit &c, const Point &p, float length)
{
    return inflow(c, p, decay_of(c, length).mean);
}

void arrive_at(const Circuit &c, Point &p, float v_end, float length)
{
    arrive(c, p, v_end, decay_of(c, length).left);
}

}  // namespace

Kernel KERNEL(int features)
{
    static constexpr Step table[32] = {
        step_all<0>,  step_all<1>,  step_all<2>,  step_all<3>,  step_all<4>,  step_all<5>,
        step_all<6>,  step_all<7>,  step_all<8>,  step_all<9>,  step_all<10>, step_all<11>,
        step_all<12>, step_all<13>, step_all<14>, step_all<15>, step_all<16>, step_all<17>,
        step_all<18>, step_all<19>, step_all<20>, step_all<21>, step_all<22>, step_all<23>,
        step_all<24>, step_all<25>, step_all<26>, step_all<27>, step_all<28>, step_all<29>,
        step_all<30>, step_all<31>};
    return {table[features], deflect, move, inflow_now, arrive_at};
}

}  // namespace neckar
