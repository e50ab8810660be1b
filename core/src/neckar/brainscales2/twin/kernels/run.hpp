// A call of advance: what is kept between two steps, and everything that is not vectorised. The
// parts are in load.cpp, events.cpp, closer.cpp and advance.cpp.

#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <memory>
#include <vector>

#include "advance.hpp"
#include "group.hpp"
#include "neuron.hpp"
#include "rest.hpp"

namespace neckar {

inline constexpr double H = STEP_DURATION;
inline constexpr double GRAIN = 1048576.0;  // instants are kept in 2^-20 steps, hence exactly
inline constexpr double SHORTEST_RESET = 1.0 / 16;  // steps; a spike takes some time
inline constexpr std::int32_t NOBODY = -1;
inline constexpr float INF = std::numeric_limits<float>::infinity();
inline double min_of(double a, double b) { return a < b ? a : b; }
inline double grain(double steps) { return std::round(steps * GRAIN) / GRAIN; }
inline double grain_of_positive(double steps)
{
    return double(std::int64_t(steps * GRAIN + 0.5)) * (1 / GRAIN);
}

template <class T>
using Aligned = std::unique_ptr<T[], decltype(&std::free)>;

enum class Phase : unsigned char { FREE, RESETTING, HELD };

inline constexpr int LATE = offsetof(Line, late) / sizeof(float);  // from s to late

struct Cell {  // what the closer look needs besides the blocks
    Phase phase = Phase::FREE;
    bool pause = false;
    float threshold = INF, leak_gain = 0, reset_gain = 0, exponential_shift = SILENT, increment = 0;
    float rate_w = 0;
    double reset_steps = 0, holdoff_steps = 0;  // durations
    double reset_end = 0, holdoff_end = 0;      // instants
    bool alone = true;                          // not in a group, of which the step knows nothing

    double next_instant() const { return phase == Phase::RESETTING ? reset_end : holdoff_end; }
    std::int64_t step_of_next_instant() const  // an instant between two steps belongs to the first
    {
        const double instant = next_instant();
        const auto step = std::int64_t(instant);
        return double(step) < instant ? step : step - 1;
    }
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
        const Coupling &, Kernel (*kernel_of)(int));
    Outcome to(std::int64_t end);

private:
    const Neurons &neurons;
    State &state;
    const Fanout &fanout;
    const Arrivals &arrivals;
    const Watch &watch;
    const Coupling &coupling;
    const int n;
    const std::int64_t start;
    std::int64_t step;
    bool any_bypass = false;

    Population all;
    Aligned<Block> block{nullptr, &std::free};
    Aligned<Rare> rare{nullptr, &std::free};
    Aligned<Exponential> exponential{nullptr, &std::free};
    Aligned<Adaptation> adaptation{nullptr, &std::free};
    Aligned<Conductance> conductance{nullptr, &std::free};
    Aligned<Noise> noise{nullptr, &std::free};
    Aligned<Ward> ward{nullptr, &std::free};
    Aligned<Before> before{nullptr, &std::free};
    Kernel kernel;
    bool simple;  // who finds itself above its threshold has crossed it as `before` says

    float *first_float() const { return reinterpret_cast<float *>(block.get()); }

    std::vector<Cell> cells;
    std::vector<Circuit> circuits;
    // Where neurons lie: home, which is seat k, or in the ward.
    std::vector<std::int32_t> seats, guests;  // of each neuron; and who lies there, if anybody
    struct Beds {
        std::uint32_t taken = 0;
        std::uint32_t again = 0;  // by those whose reset begins or ends within this step
    };
    std::vector<Beds> beds;  // of each block of the ward that was ever needed
    struct Leaver {
        std::int32_t k;
        double t;  // when its reset ends
        Point p;   // where it then is
    };
    std::vector<Leaver> leavers;
    // Neurons that are not free, in lists by the step in which that changes, modulo their number.
    std::array<std::int32_t, 256> first_to_wake;
    std::vector<std::int32_t> next_to_wake;
    std::vector<LineOfNeuron> lines;
    std::vector<std::uint32_t> special;
    std::vector<Deflection> deflections;  // the first n_deflections
    std::size_t n_deflections = 0;
    std::vector<double> scaled;  // amplitudes of a pulse
    std::vector<Spike> spikes;  // of this step
    std::vector<Event> sent;    // events on their way; those before `sent_head` have arrived
    std::size_t arrivals_head = 0, pending_head = 0, sent_head = 0;
    std::vector<std::uint64_t> last_bypass;
    std::uint64_t n_events = 0;
    std::vector<char> watched;
    Outcome outcome;

