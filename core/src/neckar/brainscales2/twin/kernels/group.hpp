// Circuits that hang together; see together.py of the reference. Charges in pF V, time in steps.

#pragma once

#include <cstddef>
#include <vector>

#include "advance.hpp"
#include "neuron.hpp"

namespace neckar {

constexpr double PICO = 1e12;
constexpr double GROWTH = 0.25;  // by how much an upswing's slope may grow in a piece

struct Complex {
    double re, im;
};

// Which entries of a symmetric matrix are not zero, and become so by elimination: those of row k,
// right of its diagonal, are begin[k] .. begin[k + 1]. Rows are in the order of elimination.
struct Pattern {
    std::vector<int> begin, column;
    std::vector<int> target;  // of each pair of entries in a row, -1 for a diagonal

    int size() const { return int(begin.size()) - 1; }
    int entry(int row, int at) const;
};

struct Link {
    int a, b;     // nodes
    double rate;  // conductance h
};

// Numbers the nodes in the order in which they are best eliminated; `links` are renumbered.
Pattern pattern_of(int n_nodes, std::vector<Link> &links, std::vector<int> &number);

// L D L^T of a matrix of such a pattern.
template <class T>
class Elimination {
public:
    void shape(const Pattern &);
    void clear();
    T &diagonal(int k) { return d[k]; }
    T &entry(int e) { return u[e]; }
    void eliminate(const Pattern &);
    void solve(const Pattern &, std::vector<T> &x) const;

private:
    std::vector<T> d, u;  // before elimination the entries, after it the inverse of D, and L
};

struct Member {
    int k;        // circuit
    int node;
    float share;  // of the capacitance of its node
    Circuit *circuit;
    Point p;
};

struct Hit {  // a deflection of a line of a member
    int member;
    bool excitatory;
    float offset, jump;
};

struct Group {
    std::vector<Member> members;
    std::vector<Link> links;
    std::vector<int> link_entry;  // of each link in the pattern
    Pattern pattern;
    std::vector<double> v, capacitance, v_min, v_max;  // of nodes
    std::vector<Hit> hits;                             // of this step
    bool rises = false;                                // any exponential
    bool noisy = false;

    // Where it rests, if it does.
    std::vector<double> rest_v;  // of nodes
    double rest_rate = 0;  // of its slowest mode at least, 1 / step

    int n_nodes() const { return int(v.size()); }
    void shape();
    void move(const Kernel &, double length);
    double longest_piece() const;
    bool settle(const Neurons &);
    void remember();  // where everything is, for `back`
    void back();
    double was(int node) const { return v_before[node]; }

private:
    Elimination<Complex> solver[2];  // one per root
    Elimination<double> newton;
    std::vector<Complex> x;
    std::vector<double> current, conductance, bend, step, secant, inertia, v_before;
    std::vector<Inflow> inflows;
    std::vector<Point> before;
    std::vector<char> on_rail;

    void gather(const Kernel &, double length);
    void prepare();
    void follow(const std::vector<double> &current, std::vector<double> &step);
    double slowest_rate(const std::vector<double> &g);
    void load_links();
};

}  // namespace neckar
