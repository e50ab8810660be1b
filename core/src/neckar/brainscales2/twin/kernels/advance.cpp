// Everything between two steps: events, spikes, resets, traces. See reference.advance.

#include "advance.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
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
double min_of(double a, double b) { return a < b ? a : b; }

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

constexpr int LATE = offsetof(Line, late) / sizeof(float);  // from s to late

struct Cell {  // what the closer look needs besides the blocks
    Phase phase = Phase::FREE;
    bool pause = false;
    float threshold = INF, leak_gain = 0, reset_gain = 0, exponential_shift = SILENT, increment = 0;
    float rate_w = 0;
    double reset_steps = 0, holdoff_steps = 0;  // durations
    double reset_end = 0, holdoff_end = 0;      // instants
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
        Kernel (*kernel_of)(int));
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
    Aligned<Wake> wake{nullptr, &std::free};
    Aligned<Rare> rare{nullptr, &std::free};
    Aligned<Exponential> exponential{nullptr, &std::free};
    Aligned<Adaptation> adaptation{nullptr, &std::free};
    Aligned<Conductance> conductance{nullptr, &std::free};
    Aligned<Noise> noise{nullptr, &std::free};
    Kernel kernel;
    bool simple;  // v after a step of which nothing but a spike disturbs is right

    float *first_float() const { return reinterpret_cast<float *>(block.get()); }

    std::vector<Cell> cells;
    std::vector<LineOfNeuron> lines;
    std::vector<std::uint32_t> special;
    std::vector<Deflection> deflections;  // the first n_deflections
    std::size_t n_deflections = 0;
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
    void load_nobody(int k);
    void load_adaptation(int k, double per_step);
    void load_line(Line &, int k, int line, const SynapticInput &, const std::vector<double> &s);
    void load_phase(int k);
    void save(std::int64_t end);

    double next_event() const;
    Event take_event();
    void deliver_events();
    void deliver(const Event &);
    bool bypassed(std::int32_t neuron, float amplitude, double time);
    std::size_t deflect(const Row &, float offset, std::size_t at);
    std::size_t deflect_others(const Row &, float offset, double time);
    void clear_deflections();

    void look_closer();
    void look_closer(int k);
    Circuit circuit(int k, float noise_now) const;
    float noise_of(int k, std::int64_t at_step) const;
    void enter(int k, Phase);
    std::size_t take_back(int k, Point &) const;
    std::size_t deflect_until(double t, std::size_t next, int k, Point &) const;
    bool release(int k, double t, const Point &);
    void fire(int k, double offset, Point &);
    void send_spikes();

    Knot knot(int k, double time, const Point &) const;
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

// How fast a membrane is at most when nothing is steep: h / tau.
double largest_rate(const Neurons &p, int k)
{
    const auto input = [&](const SynapticInput &line) {
        return std::fabs(line.saturation[k] * line.coba[k]);
    };
    const double g = p.leak_saturation[k] / p.leak_linear[k] +
                     p.reset_saturation[k] / p.reset_linear[k] + input(p.excitatory) +
                     input(p.inhibitory) + p.adaptation_conductance[k];
    return g * H / p.capacitance[k];
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
    for (int k = 0; k < n; k++)
        if (largest_rate(neurons, k) > STIFF_RATE) features |= STIFF;
    return features;
}

