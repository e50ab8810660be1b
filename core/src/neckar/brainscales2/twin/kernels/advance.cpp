// Everything between two steps: events, spikes, resets, traces. See reference.advance.

#include "advance.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <memory>

#include "neuron.hpp"
#include "noise.hpp"
#include "rest.hpp"

#ifdef NECKAR_X86
#include <xmmintrin.h>
#endif

namespace neckar {
namespace {

constexpr double H = STEP_DURATION;
constexpr double GRAIN = 1048576.0;          // instants are kept in 2^-20 steps, hence exactly
constexpr double SHORTEST_RESET = 1.0 / 16;  // steps; a spike takes some time
constexpr std::int32_t NEVER = std::numeric_limits<std::int32_t>::max();
constexpr float INF = std::numeric_limits<float>::infinity();
constexpr std::int64_t LOOK_EVERY = 64;    // steps between attempts to find everything at rest
constexpr std::int64_t SHORTEST_JUMP = 4;  // steps

double grain(double steps) { return std::round(steps * GRAIN) / GRAIN; }

// Tiny deflections decay for ever; denormal numbers would make them slow.
class FlushToZero {
public:
#ifdef NECKAR_X86
    FlushToZero() : before(_mm_getcsr()) { _mm_setcsr(before | 0x8040u); }
    ~FlushToZero() { _mm_setcsr(before); }

private:
    unsigned before;
#endif
};

template <class T>
std::unique_ptr<T[], decltype(&std::free)> aligned(int n)
{
    void *memory = std::aligned_alloc(64, sizeof(T) * n);
    std::fill_n(static_cast<char *>(memory), sizeof(T) * n, 0);
    return {static_cast<T *>(memory), &std::free};
}

template <class T>
using Aligned = std::unique_ptr<T[], decltype(&std::free)>;

enum class Phase : unsigned char { FREE, RESETTING, HELD };

struct LineOfNeuron {  // what the delivery of an event needs
    float *s, *late;
    float rate, mean, floor;
};

struct Cell {  // what the closer look needs besides the blocks
    Phase phase = Phase::FREE;
    bool pause = false;
    float threshold = INF, leak_gain = 0, reset_gain = 0, exponential_gain = 0, increment = 0;
    float rate_w = 0;
    double reset_steps = 0, holdoff_steps = 0;  // durations
    double reset_end = 0, holdoff_end = 0;      // instants
};

struct Deflection {  // of a line by an event of this step
    std::int32_t line;
    float amount;  // as if at the start of the step,
    float growth;  // which is so much more than what it was
    float offset;  // when it came
};

struct Event {
    double time;
    std::int32_t address;
};

struct Spike {
    double time;
    std::int32_t neuron;
};

class Run {
public:
    Run(const Neurons &, State &, const Fanout &, const Arrivals &, const Watch &,
        Step (*kernel)(int));
    Outcome to(std::int64_t end);

private:
    const Neurons &neurons;
    State &state;
    const Fanout &fanout;
    const Arrivals &arrivals;
    const Watch &watch;
    const int n;
    const std::int64_t start;
    std::int64_t step;
    bool any_bypass = false;

    Population all;
    Aligned<Block> block{nullptr, &std::free};
    Aligned<Exponential> exponential{nullptr, &std::free};
    Aligned<Adaptation> adaptation{nullptr, &std::free};
    Aligned<Conductance> conductance{nullptr, &std::free};
    Aligned<Noise> noise{nullptr, &std::free};
    Step kernel_step;

    std::vector<Cell> cells;
    std::vector<LineOfNeuron> lines;
    std::vector<std::uint32_t> special;
    std::vector<Deflection> deflections;
    std::vector<Spike> spikes;  // of this step
    std::vector<Event> sent;    // events on their way; those before `sent_head` have arrived
    std::size_t arrivals_head = 0, pending_head = 0, sent_head = 0;
    std::vector<std::uint64_t> last_bypass;
    std::uint64_t n_events = 0;
    std::vector<char> watched;
    Outcome outcome;

