// From state.py to blocks and back, scaled to steps and volts.

#include "run.hpp"

namespace neckar {
namespace {

template <class T>
std::unique_ptr<T[], decltype(&std::free)> aligned(int n)
{
    void *memory = std::aligned_alloc(64, sizeof(T) * n);
    std::fill_n(static_cast<char *>(memory), sizeof(T) * n, 0);
    return {static_cast<T *>(memory), &std::free};
}

bool any(const double *x, int n)
{
    return std::any_of(x, x + n, [](double value) { return value != 0; });
}

// How fast a membrane is at most when it is not being reset and nothing is steep: h / tau.
double largest_rate(const Neurons &p, int k)
{
    const auto input = [&](const SynapticInput &line) {
        return std::fabs(line.saturation[k] * line.coba[k]);
    };
    const double fading =
        p.compliance[k] > 0 ? p.inhibitory.saturation[k] / p.compliance[k] : 0.0;
    const double g = p.leak_saturation[k] / p.leak_linear[k] + fading + input(p.excitatory) +
                     input(p.inhibitory) + p.adaptation_conductance[k];
    return g * H / p.capacitance[k];
}

}  // namespace

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
        if (cells[k].alone && largest_rate(neurons, k) > STIFF_RATE) features |= STIFF;
    return features;
}

Run::Run(const Neurons &neurons_, State &state_, const Fanout &fanout_,
         const Arrivals &arrivals_, const Watch &watch_, const Coupling &coupling_,
         Kernel (*kernel_of)(int))
    : neurons(neurons_), state(state_), fanout(fanout_), arrivals(arrivals_), watch(watch_),
      coupling(coupling_), n(neurons_.n), start(state_.step), step(state_.step)
{
    cells.resize(n);
    if (coupling.node) name_groups();
    const int n_blocks = (n + LANES - 1) / LANES, features = choose_features();
    const int n_all = 2 * n_blocks;
    block = aligned<Block>(n_all);
    rare = aligned<Rare>(n_all);
    if (features & EXPONENTIAL) exponential = aligned<Exponential>(n_all);
    if (features & ADAPTATION) adaptation = aligned<Adaptation>(n_all);
    if (features & CONDUCTANCE) conductance = aligned<Conductance>(n_all);
    if (features & NOISE) noise = aligned<Noise>(n_all);
    ward = aligned<Ward>(n_blocks);
    before = aligned<Before>(n_all);
    const auto v_max = std::minmax_element(neurons.v_max, neurons.v_max + n);
    const auto v_min = std::minmax_element(neurons.v_min, neurons.v_min + n);
    all = {n_blocks,
           block.get(),
           rare.get(),
           ward.get(),
           before.get(),
           exponential.get(),
           adaptation.get(),
           conductance.get(),
           noise.get(),
           n > 0 ? float(*v_min.second) : 0.0f,
           n > 0 ? float(*v_max.first) : 0.0f,
           n > 0 && (*v_min.first != *v_min.second || *v_max.first != *v_max.second),
           any(neurons.current, n),
           n > 0 ? float(*std::max_element(neurons.compliance, neurons.compliance + n)) : 0.0f};
    kernel = kernel_of(features);
    simple = !(features & STIFF) && !all.rails_differ;

    circuits.resize(n);
    next_to_wake.assign(n, NOBODY);
    first_to_wake.fill(NOBODY);
    lines.resize(2 * n);
    special.assign(n_all, 0);
    guests.assign(n_all * LANES, NOBODY);
    seats.resize(n);
    for (int k = 0; k < n; k++) seats[k] = guests[k] = k;
    last_bypass.assign(n, 0);
    for (int k = 0; k < n_blocks * LANES; k++) load_nobody(k);
    for (int k = 0; k < n; k++) load(k);
    any_bypass = std::any_of(fanout.bypass, fanout.bypass + n, [](bool b) { return b; });

    watched.assign(n, 0);
    outcome.traces.resize(watch.m);
    for (int k = 0; k < watch.m; k++) watched[watch.neurons[k]] = 1;
    if (coupling.node) load_groups();
}

// Lanes without a neuron must not do anything.
void Run::load_nobody(int k)
{
    block[k / LANES].threshold[k % LANES] = INF;
    if (exponential) exponential[k / LANES].binary_shift[k % LANES] = SILENT;
}

// The mean of e^(-rate t) for t from 0 to 1.
static double mean_over_step(double rate) { return -std::expm1(-rate) / rate; }

