// The closer look at neurons that fire, are released, or rise steeply: from instant to instant
// through the step, as reference._Run._play.

#include "noise.hpp"
#include "run.hpp"

namespace neckar {
namespace {

// When v went through the threshold on its way to `v_end`: with what `Before` says of the way.
// What is left of it, noise, is even.
float time_to_cross(const Circuit &c, const Before &began, int at, float v_end, float threshold)
{
    const float v = began.v[at], change = began.change[at], rise = threshold - v;
    if (began.steep >> at & 1u) {
        const float steady = began.steady[at];
        const Motion m{change, began.rate[at], steady, c.exponential_slope, true};
        return max(min(time_of_upswing(m, rise), 1.0f), 0.0f);
    }
    const float y = max(began.rate[at], -STEEP), bent = began.bent[at], part = rise / (v_end - v);
    const float even = v_end - v - bent - change * mean_of_decay_within(y);
    float t = part;
    for (int round = 0; round < 2; round++) {
        const float x = y * t, slope = change * (1.0f - x * (1.0f - x * 0.5f)) + 3 * bent * t * t + even;
        const float there = t * (change * mean_of_decay_within(x) + bent * t * t + even);
        if (slope > 0.0f) t = max(min(t + (rise - there) / slope, 1.0f), 0.0f);
    }
    return t;
}

// Where it then was.
Point crossing(const Circuit &c, const Before &began, int at, const Point &after, float t,
               float threshold)
{
    const float rest = 1.0f - t;
    const Four x = c.rate * Four{rest, rest, t, 0.0f}, grown = 1.0f + x * growth(x);
    const float middle = 0.5f * (began.v[at] + threshold);
    const float settled = c.adaptation_gain * (middle - c.adaptation_potential);
    return {threshold, settled + (began.w[at] - settled) / grown[2], after.excitatory * grown[0],
            after.inhibitory * grown[1]};
}

}  // namespace

float Run::noise_of(int k, const Now &now) const
{
    if (!noise) return 0.0f;
    const Noise &from = noise[k / LANES];
    const Hash<std::uint32_t> h(from.key_low[k % LANES], from.key_high[k % LANES], now.salt_low,
                                now.salt_high);
    const float chance =
        now.odd ? gaussian_of_difference(float(std::int32_t(difference_of_bytes(h.x, h.y))))
                : gaussian_of_sum(float(sum_of_bytes(h.x, h.y)));
    return from.sigma[k % LANES] * chance;
}

// Noise is drawn for two steps at once. Whoever begins with the second needs it all the same.
void Run::begin_noise(std::int64_t at_step)
{
    if (!noise || at_step % 2 == 0) return;
    const Now moment = now(at_step);
    for (int k = 0; k < n; k++) noise[seats[k] / LANES].next[lane_of(k)] = noise_of(k, moment);
}

// Those whose reset or hold-off ends in this step.
void Run::wake_up()
{
    std::int32_t *link = &first_to_wake[std::size_t(step) % first_to_wake.size()];
    while (*link != NOBODY) {
        const std::int32_t k = *link;
        if (cells[k].step_of_next_instant() == step) {
            if (seats[k] != k && !is_hit(k))
                leavers.push_back({k, cells[k].reset_end - double(step), {}});
            else
                special[seats[k] / LANES] |= 1u << lane_of(k);
            *link = next_to_wake[k];
        } else {
            link = &next_to_wake[k];
        }
    }
}

// Whether events of this step deflect its lines.
bool Run::is_hit(int k) const
{
    if (n_deflections == 0) return false;
    const Block &b = block_of(k);
    return b.excitatory.late[lane_of(k)] != 0.0f || b.inhibitory.late[lane_of(k)] != 0.0f;
}

void Run::look_closer(int first, int n_blocks, const Now &now)
{
    for (int b = first; b < first + n_blocks; b++)
        for (std::uint32_t &left = special[b]; left; left &= left - 1) {
            const std::int32_t k = guests[b * LANES + __builtin_ctz(left)];
            if (k == NOBODY || !cells[k].alone) continue;
            disturbed = true;
            const bool is_easy = simple && seats[k] == k && !is_hit(k) && (cross(k) || stay_below(k));
            if (!is_easy) look_closer(k, now);
        }
}

// The usual way to fire: once in this step, and long before the reset ends.
bool Run::cross(int k)
{
    const Cell &cell = cells[k];
    const Block &b = block_of(k);
    const int at = lane_of(k);
    const float v = b.v[at], threshold = cell.threshold;
    if (cell.phase != Phase::FREE || cell.reset_steps <= 1 || !(v >= threshold)) return false;
    const Before &began = before[k / LANES];
    if (began.v[at] >= threshold) return false;
    const double t = grain_of_positive(time_to_cross(circuits[k], began, at, v, threshold));
    Point p = crossing(circuits[k], began, at, point_of(k), float(t), threshold);
    fire(k, t, p);
    put(k, p);
    settle_phase(k);
    change_bed(k, t);
    return true;
}

// The usual way for a hold-off to end.
bool Run::stay_below(int k)
{
    Cell &cell = cells[k];
    const int at = lane_of(k);
    const float highest = max(before[k / LANES].v[at], block_of(k).v[at]);
    if (cell.phase != Phase::HELD || highest >= cell.threshold) return false;
    cell.phase = Phase::FREE;
    settle_phase(k);
    return true;
}

// From the beginning of the step.
void Run::look_closer(int k, const Now &now)
{
    const Block &b = block_of(k);
    const int at = lane_of(k);
    const Before &began = before[seats[k] / LANES];
    Point p{began.v[at], adaptation ? began.w[at] : 0.0f,
            b.excitatory.s[at] / b.excitatory.decay[at],
            b.inhibitory.s[at] / b.inhibitory.decay[at]};
    const Phase at_first = cells[k].phase;
    const double woken = cells[k].next_instant();
    play_on(k, 0, p, is_hit(k) ? take_back(k, p) : n_deflections, now);
    if (cells[k].phase != at_first || cells[k].next_instant() != woken) settle_phase(k);
}

// From instant to instant through the rest of the step, as reference._Run._play.
void Run::play_on(int k, double t, Point p, std::size_t next, const Now &now)
{
    const Cell &cell = cells[k];
    Circuit &c = circuits[k];
    c.noise = noise_of(k, now);
    for (;;) {
        next = deflect_until(t, next, k, p);
        release(k, t, p);
        if (t >= 1) break;
        if (cell.phase == Phase::FREE && p.v >= cell.threshold) {
            fire(k, t, p);
            continue;
        }
        double end = 1;
        if (cell.phase == Phase::RESETTING) end = min_of(end, cell.reset_end - double(step));
        if (cell.phase == Phase::HELD) end = min_of(end, cell.holdoff_end - double(step));
        if (next < n_deflections) end = min_of(end, deflections[next].offset);
        const Point before = p;
        const bool may_fire = cell.phase == Phase::FREE && cell.threshold <= c.v_max;
        const float length = float(end - t);
        const Motion motion = kernel.move(c, p, length, may_fire ? cell.threshold : c.v_max);
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
    put(k, p);
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

void Run::release(int k, double t, const Point &p)
{
    Cell &cell = cells[k];
    if (cell.phase == Phase::RESETTING && cell.reset_end - double(step) <= t) {
        write_knot(k, time_of(double(step) + t), p);
        cell.phase = Phase::HELD;
        set_phase(k);
    }
    if (cell.phase == Phase::HELD && cell.holdoff_end - double(step) <= t) cell.phase = Phase::FREE;
}

void Run::fire(int k, double offset, Point &p)
{
    Cell &cell = cells[k];
    write_knot(k, time_of(double(step) + offset), p);
    p.w += cell.increment;
    cell.reset_end = double(step) + offset + cell.reset_steps;
    cell.holdoff_end = cell.reset_end + cell.holdoff_steps;
    cell.phase = cell.reset_steps > 0 ? Phase::RESETTING : Phase::HELD;
    set_phase(k);
    spikes.push_back({time_of(double(step) + offset), k});
}

}  // namespace neckar