    Block &block_of(int k) { return block[seats[k] / LANES]; }
    const Block &block_of(int k) const { return block[seats[k] / LANES]; }
    int lane_of(int k) const { return seats[k] % LANES; }
    float &w_of(int k) { return adaptation[seats[k] / LANES].w[lane_of(k)]; }
    float w_of(int k) const { return adaptation ? adaptation[seats[k] / LANES].w[lane_of(k)] : 0.0f; }

    bool at_rest = false, disturbed = false;
    int restless = 0;  // the neuron that was not at rest when last looked
    std::vector<Rest> rests;

    std::vector<Group> groups;
    struct Ear {  // who hears a deflection
        int group = -1, member = 0;
        bool excitatory = false;
    };
    std::vector<Ear> ears;  // by Deflection::at

    int choose_features() const;
    void load(int k);
    void load_nobody(int k);
    void load_adaptation(int k, double per_step);
    void load_line(Line &, int k, int line, const SynapticInput &, const std::vector<double> &s);
    void load_circuit(int k);
    void load_phase(int k);
    void set_phase(int k);
    void set_gains(int k);
    void settle_phase(int k);
    void wake_up();
    void save(std::int64_t end);

    double next_event() const;
    Event take_event();
    void deliver_events();
    void deliver(const Event &);
    void deliver_modulated(const Event &, float offset);
    void make_room(std::int32_t n_entries);
    bool bypassed(std::int32_t neuron, float amplitude, double time);
    std::size_t deflect(const Row &, float offset, std::size_t at);
    std::size_t deflect_others(const Row &, float offset, double time);
    void clear_deflections();

    void look_closer(int first_block, int n_blocks, const Now &);
    void look_closer(int k, const Now &);
    void play_on(int k, double t, Point, std::size_t next, const Now &);
    bool is_hit(int k) const;
    bool cross(int k);
    bool stay_below(int k);
    float noise_of(int k, const Now &) const;
    void begin_noise(std::int64_t at_step);
    std::size_t take_back(int k, Point &) const;
    std::size_t deflect_until(double t, std::size_t next, int k, Point &) const;
    void release(int k, double t, const Point &);
    void fire(int k, double offset, Point &);
    void send_spikes();

    void move_lane(std::int32_t from, std::int32_t to);
    void admit(int k);
    void discharge(int k);
    void move_home(int k);
    void sit(int k, std::int32_t seat);
    void fill_bed(int k);
    void treat(const Now &);
    void move(int some, const Now &, std::uint32_t lanes);
    void attend(const Now &);
    void let_leave(const Now &);
    void get_up(Leaver &);
    void change_bed(int k, double t);
    Point point_of(int k) const;
    void put(int k, const Point &);

    Knot knot(int k, double time, const Point &) const;
    void write_knot(int k, double time, const Point &);
    void write_knots();

    void name_groups();
    void load_groups();
    void load_group(const std::vector<int> &mine);
    void hand_out();
    void play(Group &, const Now &);
    bool release(Group &, double t);
    bool fire(Group &, double t);
    double next_instant(const Group &, std::size_t next, double t) const;
    double move(Group &, double t, double end);
    double rise(Group &, const Member &, double length);
    const Member *first_to_fire(const Group &) const;
    void put_back(const Group &);
    bool is_at_rest(Group &) const;
    void jump(Group &, std::int64_t target);

    bool find_rest();
    void jump(std::int64_t target);

    Now now(std::int64_t at_step) const;
    double time_of(double steps) const { return steps * H; }
};

}  // namespace neckar
