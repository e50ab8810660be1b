#include "group.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "rest.hpp"

namespace neckar {
namespace {

// See together.py.
constexpr Complex ROOTS[2] = {{1.7294442310677055, 0.8889743761218658},
                              {0.2705557689322945, 2.5047759043624347}};

Complex operator+(Complex a, Complex b) { return {a.re + b.re, a.im + b.im}; }
Complex operator-(Complex a, Complex b) { return {a.re - b.re, a.im - b.im}; }
Complex operator*(Complex a, Complex b)
{
    return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
Complex inverse(Complex a)
{
    const double f = 1 / (a.re * a.re + a.im * a.im);
    return {a.re * f, -a.im * f};
}
double inverse(double a) { return 1 / a; }

Complex weight_of(Complex root)
{
    const Complex cube = root * root * root, w = inverse(cube * cube);
    return {-48 * w.re, -48 * w.im};
}

const Complex WEIGHTS[2] = {weight_of(ROOTS[0]), weight_of(ROOTS[1])};
constexpr double FIXED = 1e30;  // conductance that keeps a node where it is

}  // namespace

// --- linear equations -------------------------------------------------------------------------

int Pattern::entry(int row, int at) const
{
    const auto first = column.begin() + begin[row], last = column.begin() + begin[row + 1];
    return int(std::find(first, last, at) - column.begin());
}

Pattern pattern_of(int n_nodes, std::vector<Link> &links, std::vector<int> &number)
{
    std::vector<std::set<int>> beside(n_nodes);
    for (const Link &link : links) {
        beside[link.a].insert(link.b);
        beside[link.b].insert(link.a);
    }
    std::vector<int> order, left(n_nodes);
    std::vector<std::set<int>> row(n_nodes);
    for (int k = 0; k < n_nodes; k++) left[k] = k;
    while (!left.empty()) {  // the node with the fewest neighbours goes first
        const auto next = std::min_element(left.begin(), left.end(), [&](int a, int b) {
            return beside[a].size() < beside[b].size();
        });
        const int k = *next;
        left.erase(next);
        order.push_back(k);
        row[k] = beside[k];
        for (int a : row[k]) {
            beside[a].erase(k);
            for (int b : row[k])
                if (a != b) beside[a].insert(b);
        }
    }
    number.resize(n_nodes);
    for (int k = 0; k < n_nodes; k++) number[order[k]] = k;
    Pattern pattern;
    pattern.begin.push_back(0);
    for (int k : order) {
        const std::size_t first = pattern.column.size();
        for (int other : row[k]) pattern.column.push_back(number[other]);
        std::sort(pattern.column.begin() + std::ptrdiff_t(first), pattern.column.end());
        pattern.begin.push_back(int(pattern.column.size()));
    }
    for (int k = 0; k < n_nodes; k++)
        for (int e = pattern.begin[k]; e < pattern.begin[k + 1]; e++)
            for (int f = e; f < pattern.begin[k + 1]; f++)
                pattern.target.push_back(
                    e == f ? -1 : pattern.entry(pattern.column[e], pattern.column[f]));
    for (Link &link : links) {
        link.a = number[link.a];
        link.b = number[link.b];
        if (link.a > link.b) std::swap(link.a, link.b);
    }
    return pattern;
}

template <class T>
void Elimination<T>::shape(const Pattern &p)
{
    d.resize(p.begin.size() - 1);
    u.resize(p.column.size());
}

template <class T>
void Elimination<T>::clear()
{
    std::fill(d.begin(), d.end(), T{});
    std::fill(u.begin(), u.end(), T{});
}

template <class T>
void Elimination<T>::eliminate(const Pattern &p)
{
    const int *target = p.target.data();
    for (int k = 0; k < p.size(); k++) {
        d[k] = inverse(d[k]);
        for (int e = p.begin[k]; e < p.begin[k + 1]; e++) {
            const T factor = u[e] * d[k];
            for (int f = e; f < p.begin[k + 1]; f++) {
                T &to = e == f ? d[p.column[e]] : u[*target];
                to = to - factor * u[f];
                target++;
            }
        }
        for (int e = p.begin[k]; e < p.begin[k + 1]; e++) u[e] = u[e] * d[k];
    }
}

template <class T>
void Elimination<T>::solve(const Pattern &p, std::vector<T> &x) const
{
    for (int k = 0; k < p.size(); k++)
        for (int e = p.begin[k]; e < p.begin[k + 1]; e++)
            x[p.column[e]] = x[p.column[e]] - u[e] * x[k];
    for (int k = p.size() - 1; k >= 0; k--) {
        x[k] = x[k] * d[k];
        for (int e = p.begin[k]; e < p.begin[k + 1]; e++) x[k] = x[k] - u[e] * x[p.column[e]];
    }
}

// --- a piece of time --------------------------------------------------------------------------

void Group::shape()
{
    for (const Link &link : links) link_entry.push_back(pattern.entry(link.a, link.b));
    for (auto &one : solver) one.shape(pattern);
    newton.shape(pattern);
    x.resize(v.size());
    for (auto *array : {&current, &conductance, &bend, &step, &secant, &inertia})
        array->resize(v.size());
    inflows.resize(members.size());
    on_rail.resize(v.size());
}

// An upswing is followed well up to here.
double Group::longest_piece() const
{
    double fastest = 0;
    std::vector<double> growth(v.size());
    for (const Member &one : members) {
        const Circuit &c = *one.circuit;
        if (!(c.exponential_slope > 0) || v[one.node] >= v_max[one.node]) continue;
        const double x = one.p.v * c.exponential_slope - c.exponential_shift;
        const double i = std::exp(std::clamp(x, -double(LONGEST_EXPONENT), double(MOST_IN_A_STEP)));
        growth[one.node] += i * c.exponential_slope * one.share;
        fastest = std::max(fastest, growth[one.node]);
    }
    return fastest > 0 ? GROWTH / fastest : INFINITY;
}

// What flows onto the nodes, and how that changes with v.
void Group::gather(const Kernel &kernel, double length)
{
    for (auto *array : {&current, &conductance, &bend, &secant})
        std::fill(array->begin(), array->end(), 0.0);
    for (std::size_t j = 0; j < members.size(); j++) {
        const Member &one = members[j];
        inflows[j] = kernel.inflow(*one.circuit, one.p, float(length));
        secant[one.node] += double(inflows[j].secant) * one.share;
    }
    for (std::size_t j = 0; j < members.size(); j++) {
        const Member &one = members[j];
        const Inflow &f = inflows[j];
        const double c = capacitance[one.node] * one.share, slope = one.circuit->exponential_slope;
        const double square = secant[one.node] * secant[one.node] * length * length;
        const double stiff = std::min(square * square, 1.0);
        current[one.node] += c * (double(f.steady) + f.upswing + one.circuit->noise);
        conductance[one.node] += c * ((1 - stiff) * f.tangent + stiff * f.secant + f.other -
                                      f.upswing * slope);
        bend[one.node] += c * ((1 - stiff) * f.bend + f.upswing * slope * slope);
    }
    for (const Link &link : links) {
        const double i = link.rate * (v[link.b] - v[link.a]);
        current[link.a] += i;
        current[link.b] -= i;
    }
    for (int k = 0; k < n_nodes(); k++) {
        inertia[k] = capacitance[k] / length;
        conductance[k] = std::max(conductance[k], -GROWTH * inertia[k]);
        on_rail[k] = (v[k] >= v_max[k] && current[k] > 0) || (v[k] <= v_min[k] && current[k] < 0);
    }
}

void Group::prepare()
{
    for (int r = 0; r < 2; r++) {
        auto &matrix = solver[r];
        matrix.clear();
        for (int k = 0; k < n_nodes(); k++) {
            const double g = on_rail[k] ? FIXED : conductance[k];
            matrix.diagonal(k) = {ROOTS[r].re * inertia[k] + g, ROOTS[r].im * inertia[k]};
        }
        for (std::size_t l = 0; l < links.size(); l++) {
            matrix.diagonal(links[l].a).re += links[l].rate;
            matrix.diagonal(links[l].b).re += links[l].rate;
            matrix.entry(link_entry[l]).re -= links[l].rate;
        }
        matrix.eliminate(pattern);
    }
}

// Adds to `to` how far the nodes get by a current.
void Group::follow(const std::vector<double> &by, std::vector<double> &to)
{
    for (int r = 0; r < 2; r++) {
        for (int k = 0; k < n_nodes(); k++)
            x[k] = on_rail[k] ? Complex{} : Complex{ROOTS[r].re * by[k], ROOTS[r].im * by[k]};
        solver[r].solve(pattern, x);
        for (int k = 0; k < n_nodes(); k++) to[k] += (WEIGHTS[r] * x[k]).re;
    }
}

void Group::move(const Kernel &kernel, double length)
{
    gather(kernel, length);
    prepare();
    std::fill(step.begin(), step.end(), 0.0);
    follow(current, step);
    const double limit = STEEP * STEEP;
    for (int k = 0; k < n_nodes(); k++) {
        const double bent = std::clamp(bend[k] * step[k] / inertia[k], -limit, limit) / 6;
        current[k] = bent * step[k] * inertia[k];
    }
    follow(current, step);
    for (int k = 0; k < n_nodes(); k++) v[k] = std::clamp(v[k] + step[k], v_min[k], v_max[k]);
    for (Member &one : members)
        kernel.arrive(*one.circuit, one.p, float(v[one.node]), float(length));
}

void Group::remember()
{
    v_before = v;
    before.resize(members.size());
    for (std::size_t j = 0; j < members.size(); j++) before[j] = members[j].p;
}

void Group::back()
{
    v = v_before;
    for (std::size_t j = 0; j < members.size(); j++) members[j].p = before[j];
}

// --- rest -------------------------------------------------------------------------------------

void Group::load_links()
{
    for (std::size_t l = 0; l < links.size(); l++) {
        newton.diagonal(links[l].a) += links[l].rate;
        newton.diagonal(links[l].b) += links[l].rate;
        newton.entry(link_entry[l]) -= links[l].rate;
    }
}

double Group::slowest_rate(const std::vector<double> &g)
{
    const double least = SLOWEST * STEP_DURATION;
    newton.clear();
    for (int k = 0; k < n_nodes(); k++) {
        if (g[k] < 0) return 0;
        newton.diagonal(k) = g[k] + least * capacitance[k];
    }
    load_links();
    newton.eliminate(pattern);
    std::vector<double> slowness = capacitance;
    newton.solve(pattern, slowness);
    return 1 / *std::max_element(slowness.begin(), slowness.end()) - least;
}

// Newton's method from where the nodes are. Sets rest_v and rest_rate.
bool Group::settle(const Neurons &n)
{
    std::vector<double> &at = rest_v;
    at = v;
    for (int round = 0; round < 8; round++) {
        std::vector<double> i(v.size()), g(v.size());
        for (const Member &one : members) {
            const Slope slope = at_voltage(n, one.k, at[one.node]);
            i[one.node] += slope.current * STEP_DURATION * PICO;
            g[one.node] += slope.conductance * STEP_DURATION * PICO;
        }
        for (const Link &link : links) {
            i[link.a] += link.rate * (at[link.b] - at[link.a]);
            i[link.b] -= link.rate * (at[link.b] - at[link.a]);
        }
        rest_rate = slowest_rate(g);
        if (rest_rate < SLOWEST * STEP_DURATION) return false;
        newton.clear();
        for (int k = 0; k < n_nodes(); k++) newton.diagonal(k) = g[k];
        load_links();
        newton.eliminate(pattern);
        newton.solve(pattern, i);
        double far = 0;
        for (int k = 0; k < n_nodes(); k++) {
            at[k] += i[k];
            far = std::max(far, std::fabs(i[k]));
        }
        if (far < 1e-3 * AT_REST) return true;
    }
    return false;
}

}  // namespace neckar
