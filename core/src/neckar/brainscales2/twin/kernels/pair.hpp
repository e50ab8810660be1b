// Two vectors side by side that behave as one: while a chain of operations waits, the other goes on.

#pragma once

#include <cstdint>

namespace neckar {
namespace {

template <class V>
struct Pair;

template <class V>
inline Pair<V> pair_of(V x, V y)
{
    return {x, y};
}

template <class V>
struct Pair {
    using Element = decltype(V{}[0] + V{}[0]);
    V a, b;

#define NECKAR_ON_PAIRS(op)                                                                      \
    friend Pair operator op(Pair x, Pair y) { return {x.a op y.a, x.b op y.b}; }                 \
    friend Pair operator op(Pair x, Element y) { return {x.a op y, x.b op y}; }                  \
    friend Pair operator op(Element x, Pair y) { return {x op y.a, x op y.b}; }
    NECKAR_ON_PAIRS(+)
    NECKAR_ON_PAIRS(-)
    NECKAR_ON_PAIRS(*)
    NECKAR_ON_PAIRS(/)
    NECKAR_ON_PAIRS(&)
    NECKAR_ON_PAIRS(^)
    NECKAR_ON_PAIRS(<<)
    NECKAR_ON_PAIRS(>>)
#undef NECKAR_ON_PAIRS

#define NECKAR_ON_PAIRS(op)                                                                      \
    friend auto operator op(Pair x, Pair y) { return pair_of(x.a op y.a, x.b op y.b); }          \
    friend auto operator op(Pair x, Element y) { return pair_of(x.a op y, x.b op y); }
    NECKAR_ON_PAIRS(>)
    NECKAR_ON_PAIRS(<)
    NECKAR_ON_PAIRS(<=)
    NECKAR_ON_PAIRS(==)
    NECKAR_ON_PAIRS(!=)
#undef NECKAR_ON_PAIRS

    friend Pair operator-(Pair x) { return {-x.a, -x.b}; }
    friend Pair &operator+=(Pair &x, Pair y) { return x = x + y; }
    friend Pair &operator-=(Pair &x, Pair y) { return x = x - y; }
    friend Pair &operator*=(Pair &x, Pair y) { return x = x * y; }
    friend Pair &operator*=(Pair &x, Element y) { return x = x * y; }

    friend Pair min(Pair x, Pair y) { return {min(x.a, y.a), min(x.b, y.b)}; }
    friend Pair max(Pair x, Pair y) { return {max(x.a, y.a), max(x.b, y.b)}; }
    friend Pair sqrt(Pair x) { return {sqrt(x.a), sqrt(x.b)}; }
    friend std::uint32_t at_least(Pair x, Pair y)
    {
        return at_least(x.a, y.a) | at_least(x.b, y.b) << sizeof(V) / sizeof(float);
    }
    friend Pair sum_of_bytes(Pair x, Pair y)
    {
        return {sum_of_bytes(x.a, y.a), sum_of_bytes(x.b, y.b)};
    }
    friend Pair difference_of_bytes(Pair x, Pair y)
    {
        return {difference_of_bytes(x.a, y.a), difference_of_bytes(x.b, y.b)};
    }
};

template <class M, class V>
inline Pair<V> select(Pair<M> mask, Pair<V> x, Pair<V> y)
{
    return {mask.a ? x.a : y.a, mask.b ? x.b : y.b};
}

template <class V, class W>
inline Pair<V> convert(Pair<W> x)
{
    return {convert<V>(x.a), convert<V>(x.b)};
}

}  // namespace
}  // namespace neckar
