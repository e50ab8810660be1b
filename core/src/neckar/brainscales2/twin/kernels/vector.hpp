// Vectors as the compiler knows them, and the few operations it has no operator for.

#pragma once

#include <cmath>
#include <cstdint>

#ifdef __SSE2__
#include <immintrin.h>
#endif

namespace neckar {
namespace {

#if defined(__AVX512F__)
constexpr int WIDTH = 16;
#elif defined(__AVX2__)
constexpr int WIDTH = 8;
#else
constexpr int WIDTH = 4;
#endif

typedef float Float __attribute__((vector_size(WIDTH * 4), may_alias));
typedef std::int32_t Int __attribute__((vector_size(WIDTH * 4), may_alias));
typedef std::uint32_t Word __attribute__((vector_size(WIDTH * 4), may_alias));

inline Float load(const float *p) { return *reinterpret_cast<const Float *>(p); }
inline Int load(const std::int32_t *p) { return *reinterpret_cast<const Int *>(p); }
inline Word load(const std::uint32_t *p) { return *reinterpret_cast<const Word *>(p); }
inline void store(float *p, Float x) { *reinterpret_cast<Float *>(p) = x; }

#if defined(__AVX512F__)
inline Float min(Float a, Float b) { return Float(_mm512_min_ps(__m512(a), __m512(b))); }
inline Float max(Float a, Float b) { return Float(_mm512_max_ps(__m512(a), __m512(b))); }
inline Float sqrt(Float a) { return Float(_mm512_sqrt_ps(__m512(a))); }
inline std::uint32_t bits(Int a) { return _mm512_movepi32_mask(__m512i(a)); }
#elif defined(__AVX2__)
inline Float min(Float a, Float b) { return Float(_mm256_min_ps(__m256(a), __m256(b))); }
inline Float max(Float a, Float b) { return Float(_mm256_max_ps(__m256(a), __m256(b))); }
inline Float sqrt(Float a) { return Float(_mm256_sqrt_ps(__m256(a))); }
inline std::uint32_t bits(Int a) { return _mm256_movemask_ps(__m256(Float(a))); }
#elif defined(__SSE2__)
inline Float min(Float a, Float b) { return Float(_mm_min_ps(__m128(a), __m128(b))); }
inline Float max(Float a, Float b) { return Float(_mm_max_ps(__m128(a), __m128(b))); }
inline Float sqrt(Float a) { return Float(_mm_sqrt_ps(__m128(a))); }
inline std::uint32_t bits(Int a) { return _mm_movemask_ps(__m128(Float(a))); }
#else
inline Float min(Float a, Float b) { return a < b ? a : b; }
inline Float max(Float a, Float b) { return a > b ? a : b; }
inline Float sqrt(Float a)
{
    for (int k = 0; k < WIDTH; k++) a[k] = __builtin_sqrtf(a[k]);
    return a;
}
inline std::uint32_t bits(Int a)
{
    std::uint32_t sum = 0;
    for (int k = 0; k < WIDTH; k++) sum |= (a[k] != 0 ? 1u : 0u) << k;
    return sum;
}
#endif

inline Float to_float(Int a) { return __builtin_convertvector(a, Float); }
inline Int to_int(Float a) { return __builtin_convertvector(a, Int); }

}  // namespace
}  // namespace neckar
