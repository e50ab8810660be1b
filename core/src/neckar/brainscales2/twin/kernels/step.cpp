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
    Float bend;    // a sixth of d2(change)/dv2
    Float upswing;  // the part of change that is the exponential's
};

// What a line shows of itself during a step or a part of it, and what it keeps.
struct Remains {
    Float mean, left;
};

inline Remains remains(Float rate, Float length)
{
    const Float x = rate * length, up = growth(x), left = 1.0f / (1.0f + x * up);
    return {up * left, left};
}

// The argument of the tanh of a synaptic input: the mean of the line.
inline Float deflection(Line &line, int at, bool hit, const Remains &r)
{
    const Float s = load(line.s + at);
    store(line.s + at, s * r.left);
    const Float x = load(line.shift + at) + s * r.mean;
    return hit ? x + load(line.late + at) : x;
}

inline Remains all_step(const Line &line, int at)
{
    return {load(line.mean + at), load(line.decay + at)};
}

struct Inputs {
    Float excitatory, inhibitory;
};

// The tangent is right for small steps; only the secant ends where the pull ends.
inline void avoid_overshoot(Flow &m, Float secant, Float length)
{
    const Float y = secant * length;
    const Float square = min(y * y, Float{} + 1.0f), part = square * square;
    m.rate += (secant - m.rate) * part;
    m.bend -= m.bend * part;
}

// Adds gain tanh(x); returns its conductance up to where it pulls. g: gain slope; bend: slope / 3.
inline Float add_pull(Flow &m, Float gain, Float g, Float bend, const Tanh<Float> &x)
{
    const Float ratio = x.top / x.bottom, tanh = x.x * ratio;
    const Float tangent = g - (g * tanh) * tanh;
    m.change += gain * tanh;
    m.rate += tangent;
    m.bend -= tangent * (tanh * bend);
    return g * ratio;
}

// What is left of an inhibitory current.
inline Float left_near_ground(const Rare &rare, int at, Float v)
{
    const Float fade = load(rare.fade + at), one = Float{} + 1.0f;
    return select(fade > 0.0f, max(min(v * fade, one), Float{}), one);
}

// The saturating currents: two inputs (one division for both), the leak and, in the ward, the
// reset.
template <int features>
inline void add_currents(const Population &all, int k, int at, const Inputs &in, Float v,
                         Float length, Flow &total)
{
    const Block &b = all.block[k];
    const Rare &rare = all.rare[k];
    const ShortTanh exc(in.excitatory);
    const ShortTanh inh(in.inhibitory);
    const Float leak_slope = load(b.leak_slope + at);
    const Tanh leak(load(b.leak_shift + at) - leak_slope * v);

    const Float inverse = 1.0f / (exc.bottom * inh.bottom);
    Flow m = {};
    Float secant = {};
    if constexpr (features & RESET) {
        const Float slope = load(rare.reset_slope + at), gain = load(rare.reset_gain + at);
        const Tanh reset(load(rare.reset_shift + at) - slope * v);
        secant = add_pull(m, gain, gain * slope, slope * (1.0f / 3), reset);
    }
    secant += add_pull(m, load(b.leak_gain + at), load(b.leak_conductance + at),
                       load(b.leak_bend + at), leak);
    if constexpr (features & STIFF) avoid_overshoot(m, secant, length);

    Float i_exc = load(b.excitatory.gain + at) * exc.x * (exc.top * inh.bottom);
    Float i_inh = load(b.inhibitory.gain + at) * inh.x * (inh.top * exc.bottom);
    if constexpr (features & CONDUCTANCE) {
        const Conductance &c = all.conductance[k];
        const Float zero = {};
        const Float coba_exc = load(c.excitatory_coba + at), coba_inh = load(c.inhibitory_coba + at);
        const Float f_exc = 1.0f + coba_exc * (load(c.excitatory_reversal + at) - v);
        const Float f_inh = 1.0f + coba_inh * (load(c.inhibitory_reversal + at) - v);
        m.rate += select(f_exc > zero, i_exc * coba_exc, zero) * inverse;
        Float slope_inh = select(f_inh > zero, i_inh * coba_inh, zero) * inverse;
        i_exc *= max(f_exc, zero);
        i_inh *= max(f_inh, zero);
        if (at_least(Float{} + all.compliance, v)) slope_inh *= left_near_ground(rare, at, v);
        m.rate -= slope_inh;
    }
    if (at_least(Float{} + all.compliance, v)) {
        const Float left = left_near_ground(rare, at, v), fade = load(rare.fade + at);
        const Float fading = select(left > 0.0f, i_inh * fade, Float{});
        m.rate += select(left < 1.0f, fading, Float{}) * inverse;
        i_inh *= left;
    }
    m.change += (i_exc - i_inh) * inverse;
    if (all.driven) m.change += load(rare.drive + at);
    total.change += m.change;
    total.rate += m.rate;
    total.bend += m.bend;
}

