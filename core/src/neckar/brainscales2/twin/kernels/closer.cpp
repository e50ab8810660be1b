// The closer look at neurons that fire, are released, or rise steeply: from instant to instant
// through the step, as reference._Run._play.

#include "noise.hpp"
#include "run.hpp"

namespace neckar {

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
    const int at = k % LANES;
    Cell &cell = cells[k];
    Point p{b.v_old[at], adaptation ? adaptation[k / LANES].w_old[at] : 0.0f,
            b.excitatory.s_old[at], b.inhibitory.s_old[at]};
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

}  // namespace neckar
