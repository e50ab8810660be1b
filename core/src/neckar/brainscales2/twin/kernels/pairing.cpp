// See pairing.py.

#include "pairing.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace neckar {
namespace {

constexpr double NEVER_SEEN = -std::numeric_limits<double>::infinity();
constexpr float FORGOTTEN = 20;  // time constants; what is left fits no bit of any reading

inline void add(float &store, float amplitude, float late, float limit)
{
    if (late < FORGOTTEN) store = std::min(store + amplitude * std::exp(-late), limit);
}

class Correlator {
public:
    Correlator(Sensors &sensors_, const Pairing &pairing_) : sensors(sensors_), pairing(pairing_)
    {
        for (int row = 0; row < N_ROWS; row++) {
            const double *const last = sensors.row_pulse + row * N_COLUMNS;
            is_used[row] = *std::max_element(last, last + N_COLUMNS) > NEVER_SEEN;
        }
    }

    void see_neuron(int neuron, double time)
    {
        const int column = neuron % N_COLUMNS, first = neuron - column;
        double &before = sensors.neuron_pulse[neuron];
        for (int row = first; row < first + N_OF_HALF; row++) {
            if (!is_used[row]) continue;
            const int at = row * N_COLUMNS + column;
            const double last = sensors.row_pulse[at];
            if (last > before)
                add(sensors.causal[at], pairing.amplitude[at],
                    pairing.rate[at] * float(time - last), pairing.limit);
        }
        before = time;
    }

    void see_row(int row, int label, double time)
    {
        const int first = row * N_COLUMNS, n = N_ROWS * N_COLUMNS;
        const double *const neurons = sensors.neuron_pulse + row / N_OF_HALF * N_COLUMNS;
        for (int column = 0; column < N_COLUMNS; column++) {
            const int at = first + column;
            if (pairing.label[at] != label) continue;
            if (neurons[column] > sensors.row_pulse[at])
                add(sensors.acausal[at], pairing.amplitude[n + at],
                    pairing.rate[n + at] * float(time - neurons[column]), pairing.limit);
            sensors.row_pulse[at] = time;
        }
        is_used[row] = true;
    }

private:
    Sensors &sensors;
    const Pairing &pairing;
    bool is_used[N_ROWS];
};

}  // namespace

void correlate(Sensors &sensors, const Pairing &pairing, const RowPulses &pulses,
               const Occasions &occasions)
{
    Correlator correlator(sensors, pairing);
    for (std::int64_t k = 0; k < occasions.n; k++) {
        const double time = occasions.time[k];
        const std::int32_t what = occasions.what[k];
        if (what < 0) {
            correlator.see_neuron(-1 - what, time);
            continue;
        }
        for (std::int32_t p = pulses.start[what]; p < pulses.start[what + 1]; p++)
            correlator.see_row(pulses.row[p], pulses.label[p], time);
    }
}

}  // namespace neckar