Run::Run(const Neurons &neurons_, State &state_, const Fanout &fanout_,
         const Arrivals &arrivals_, const Watch &watch_, Kernel (*kernel_of)(int))
    : neurons(neurons_), state(state_), fanout(fanout_), arrivals(arrivals_), watch(watch_),
      n(neurons_.n), start(state_.step), step(state_.step)
{
    const int n_blocks = (n + LANES - 1) / LANES, features = choose_features();
    block = aligned<Block>(n_blocks);
    wake = aligned<Wake>(n_blocks);
    rare = aligned<Rare>(n_blocks);
    if (features & EXPONENTIAL) exponential = aligned<Exponential>(n_blocks);
    if (features & ADAPTATION) adaptation = aligned<Adaptation>(n_blocks);
    if (features & CONDUCTANCE) conductance = aligned<Conductance>(n_blocks);
    if (features & NOISE) noise = aligned<Noise>(n_blocks);
    const auto v_max = std::minmax_element(neurons.v_max, neurons.v_max + n);
    const auto v_min = std::minmax_element(neurons.v_min, neurons.v_min + n);
    all = {n_blocks,
           block.get(),
           wake.get(),
           rare.get(),
           exponential.get(),
           adaptation.get(),
           conductance.get(),
           noise.get(),
           n > 0 ? float(*v_min.second) : 0.0f,
           n > 0 ? float(*v_max.first) : 0.0f,
           n > 0 && (*v_min.first != *v_min.second || *v_max.first != *v_max.second),
           any(neurons.current, n)};
    kernel = kernel_of(features);
    simple = !(features & (EXPONENTIAL | STIFF)) && !all.rails_differ;

    cells.resize(n);
    lines.resize(2 * n);
    special.assign(n_blocks, 0);
    last_bypass.assign(n, 0);
    for (int k = 0; k < n_blocks * LANES; k++) load_nobody(k);
    for (int k = 0; k < n; k++) load(k);
    any_bypass = std::any_of(fanout.bypass, fanout.bypass + n, [](bool b) { return b; });

    watched.assign(n, 0);
    outcome.traces.resize(watch.m);
    for (int k = 0; k < watch.m; k++) watched[watch.neurons[k]] = 1;
}

// Lanes without a neuron must not do anything.
void Run::load_nobody(int k)
{
    block[k / LANES].threshold[k % LANES] = INF;
    rare[k / LANES].wake[k % LANES] = NEVER;
    wake[k / LANES].next = NEVER;
    if (exponential) exponential[k / LANES].shift[k % LANES] = SILENT;
}

// The mean of e^(-rate t) for t from 0 to 1.
double mean_over_step(double rate) { return -std::expm1(-rate) / rate; }

void Run::load_line(Line &to, int k, int line, const SynapticInput &from,
                    const std::vector<double> &s)
{
    const int at = k % LANES;
    const double rate = H / std::max(from.tau[k], SHORTEST_RESET * H);
    const double slope = from.linear[k] > 0 ? 1 / from.linear[k] : 1.0;
    const double gain = from.linear[k] > 0 ? from.saturation[k] * H / neurons.capacitance[k] : 0;
    to.s[at] = float(s[k] * slope);
    to.decay[at] = float(std::exp(-rate));
    to.gain[at] = float(gain);
    to.shift[at] = float(from.offset[k] * slope);
    to.mean[at] = float(mean_over_step(rate));
    const auto offset = reinterpret_cast<float *>(&to.s[at]) - first_float();
    lines[line] = {std::int32_t(offset), float(rate), float(slope), float(from.floor[k] * slope)};
}

