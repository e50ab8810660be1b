// See pairing.py. Pulses are paired column by column when its neuron pulses, for all rows at once:
// forwards in time with the last pulse of every row, backwards with the next.

#include "pairing.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

namespace neckar {
namespace {

constexpr double LITTLE = 0.05;  // of what is stored, may leak during a slice
constexpr int N_TRAINS = N_ROWS * N_LABELS, N_TRAINS_OF_HALF = N_OF_HALF * N_LABELS;

// Occasions first to last - 1, which lie close together.
class Slice {
public:
    Slice(Sensors &s, const Pairing &p, const RowPulses &q, const Occasions &o, const Pairs &pair_)
        : sensors(s), pairing(p), pulses(q), occasions(o), pair(pair_), columns(N_ROWS),
          trains(N_TRAINS), seen_at(N_TRAINS), edge(N_ROWS)
    {
    }

    void play(std::int64_t first, std::int64_t last)
    {
        origin = occasions.time[first];
        end = occasions.time[last - 1];
        leak_until(end);
        forwards(first, last);
        backwards(first, last);
        for (int neuron = 0; neuron < N_ROWS; neuron++)
            if (columns[neuron]) put_back(neuron);
        remember(first, last);
    }

private:
    void leak_until(double time)
    {
        const float left = float(std::exp(-(time - sensors.time) * pairing.leak));
        for (int at = 0; at < N_ROWS * N_COLUMNS; at++) {
            sensors.causal[at] *= left;
            sensors.acausal[at] *= left;
        }
        sensors.time = time;
    }

    void forwards(std::int64_t first, std::int64_t last)
    {
        std::fill(trains.begin(), trains.end(), -FAR);
        nearest[0] = nearest[1] = 0;  // rows that were pulsed before the slice
        for (int neuron = 0; neuron < N_ROWS; neuron++) edge[neuron] = tick(sensors.neuron_pulse[neuron]);
        for (std::int64_t k = first; k < last; k++) {
            const std::int32_t now = tick(occasions.time[k]), what = occasions.what[k];
            if (what >= 0) {
                pulse(what, now);
                continue;
            }
            const int neuron = -1 - what;
            if (edge[neuron] < nearest[neuron / N_COLUMNS]) {
                const float left = float(std::exp(-(end - occasions.time[k]) * pairing.leak));
                pair.causal(column(neuron), of_half(neuron), now, edge[neuron], left,
                            pairing.limit * left);
            }
            edge[neuron] = now;
        }
    }

    void backwards(std::int64_t first, std::int64_t last)
    {
        std::fill(trains.begin(), trains.end(), FAR);
        nearest[0] = nearest[1] = FAR;
        std::fill(edge.begin(), edge.end(), FAR);
        for (std::int64_t k = last - 1; k >= first; k--) {
            const std::int32_t now = tick(occasions.time[k]), what = occasions.what[k];
            if (what < 0)
                see_next(-1 - what, now);
            else
                pulse(what, now);
        }
        for (int neuron = 0; neuron < N_ROWS; neuron++)
            if (origin - sensors.neuron_pulse[neuron] < pairing.memory)
                see_next(neuron, tick(sensors.neuron_pulse[neuron]));
    }

    void pulse(std::int32_t address, std::int32_t now)
    {
        for (std::int32_t p = pulses.start[address]; p < pulses.start[address + 1]; p++)
            see_row(pulses.row[p], pulses.label[p], now);
    }

    void see_row(int row, int label, std::int32_t now)
    {
        trains[row * N_LABELS + label] = now;
        nearest[row / N_OF_HALF] = now;
    }

    void see_next(int neuron, std::int32_t now)
    {
        if (nearest[neuron / N_COLUMNS] <= std::min(edge[neuron], FAR - 1))
            pair.acausal(column(neuron), of_half(neuron), now, edge[neuron], tick(end),
                         float(pairing.leak * TICK), pairing.limit);
        edge[neuron] = now;
    }

