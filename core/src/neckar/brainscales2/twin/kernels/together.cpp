// Groups of circuits that hang together, from instant to instant through every step; see
// reference._Run._piece_together.

#include "noise.hpp"
#include "run.hpp"

namespace neckar {
namespace {

constexpr double REMEMBERED = 8;  // time constants after which a group has forgotten where it was
constexpr double SHORTEST = 1 / GRAIN;

int root_of(std::vector<int> &parent, int k)
{
    while (parent[k] != k) k = parent[k] = parent[parent[k]];
    return k;
}

// The name of the group of every circuit.
std::vector<int> names_of(const Coupling &c, int n)
{
    std::vector<int> parent(n);
    for (int k = 0; k < n; k++) parent[k] = k;
    const auto join = [&](int a, int b) {
        const int x = root_of(parent, a), y = root_of(parent, b);
        parent[std::max(x, y)] = std::min(x, y);
    };
    for (int k = 0; k < n; k++) join(k, c.node[k]);
    for (int k = 0; k < c.n_links; k++) join(c.first[k], c.second[k]);
    for (int k = 0; k < c.n_pairs; k++) join(c.leader[k], c.follower[k]);
    for (int k = 0; k < n; k++) parent[k] = root_of(parent, k);
    return parent;
}

}  // namespace

// --- loading ----------------------------------------------------------------------------------

void Run::name_groups()
{
    const std::vector<int> name = names_of(coupling, n);
    for (int k = 0; k < n; k++)
        if (name[k] != k) cells[k].alone = cells[name[k]].alone = false;
}

void Run::load_groups()
{
    const std::vector<int> name = names_of(coupling, n);
    ears.resize(2 * std::size_t(all.n_blocks) * sizeof(Block) / sizeof(float));
    for (int k = 0; k < n; k++) {
        if (cells[k].alone || name[k] != k) continue;
        std::vector<int> circuits;
        for (int j = k; j < n; j++)
            if (name[j] == k) circuits.push_back(j);
        load_group(circuits);
    }
}

void Run::load_group(const std::vector<int> &mine)
{
    Group g;
    std::vector<int> node_of(n, -1), number;
    int n_nodes = 0;
    for (int k : mine)
        if (node_of[coupling.node[k]] < 0) node_of[coupling.node[k]] = n_nodes++;
    for (int l = 0; l < coupling.n_links; l++) {
        const int a = node_of[coupling.node[coupling.first[l]]];
        const int b = node_of[coupling.node[coupling.second[l]]];
        if (a >= 0 && b >= 0 && a != b) g.links.push_back({a, b, coupling.conductance[l] * H * PICO});
    }
    g.pattern = pattern_of(n_nodes, g.links, number);
    g.v.assign(n_nodes, 0.0);
    g.capacitance.assign(n_nodes, 0.0);
    g.v_min.assign(n_nodes, -1e3);
    g.v_max.assign(n_nodes, 1e3);
    for (int k : mine) {
        const int node = number[node_of[coupling.node[k]]];
        const double c = neurons.capacitance[k] * PICO;
        g.capacitance[node] += c;
        g.v[node] += c * state.v[k];
        g.v_min[node] = std::max(g.v_min[node], neurons.v_min[k]);
        g.v_max[node] = std::min(g.v_max[node], neurons.v_max[k]);
        g.rises |= neurons.exponential_current[k] > 0;
        g.noisy |= noise && noise[k / LANES].sigma[k % LANES] > 0;
        Member one{};
        one.k = k;
        one.circuit = &circuits[k];
        one.node = node;
        g.members.push_back(one);
    }
    for (int k = 0; k < n_nodes; k++) g.v[k] /= g.capacitance[k];
    for (Member &one : g.members) {
        one.share = float(neurons.capacitance[one.k] * PICO / g.capacitance[one.node]);
        one.p = point_of(one.k);
        one.p.v = float(g.v[one.node]);
        const int name = int(&one - g.members.data());
        ears[lines[one.k].at] = {int(groups.size()), name, true};
        ears[lines[n + one.k].at] = {int(groups.size()), name, false};
    }
    g.shape();
    put_back(g);
    groups.push_back(std::move(g));
}

// --- a step -----------------------------------------------------------------------------------

// Deflections to whom they concern.
void Run::hand_out()
{
    for (std::size_t d = 0; d < n_deflections; d++) {
        const Ear &ear = ears[deflections[d].at];
        if (ear.group >= 0)
            groups[ear.group].hits.push_back(
                {ear.member, ear.excitatory, deflections[d].offset, deflections[d].jump});
    }
}

void Run::play(Group &g, const Now &now)
{
    if (g.noisy)
        for (Member &one : g.members) one.circuit->noise = noise_of(one.k, now);
    double t = 0;
    std::size_t next = 0;
    for (;;) {
        for (; next < g.hits.size() && g.hits[next].offset <= t; next++) {
            Point &p = g.members[g.hits[next].member].p;
            (g.hits[next].excitatory ? p.excitatory : p.inhibitory) += g.hits[next].jump;
        }
        disturbed |= release(g, t);
        if (t >= 1) break;
        if (fire(g, t)) continue;
        t = move(g, t, next_instant(g, next, t));
    }
    g.hits.clear();
    put_back(g);
}

bool Run::release(Group &g, double t)
{
    bool any = false;
    for (Member &one : g.members) {
        const Phase before = cells[one.k].phase;
        if (before == Phase::FREE) continue;
        release(one.k, t, one.p);
        any |= cells[one.k].phase != before;
    }
    return any;
}

// Members that are above their threshold fire, and those that follow them.
bool Run::fire(Group &g, double t)
{
    bool any = false;
    for (Member &one : g.members) {
        const Cell &cell = cells[one.k];
        if (cell.phase != Phase::FREE || !(one.p.v >= cell.threshold)) continue;
        fire(one.k, t, one.p);
        any = disturbed = true;
        for (int pair = 0; pair < coupling.n_pairs; pair++) {
            if (coupling.leader[pair] != one.k) continue;
            for (Member &other : g.members) {
                if (other.k != coupling.follower[pair]) continue;
                fire(other.k, t, other.p);
                cells[other.k].reset_end = cell.reset_end;
                cells[other.k].holdoff_end = cell.holdoff_end;
                cells[other.k].phase = cell.phase;
                set_phase(other.k);
            }
        }
    }
    return any;
}

double Run::next_instant(const Group &g, std::size_t next, double t) const
{
    double end = 1;
    for (const Member &one : g.members) {
        const Cell &cell = cells[one.k];
        if (cell.phase == Phase::RESETTING) end = min_of(end, cell.reset_end - double(step));
        if (cell.phase == Phase::HELD) end = min_of(end, cell.holdoff_end - double(step));
    }
    if (next < g.hits.size()) end = min_of(end, g.hits[next].offset);
    if (!g.rises) return end;
    const double longest = g.longest_piece();
    return end - t > longest ? t + std::max(grain(longest), SHORTEST) : end;
}

// Moves to `end`, or to the first of the spikes before it; where.
double Run::move(Group &g, double t, double end)
{
    const double length = end - t;
    g.remember();
    g.move(kernel, length);
    const Member *one = first_to_fire(g);
    if (!one) return end;
    const double rises = rise(g, *one, length);
    g.back();
    g.move(kernel, rises);
    g.v[one->node] = cells[one->k].threshold;
    for (Member &other : g.members) other.p.v = float(g.v[other.node]);
    return t + rises;
}

const Member *Run::first_to_fire(const Group &g) const
{
    const Member *first = nullptr;
    double soonest = 2;
    for (const Member &one : g.members) {
        const Cell &cell = cells[one.k];
        if (cell.phase != Phase::FREE || !(one.p.v >= cell.threshold)) continue;
        if (cell.threshold > one.circuit->v_max) continue;
        const double before = g.was(one.node);
        const double part = (cell.threshold - before) / (g.v[one.node] - before);
        if (part < soonest) {
            soonest = part;
            first = &one;
        }
    }
    return first;
}

// When a member reaches its threshold: by a chord, and a second one where that was wrong.
double Run::rise(Group &g, const Member &one, double length)
{
    const double threshold = cells[one.k].threshold, after = g.v[one.node];
    const double before = g.was(one.node);
    const double guess = length * (threshold - before) / (after - before);
    if (guess <= 0) return SHORTEST;
    g.back();
    g.move(kernel, guess);
    const double there = g.v[one.node];
    const double chord = there < threshold ? (after - there) / std::max(length - guess, 1e-6)
                                           : (there - before) / guess;
    return std::clamp(grain(guess + (threshold - there) / chord), SHORTEST, length);
}

// To the blocks, where others look for it.
void Run::put_back(const Group &g)
{
    for (const Member &one : g.members) put(one.k, one.p);
}

// --- rest -------------------------------------------------------------------------------------

// See rest.find_rest_together.
bool Run::is_at_rest(Group &g) const
{
    if (!g.settle(neurons)) return false;
    std::vector<double> kick(g.v.size()), uphill(g.v.size());
    for (const Member &one : g.members)
        if (noise && neurons.noise_key[one.k])
            kick[one.node] += std::pow(neurons.noise[one.k] * one.share, 2);
    const double rate = g.rest_rate / H;
    const double largest = *std::max_element(kick.begin(), kick.end());
    const double deviation = std::sqrt(largest / (2 * rate));
    const double around = AT_REST + TYPICAL * deviation, far = AT_REST + FAR * deviation;
    for (const Link &link : g.links) {
        const double i = link.rate * (g.rest_v[link.b] - g.rest_v[link.a]) / (H * PICO);
        uphill[link.a] += i;
        uphill[link.b] -= i;
    }
    for (const Member &one : g.members)
        uphill[one.node] += at_voltage(neurons, one.k, g.rest_v[one.node] + far).current;
    return std::all_of(g.members.begin(), g.members.end(), [&](const Member &one) {
        const int k = one.k;
        const double v = g.rest_v[one.node], v_max = neurons.v_max[k], now = g.v[one.node];
        const double small = AT_REST * rate * g.capacitance[one.node] / PICO + 1e-18;
        const double w = one.p.w * neurons.capacitance[k] / H, gain = neurons.adaptation_conductance[k];
        const double line = effect_of_line(neurons.excitatory, k, one.p.excitatory / lines[k].slope, now) +
                            effect_of_line(neurons.inhibitory, k, one.p.inhibitory / lines[n + k].slope, now);
        const double threshold = neurons.threshold[k];
        return cells[k].phase == Phase::FREE &&
               (threshold > std::min(v + far, v_max) || threshold > v_max) &&
               (neurons.exponential_current[k] == 0 || uphill[one.node] < 0) && v < v_max &&
               v > neurons.v_min[k] && std::fabs(now - v) <= around && line <= small &&
               std::fabs(w - gain * (v - neurons.adaptation_potential[k])) <=
                   small + gain * TYPICAL * deviation;
    });
}

// To rest, and with noise through the steps that are remembered.
void Run::jump(Group &g, std::int64_t target)
{
    const std::int64_t from = step;
    double quiet = double(target - step);
    if (g.noisy) quiet = std::max(quiet - std::ceil(REMEMBERED / g.rest_rate), 0.0);
    const double memory = std::exp(-quiet * g.rest_rate);
    for (int k = 0; k < g.n_nodes(); k++) g.v[k] = g.rest_v[k] + (g.v[k] - g.rest_v[k]) * memory;
    for (Member &one : g.members) {
        const int k = one.k;
        const double v = g.rest_v[one.node];
        const double settled = neurons.adaptation_conductance[k] *
                               (v - neurons.adaptation_potential[k]) * H / neurons.capacitance[k];
        one.p.v = float(g.v[one.node]);
        one.p.w = float(settled + (one.p.w - settled) * std::exp(-quiet * cells[k].rate_w));
        one.p.excitatory *= float(std::exp(-quiet * lines[k].rate));
        one.p.inhibitory *= float(std::exp(-quiet * lines[n + k].rate));
    }
    for (step = from + std::int64_t(quiet); step < target; step++) play(g, now(step));
    put_back(g);
    step = from;
}

}  // namespace neckar