void Run::load_line(Line &to, int k, int line, const SynapticInput &from,
                    const std::vector<double> &s)
{
    const int at = k % LANES;
    const double rate = H / std::max(from.tau[k], SHORTEST_RESET * H);
    const double slope = from.linear[k] > 0 ? 1 / from.linear[k] : 1.0;
    const double gain = from.linear[k] > 0 ? from.saturation[k] * H / neurons.capacitance[k] : 0;
    to.s[at] = float(s[k] * slope);
    to.decay[at] = float(std::exp(-rate));
    to.gain[at] = float(gain) * ShortTanh<float>::SCALE;
    to.shift[at] = float(from.offset[k] * slope);
    to.mean[at] = float(mean_over_step(rate));
    const auto offset = reinterpret_cast<float *>(&to.s[at]) - first_float();
    lines[line] = {std::int32_t(offset), float(rate), float(slope), float(from.floor[k] * slope),
                   float(from.compliance[k] * slope)};
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
    b.leak_bend[at] = float(1 / (3 * neurons.leak_linear[k]));
    cell.reset_gain = float(neurons.reset_saturation[k] * per_step);
    r.reset_slope[at] = float(1 / neurons.reset_linear[k]);
    r.reset_shift[at] = float(neurons.reset_potential[k] / neurons.reset_linear[k]);
    r.drive[at] = float(neurons.current[k] * per_step);
    r.fade[at] = neurons.compliance[k] > 0 ? float(1 / neurons.compliance[k]) : 0.0f;
    cell.threshold = float(neurons.threshold[k]);
    cell.pause = neurons.pause[k];
    if (neurons.exponential_current[k] > 0) {
        const double slope = 1 / neurons.exponential_slope[k];
        Exponential &e = exponential[k / LANES];
        e.slope[at] = float(slope);
        e.binary_slope[at] = float(slope * LOG2_E);
        e.bend[at] = float(slope / 6);
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
    load_circuit(k);
    load_phase(k);
}

void Run::load_adaptation(int k, double per_step)
{
    const int at = k % LANES;
    Adaptation &a = adaptation[k / LANES];
    const double rate = H / std::max(neurons.adaptation_tau[k], SHORTEST_RESET * H);
    a.w[at] = float(state.w[k] * per_step);
    const double gain = neurons.adaptation_conductance[k] * per_step;
    a.gain_end[at] = float(0.5 * gain * -std::expm1(-rate));
    a.gain_mean[at] = float(gain * (1 - mean_over_step(rate)));
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
    cell.phase = reset_left > 0                         ? Phase::RESETTING
                 : cell.holdoff_end > double(start) ? Phase::HELD
                                                    : Phase::FREE;
    set_phase(k);
    if (cell.alone) settle_phase(k);
}

// What the closer look works on.
void Run::load_circuit(int k)
{
    const Block &b = block[k / LANES];
    const Rare &r = rare[k / LANES];
    const int at = k % LANES;
    Circuit &c = circuits[k];
    constexpr float scale = ShortTanh<float>::SCALE;
    c.gain = Four{b.excitatory.gain[at] / scale, b.inhibitory.gain[at] / scale, 0.0f, 0.0f};
    c.slope = Four{0.0f, 0.0f, b.leak_slope[at], r.reset_slope[at]};
    c.shift = Four{b.excitatory.shift[at], b.inhibitory.shift[at], b.leak_shift[at],
                   r.reset_shift[at]};
    c.rate = Four{lines[k].rate, lines[n + k].rate, cells[k].rate_w, 0.0f};
    c.fastest = std::max({c.rate[0], c.rate[1], c.rate[2]});
    c.drive = r.drive[at];
    c.fade = r.fade[at];
    c.v_min = float(neurons.v_min[k]);
    c.v_max = float(neurons.v_max[k]);
    if (conductance) {
        const Conductance &from = conductance[k / LANES];
        c.coba = Four{from.excitatory_coba[at], from.inhibitory_coba[at], 0.0f, 0.0f};
        c.reversal = Four{from.excitatory_reversal[at], from.inhibitory_reversal[at], 0.0f, 0.0f};
    }
    if (exponential) c.exponential_slope = exponential[k / LANES].slope[at];
    if (adaptation) {
        c.adaptation_gain = float(neurons.adaptation_conductance[k] * H / neurons.capacitance[k]);
        c.adaptation_potential = adaptation[k / LANES].potential[at];
    }
}

// The circuit in the neuron's phase.
void Run::set_phase(int k)
{
    const Cell &cell = cells[k];
    Circuit &c = circuits[k];
    const bool is_reset = cell.phase == Phase::RESETTING, paused = is_reset && cell.pause;
    c.gain[2] = paused ? 0.0f : cell.leak_gain;
    c.gain[3] = is_reset ? cell.reset_gain : 0.0f;
    c.exponential_shift = paused ? SILENT : cell.exponential_shift;
}

// The neuron's place in its phase, and when to look at it next.
void Run::settle_phase(int k)
{
    const Cell &cell = cells[k];
    const bool is_reset = cell.phase == Phase::RESETTING;
    if (is_reset && seats[k] == k) admit(k);
    if (!is_reset && seats[k] != k) discharge(k);
    set_gains(k);
    block_of(k).threshold[lane_of(k)] = cell.phase == Phase::FREE ? cell.threshold : INF;
    if (cell.phase == Phase::FREE) return;
    const auto slot = std::size_t(cell.step_of_next_instant()) % first_to_wake.size();
    std::int32_t &first = first_to_wake[slot];
    next_to_wake[k] = first;
    first = k;
}

// What the pulls of a neuron are in its phase.
void Run::set_gains(int k)
{
    const Circuit &c = circuits[k];
    const int b = seats[k] / LANES, at = lane_of(k);
    rare[b].reset_gain[at] = c.gain[3];
    block[b].leak_gain[at] = c.gain[2];
    block[b].leak_conductance[at] = c.gain[2] * c.slope[2];
    if (exponential) exponential[b].binary_shift[at] = c.exponential_shift * LOG2_E;
}

void Run::save(std::int64_t end)
{
    for (int k = 0; k < n; k++) {
        const Point p = point_of(k);
        const Cell &cell = cells[k];
        state.v[k] = p.v;
        state.excitatory[k] = p.excitatory / double(lines[k].slope);
        state.inhibitory[k] = p.inhibitory / double(lines[n + k].slope);
        if (adaptation) state.w[k] = p.w * neurons.capacitance[k] / H;
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

}  // namespace neckar