    void remember(std::int64_t first, std::int64_t last)
    {
        find_last(first, last);
        for (int row = 0; row < N_ROWS; row++) {
            const std::int64_t *const seen = &seen_at[row * N_LABELS];
            if (*std::max_element(seen, seen + N_LABELS) < 0) continue;
            for (int at = row * N_COLUMNS; at < (row + 1) * N_COLUMNS; at++) {
                const std::int64_t k = seen[pairing.label[at]];
                if (k >= 0) sensors.row_pulse[at] = occasions.time[k];
            }
        }
        for (std::int64_t k = first; k < last; k++)
            if (occasions.what[k] < 0)
                sensors.neuron_pulse[-1 - occasions.what[k]] = occasions.time[k];
    }

    // For every train that was pulsed, when it was last; once all are found there is no more to do.
    void find_last(std::int64_t first, std::int64_t last)
    {
        std::fill(seen_at.begin(), seen_at.end(), -1);
        std::ptrdiff_t n_left = N_TRAINS - std::count(trains.begin(), trains.end(), FAR);
        for (std::int64_t k = last - 1; k >= first && n_left; k--) {
            const std::int32_t what = occasions.what[k];
            if (what < 0) continue;
            for (std::int32_t p = pulses.start[what]; p < pulses.start[what + 1]; p++) {
                std::int64_t &at = seen_at[pulses.row[p] * N_LABELS + pulses.label[p]];
                if (at >= 0) continue;
                at = k;
                n_left--;
            }
        }
    }

    Column &column(int neuron)
    {
        if (!columns[neuron]) columns[neuron] = taken(neuron);
        return *columns[neuron];
    }

    std::unique_ptr<Column> taken(int neuron) const
    {
        auto c = std::make_unique<Column>();
        constexpr int n = N_ROWS * N_COLUMNS;
        for (int r = 0; r < N_OF_HALF; r++) {
            const int at = place(neuron, r);
            c->train[r] = std::uint16_t(r * N_LABELS + pairing.label[at]);
            c->before[r] = tick(sensors.row_pulse[at]);
            for (int branch = 0; branch < 2; branch++) {
                c->amplitude[branch][r] = pairing.amplitude[branch * n + at];
                c->rate[branch][r] = pairing.rate[branch * n + at] * float(TICK);
            }
            c->causal[r] = sensors.causal[at];
            c->sum[r] = 0;
            c->most[r] = std::numeric_limits<float>::infinity();
        }
        return c;
    }

    void put_back(int neuron)
    {
        const Column &c = *columns[neuron];
        for (int r = 0; r < N_OF_HALF; r++) {
            const int at = place(neuron, r);
            sensors.causal[at] = c.causal[r];
            sensors.acausal[at] = std::min(sensors.acausal[at] + c.sum[r], c.most[r]);
        }
        columns[neuron].reset();
    }

    static int place(int neuron, int r)
    {
        const int column = neuron % N_COLUMNS;
        return (neuron - column + r) * N_COLUMNS + column;
    }

    const std::int32_t *of_half(int neuron) const
    {
        return &trains[neuron / N_COLUMNS * N_TRAINS_OF_HALF];
    }

    std::int32_t tick(double time) const
    {
        const double ticks = (time - origin) / TICK;
        return ticks > -LONGEST ? std::int32_t(std::lround(ticks)) : -FAR;
    }

    Sensors &sensors;
    const Pairing &pairing;
    const RowPulses &pulses;
    const Occasions &occasions;
    const Pairs &pair;
    double origin = 0, end = 0;
    std::vector<std::unique_ptr<Column>> columns;
    std::vector<std::int32_t> trains;
    std::vector<std::int64_t> seen_at;  // occasions
    std::vector<std::int32_t> edge;     // pulse of each neuron that was met last
    std::int32_t nearest[2];            // pulse of any row of each half that was met last
};

}  // namespace

void correlate(Sensors &sensors, const Pairing &pairing, const RowPulses &pulses,
               const Occasions &occasions, const Pairs &pair)
{
    Slice slice(sensors, pairing, pulses, occasions, pair);
    const double longest = std::min(LONGEST * TICK, LITTLE / pairing.leak);
    for (std::int64_t first = 0, last; first < occasions.n; first = last) {
        const double *const time = occasions.time;
        last = std::lower_bound(time + first, time + occasions.n, time[first] + longest) - time;
        last = std::max(last, first + 1);
        slice.play(first, last);
    }
}

}  // namespace neckar
