// Compiled once per instruction set (PAIR is its function); free of the standard library, as step.

#include "column.hpp"

#include "vector.hpp"

namespace neckar {
namespace {

constexpr float STEEPEST = 80;  // exponent; what is left fits no bit of any store

void find(const Column &c, const std::int32_t *trains, std::int32_t *found)
{
    for (int r = 0; r < N_OF_HALF; r++) found[r] = trains[c.train[r]];
}

void causal(Column &c, const std::int32_t *last, std::int32_t now, std::int32_t previous,
            float left, float limit)
{
    alignas(64) std::int32_t found[N_OF_HALF];
    find(c, last, found);
    for (int r = 0; r < N_OF_HALF; r++) {
        const std::int32_t seen = found[r] > c.before[r] ? found[r] : c.before[r];
        const float late = min(float(now - seen) * c.rate[0][r], STEEPEST);
        const float more = c.causal[r] + c.amplitude[0][r] * left * exponential(-late);
        c.causal[r] = seen > previous ? min(more, limit) : c.causal[r];
    }
}

void acausal(Column &c, const std::int32_t *next, std::int32_t now, std::int32_t following,
             std::int32_t end, float leak, float limit)
{
    alignas(64) std::int32_t found[N_OF_HALF];
    find(c, next, found);
    const std::int32_t latest = following < FAR ? following : FAR - 1;
    for (int r = 0; r < N_OF_HALF; r++) {
        const float late = min(float(found[r] - now) * c.rate[1][r], STEEPEST);
        const float y = float(end - found[r]) * leak;  // exp(-y) for small y
        const float left = 1.0f - y * (1.0f - y * (1.0f / 2 - y * (1.0f / 6)));
        const float more = c.amplitude[1][r] * left * exponential(-late);
        const bool is_pair = (found[r] <= latest) & (c.before[r] <= now);
        c.most[r] = is_pair ? min(c.most[r], limit * left + c.sum[r]) : c.most[r];
        c.sum[r] = is_pair ? c.sum[r] + more : c.sum[r];
    }
}

}  // namespace

Pairs PAIR() { return {causal, acausal}; }

}  // namespace neckar
