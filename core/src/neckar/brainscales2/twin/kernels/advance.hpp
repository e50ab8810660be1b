// The compiled twin of reference.advance: plain arrays in, plain arrays out.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "block.hpp"

namespace neckar {

struct SynapticInput {  // see state.py, here and below
    const double *tau, *saturation, *linear, *offset, *floor, *compliance, *coba,
        *reversal;
};

struct Neurons {
    int n;
    const double *capacitance, *leak_potential, *leak_saturation, *leak_linear, *reset_potential,
        *reset_saturation, *reset_linear, *threshold, *reset_time, *holdoff_time;
    const bool *pause;
    const double *current, *exponential_current, *exponential_potential, *exponential_slope,
        *adaptation_conductance, *adaptation_potential, *adaptation_increment, *adaptation_tau,
        *compliance, *noise, *v_min, *v_max;
    SynapticInput excitatory, inhibitory;
    const std::uint64_t *noise_key;
};

struct State {
    std::int64_t step;
    std::vector<double> v, w, excitatory, inhibitory, reset_left, holdoff_left, pending_time;
    std::vector<std::int32_t> pending_address;
    std::vector<double> pulse_volts, pulse_time;
};

struct Modulation {
    bool is_on;
    const std::int32_t *start, *source, *first, *line;
    const double *amplitude, *charge, *recover, *utilization, *rate, *zero, *slope;
};

struct Fanout {
    std::int64_t n_addresses;
    const std::int32_t *start, *line;
    const double *amplitude;
    const std::int32_t *address_of;
    double delay;
    const bool *bypass;
    Modulation modulation;
};

struct Coupling {
    const std::int32_t *node;  // null where all circuits stand alone
    int n_links, n_pairs;
    const std::int32_t *first, *second;
    const double *conductance;
    const std::int32_t *leader, *follower;
};

struct Arrivals {
    std::int64_t n;
    const double *time;
    const std::int32_t *address;
};

struct Watch {
    int m;
    const std::int64_t *neurons;
    const bool *steps;  // null: all of them
};

struct Knot {
    double time;
    float v, w, excitatory, inhibitory;
};

struct Outcome {
    std::vector<double> spike_time;
    std::vector<std::int32_t> spike_neuron;
    std::vector<std::vector<Knot>> traces;
};

constexpr double STEP_DURATION = 0.1e-6;

Outcome advance(const Neurons &, State &, const Fanout &, const Arrivals &, const Watch &,
                const Coupling &, std::int64_t n_steps, Kernel (*kernel)(int));

}  // namespace neckar