inline void add_exponential(const Exponential &e, int at, Float v, Flow &m)
{
    const Float x = v * load(e.binary_slope + at) - load(e.binary_shift + at);
    const Float most = Float{} + MOST_IN_A_STEP * LOG2_E, least = Float{} - LONGEST_EXPONENT * LOG2_E;
    const Float i = power_of_two(max(min(x, most), least)), steeper = i * load(e.slope + at);
    m.upswing = i;
    m.change += i;
    m.rate -= steeper;
    m.bend += steeper * load(e.bend + at);
}

// gain: of w, as far as it acts on the mean of w.
inline void add_adaptation(const Adaptation &a, int at, Float v, Float gain, Float mean, Flow &m)
{
    m.change -= gain * (v - load(a.potential + at));
    m.change -= load(a.w + at) * mean;
    m.rate += gain;
}

// gain: of w, half of it as far as it acts on w by the end.
inline void adapt(Adaptation &a, int at, Float v, Float v_new, Float gain, Float left)
{
    const Float potential = load(a.potential + at), above = (v - potential) + (v_new - potential);
    store(a.w + at, gain * above + load(a.w + at) * left);
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

// How far the second derivative moves v for every volt per step of change. The third order follows
// from it and from the rate.
template <int features>
inline Float bent(const Flow &m, Float rate)
{
    Float order = 1.0f - rate, bend = m.bend * m.change;
    if constexpr (features & STIFF) order = max(order, Float{});
    if constexpr (features & EXPONENTIAL) {
        const Float growing = max(-rate, Float{});
        order += growing * (UPSWING_3 + growing * UPSWING_4);
    }
    if constexpr (features & (EXPONENTIAL | STIFF)) {
        const Float limit = Float{} + STEEP * STEEP / 6;
        bend = max(min(bend, limit), -limit);
    }
    return order * bend;
}

// Lanes of which the exponential takes them out of sight of their derivatives; `rate` of a piece.
inline std::uint32_t steep_lanes(Float rate) { return at_least(Float{} - STEEP, rate); }

// Where they can rise.
inline std::uint32_t rising_lanes(Float change, Float slope)
{
    const Float nothing = Float{} + 1e-30f;
    return at_least(change, nothing) & at_least(slope, nothing);
}

// What is steady and the exponential alone: see Motion. v stops at the ceiling.
inline Float upswing_after(Float change, Float steady, Float slope, Float v, Float length,
                           Float ceiling)
{
    const Float per_steady = length * slope;
    const Float left = 1.0f - change * per_steady * mean_of_decay(steady * per_steady);
    const Float last = exponential(max((v - ceiling) * slope, Float{} - LONGEST_EXPONENT));
    return select(left <= last, ceiling, v - logarithm(max(left, last)) / slope);
}

inline Float chance(Noise &n, int at, const Now &now)
{
    if (now.odd) return load(n.next + at);
    const Hash<Word> h(load(n.key_low + at), load(n.key_high + at), now.salt_low, now.salt_high);
    const Float sum = convert<OneFloat>(sum_of_bytes(h.x, h.y));
    const Float difference = convert<OneFloat>(difference_of_bytes(h.x, h.y));
    const Float sigma = load(n.sigma + at);
    store(n.next + at, sigma * gaussian_of_difference(difference));
    return sigma * gaussian_of_sum(sum);
}

inline void remember(Before &before, int at, Float v, Float w, const Flow &m, Float bent,
                     std::uint32_t steep)
{
    store(before.v + at, v);
    store(before.w + at, w);
    store(before.change + at, m.change);
    store(before.rate + at, m.rate);
    store(before.bent + at, m.change * bent);
    store(before.steady + at, m.change - m.upswing);
    before.steep = (before.steep & ~(ALL_LANES << at)) | steep << at;
}

struct Found {
    std::uint32_t special, steep;
};

template <int features>
inline Found step(const Population &all, int k, int at, const Now &now,
                          std::uint32_t special)
{
    Block &b = all.block[k];
    const Float v = load(b.v + at);
    const Inputs in{deflection(b.excitatory, at, now.hit, all_step(b.excitatory, at)),
                    deflection(b.inhibitory, at, now.hit, all_step(b.inhibitory, at))};
    Flow m = {};
    if constexpr (features & EXPONENTIAL) add_exponential(all.exponential[k], at, v, m);
    add_currents<features>(all, k, at, in, v, Float{} + 1.0f, m);
    Float w = {};
    if constexpr (features & ADAPTATION) {
        const Adaptation &a = all.adaptation[k];
        w = load(a.w + at);
        add_adaptation(a, at, v, load(a.gain_mean + at), load(a.mean + at), m);
    }

    const Reach far = reach<features>(m.rate);
    const Float by_bend = bent<features>(m, far.rate);
    Float v_new = v + m.change * (far.change + by_bend);
    if constexpr (features & NOISE) v_new += chance(all.noise[k], at, now) * far.noise;
    const Float v_min = Float{} + all.v_min, v_max = Float{} + all.v_max;
    v_new = max(min(v_new, v_max), v_min);
    store(b.v + at, v_new);
    if constexpr (features & ADAPTATION) {
        Adaptation &a = all.adaptation[k];
        adapt(a, at, v, v_new, load(a.gain_end + at), load(a.decay + at));
    }
    std::uint32_t found = at_least(v_new, load(b.threshold + at)), steep = 0;
    if (all.rails_differ) found |= at_least(v_min, v_new) | at_least(v_new, v_max);
    if constexpr (features & EXPONENTIAL) steep = steep_lanes(m.rate);
    if (found | special | steep) remember(all.before[k], at, v, w, m, by_bend, steep);
    return {found & ~steep, steep};
}

// Takes those in a steep upswing where it takes them. Apart from the above because few are, and
// the others shall not wait for them.
template <int features>
inline std::uint32_t rise(const Population &all, int k, int at, std::uint32_t steep)
{
    Block &b = all.block[k];
    Before &began = all.before[k];
    const Float change = load(began.change + at), steady = load(began.steady + at);
    const Float slope = load(all.exponential[k].slope + at), v = load(began.v + at);
    const std::uint32_t rising = steep & rising_lanes(change, slope);
    began.steep = (began.steep & ~(ALL_LANES << at)) | rising << at;

    const Float v_min = Float{} + all.v_min, v_max = Float{} + all.v_max;
    const Float ceiling = min(load(b.threshold + at), v_max), length = Float{} + 1.0f;
    const Float risen = upswing_after(change, steady, slope, v, length, ceiling);
    const Float v_new = select(chosen(rising), max(min(risen, v_max), v_min), load(b.v + at));
    store(b.v + at, v_new);
    if constexpr (features & ADAPTATION) {
        Adaptation &a = all.adaptation[k];
        store(a.w + at, load(began.w + at));
        adapt(a, at, v, v_new, load(a.gain_end + at), load(a.decay + at));
    }
    std::uint32_t found = at_least(v_new, load(b.threshold + at));
    if (all.rails_differ) found |= at_least(v_min, v_new) | at_least(v_new, v_max);
    return (found & steep) << at;
}

template <int features>
__attribute__((flatten)) bool step_all(const Population &all, const Now &now, std::uint32_t *special)
{
    const Population population = all;
    const Now moment = now;
    std::uint32_t any = 0, steep[32] = {}, rising = 0;  // of the last 32 blocks
    for (int k = 0; k < population.n_blocks; k++) {
        std::uint32_t marked = special[k];
        for (int at = 0; at < LANES; at += WIDTH) {
            const Found found = step<features>(population, k, at, moment, special[k]);
            marked |= found.special << at;
            if constexpr (features & EXPONENTIAL) steep[k % 32] |= found.steep << at;
        }
        any |= special[k] = marked;
        if constexpr (features & EXPONENTIAL) {
            rising |= std::uint32_t(steep[k % 32] != 0) << k % 32;
            if (k % 32 != 31 && k + 1 < population.n_blocks) continue;
            for (; rising; rising &= rising - 1) {
                const int bit = __builtin_ctz(rising), one = k / 32 * 32 + bit;
                for (int at = 0; at < LANES; at += WIDTH)
                    if (const std::uint32_t mine = steep[bit] >> at & ALL_LANES)
                        any |= special[one] |= rise<features>(population, one, at, mine);
                steep[bit] = 0;
            }
        }
    }
    return any != 0;
}

// In the ward: of a line by `length`; what is prepared for all of a step serves where that is it.
inline Remains part_of_step(const Remains &all, Float rate, Float length)
{
    const Remains some = remains(rate, length);
    const auto whole = length == 1.0f;
    return {select(whole, all.mean, some.mean), select(whole, all.left, some.left)};
}

template <class Mask>
inline void keep(float *to, Float x, Mask lanes)
{
    store(to, select(lanes, x, load(to)));
}

// A line of which only some lanes go on.
template <class Mask>
inline Float deflection_of(Line &line, int at, const Now &now, const float *rate, Float length,
                           Mask lanes)
{
    const Float before = load(line.s + at);
    const Remains r = part_of_step(all_step(line, at), load(rate + at), length);
    const Float x = deflection(line, at, now.hit, r);
    store(line.s + at, select(lanes, load(line.s + at), before));
    return x;
}

template <int features>
inline void part(const Population &all, int k, int at, const Now &now, std::uint32_t which)
{
    Block &b = all.block[k];
    const Ward &ward = all.ward[k - all.n_blocks];
    const auto lanes = chosen(which);
    const Float v = load(b.v + at), length = load(ward.length + at);
    const Inputs in{deflection_of(b.excitatory, at, now, ward.rate_excitatory, length, lanes),
                    deflection_of(b.inhibitory, at, now, ward.rate_inhibitory, length, lanes)};
    Flow m = {};
    if constexpr (features & EXPONENTIAL) add_exponential(all.exponential[k], at, v, m);
    add_currents<features>(all, k, at, in, v, length, m);
    Float w = {}, gain_end = {}, left = {};
    if constexpr (features & ADAPTATION) {
        const Adaptation &a = all.adaptation[k];
        const Float gain = load(ward.adaptation_gain + at);
        const Remains r = part_of_step({load(a.mean + at), load(a.decay + at)},
                                       load(ward.rate_w + at), length);
        w = load(a.w + at);
        add_adaptation(a, at, v, gain * (1.0f - r.mean), r.mean, m);
        gain_end = 0.5f * gain * (1.0f - r.left);
        left = r.left;
    }

    Flow scaled = m;
    scaled.change *= length;
    scaled.bend *= length;
    const Reach far = reach<features>(m.rate * length);
    Float v_new = v + scaled.change * (far.change + bent<features>(scaled, far.rate));
    if constexpr (features & NOISE)
        v_new += chance(all.noise[k], at, now) * (length * far.noise);
    const Float v_max = load(ward.v_max + at);
    if constexpr (features & EXPONENTIAL) {
        const Float slope = load(all.exponential[k].slope + at);
        const std::uint32_t steep = steep_lanes(m.rate * length) & rising_lanes(m.change, slope);
        const Float steady = m.change - m.upswing;
        if (steep)
            v_new = select(chosen(steep), upswing_after(m.change, steady, slope, v, length, v_max),
                           v_new);
    }
    v_new = max(min(v_new, v_max), load(ward.v_min + at));
    keep(b.v + at, v_new, lanes);
    if constexpr (features & ADAPTATION) {
        Adaptation &a = all.adaptation[k];
        adapt(a, at, v, v_new, gain_end, left);
        store(a.w + at, select(lanes, load(a.w + at), w));
    }
    store(all.before[k].v + at, v);
    store(all.before[k].w + at, w);
}

template <int features>
__attribute__((flatten)) void part_all(const Population &all, int k, const Now &now, std::uint32_t lanes)
{
    for (int at = 0; at < LANES; at += WIDTH) {
        const std::uint32_t mine = lanes >> at & ALL_LANES;
        if (mine) part<features | STIFF | RESET>(all, k, at, now, mine);
    }
}

constexpr int LATE = __builtin_offsetof(Line, late) / sizeof(float);  // from s to late

// What a charge that pulls a line by `jump` does while there is only `room`; see reference.py.
float faded(float jump, float room, float compliance)
{
    const float straight = max(room - compliance, 0.0f);
    if (jump <= straight) return jump;
    const float left = max(room, 0.0f) - straight;
    return straight - left * exponential_less_1(Four{} + (straight - jump) / compliance)[0];
}

// A deflection is put at the start of the step, larger by e^(offset h / tau), and what it would
// have done too early is taken back.
void deflect(const LineOfNeuron *lines, float *first, const Row &row, float offset, Deflection *to)
{
    for (int e = 0; e < row.length; e++) {
        const LineOfNeuron line = lines[row.line[e]];
        float *const s = first + line.at;
        const float y = offset * line.rate, p = growth(y), grown = 1.0f + y * p;
        const float room = line.floor - s[0] / grown;
        const float jump = faded(float(row.amplitude[e]) * line.slope, room, line.compliance);
        const float amount = jump * grown;
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
    static constexpr Step steps[32] = {
        step_all<0>,  step_all<1>,  step_all<2>,  step_all<3>,  step_all<4>,  step_all<5>,
        step_all<6>,  step_all<7>,  step_all<8>,  step_all<9>,  step_all<10>, step_all<11>,
        step_all<12>, step_all<13>, step_all<14>, step_all<15>, step_all<16>, step_all<17>,
        step_all<18>, step_all<19>, step_all<20>, step_all<21>, step_all<22>, step_all<23>,
        step_all<24>, step_all<25>, step_all<26>, step_all<27>, step_all<28>, step_all<29>,
        step_all<30>, step_all<31>};
    static constexpr Part parts[16] = {
        part_all<0>,  part_all<1>,  part_all<2>,  part_all<3>,  part_all<4>,  part_all<5>,
        part_all<6>,  part_all<7>,  part_all<8>,  part_all<9>,  part_all<10>, part_all<11>,
        part_all<12>, part_all<13>, part_all<14>, part_all<15>};
    return {steps[features], parts[features & 15], deflect, move, inflow_now, arrive_at};
}

}  // namespace neckar
