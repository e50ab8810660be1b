// Vectors as the compiler knows them, the operations it has no operator for, and the functions of
// the membrane on them. Everything has internal linkage: it is compiled once per instruction set.

#pragma once

#include <cstdint>

#ifdef __SSE2__
#include <immintrin.h>
#endif

namespace neckar {

template <int width>
struct Vector {
    typedef float Float __attribute__((vector_size(width * 4), may_alias));
    typedef std::int32_t Int __attribute__((vector_size(width * 4), may_alias));
    typedef std::uint32_t Word __attribute__((vector_size(width * 4), may_alias));
};

namespace {

#if defined(__AVX512F__)
constexpr int WIDTH = 16;
#elif defined(__AVX2__)
constexpr int WIDTH = 8;
#else
constexpr int WIDTH = 4;
#endif

using Float = Vector<WIDTH>::Float;
using Int = Vector<WIDTH>::Int;
using Word = Vector<WIDTH>::Word;
using Four = Vector<4>::Float;

inline Float load(const float *p) { return *reinterpret_cast<const Float *>(p); }
inline Int load(const std::int32_t *p) { return *reinterpret_cast<const Int *>(p); }
inline Word load(const std::uint32_t *p) { return *reinterpret_cast<const Word *>(p); }
inline void store(float *p, Float x) { *reinterpret_cast<Float *>(p) = x; }

// at_least: a bit for every lane in which a >= b. sum_of_bytes: of two words.
#if defined(__AVX512F__)
inline Float min(Float a, Float b) { return Float(_mm512_min_ps(__m512(a), __m512(b))); }
inline Float max(Float a, Float b) { return Float(_mm512_max_ps(__m512(a), __m512(b))); }
inline Float sqrt(Float a) { return Float(_mm512_sqrt_ps(__m512(a))); }
inline std::uint32_t at_least(Float a, Float b)
{
    return _mm512_cmp_ps_mask(__m512(a), __m512(b), _CMP_GE_OQ);
}
inline Word sum_of_bytes(Word x, Word y)
{
    const __m512i one = _mm512_set1_epi8(1);
    const __m512i pairs = _mm512_add_epi16(_mm512_maddubs_epi16(__m512i(x), one),
                                           _mm512_maddubs_epi16(__m512i(y), one));
    return Word(_mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
}
#elif defined(__AVX2__)
inline Float min(Float a, Float b) { return Float(_mm256_min_ps(__m256(a), __m256(b))); }
inline Float max(Float a, Float b) { return Float(_mm256_max_ps(__m256(a), __m256(b))); }
inline Float sqrt(Float a) { return Float(_mm256_sqrt_ps(__m256(a))); }
inline std::uint32_t at_least(Float a, Float b)
{
    return _mm256_movemask_ps(_mm256_cmp_ps(__m256(a), __m256(b), _CMP_GE_OQ));
}
inline Word sum_of_bytes(Word x, Word y)
{
    const __m256i one = _mm256_set1_epi8(1);
    const __m256i pairs = _mm256_add_epi16(_mm256_maddubs_epi16(__m256i(x), one),
                                           _mm256_maddubs_epi16(__m256i(y), one));
    return Word(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
#elif !defined(__SSE2__)
inline Float sqrt(Float a)
{
    for (int k = 0; k < WIDTH; k++) a[k] = __builtin_sqrtf(a[k]);
    return a;
}
inline std::uint32_t at_least(Float a, Float b)
{
    std::uint32_t sum = 0;
    for (int k = 0; k < WIDTH; k++) sum |= (a[k] >= b[k] ? 1u : 0u) << k;
    return sum;
}
#endif

#if defined(__SSE2__)
inline Four min(Four a, Four b) { return Four(_mm_min_ps(__m128(a), __m128(b))); }
inline Four max(Four a, Four b) { return Four(_mm_max_ps(__m128(a), __m128(b))); }
#else
inline Four min(Four a, Four b) { return a < b ? a : b; }
inline Four max(Four a, Four b) { return a > b ? a : b; }
#endif
#if defined(__SSE2__) && !defined(__AVX2__)
inline Four sqrt(Four a) { return Four(_mm_sqrt_ps(__m128(a))); }
inline std::uint32_t at_least(Float a, Float b)
{
    return _mm_movemask_ps(_mm_cmpge_ps(__m128(a), __m128(b)));
}
#endif

#if !defined(__AVX2__)
inline Word sum_of_bytes(Word x, Word y)
{
    constexpr std::uint32_t even = 0x00ff00ffu;
    const Word pairs = (x & even) + ((x >> 8) & even) + (y & even) + ((y >> 8) & even);
    return (pairs & 0xffffu) + (pairs >> 16);
}
#endif

inline float min(float a, float b) { return a < b ? a : b; }
inline float max(float a, float b) { return a > b ? a : b; }

template <class F>
struct Matching;
template <>
struct Matching<Four> {
    using Word = Vector<4>::Word;
};
template <>
struct Matching<Vector<8>::Float> {
    using Word = Vector<8>::Word;
};
template <>
struct Matching<Vector<16>::Float> {
    using Word = Vector<16>::Word;
};
template <>
struct Matching<float> {
    using Word = std::uint32_t;
};

// tanh(x) = x top / bottom, a continued fraction, good to 1e-6 (1e-4 beyond |x| = 3).
template <class F>
struct Tanh {
    static constexpr float END = 4.9717f;  // where it reaches 1
    F x, top, bottom;

    explicit Tanh(F argument) : x(max(min(argument, F{} + END), F{} - END))
    {
        const F q = x * x;
        top = 1.0f + q * (17325.0f / 135135 + q * (378.0f / 135135 + q * (1.0f / 135135)));
        bottom = 1.0f + q * (62370.0f / 135135 + q * (3150.0f / 135135 + q * (28.0f / 135135)));
    }
};

// The same to 7e-5, fitted so that the largest relative error is smallest; exact for small x.
template <class F>
struct ShortTanh {
    static constexpr float END = 5.1f;
    F x, top, bottom;

    explicit ShortTanh(F argument) : x(max(min(argument, F{} + END), F{} - END))
    {
        const F q = x * x;
        top = 1.0f + q * (0.10245233f + q * 0.00066886f);
        bottom = 1.0f + q * (0.43554334f + q * 0.01281536f);
    }
};

// e^x - 1 = (1 + r) 2^n - 1 for |x| < 87 to 1e-7.
template <class F>
struct Power {
    F r, two_to_n;

    explicit Power(F x)
    {
        using Word = typename Matching<F>::Word;
        const F shifted = x * 1.44269504f + 12582912.0f;  // its last bits are n
        const F n = shifted - 12582912.0f;
        const F y = (x - n * 0.693359375f) + n * 2.12194440e-4f;
        const F tail = 0.166666657f +
                       y * (0.0416657962f + y * (8.33345205e-3f + y * 1.39195809e-3f));
        r = y * (1.0f + y * (0.5f + y * tail));
        const Word bits = (__builtin_bit_cast(Word, shifted) + 127u) << 23;
        two_to_n = __builtin_bit_cast(F, bits);
    }
};

template <class F>
inline F exponential(F x)
{
    const Power<F> p(x);
    return p.two_to_n + p.two_to_n * p.r;
}

inline float exponential_less_1(float x)
{
    const Power<float> p(max(min(x, 80.0f), -80.0f));
    return p.two_to_n * p.r + (p.two_to_n - 1.0f);
}

// (e^y - 1) / y; with it e^-y = 1 / (1 + y p): what relaxes never overshoots.
template <class F>
inline F growth(F y)
{
    return 1.0f + y * (1.0f / 2 + y * (1.0f / 6 + y * (1.0f / 24 + y * (1.0f / 120))));
}

// (1 - e^-y) / y for |y| up to STEEP.
template <class F>
inline F mean_of_decay_within(F y)
{
    return 1.0f - y * (1.0f / 2 - y * (1.0f / 6 - y * (1.0f / 24 - y * (1.0f / 120 - y * (1.0f / 720)))));
}

// The same for smaller ones.
template <class F>
inline F mean_of_slow_decay(F y)
{
    return 1.0f - y * (1.0f / 2 - y * (1.0f / 6 - y * (1.0f / 24)));
}

}  // namespace
}  // namespace neckar
