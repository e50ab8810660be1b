// The loop over steps, traces, and jumps over silence. See reference.advance.

#include "noise.hpp"
#include "run.hpp"

#ifdef NECKAR_X86
#include <xmmintrin.h>
#endif

namespace neckar {
namespace {

constexpr std::int64_t LOOK_EVERY = 64;    // steps between attempts to find everything at rest
constexpr std::int64_t SHORTEST_JUMP = 4;  // steps

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

}  // namespace

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
    if (watch.steps && !watch.steps[step - start]) return;
    const double time = time_of(double(step));
    for (int j = 0; j < watch.m; j++) {
        const int k = int(watch.neurons[j]);
        outcome.traces[j].push_back(knot(k, time, point_of(k)));
    }
}

// --- jumps ------------------------------------------------------------------------------------

bool Run::find_rest()
{
    rests.resize(n);
    for (int j = 0; j < n; j++) {
        const int k = (restless + j) % n;
        if (!cells[k].alone) continue;
        const Point p = point_of(k);
        const double w = p.w * neurons.capacitance[k] / H;
        if (cells[k].phase == Phase::FREE &&
            rest_of(neurons, k, p.v, w, p.excitatory / lines[k].slope,
                    p.inhibitory / lines[n + k].slope, rests[k]))
            continue;
        restless = k;
        return false;
    }
    return std::all_of(groups.begin(), groups.end(), [&](Group &g) { return is_at_rest(g); });
}

void Run::jump(std::int64_t target)
{
    const double gap = double(target - step);
    const Now last = now(target - 1);
    for (int k = 0; k < n; k++) {
        if (!cells[k].alone) continue;
        const Rest &rest = rests[k];
        const int at = k % LANES;
        Block &b = block[k / LANES];
        const double memory = std::exp(-gap * H * rest.rate);
        double v = rest.v + (b.v[at] - rest.v) * memory;
        if (noise && noise[k / LANES].sigma[at] > 0)
            v += rest.deviation * std::sqrt(1 - memory * memory) *
                 (noise_of(k, last) / noise[k / LANES].sigma[at]);
        b.v[at] = float(std::clamp(v, neurons.v_min[k], neurons.v_max[k]));
        b.excitatory.s[at] *= float(std::exp(-gap * lines[k].rate));
        b.inhibitory.s[at] *= float(std::exp(-gap * lines[n + k].rate));
        if (adaptation) {
            float &w = adaptation[k / LANES].w[at];
            const double settled = rest.w * H / neurons.capacitance[k];
            w = float(settled + (w - settled) * std::exp(-gap * cells[k].rate_w));
        }
    }
    for (Group &group : groups) jump(group, target);
    step = target;
    begin_noise(step);
}

Now Run::now(std::int64_t at_step) const
{
    const std::uint64_t s = salt(std::uint64_t(at_step) / 2);
    return {std::uint32_t(s), std::uint32_t(s >> 32), at_step % 2 != 0, n_deflections > 0};
}

Outcome Run::to(std::int64_t end)
{
    begin_noise(step);
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
                if (!spikes.empty()) send_spikes();
                continue;
            }
        }
        disturbed = false;
        deliver_events();
        wake_up();
        const Now moment = now(step);
        treat(moment);
        if (kernel.step(all, moment, special.data())) look_closer(0, all.n_blocks, moment);
        attend(moment);
        if (!groups.empty()) {
            hand_out();
            for (Group &group : groups) play(group, moment);
        }
        clear_deflections();
        if (!spikes.empty()) send_spikes();
        step++;
        if (watch.m > 0) write_knots();
        if (disturbed) at_rest = false;
    }
    save(end);
    return std::move(outcome);
}

Outcome advance(const Neurons &neurons, State &state, const Fanout &fanout,
                const Arrivals &arrivals, const Watch &watch, const Coupling &coupling,
                std::int64_t n_steps, Kernel (*kernel_of)(int))
{
    const FlushToZero flush;
    Run run(neurons, state, fanout, arrivals, watch, coupling, kernel_of);
    return run.to(state.step + n_steps);
}

}  // namespace neckar
