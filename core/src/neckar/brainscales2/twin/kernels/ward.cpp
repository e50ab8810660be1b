// Neurons that are being reset: they move into blocks of their own when they fire and home when
// their reset ends, in the middle of a step.

#include "run.hpp"

namespace neckar {
namespace {

constexpr int MOST = 32;  // rows of lanes in a part of a block
constexpr std::uint32_t ALL_BEDS = ~std::uint32_t{};
static_assert(LANES == 32);

// Copies one lane of a part of a block, which is nothing but rows of lanes.
template <class T>
void copy_lane(T *parts, std::int32_t from, std::int32_t to)
{
    constexpr int n_rows = sizeof(T) / sizeof(Lanes);
    static_assert(n_rows < MOST && alignof(T) % alignof(float) == 0);
    const float *source = reinterpret_cast<float *>(parts + from / LANES) + from % LANES;
    float *target = reinterpret_cast<float *>(parts + to / LANES) + to % LANES;
    for (int row = 0; row < n_rows; row++) target[row * LANES] = source[row * LANES];
}

}  // namespace

Point Run::point_of(int k) const
{
    const Block &b = block_of(k);
    const int at = lane_of(k);
    return {b.v[at], w_of(k), b.excitatory.s[at], b.inhibitory.s[at]};
}

void Run::put(int k, const Point &p)
{
    Block &b = block_of(k);
    const int at = lane_of(k);
    b.v[at] = p.v;
    b.excitatory.s[at] = p.excitatory;
    b.inhibitory.s[at] = p.inhibitory;
    if (adaptation) w_of(k) = p.w;
}

// To a free bed. In the lane left behind nothing happens.
void Run::admit(int k)
{
    std::size_t some = 0;
    while (some < beds.size() && beds[some].taken == ALL_BEDS) some++;
    if (some == beds.size()) beds.emplace_back();
    const int bed = __builtin_ctz(~beds[some].taken);
    beds[some].taken |= 1u << bed;
    move_lane(k, std::int32_t(all.n_blocks + int(some)) * LANES + bed);
    fill_bed(k);
    block[k / LANES].threshold[k % LANES] = INF;
    if (exponential) exponential[k / LANES].binary_shift[k % LANES] = SILENT;
}

void Run::discharge(int k)
{
    Beds &some = beds[seats[k] / LANES - all.n_blocks];
    const std::uint32_t bed = 1u << lane_of(k);
    some.taken &= ~bed;
    const Point p = point_of(k);
    move_home(k);
    put(k, p);
}

// All that a neuron is.
void Run::move_lane(std::int32_t from, std::int32_t to)
{
    const std::int32_t k = guests[from];
    copy_lane(block.get(), from, to);
    copy_lane(rare.get(), from, to);
    if (exponential) copy_lane(exponential.get(), from, to);
    if (adaptation) copy_lane(adaptation.get(), from, to);
    if (conductance) copy_lane(conductance.get(), from, to);
    if (noise) copy_lane(noise.get(), from, to);
    sit(k, to);
}

void Run::move_home(int k) { sit(k, k); }

void Run::sit(int k, std::int32_t seat)
{
    guests[seats[k]] = NOBODY;
    guests[seat] = k;
    seats[k] = seat;
    Block &b = block_of(k);
    const int at = lane_of(k);
    lines[k].at = std::int32_t(&b.excitatory.s[at] - first_float());
    lines[n + k].at = std::int32_t(&b.inhibitory.s[at] - first_float());
    b.excitatory.late[at] = b.inhibitory.late[at] = 0.0f;
}

// What is needed in the ward only.
void Run::fill_bed(int k)
{
    Ward &to = ward[seats[k] / LANES - all.n_blocks];
    const int at = lane_of(k);
    const Circuit &c = circuits[k];
    to.length[at] = 1.0f;
    to.rate_excitatory[at] = c.rate[0];
    to.rate_inhibitory[at] = c.rate[1];
    to.rate_w[at] = c.rate[2];
    to.adaptation_gain[at] = c.adaptation_gain;
    to.v_min[at] = c.v_min;
    to.v_max[at] = c.v_max;
}

// A step of everybody in the ward, or the part of it in which they are being reset. Nothing at home
// depends on it: this is begun first, and looked at last.
void Run::treat(const Now &now)
{
    for (const Leaver &one : leavers)
        ward[seats[one.k] / LANES - all.n_blocks].length[lane_of(one.k)] = float(one.t);
    for (std::size_t some = 0; some < beds.size(); some++)
        if (beds[some].taken) move(int(some), now, beds[some].taken);
}

void Run::move(int some, const Now &now, std::uint32_t lanes)
{
    kernel.part(all, all.n_blocks + some, now, lanes);
    std::fill_n(ward[some].length, LANES, 1.0f);
}

// The rest of the step of those whose reset began or ended in it.
void Run::attend(const Now &now)
{
    for (std::size_t some = 0; some < beds.size(); some++)
        if (special[all.n_blocks + some]) look_closer(all.n_blocks + int(some), 1, now);
    for (Leaver &one : leavers) get_up(one);
    for (std::size_t some = 0; some < beds.size(); some++) {
        if (!beds[some].again) continue;
        move(int(some), now, beds[some].again);
        beds[some].again = 0;
    }
    if (!leavers.empty()) let_leave(now);
}

// Home, unless they fire again at once.
void Run::let_leave(const Now &now)
{
    disturbed = true;
    for (const Leaver &one : leavers) {
        Cell &cell = cells[one.k];
        const bool may_fire = cell.holdoff_end - double(step) < 1;
        if (may_fire && max(one.p.v, block_of(one.k).v[lane_of(one.k)]) >= cell.threshold)
            play_on(one.k, one.t, one.p, n_deflections, now);
        else if (cell.holdoff_end - double(step) <= 1)
            cell.phase = Phase::FREE;
        settle_phase(one.k);
    }
    leavers.clear();
}

// A reset begins or ends within the step.
void Run::change_bed(int k, double t)
{
    const int some = seats[k] / LANES - all.n_blocks;
    ward[some].length[lane_of(k)] = float(1 - t);
    beds[some].again |= 1u << lane_of(k);
}

void Run::get_up(Leaver &one)
{
    one.p = point_of(one.k);
    release(one.k, one.t, one.p);
    set_gains(one.k);
    change_bed(one.k, one.t);
}

}  // namespace neckar
