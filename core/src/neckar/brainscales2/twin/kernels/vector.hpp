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
constexpr int NATIVE = 16;
#elif defined(__AVX2__)
constexpr int NATIVE = 8;
#else
constexpr int NATIVE = 4;
#endif

using OneFloat = Vector<NATIVE>::Float;
using OneWord = Vector<NATIVE>::Word;
using Four = Vector<4>::Float;

// at_least: a bit for every lane in which a >= b. sum_of_bytes: see noise.hpp.
#if defined(__AVX512F__)
inline OneFloat min(OneFloat a, OneFloat b) { return OneFloat(_mm512_min_ps(__m512(a), __m512(b))); }
inline OneFloat max(OneFloat a, OneFloat b) { return OneFloat(_mm512_max_ps(__m512(a), __m512(b))); }
inline OneFloat sqrt(OneFloat a) { return OneFloat(_mm512_sqrt_ps(__m512(a))); }
inline std::uint32_t at_least(OneFloat a, OneFloat b)
{
    return _mm512_cmp_ps_mask(__m512(a), __m512(b), _CMP_GE_OQ);
}
template <int sign>
inline OneWord sum_of_bytes(OneWord x, OneWord y)
{
    const __m512i one = _mm512_set1_epi8(1), other = _mm512_set1_epi8(sign);
    const __m512i pairs = _mm512_add_epi16(_mm512_maddubs_epi16(__m512i(x), one),
                                           _mm512_maddubs_epi16(__m512i(y), other));
    return OneWord(_mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
}
inline OneWord sum_of_bytes(OneWord x, OneWord y) { return sum_of_bytes<1>(x, y); }
inline OneWord difference_of_bytes(OneWord x, OneWord y) { return sum_of_bytes<-1>(x, y); }
#elif defined(__AVX2__)
inline OneFloat min(OneFloat a, OneFloat b) { return OneFloat(_mm256_min_ps(__m256(a), __m256(b))); }
inline OneFloat max(OneFloat a, OneFloat b) { return OneFloat(_mm256_max_ps(__m256(a), __m256(b))); }
inline OneFloat sqrt(OneFloat a) { return OneFloat(_mm256_sqrt_ps(__m256(a))); }
inline std::uint32_t at_least(OneFloat a, OneFloat b)
{
    return _mm256_movemask_ps(_mm256_cmp_ps(__m256(a), __m256(b), _CMP_GE_OQ));
}
template <int sign>
inline OneWord sum_of_bytes(OneWord x, OneWord y)
{
    const __m256i one = _mm256_set1_epi8(1), other = _mm256_set1_epi8(sign);
    const __m256i pairs = _mm256_add_epi16(_mm256_maddubs_epi16(__m256i(x), one),
                                           _mm256_maddubs_epi16(__m256i(y), other));
    return OneWord(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
inline OneWord sum_of_bytes(OneWord x, OneWord y) { return sum_of_bytes<1>(x, y); }
inline OneWord difference_of_bytes(OneWord x, OneWord y) { return sum_of_bytes<-1>(x, y); }
#elif !defined(__SSE2__)
inline OneFloat sqrt(OneFloat a)
{
    for (int k = 0; k < NATIVE; k++) a[k] = __builtin_sqrtf(a[k]);
    return a;
}
inline std::uint32_t at_least(OneFloat a, OneFloat b)
{
    std::uint32_t sum = 0;
    for (int k = 0; k < NATIVE; k++) sum |= (a[k] >= b[k] ? 1u : 0u) << k;
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
inline std::uint32_t at_least(OneFloat a, OneFloat b)
{
    return _mm_movemask_ps(_mm_cmpge_ps(__m128(a), __m128(b)));
}
#endif

#if !defined(__AVX2__)
inline OneWord sum_of_bytes(OneWord x, OneWord y)
{
    constexpr std::uint32_t even = 0x00ff00ffu;
    const OneWord pairs = (x & even) + ((x >> 8) & even) + (y & even) + ((y >> 8) & even);
    return (pairs & 0xffffu) + (pairs >> 16);
}
inline OneWord difference_of_bytes(OneWord x, OneWord y)
{
    return sum_of_bytes(x, OneWord{}) - sum_of_bytes(y, OneWord{});
}
#endif

inline float min(float a, float b) { return a < b ? a : b; }
inline float max(float a, float b) { return a > b ? a : b; }

template <class M, class F>
inline F select(M mask, F a, F b)
{
    return mask ? a : b;
}

// Of words as signed numbers.
template <class F, class W>
inline F convert(W x)
{
    using Signed = decltype(x > x);
    return __builtin_convertvector(Signed(x), F);
}

}  // namespace
}  // namespace neckar

#include "pair.hpp"

namespace neckar {
namespace {

inline OneFloat load_one(const float *p) { return *reinterpret_cast<const OneFloat *>(p); }
inline OneWord load_one(const std::uint32_t *p) { return *reinterpret_cast<const OneWord *>(p); }
inline void store_one(float *p, OneFloat x) { *reinterpret_cast<OneFloat *>(p) = x; }

// With 32 registers there is room for two chains of operations at once.
#if defined(__AVX512F__)
constexpr int WIDTH = 2 * NATIVE;
using Float = Pair<OneFloat>;
using Int = Pair<Vector<NATIVE>::Int>;
using Word = Pair<OneWord>;

inline Float load(const float *p) { return {load_one(p), load_one(p + NATIVE)}; }
inline Word load(const std::uint32_t *p) { return {load_one(p), load_one(p + NATIVE)}; }
inline void store(float *p, Float x)
{
    store_one(p, x.a);
    store_one(p + NATIVE, x.b);
}
#else
constexpr int WIDTH = NATIVE;
using Float = OneFloat;
using Int = Vector<NATIVE>::Int;
using Word = OneWord;

inline Float load(const float *p) { return load_one(p); }
inline Word load(const std::uint32_t *p) { return load_one(p); }
inline void store(float *p, Float x) { store_one(p, x); }
#endif
using AllWord = Word;
constexpr std::uint32_t ALL_LANES = WIDTH == 32 ? ~0u : (1u << WIDTH % 32) - 1;

// Where a bit of `lanes` is set.
inline auto chosen(std::uint32_t lanes)
{
    static constexpr auto bits = [] {
        struct {
            alignas(64) std::uint32_t of[32];
        } all{};
        for (int k = 0; k < 32; k++) all.of[k] = 1u << k;
        return all;
    }();
    return (load(bits.of) & lanes) != 0;
}

template <class F>
struct Matching {
    using Word = AllWord;
};
template <>
struct Matching<Four> {
    using Word = Vector<4>::Word;
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
        top = 135135.0f / 28 + q * (17325.0f / 28 + q * (378.0f / 28 + q * (1.0f / 28)));
        bottom = 135135.0f / 28 + q * (62370.0f / 28 + q * (3150.0f / 28 + q));
    }
};

// The same to 7e-5, fitted so that the largest relative error is smallest; exact for small x.
// tanh(x) = SCALE x top / bottom.
template <class F>
struct ShortTanh {
    static constexpr float END = 5.1f, TOP = 0.00066886f, BOTTOM = 0.01281536f;
    static constexpr float SCALE = TOP / BOTTOM;
    F x, top, bottom;

    explicit ShortTanh(F argument) : x(max(min(argument, F{} + END), F{} - END))
    {
        const F q = x * x;
        top = 1.0f / TOP + q * (0.10245233f / TOP + q);
        bottom = 1.0f / BOTTOM + q * (0.43554334f / BOTTOM + q);
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

// 2^x for |x| < 126 to 1e-7.
inline Float power_of_two(Float x)
{
    const Float shifted = x + 12582912.0f, y = x - (shifted - 12582912.0f);
    const Float square = y * y, low = 1.0f + y * 0.69314698f, middle = 0.24022242f + y * 0.05550734f;
    const Float power = low + square * (middle + square * (9.67151e-3f + y * 1.32647e-3f));
    const Word n = __builtin_bit_cast(Word, shifted) << 23;
    return __builtin_bit_cast(Float, __builtin_bit_cast(Word, power) + n);
}

template <class F>
inline F exponential(F x)
{
    const Power<F> p(x);
    return p.two_to_n + p.two_to_n * p.r;
}

template <class F>
inline F exponential_less_1(F x)
{
    const Power<F> p(max(min(x, F{} + 80.0f), F{} - 80.0f));
    return p.two_to_n * p.r + (p.two_to_n - 1.0f);
}

// ln x for positive x that are not denormal, to 1e-7: x = (1 + f) 2^n.
inline Float logarithm(Float x)
{
    const Word bits = __builtin_bit_cast(Word, x) + (0x3f800000u - 0x3f3504f3u);
    const Float n = convert<OneFloat>(bits >> 23) - 127.0f;
    const Float f = __builtin_bit_cast(Float, (bits & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
    constexpr float series[] = {-1.1514610310e-1f, 1.1676998740e-1f,  -1.2420140846e-1f,
                                1.4249322787e-1f,  -1.6668057665e-1f, 2.0000714765e-1f,
                                -2.4999993993e-1f, 3.3333331174e-1f};
    Float tail = Float{} + 7.0376836292e-2f;
    for (const float c : series) tail = tail * f + c;
    return f + f * f * (f * tail - 0.5f) + n * 0.69314718f;
}

// (1 - e^-x) / x
template <class F>
inline F mean_of_decay(F x)
{
    const F far = -exponential_less_1(-x) / x, near = 1.0f - x * (0.5f - x * (1.0f / 6));
    return select(max(x, -x) > 0.01f, far, near);
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
