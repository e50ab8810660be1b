// Chance as a pure function: the Gaussian of a neuron (its key) at a step. See reference.gaussian.

#pragma once

#include <cstdint>

namespace neckar {
namespace {

constexpr std::uint32_t MIX_A = 0x7feb352du, MIX_B = 0x846ca68bu, MIX_C = 0x9e3779b1u;
constexpr std::uint32_t EVEN_BYTES = 0x00ff00ffu;

inline std::uint64_t salt(std::uint64_t step)
{
    std::uint64_t x = step + 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

// Of the bytes of two words: their sum, or that of the first less that of the second. Vectors may
// know better, see vector.hpp.
inline std::uint32_t sum_of_bytes(std::uint32_t x, std::uint32_t y)
{
    const std::uint32_t pairs = (x & EVEN_BYTES) + ((x >> 8) & EVEN_BYTES) + (y & EVEN_BYTES) +
                                ((y >> 8) & EVEN_BYTES);
    return (pairs & 0xffffu) + (pairs >> 16);
}

inline std::uint32_t difference_of_bytes(std::uint32_t x, std::uint32_t y)
{
    return sum_of_bytes(x, 0) - sum_of_bytes(y, 0);
}

// A hash of eight bytes, for one neuron or a vector of them.
template <class W>
struct Hash {
    W x, y;

    Hash(W key_low, W key_high, std::uint32_t salt_low, std::uint32_t salt_high)
    {
        x = key_low ^ salt_low;
        x = (x ^ (x >> 16)) * MIX_A;
        x = (x ^ (x >> 15)) * MIX_B;
        x = x ^ (x >> 16);
        y = (x + key_high) ^ salt_high;
        y = (y ^ (y >> 15)) * MIX_C;
        y = y ^ (y >> 16);
    }
};

constexpr float BYTES_MEAN = 1020.0f;
constexpr float BYTES_SCALE = 0.00478419615f;  // 1 / sqrt(8 (256^2 - 1) / 12)

// A sum of eight has lighter tails than a Gaussian; the cubic puts the fourth moment right.
constexpr float GAUSSIAN_LINEAR = 0.978467791f, GAUSSIAN_CUBIC = 0.00750834293f;

template <class F>
inline F gaussian_from(F z)
{
    return z * (GAUSSIAN_LINEAR + GAUSSIAN_CUBIC * (z * z));
}

// Every hash serves two steps: the sum of its bytes the first, half of them against the other half
// the second.
template <class F>
inline F gaussian_of_sum(F sum)
{
    return gaussian_from(sum * BYTES_SCALE - BYTES_MEAN * BYTES_SCALE);
}

template <class F>
inline F gaussian_of_difference(F difference)
{
    return gaussian_from(difference * BYTES_SCALE);
}

}  // namespace
}  // namespace neckar