    bool at_rest = false, disturbed = false;
    int restless = 0;  // the neuron that was not at rest when last looked
    std::vector<Rest> rests;

    int choose_features() const;
    void load(int k);
    void load_line(Line &, int k, int line, const SynapticInput &, const std::vector<double> &s);
    void load_phase(int k);
    void save(std::int64_t end);

    double next_event() const;
    Event take_event();
    void deliver_events();
    void deliver(const Event &);
    void deflect(std::int32_t line, float amplitude, float offset);
    void clear_deflections();

    void look_closer();
    void look_closer(int k);
    Circuit circuit(int k, float noise_now) const;
    float noise_of(int k, std::int64_t at_step) const;
    void enter(int k, Phase);
    void fire(int k, double offset);
    void send_spikes();

    void write_knot(int k, double time, const Point &);
    void write_knots();

    bool find_rest();
    void jump(std::int64_t target);

    double time_of(double steps) const { return steps * H; }
};

bool any(const double *x, int n)
{
    return std::any_of(x, x + n, [](double value) { return value != 0; });
}

int Run::choose_features() const
{
    int features = 0;
    if (any(neurons.exponential_current, n)) features |= EXPONENTIAL;
    if (any(neurons.adaptation_conductance, n) || any(neurons.adaptation_increment, n) ||
        any(state.w.data(), n))
        features |= ADAPTATION;
    if (any(neurons.excitatory.coba, n) || any(neurons.inhibitory.coba, n))
        features |= CONDUCTANCE;
    for (int k = 0; k < n; k++)
        if (neurons.noise[k] != 0 && neurons.noise_key[k] != 0) features |= NOISE;
    return features;
}

Run::Run(const Neurons &neurons_, State &state_, const Fanout &fanout_,
         const Arrivals &arrivals_, const Watch &watch_, Step (*kernel)(int))
    : neurons(neurons_), state(state_), fanout(fanout_), arrivals(arrivals_), watch(watch_),
      n(neurons_.n), start(state_.step), step(state_.step)
{
    const int n_blocks = (n + LANES - 1) / LANES, features = choose_features();
    block = aligned<Block>(n_blocks);
    if (features & EXPONENTIAL) exponential = aligned<Exponential>(n_blocks);
    if (features & ADAPTATION) adaptation = aligned<Adaptation>(n_blocks);
    if (features & CONDUCTANCE) conductance = aligned<Conductance>(n_blocks);
    if (features & NOISE) noise = aligned<Noise>(n_blocks);
    all = {n_blocks,         block.get(),       exponential.get(),
           adaptation.get(), conductance.get(), noise.get()};
    kernel_step = kernel(features);

    cells.resize(n);
    lines.resize(2 * n);
    special.assign(n_blocks, 0);
    last_bypass.assign(n, 0);
    for (int k = 0; k < n_blocks * LANES; k++) {
        block[k / LANES].threshold[k % LANES] = INF;
        block[k / LANES].wake[k % LANES] = NEVER;
    }
    for (int k = 0; k < n; k++) load(k);
    any_bypass = std::any_of(fanout.bypass, fanout.bypass + n, [](bool b) { return b; });

    watched.assign(n, 0);
    outcome.traces.resize(watch.m);
    for (int k = 0; k < watch.m; k++) watched[watch.neurons[k]] = 1;
}

void Run::load_line(Line &to, int k, int line, const SynapticInput &from,
                    const std::vector<double> &s)
{
    const int at = k % LANES;
    const double rate = H / std::max(from.tau[k], SHORTEST_RESET * H);
    to.s[at] = float(s[k]);
    to.decay[at] = float(std::exp(-rate));
    to.mean[at] = float(-std::expm1(-rate) / rate);
    to.gain[at] = float(from.saturation[k] * H / neurons.capacitance[k]);
    to.slope[at] = from.linear[k] > 0 ? float(1 / from.linear[k]) : 0.0f;
    to.shift[at] = from.linear[k] > 0 ? float(from.offset[k] / from.linear[k]) : 0.0f;
    lines[line] = {&to.s[at], &to.late[at], float(rate), to.mean[at], float(from.floor[k])};
}

void Run::load(int k)
{
    const int at = k % LANES;
    Block &b = block[k / LANES];
    Cell &cell = cells[k];
    const double per_step = H / neurons.capacitance[k];
    b.v[at] = float(state.v[k]);
    load_line(b.excitatory, k, k, neurons.excitatory, state.excitatory);
    load_line(b.inhibitory, k, n + k, neurons.inhibitory, state.inhibitory);
    cell.leak_gain = float(neurons.leak_saturation[k] * per_step);
    b.leak_slope[at] = float(1 / neurons.leak_linear[k]);
    b.leak_shift[at] = float(neurons.leak_potential[k] / neurons.leak_linear[k]);
    cell.reset_gain = float(neurons.reset_saturation[k] * per_step);
    b.reset_slope[at] = float(1 / neurons.reset_linear[k]);
    b.reset_shift[at] = float(neurons.reset_potential[k] / neurons.reset_linear[k]);
    b.drive[at] = float(neurons.current[k] * per_step);
    b.v_min[at] = float(neurons.v_min[k]);
    b.v_max[at] = float(neurons.v_max[k]);
    cell.threshold = float(neurons.threshold[k]);
    cell.pause = neurons.pause[k];
    if (exponential && neurons.exponential_current[k] > 0) {
        Exponential &e = exponential[k / LANES];
        const double gain = neurons.exponential_current[k] * per_step;
        cell.exponential_gain = float(gain);
        e.slope[at] = float(1 / neurons.exponential_slope[k]);
        e.shift[at] = float(neurons.exponential_potential[k] / neurons.exponential_slope[k]);
        e.limit[at] = float(std::min(80.0, std::log(100 / gain)));  // 100 V in a step is enough
    }
    if (adaptation) {
        Adaptation &a = adaptation[k / LANES];
        const double rate = H / std::max(neurons.adaptation_tau[k], SHORTEST_RESET * H);
        a.w[at] = float(state.w[k] * per_step);
        a.gain[at] = float(neurons.adaptation_conductance[k] * per_step);
        a.potential[at] = float(neurons.adaptation_potential[k]);
        a.decay[at] = float(std::exp(-rate));
        a.mean[at] = float(-std::expm1(-rate) / rate);
        cell.rate_w = float(rate);
        cell.increment = float(neurons.adaptation_increment[k] * per_step);
    }
    if (conductance) {
        Conductance &c = conductance[k / LANES];
        c.excitatory_coba[at] = float(neurons.excitatory.coba[k]);
        c.excitatory_reversal[at] = float(neurons.excitatory.reversal[k]);
        c.inhibitory_coba[at] = float(neurons.inhibitory.coba[k]);
        c.inhibitory_reversal[at] = float(neurons.inhibitory.reversal[k]);
    }
    if (noise) {
        Noise &to = noise[k / LANES];
        to.sigma[at] = neurons.noise_key[k] ? float(neurons.noise[k] * std::sqrt(H)) : 0.0f;
        to.key_low[at] = std::uint32_t(neurons.noise_key[k]);
        to.key_high[at] = std::uint32_t(neurons.noise_key[k] >> 32);
    }
    load_phase(k);
}

void Run::load_phase(int k)
{
    Cell &cell = cells[k];
    cell.reset_steps = grain(std::max(neurons.reset_time[k] / H, 0.0));
    cell.holdoff_steps = grain(std::max(neurons.holdoff_time[k] / H, 0.0));
    if (cell.reset_steps + cell.holdoff_steps < SHORTEST_RESET) cell.reset_steps = SHORTEST_RESET;
    const double reset_left = grain(std::max(state.reset_left[k] / H, 0.0));
    cell.reset_end = double(start) + reset_left;
    cell.holdoff_end = cell.reset_end + grain(std::max(state.holdoff_left[k] / H, 0.0));
    enter(k, reset_left > 0                           ? Phase::RESETTING
             : cell.holdoff_end > double(start) ? Phase::HELD
                                                      : Phase::FREE);
}

void Run::enter(int k, Phase phase)
{
    Cell &cell = cells[k];
    Block &b = block[k / LANES];
    const int at = k % LANES;
    const bool resetting = phase == Phase::RESETTING, paused = resetting && cell.pause;
    cell.phase = phase;
    b.reset_gain[at] = resetting ? cell.reset_gain : 0.0f;
    b.leak_gain[at] = paused ? 0.0f : cell.leak_gain;
    if (exponential) exponential[k / LANES].gain[at] = paused ? 0.0f : cell.exponential_gain;
    b.threshold[at] = phase == Phase::FREE ? cell.threshold : INF;
    b.wake[at] = phase == Phase::FREE
                     ? NEVER
                     : std::int32_t(std::floor(resetting ? cell.reset_end : cell.holdoff_end) -
                                    double(start));
}

void Run::save(std::int64_t end)
{
    for (int k = 0; k < n; k++) {
        const Block &b = block[k / LANES];
        const int at = k % LANES;
        const Cell &cell = cells[k];
        state.v[k] = b.v[at];
        state.excitatory[k] = b.excitatory.s[at];
        state.inhibitory[k] = b.inhibitory.s[at];
        if (adaptation) state.w[k] = adaptation[k / LANES].w[at] * neurons.capacitance[k] / H;
        const double reset_left = std::max(cell.reset_end - double(end), 0.0);
        const double all_left = std::max(cell.holdoff_end - double(end), 0.0);
        state.reset_left[k] = reset_left * H;
        state.holdoff_left[k] = (all_left - reset_left) * H;
    }
    std::vector<Event> left(sent.begin() + std::ptrdiff_t(sent_head), sent.end());
    for (std::size_t k = pending_head; k < state.pending_time.size(); k++)
        left.push_back({state.pending_time[k], state.pending_address[k]});
    std::stable_sort(left.begin(), left.end(),
                     [](const Event &a, const Event &b) { return a.time < b.time; });
    state.pending_time.clear();
    state.pending_address.clear();
    for (const Event &event : left) {
        state.pending_time.push_back(event.time);
        state.pending_address.push_back(event.address);
    }
    state.step = end;
}

// --- events -----------------------------------------------------------------------------------

constexpr double FOREVER = std::numeric_limits<double>::infinity();

double Run::next_event() const
{
    double time = FOREVER;
    if (arrivals_head < std::size_t(arrivals.n)) time = arrivals.time[arrivals_head];
    if (pending_head < state.pending_time.size())
        time = std::min(time, state.pending_time[pending_head]);
    if (sent_head < sent.size()) time = std::min(time, sent[sent_head].time);
    return time;
}

Event Run::take_event()
{
    const double time = next_event();
    if (pending_head < state.pending_time.size() && state.pending_time[pending_head] == time) {
        pending_head++;
        return {time, state.pending_address[pending_head - 1]};
    }
    if (sent_head < sent.size() && sent[sent_head].time == time) return sent[sent_head++];
    arrivals_head++;
    return {time, arrivals.address[arrivals_head - 1]};
}

void Run::deliver_events()
{
    while (next_event() / H < double(step + 1)) deliver(take_event());
    if (sent_head == sent.size() && sent_head > 0) {
        sent.clear();
        sent_head = 0;
    }
}

void Run::deliver(const Event &event)
{
    if (event.address < 0 || event.address >= fanout.n_addresses) return;
    const float offset = float(std::max(event.time / H - double(step), 0.0));
    n_events++;
    for (std::int32_t e = fanout.start[event.address]; e < fanout.start[event.address + 1]; e++) {
        const std::int32_t line = fanout.line[e];
        const float amplitude = float(fanout.amplitude[e]);
        if (any_bypass) {
            const std::int32_t neuron = line < n ? line : line - n;
            if (fanout.bypass[neuron]) {
                if (amplitude > 0 && last_bypass[neuron] != n_events)
                    spikes.push_back({event.time, neuron});
                if (amplitude > 0) last_bypass[neuron] = n_events;
                continue;
            }
        }
        deflect(line, amplitude, offset);
    }
}

// Puts a deflection at the start of the step, larger by e^(offset h / tau), and takes back what
// it would have done too early.
inline void Run::deflect(std::int32_t line, float amplitude, float offset)
{
    const LineOfNeuron &to = lines[line];
    const float y = offset * to.rate;
    const float growth =
        1.0f + y * (1.0f + y * (0.5f + y * (1.0f / 6 + y * (1.0f / 24 + y * (1.0f / 120)))));
    const float room = std::max(to.floor * growth - *to.s, 0.0f);
    const float amount = std::min(amplitude * growth, room);
    *to.s += amount;
    *to.late -= amount * offset * (1.0f + offset * (to.mean - 1.0f));
    deflections.push_back({line, amount, growth, offset});
}

void Run::clear_deflections()
{
    for (const Deflection &d : deflections) *lines[d.line].late = 0.0f;
    disturbed |= !deflections.empty();
    deflections.clear();
}

// --- the closer look --------------------------------------------------------------------------

Circuit Run::circuit(int k, float noise_now) const
{
    const Block &b = block[k / LANES];
    const int at = k % LANES;
    const auto input = [&](const Line &line, int index) {
        return Input{lines[index].rate, line.gain[at], line.slope[at], line.shift[at], 0.0f, 0.0f};
    };
    Circuit c{};
    c.leak = {b.leak_gain[at], b.leak_slope[at], b.leak_shift[at]};
    c.reset = {b.reset_gain[at], b.reset_slope[at], b.reset_shift[at]};
    c.excitatory = input(b.excitatory, k);
    c.inhibitory = input(b.inhibitory, n + k);
    c.drive = b.drive[at];
    c.v_min = b.v_min[at];
    c.v_max = b.v_max[at];
    if (conductance) {
        const Conductance &from = conductance[k / LANES];
        c.excitatory.coba = from.excitatory_coba[at];
        c.excitatory.reversal = from.excitatory_reversal[at];
        c.inhibitory.coba = from.inhibitory_coba[at];
        c.inhibitory.reversal = from.inhibitory_reversal[at];
    }
    if (exponential) {
        const Exponential &from = exponential[k / LANES];
        c.exponential_gain = from.gain[at];
        c.exponential_slope = from.slope[at];
        c.exponential_shift = from.shift[at];
        c.exponential_limit = from.limit[at];
    }
    if (adaptation) {
        c.adaptation_gain = adaptation[k / LANES].gain[at];
        c.adaptation_potential = adaptation[k / LANES].potential[at];
        c.adaptation_rate = cells[k].rate_w;
    }
    c.noise = noise_now;
    return c;
}

float Run::noise_of(int k, std::int64_t at_step) const
{
    if (!noise) return 0.0f;
    const Noise &from = noise[k / LANES];
    const std::uint64_t s = salt(std::uint64_t(at_step));
    const std::uint32_t sum = byte_sum(from.key_low[k % LANES], from.key_high[k % LANES],
                                       std::uint32_t(s), std::uint32_t(s >> 32));
    return from.sigma[k % LANES] * gaussian_from(float(sum));
}

void Run::look_closer()
{
    for (std::size_t b = 0; b < special.size(); b++)
        for (std::uint32_t left = special[b]; left; left &= left - 1)
            look_closer(int(b) * LANES + __builtin_ctz(left));
    disturbed = true;
}

void Run::look_closer(int k)
{
    Block &b = block[k / LANES];
    const int at = k % LANES;
    Cell &cell = cells[k];
    Point p{b.v_old[at], adaptation ? adaptation[k / LANES].w_old[at] : 0.0f,
            b.excitatory.s_old[at], b.inhibitory.s_old[at]};
    const bool hit = b.excitatory.late[at] != 0.0f || b.inhibitory.late[at] != 0.0f;
    const auto mine = [&](const Deflection &d) { return d.line == k || d.line == n + k; };
    const auto of = [&](const Deflection &d) -> float & {
        return d.line == k ? p.excitatory : p.inhibitory;
    };
    if (hit)
        for (const Deflection &d : deflections)
            if (mine(d)) of(d) = std::max(of(d) - d.amount, 0.0f);
    const float noise_now = noise_of(k, step);
    std::size_t next = hit ? 0 : deflections.size();
    double t = 0;
    for (;;) {
        while (next < deflections.size() &&
               (!mine(deflections[next]) || deflections[next].offset <= t)) {
            const Deflection &d = deflections[next++];
            if (mine(d)) of(d) += d.amount / d.growth;
        }
        if (cell.phase == Phase::RESETTING && cell.reset_end - double(step) <= t) {
            write_knot(k, time_of(double(step) + t), p);
            enter(k, Phase::HELD);
        }
        if (cell.phase == Phase::HELD && cell.holdoff_end - double(step) <= t)
            enter(k, Phase::FREE);
        if (t >= 1) break;
        if (cell.phase == Phase::FREE && p.v >= cell.threshold) {
            write_knot(k, time_of(double(step) + t), p);
            fire(k, t);
            p.w += cell.increment;
            continue;
        }
        double end = 1;
        if (cell.phase == Phase::RESETTING) end = std::min(end, cell.reset_end - double(step));
        if (cell.phase == Phase::HELD) end = std::min(end, cell.holdoff_end - double(step));
        if (next < deflections.size()) end = std::min(end, double(deflections[next].offset));
        const Point before = p;
        const Circuit c = circuit(k, noise_now);
        const bool may_fire = cell.phase == Phase::FREE && cell.threshold <= c.v_max;
        const float length = float(end - t);
        const Motion motion = piece(c, p, length, may_fire ? cell.threshold : c.v_max);
        if (may_fire && p.v >= cell.threshold) {
            float rise = time_to_rise(motion, cell.threshold - before.v);
            rise = rise > 0.0f ? std::min(rise, length) : 0.0f;
            p = before;
            if (rise > 0.0f) piece(c, p, rise, cell.threshold);
            p.v = cell.threshold;
            t = grain(t + double(rise));
            continue;
        }
        t = end;
    }
    b.v[at] = p.v;
    b.excitatory.s[at] = p.excitatory;
    b.inhibitory.s[at] = p.inhibitory;
    if (adaptation) adaptation[k / LANES].w[at] = p.w;
}

void Run::fire(int k, double offset)
{
    Cell &cell = cells[k];
    cell.reset_end = double(step) + offset + cell.reset_steps;
    cell.holdoff_end = cell.reset_end + cell.holdoff_steps;
    enter(k, cell.reset_steps > 0 ? Phase::RESETTING : Phase::HELD);
    spikes.push_back({time_of(double(step) + offset), k});
}

void Run::send_spikes()
{
    std::stable_sort(spikes.begin(), spikes.end(),
                     [](const Spike &a, const Spike &b) { return a.time < b.time; });
    for (const Spike &spike : spikes) {
        outcome.spike_time.push_back(spike.time);
        outcome.spike_neuron.push_back(spike.neuron);
        const std::int32_t address = fanout.address_of[spike.neuron];
        if (address < 0) continue;
        sent.push_back({spike.time + fanout.delay, address});
        for (std::size_t e = sent.size() - 1;
             e > sent_head && sent[e].time < sent[e - 1].time; e--)
            std::swap(sent[e], sent[e - 1]);
    }
    spikes.clear();
}

// --- traces -----------------------------------------------------------------------------------

void Run::write_knot(int k, double time, const Point &p)
{
    if (!watched[k]) return;
    const float w = adaptation ? float(p.w * neurons.capacitance[k] / H) : 0.0f;
    for (int j = 0; j < watch.m; j++)
        if (watch.neurons[j] == k)
            outcome.traces[j].push_back({time, p.v, w, p.excitatory, p.inhibitory});
}

void Run::write_knots()
{
    const double time = time_of(double(step));
    for (int j = 0; j < watch.m; j++) {
        const int k = int(watch.neurons[j]), at = k % LANES;
        const Block &b = block[k / LANES];
        const float w =
            adaptation ? float(adaptation[k / LANES].w[at] * neurons.capacitance[k] / H) : 0.0f;
        outcome.traces[j].push_back(
            {time, b.v[at], w, b.excitatory.s[at], b.inhibitory.s[at]});
    }
}

// --- jumps ------------------------------------------------------------------------------------

bool Run::find_rest()
{
    rests.resize(n);
    for (int j = 0; j < n; j++) {
        const int k = (restless + j) % n;
        const Block &b = block[k / LANES];
        const int at = k % LANES;
        const double w = adaptation ? adaptation[k / LANES].w[at] * neurons.capacitance[k] / H : 0;
        if (cells[k].phase == Phase::FREE &&
            rest_of(neurons, k, b.v[at], w, b.excitatory.s[at], b.inhibitory.s[at], rests[k]))
            continue;
        restless = k;
        return false;
    }
    return true;
}

void Run::jump(std::int64_t target)
{
    const double gap = double(target - step);
    for (int k = 0; k < n; k++) {
        const Rest &rest = rests[k];
        const int at = k % LANES;
        Block &b = block[k / LANES];
        const double memory = std::exp(-gap * H * rest.rate);
        double v = rest.v + (b.v[at] - rest.v) * memory;
        if (noise && noise[k / LANES].sigma[at] > 0)
            v += rest.deviation * std::sqrt(1 - memory * memory) *
                 (noise_of(k, target - 1) / noise[k / LANES].sigma[at]);
        b.v[at] = std::max(std::min(float(v), b.v_max[at]), b.v_min[at]);
        b.excitatory.s[at] *= float(std::exp(-gap * lines[k].rate));
        b.inhibitory.s[at] *= float(std::exp(-gap * lines[n + k].rate));
        if (adaptation) {
            float &w = adaptation[k / LANES].w[at];
            const double settled = rest.w * H / neurons.capacitance[k];
            w = float(settled + (w - settled) * std::exp(-gap * cells[k].rate_w));
        }
    }
    step = target;
}

Outcome Run::to(std::int64_t end)
{
    if (watch.m > 0) write_knots();
    bool look = true;
    while (step < end) {
        look |= step % LOOK_EVERY == 0;
        if (watch.m == 0 && !at_rest && look) at_rest = find_rest();
        look = false;
        if (at_rest) {
            const double next = std::floor(next_event() / H);
            const std::int64_t target = next < double(end) ? std::int64_t(next) : end;
            if (target - step >= SHORTEST_JUMP) {
                jump(target);
                continue;
            }
        }
        disturbed = false;
        deliver_events();
        const std::uint64_t s = salt(std::uint64_t(step));
        if (kernel_step(all, std::int32_t(step - start), std::uint32_t(s), std::uint32_t(s >> 32),
                        special.data()))
            look_closer();
        clear_deflections();
        if (!spikes.empty()) send_spikes();
        step++;
        if (watch.m > 0) write_knots();
        if (disturbed) at_rest = false;
    }
    save(end);
    return std::move(outcome);
}

}  // namespace

Outcome advance(const Neurons &neurons, State &state, const Fanout &fanout,
                const Arrivals &arrivals, const Watch &watch, std::int64_t n_steps,
                Step (*kernel)(int))
{
    const FlushToZero flush;
    Run run(neurons, state, fanout, arrivals, watch, kernel);
    return run.to(state.step + n_steps);
}

}  // namespace neckar
