// The closer look at neurons that fire, are released, or rise steeply: from instant to instant
// through the step, as reference._Run._play.

#include "noise.hpp"
#include "run.hpp"

namespace neckar {

float Run::noise_of(int k, const Now &now) const
{
    if (!noise) return 0.0f;
    const Noise &from = noise[k / LANES];
    const std::uint32_t sum = byte_sum(from.key_low[k % LANES], from.key_high[k % LANES],
                                       now.salt_low, now.salt_high);
    return from.sigma[k % LANES] * gaussian_from(float(sum));
}

// Those whose reset or hold-off ends in this step.
void Run::wake_up()
{
    std::int32_t *link = &first_to_wake[std::size_t(step) % first_to_wake.size()];
    while (*link != NOBODY) {
        const std::int32_t k = *link;
        if (cells[k].step_of_next_instant() == step) {
            special[k / LANES] |= 1u << k % LANES;
            *link = next_to_wake[k];
        } else {
            link = &next_to_wake[k];
        }
    }
}

void Run::look_closer(const Now &now)
{
    for (std::size_t b = 0; b < special.size(); b++)
        for (std::uint32_t &left = special[b]; left; left &= left - 1)
            look_closer(int(b) * LANES + __builtin_ctz(left), now);
}

// From instant to instant through the step, as reference._Run._play.
void Run::look_closer(int k, const Now &now)
{
    Block &b = block[k / LANES];
    const int at = k % LANES;
    Cell &cell = cells[k];
    if (!cell.alone) return;
    disturbed = true;
    Point p{b.v_old[at], adaptation ? adaptation[k / LANES].w_old[at] : 0.0f,
            b.excitatory.s[at] / b.excitatory.decay[at],
            b.inhibitory.s[at] / b.inhibitory.decay[at]};
    const bool hit = b.excitatory.late[at] != 0.0f || b.inhibitory.late[at] != 0.0f;
    std::size_t next = hit ? take_back(k, p) : n_deflections;
    double t = 0;
    const Phase at_first = cell.phase;
    const double woken = cell.next_instant();
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
    if (cell.phase != at_first || cell.next_instant() != woken)
        settle_phase(k, at_first == Phase::RESETTING);
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
