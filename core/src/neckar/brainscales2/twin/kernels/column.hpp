// The sensors of one column while pulses are paired, rows side by side.
//
// Times are counted in ticks since the beginning of a slice of time. Synapses of a row that listen
// to the same label see the same pulses: together they are a train.

#pragma once

#include <cstdint>

namespace neckar {

constexpr int N_ROWS = 512, N_COLUMNS = 256, N_OF_HALF = 256, N_LABELS = 64;
constexpr double TICK = 1e-10;                // s
constexpr std::int32_t FAR = 1 << 30;         // further than any slice goes, either way
constexpr std::int32_t LONGEST = 1000000000;  // ticks of a slice

struct alignas(64) Column {
    std::uint16_t train[N_OF_HALF];       // row of the half * N_LABELS + label
    std::int32_t before[N_OF_HALF];       // last pulse of each row before the slice
    float amplitude[2][N_OF_HALF];        // V, causal and acausal
    float rate[2][N_OF_HALF];             // 1/ticks
    float causal[N_OF_HALF];              // V
    float sum[N_OF_HALF], most[N_OF_HALF];  // V, what comes after; and most that it can lead to
};

// When a neuron pulses the column: pairs with the last pulses of rows, if later than `previous`.
// What is stored now has decayed to `left` of it when the slice ends.
using Causal = void (*)(Column &, const std::int32_t *last, std::int32_t now,
                        std::int32_t previous, float left, float limit);
// The same backwards in time: pairs with the next pulses of rows, unless `following` comes first.
// `leak` is per tick, and the slice ends at `end`.
using Acausal = void (*)(Column &, const std::int32_t *next, std::int32_t now,
                         std::int32_t following, std::int32_t end, float leak, float limit);

struct Pairs {
    Causal causal;
    Acausal acausal;
};

Pairs pair_portable();
#ifdef NECKAR_X86
Pairs pair_v2();
Pairs pair_v3();
Pairs pair_v4();
#endif

}  // namespace neckar
