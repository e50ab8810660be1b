// The compiled twin of pairing.correlate: plain arrays in, sensors are changed in place.

#pragma once

#include <cstdint>

#include "column.hpp"

namespace neckar {

struct Sensors {  // see pairing.py, here and below
    float *causal, *acausal;
    double *row_pulse, *neuron_pulse;
    double time;
};

struct Pairing {
    const float *amplitude, *rate;
    float limit;
    double leak, memory;
    const std::uint8_t *label;
};

struct RowPulses {
    std::int64_t n_addresses;
    const std::int32_t *start, *row, *label;
};

struct Occasions {
    std::int64_t n;
    const double *time;
    const std::int32_t *what;
};

void correlate(Sensors &, const Pairing &, const RowPulses &, const Occasions &, const Pairs &);

}  // namespace neckar