void Run::load(int k)
{
    const int at = k % LANES;
    Block &b = block[k / LANES];
    Rare &r = rare[k / LANES];
    Cell &cell = cells[k];
    const double per_step = H / neurons.capacitance[k];
    b.v[at] = float(state.v[k]);
    load_line(b.excitatory, k, k, neurons.excitatory, state.excitatory);
    load_line(b.inhibitory, k, n + k, neurons.inhibitory, state.inhibitory);
    cell.leak_gain = float(neurons.leak_saturation[k] * per_step);
    b.leak_slope[at] = float(1 / neurons.leak_linear[k]);
    b.leak_shift[at] = float(neurons.leak_potential[k] / neurons.leak_linear[k]);
    cell.reset_gain = float(neurons.reset_saturation[k] * per_step);
    r.reset_slope[at] = float(1 / neurons.reset_linear[k]);
    r.reset_shift[at] = float(neurons.reset_potential[k] / neurons.reset_linear[k]);
    r.drive[at] = float(neurons.current[k] * per_step);
    cell.threshold = float(neurons.threshold[k]);
    cell.pause = neurons.pause[k];
    if (neurons.exponential_current[k] > 0) {
        const double slope = 1 / neurons.exponential_slope[k];
        exponential[k / LANES].slope[at] = float(slope);
        cell.exponential_shift = float(neurons.exponential_potential[k] * slope -
                                       std::log(neurons.exponential_current[k] * per_step));
    }
    if (adaptation) load_adaptation(k, per_step);
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

void Run::load_adaptation(int k, double per_step)
{
    const int at = k % LANES;
    Adaptation &a = adaptation[k / LANES];
    const double rate = H / std::max(neurons.adaptation_tau[k], SHORTEST_RESET * H);
    a.w[at] = float(state.w[k] * per_step);
    a.gain[at] = float(neurons.adaptation_conductance[k] * per_step);
    a.potential[at] = float(neurons.adaptation_potential[k]);
    a.decay[at] = float(std::exp(-rate));
    a.mean[at] = float(mean_over_step(rate));
    cells[k].rate_w = float(rate);
    cells[k].increment = float(neurons.adaptation_increment[k] * per_step);
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
    Rare &r = rare[k / LANES];
    Wake &first = wake[k / LANES];
    const int at = k % LANES;
    const bool resetting = phase == Phase::RESETTING, paused = resetting && cell.pause;
    first.resetting += int(resetting) - int(cell.phase == Phase::RESETTING);
    cell.phase = phase;
    r.reset_gain[at] = resetting ? cell.reset_gain : 0.0f;
    b.leak_gain[at] = paused ? 0.0f : cell.leak_gain;
    if (exponential) exponential[k / LANES].shift[at] = paused ? SILENT : cell.exponential_shift;
    b.threshold[at] = phase == Phase::FREE ? cell.threshold : INF;
    r.wake[at] = phase == Phase::FREE
                     ? NEVER
                     : std::int32_t(std::floor(resetting ? cell.reset_end : cell.holdoff_end) -
                                    double(start));
    first.next = *std::min_element(r.wake, r.wake + LANES);
}

void Run::save(std::int64_t end)
{
    for (int k = 0; k < n; k++) {
        const Block &b = block[k / LANES];
        const int at = k % LANES;
        const Cell &cell = cells[k];
        state.v[k] = b.v[at];
        state.excitatory[k] = b.excitatory.s[at] / double(lines[k].slope);
        state.inhibitory[k] = b.inhibitory.s[at] / double(lines[n + k].slope);
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
    const std::int32_t first = fanout.start[event.address], end = fanout.start[event.address + 1];
    if (deflections.size() < n_deflections + std::size_t(end - first))
        deflections.resize(2 * (n_deflections + std::size_t(end - first)));
    const Row row{fanout.line + first, fanout.amplitude + first, end - first};
    n_deflections += any_bypass ? deflect_others(row, offset, event.time)
                                : deflect(row, offset, n_deflections);
}

// Returns how many lines were deflected.
std::size_t Run::deflect(const Row &row, float offset, std::size_t at)
{
    kernel.deflect(lines.data(), first_float(), row, offset, deflections.data() + at);
    return std::size_t(row.length);
}

// The same when some neurons are bypassed.
std::size_t Run::deflect_others(const Row &row, float offset, double time)
{
    std::size_t found = 0;
    for (int e = 0; e < row.length; e++) {
        const std::int32_t line = row.line[e];
        if (bypassed(line < n ? line : line - n, float(row.amplitude[e]), time)) continue;
        found += deflect({row.line + e, row.amplitude + e, 1}, offset, n_deflections + found);
    }
    return found;
}

// Whether the neuron is one that fires for every event, and makes it do so.
bool Run::bypassed(std::int32_t neuron, float amplitude, double time)
{
    if (!fanout.bypass[neuron]) return false;
    if (amplitude > 0 && last_bypass[neuron] != n_events) {
        spikes.push_back({time, neuron});
        last_bypass[neuron] = n_events;
    }
    return true;
}

void Run::clear_deflections()
{
    for (std::size_t d = 0; d < n_deflections; d++) first_float()[deflections[d].at + LATE] = 0.0f;
    disturbed |= n_deflections > 0;
    n_deflections = 0;
}

// --- the closer look --------------------------------------------------------------------------

Circuit Run::circuit(int k, float noise_now) const
{
    const Block &b = block[k / LANES];
    const Rare &r = rare[k / LANES];
    const int at = k % LANES;
    Circuit c{};
    c.gain = Four{b.excitatory.gain[at], b.inhibitory.gain[at], b.leak_gain[at], r.reset_gain[at]};
    c.slope = Four{0.0f, 0.0f, b.leak_slope[at], r.reset_slope[at]};
    c.shift = Four{b.excitatory.shift[at], b.inhibitory.shift[at], b.leak_shift[at],
                   r.reset_shift[at]};
    c.rate = Four{lines[k].rate, lines[n + k].rate, cells[k].rate_w, 0.0f};
    c.drive = r.drive[at];
    c.v_min = float(neurons.v_min[k]);
    c.v_max = float(neurons.v_max[k]);
    c.noise = noise_now;
    if (conductance) {
        const Conductance &from = conductance[k / LANES];
        c.coba = Four{from.excitatory_coba[at], from.inhibitory_coba[at], 0.0f, 0.0f};
        c.reversal = Four{from.excitatory_reversal[at], from.inhibitory_reversal[at], 0.0f, 0.0f};
    }
    if (exponential) {
        c.exponential_slope = exponential[k / LANES].slope[at];
        c.exponential_shift = exponential[k / LANES].shift[at];
    }
    if (adaptation) {
        c.adaptation_gain = adaptation[k / LANES].gain[at];
        c.adaptation_potential = adaptation[k / LANES].potential[at];
    }
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

// From instant to instant through the step, as reference._Run._play.
void Run::look_closer(int k)
{
    Block &b = block[k / LANES];
    const Rare &r = rare[k / LANES];
    const int at = k % LANES;
    Cell &cell = cells[k];
    Point p{r.v_old[at], r.w_old[at], r.excitatory_old[at], r.inhibitory_old[at]};
    const bool hit = b.excitatory.late[at] != 0.0f || b.inhibitory.late[at] != 0.0f;
    std::size_t next = hit ? take_back(k, p) : n_deflections;
    const float noise_now = noise_of(k, step);
    double t = 0;
    Circuit c = circuit(k, noise_now);
    for (;;) {
        next = deflect_until(t, next, k, p);
        if (release(k, t, p)) c = circuit(k, noise_now);
        if (t >= 1) break;
        if (cell.phase == Phase::FREE && p.v >= cell.threshold) {
            fire(k, t, p);
            c = circuit(k, noise_now);
            continue;
        }
        double end = 1;
        if (cell.phase == Phase::RESETTING) end = min_of(end, cell.reset_end - double(step));
        if (cell.phase == Phase::HELD) end = min_of(end, cell.holdoff_end - double(step));
        if (next < n_deflections) end = min_of(end, deflections[next].offset);
        const Point before = p;
        const bool may_fire = cell.phase == Phase::FREE && cell.threshold <= c.v_max;
        const float length = float(end - t);
        const bool known = t == 0 && end == 1 && !hit && simple;
        Motion motion{};
        if (known)
            p.v = b.v[at];
        else
            motion = kernel.move(c, p, length, may_fire ? cell.threshold : c.v_max);
        t = end;
        if (!may_fire || p.v < cell.threshold) continue;
        const float after = p.v;
        p = before;
        const float rise =
            motion.upswing
                ? rise_to_threshold(kernel, c, p, length, cell.threshold, motion)
                : relax_to_threshold(kernel, c, p, after, length, cell.threshold, motion.rate);
        p.v = cell.threshold;
        t = grain(end - double(length) + double(rise));
    }
    b.v[at] = p.v;
    b.excitatory.s[at] = p.excitatory;
    b.inhibitory.s[at] = p.inhibitory;
    if (adaptation) adaptation[k / LANES].w[at] = p.w;
}

// Removes from the lines what the events of this step have put there; the first of them.
std::size_t Run::take_back(int k, Point &p) const
{
    std::size_t first = n_deflections;
    for (std::size_t d = n_deflections; d-- > 0;) {
        const Deflection &one = deflections[d];
        if (one.at != lines[k].at && one.at != lines[n + k].at) continue;
        float &s = one.at == lines[k].at ? p.excitatory : p.inhibitory;
        s = max(s - one.amount, 0.0f);
        first = d;
    }
    return first;
}

// Puts there those that have come until t, at their time; the first of those to come.
std::size_t Run::deflect_until(double t, std::size_t next, int k, Point &p) const
{
    for (; next < n_deflections; next++) {
        const Deflection &one = deflections[next];
        if (one.at != lines[k].at && one.at != lines[n + k].at) continue;
        if (one.offset > t) break;
        (one.at == lines[k].at ? p.excitatory : p.inhibitory) += one.jump;
    }
    return next;
}

bool Run::release(int k, double t, const Point &p)
{
    Cell &cell = cells[k];
    const Phase before = cell.phase;
    if (cell.phase == Phase::RESETTING && cell.reset_end - double(step) <= t) {
        write_knot(k, time_of(double(step) + t), p);
        enter(k, Phase::HELD);
    }
    if (cell.phase == Phase::HELD && cell.holdoff_end - double(step) <= t) enter(k, Phase::FREE);
    return cell.phase != before;
}

void Run::fire(int k, double offset, Point &p)
{
    Cell &cell = cells[k];
    write_knot(k, time_of(double(step) + offset), p);
    p.w += cell.increment;
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

Knot Run::knot(int k, double time, const Point &p) const
{
    return {time, p.v, float(p.w * neurons.capacitance[k] / H), p.excitatory / lines[k].slope,
            p.inhibitory / lines[n + k].slope};
}

void Run::write_knot(int k, double time, const Point &p)
{
    if (!watched[k]) return;
    for (int j = 0; j < watch.m; j++)
        if (watch.neurons[j] == k) outcome.traces[j].push_back(knot(k, time, p));
}

void Run::write_knots()
{
    const double time = time_of(double(step));
    for (int j = 0; j < watch.m; j++) {
        const int k = int(watch.neurons[j]), at = k % LANES;
        const Block &b = block[k / LANES];
        const float w = adaptation ? adaptation[k / LANES].w[at] : 0.0f;
        const Point p{b.v[at], w, b.excitatory.s[at], b.inhibitory.s[at]};
        outcome.traces[j].push_back(knot(k, time, p));
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
            rest_of(neurons, k, b.v[at], w, b.excitatory.s[at] / lines[k].slope,
                    b.inhibitory.s[at] / lines[n + k].slope, rests[k]))
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
        b.v[at] = float(std::clamp(v, neurons.v_min[k], neurons.v_max[k]));
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
        const Now now{std::int32_t(step - start), std::uint32_t(s), std::uint32_t(s >> 32),
                      n_deflections > 0};
        if (kernel.step(all, now, special.data()))
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
                Kernel (*kernel_of)(int))
{
    const FlushToZero flush;
    Run run(neurons, state, fanout, arrivals, watch, kernel_of);
    return run.to(state.step + n_steps);
}

}  // namespace neckar
