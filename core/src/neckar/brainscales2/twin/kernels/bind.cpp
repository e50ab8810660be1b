// The door between NumPy and advance.cpp: reads the dataclasses of state.py by their names.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "advance.hpp"
#include "pairing.hpp"
#include "dispatch.hpp"

namespace nb = nanobind;

namespace neckar {
namespace {

// Arrays that are alive during the call; those of another type are converted.
class Arrays {
public:
    template <class T>
    const T *of(nb::handle owner, const char *name, std::size_t size)
    {
        return array<T>(owner.attr(name), name, size);
    }

    template <class T>
    const T *array(nb::handle object, const char *name, std::size_t size)
    {
        auto a = nb::cast<nb::ndarray<const T, nb::numpy, nb::ndim<1>, nb::c_contig>>(object);
        if (a.size() != size)
            throw std::invalid_argument(std::string(name) + " has " + std::to_string(a.size()) +
                                        " entries; " + std::to_string(size) + " are expected");
        kept.push_back(nb::cast(a));
        return a.data();
    }

private:
    std::vector<nb::object> kept;
};

std::size_t size_of(nb::handle owner, const char *name)
{
    return nb::len(nb::object(owner.attr(name)));
}

SynapticInput read_input(nb::handle from, Arrays &arrays, std::size_t n)
{
    const auto of = [&](const char *name) { return arrays.of<double>(from, name, n); };
    return {of("tau"),        of("saturation"), of("linear"), of("offset"), of("floor"),
            of("compliance"), of("coba"),       of("reversal")};
}

Neurons read_neurons(nb::handle from, nb::handle noise_key, Arrays &arrays)
{
    const std::size_t n = size_of(from, "capacitance");
    const auto of = [&](const char *name) { return arrays.of<double>(from, name, n); };
    return {int(n),
            of("capacitance"),
            of("leak_potential"),
            of("leak_saturation"),
            of("leak_linear"),
            of("reset_potential"),
            of("reset_saturation"),
            of("reset_linear"),
            of("threshold"),
            of("reset_time"),
            of("holdoff_time"),
            arrays.of<bool>(from, "pause", n),
            of("current"),
            of("exponential_current"),
            of("exponential_potential"),
            of("exponential_slope"),
            of("adaptation_conductance"),
            of("adaptation_potential"),
            of("adaptation_increment"),
            of("adaptation_tau"),
            of("compliance"),
            of("noise"),
            of("v_min"),
            of("v_max"),
            read_input(from.attr("excitatory"), arrays, n),
            read_input(from.attr("inhibitory"), arrays, n),
            arrays.array<std::uint64_t>(noise_key, "noise_key", n)};
}

State read_state(nb::handle from, Arrays &arrays, std::size_t n)
{
    const auto of = [&](const char *name) {
        const double *data = arrays.of<double>(from, name, n);
        return std::vector<double>(data, data + n);
    };
    State state{nb::cast<std::int64_t>(from.attr("step")),
                of("v"),
                of("w"),
                of("excitatory"),
                of("inhibitory"),
                of("reset_left"),
                of("holdoff_left"),
                {},
                {},
                {},
                {}};
    const std::size_t m = size_of(from, "pending_time");
    const double *time = arrays.of<double>(from, "pending_time", m);
    const std::int32_t *address = arrays.of<std::int32_t>(from, "pending_address", m);
    state.pending_time.assign(time, time + m);
    state.pending_address.assign(address, address + m);
    const std::size_t s = size_of(from, "pulse_volts");
    const double *volts = arrays.of<double>(from, "pulse_volts", s);
    const double *since = arrays.of<double>(from, "pulse_time", s);
    state.pulse_volts.assign(volts, volts + s);
    state.pulse_time.assign(since, since + s);
    return state;
}

void refuse(bool wrong, const char *message)
{
    if (wrong) throw std::invalid_argument(message);
}

// Whether the first n numbers lie in 0 .. end - 1.
bool lie_within(const std::int32_t *numbers, std::size_t n, std::size_t end)
{
    return std::all_of(numbers, numbers + n,
                       [&](std::int32_t k) { return k >= 0 && std::size_t(k) < end; });
}

Modulation read_modulation(nb::handle from, Arrays &arrays, std::size_t n_starts, std::size_t n)
{
    if (from.is_none()) return {};
    const std::size_t n_pulses = size_of(from, "source"), n_entries = size_of(from, "line"),
                      s = size_of(from, "charge");
    const auto of = [&](const char *name) { return arrays.of<double>(from, name, s); };
    const Modulation m{true,
                       arrays.of<std::int32_t>(from, "start", n_starts),
                       arrays.of<std::int32_t>(from, "source", n_pulses),
                       arrays.of<std::int32_t>(from, "first", n_pulses + 1),
                       arrays.of<std::int32_t>(from, "line", n_entries),
                       arrays.of<double>(from, "amplitude", n_entries),
                       of("charge"),
                       of("recover"),
                       of("utilization"),
                       of("rate"),
                       of("zero"),
                       of("slope")};
    refuse(!lie_within(m.start, n_starts, n_pulses + 1) || !std::is_sorted(m.start, m.start + n_starts),
           "modulation.start must ascend to the number of pulses");
    refuse(!lie_within(m.first, n_pulses + 1, n_entries + 1) ||
               !std::is_sorted(m.first, m.first + n_pulses + 1),
           "modulation.first must ascend to the number of entries");
    refuse(!lie_within(m.source, n_pulses, s), "modulation.source must lie between 0 and s - 1");
    refuse(!lie_within(m.line, n_entries, 2 * n), "modulation.line must lie between 0 and 2 n - 1");
    return m;
}

Fanout read_fanout(nb::handle from, Arrays &arrays, std::size_t n)
{
    const std::size_t n_starts = size_of(from, "start"), n_entries = size_of(from, "line");
    return {std::int64_t(n_starts) - 1,
            arrays.of<std::int32_t>(from, "start", n_starts),
            arrays.of<std::int32_t>(from, "line", n_entries),
            arrays.of<double>(from, "amplitude", n_entries),
            arrays.of<std::int32_t>(from, "address_of", n),
            nb::cast<double>(from.attr("delay")),
            arrays.of<bool>(from, "bypass", n),
            read_modulation(from.attr("modulation"), arrays, n_starts, n)};
}

Coupling read_coupling(nb::handle from, Arrays &arrays, std::size_t n)
{
    if (from.is_none()) return {};
    const std::size_t links = size_of(from, "first"), pairs = size_of(from, "leader");
    return {arrays.of<std::int32_t>(from, "node", n),
            int(links),
            int(pairs),
            arrays.of<std::int32_t>(from, "first", links),
            arrays.of<std::int32_t>(from, "second", links),
            arrays.of<double>(from, "conductance", links),
            arrays.of<std::int32_t>(from, "leader", pairs),
            arrays.of<std::int32_t>(from, "follower", pairs)};
}

// The loop trusts indices, so they are looked at here.
void check(const Neurons &neurons, const Fanout &fanout, std::size_t n_entries, const Watch &watch)
{
    refuse(fanout.n_addresses < 0 || fanout.start[0] < 0 ||
               std::size_t(fanout.start[fanout.n_addresses]) > n_entries,
           "fanout.start points outside of fanout.line");
    for (std::int64_t k = 0; k < fanout.n_addresses; k++)
        refuse(fanout.start[k] > fanout.start[k + 1], "fanout.start must not descend");
    std::uint32_t largest = 0;
    for (std::size_t k = 0; k < n_entries; k++)
        largest = std::max(largest, std::uint32_t(fanout.line[k]));
    refuse(n_entries > 0 && largest >= 2 * std::uint32_t(neurons.n),
           "fanout.line must lie between 0 and 2 n - 1");
    for (int k = 0; k < watch.m; k++)
        refuse(watch.neurons[k] < 0 || watch.neurons[k] >= neurons.n,
               "watch.neurons must lie between 0 and n - 1");
}

void check(const Coupling &coupling, int n)
{
    if (!coupling.node) return;
    const auto outside = [n](std::int32_t k) { return k < 0 || k >= n; };
    for (int k = 0; k < n; k++)
        refuse(outside(coupling.node[k]), "coupling.node must lie between 0 and n - 1");
    for (int k = 0; k < coupling.n_links; k++)
        refuse(outside(coupling.first[k]) || outside(coupling.second[k]),
               "the links of coupling must lie between 0 and n - 1");
    for (int k = 0; k < coupling.n_pairs; k++)
        refuse(outside(coupling.leader[k]) || outside(coupling.follower[k]),
               "leaders and followers must lie between 0 and n - 1");
}

template <class T>
nb::object give(std::vector<T> &&from)
{
    auto *kept = new std::vector<T>(std::move(from));
    nb::capsule owner(kept, [](void *p) noexcept { delete static_cast<std::vector<T> *>(p); });
    return nb::cast(nb::ndarray<nb::numpy, T, nb::ndim<1>>(kept->data(), {kept->size()}, owner));
}

// One after the other as bytes, and how many each of them has.
nb::tuple give_knots(std::vector<std::vector<Knot>> &&traces)
{
    std::vector<std::uint8_t> bytes;
    std::vector<std::int64_t> counts;
    std::size_t total = 0;
    for (const auto &trace : traces) total += trace.size();
    bytes.reserve(total * sizeof(Knot));
    for (auto &trace : traces) {
        const auto *first = reinterpret_cast<const std::uint8_t *>(trace.data());
        bytes.insert(bytes.end(), first, first + trace.size() * sizeof(Knot));
        counts.push_back(std::int64_t(trace.size()));
        std::vector<Knot>().swap(trace);
    }
    return nb::make_tuple(give(std::move(bytes)), give(std::move(counts)));
}

Path path_called(const std::string &name)
{
    for (const Path &candidate : paths())
        if (candidate.name == name) return candidate;
    throw std::invalid_argument("this processor has no such path");
}

nb::tuple run(nb::handle neurons_, nb::handle state_, nb::handle fanout_, nb::handle arrivals_,
              nb::handle watch_, nb::handle coupling_, std::int64_t n_steps, nb::handle noise_key,
              std::string path)
{
    Arrays arrays;
    const Neurons neurons = read_neurons(neurons_, noise_key, arrays);
    State state = read_state(state_, arrays, neurons.n);
    const Fanout fanout = read_fanout(fanout_, arrays, neurons.n);
    const std::size_t n_arrivals = size_of(arrivals_, "time");
    const Arrivals arrivals{std::int64_t(n_arrivals),
                            arrays.of<double>(arrivals_, "time", n_arrivals),
                            arrays.of<std::int32_t>(arrivals_, "address", n_arrivals)};
    const std::size_t m = size_of(watch_, "neurons");
    const bool always = size_of(watch_, "steps") == 0;
    const Watch watch{
        int(m), arrays.of<std::int64_t>(watch_, "neurons", m),
        always ? nullptr : arrays.of<bool>(watch_, "steps", std::size_t(n_steps) + 1)};
    check(neurons, fanout, size_of(fanout_, "line"), watch);
    const Coupling coupling = read_coupling(coupling_, arrays, neurons.n);
    check(coupling, neurons.n);
    refuse(fanout.modulation.is_on &&
               state.pulse_volts.size() != size_of(fanout_.attr("modulation"), "charge"),
           "state.pulse_volts must have an entry for every source of the modulation");

    Kernel (*const kernel)(int) = path_called(path).kernel;

    Outcome outcome;
    {
        nb::gil_scoped_release others_may_run;
        outcome = advance(neurons, state, fanout, arrivals, watch, coupling, n_steps, kernel);
    }
    const nb::tuple knots = give_knots(std::move(outcome.traces));
    return nb::make_tuple(
        give(std::move(outcome.spike_time)), give(std::move(outcome.spike_neuron)), knots[0],
        knots[1], give(std::move(state.v)), give(std::move(state.w)), give(std::move(state.excitatory)),
        give(std::move(state.inhibitory)), give(std::move(state.reset_left)),
        give(std::move(state.holdoff_left)), give(std::move(state.pending_time)),
        give(std::move(state.pending_address)), give(std::move(state.pulse_volts)),
        give(std::move(state.pulse_time)));
}

template <class T>
T *writable(nb::handle from, const char *name, std::size_t size)
{
    auto a = nb::cast<nb::ndarray<T, nb::numpy, nb::c_contig>>(nb::object(from.attr(name)), false);
    if (a.size() != size)
        throw std::invalid_argument(std::string(name) + " must have " + std::to_string(size) +
                                    " entries");
    return a.data();
}

// Arrays of any shape that are alive as long as their owner is.
template <class T>
const T *readable(nb::handle from, const char *name, std::size_t size)
{
    return writable<const T>(from, name, size);
}

void see(nb::handle sensors_, nb::handle pairing_, nb::handle pulses_, nb::handle occasions_,
         std::string path)
{
    constexpr std::size_t n = std::size_t(N_ROWS) * N_COLUMNS;
    Sensors sensors{writable<float>(sensors_, "causal", n), writable<float>(sensors_, "acausal", n),
                    writable<double>(sensors_, "row_pulse", n),
                    writable<double>(sensors_, "neuron_pulse", N_ROWS),
                    nb::cast<double>(sensors_.attr("time"))};
    const Pairing pairing{readable<float>(pairing_, "amplitude", 2 * n),
                          readable<float>(pairing_, "rate", 2 * n),
                          float(nb::cast<double>(pairing_.attr("limit"))),
                          nb::cast<double>(pairing_.attr("leak")),
                          nb::cast<double>(pairing_.attr("memory")),
                          readable<std::uint8_t>(pairing_, "label", n)};
    const std::size_t n_starts = size_of(pulses_, "start"), n_pulses = size_of(pulses_, "row");
    const RowPulses pulses{std::int64_t(n_starts) - 1,
                           readable<std::int32_t>(pulses_, "start", n_starts),
                           readable<std::int32_t>(pulses_, "row", n_pulses),
                           readable<std::int32_t>(pulses_, "label", n_pulses)};
    const std::size_t m = size_of(occasions_, "time");
    const Occasions occasions{std::int64_t(m), readable<double>(occasions_, "time", m),
                              readable<std::int32_t>(occasions_, "what", m)};
    refuse(!lie_within(pulses.row, n_pulses, N_ROWS), "pulses.row must lie between 0 and 511");
    refuse(!lie_within(pulses.label, n_pulses, N_LABELS), "pulses.label must lie between 0 and 63");
    refuse(!std::all_of(pairing.label, pairing.label + n, [](int k) { return k < N_LABELS; }),
           "pairing.label must lie between 0 and 63");
    refuse(!std::is_sorted(occasions.time, occasions.time + m), "occasions.time must ascend");
    refuse(!lie_within(pulses.start, n_starts, n_pulses + 1) ||
               !std::is_sorted(pulses.start, pulses.start + n_starts),
           "pulses.start must ascend to the number of rows");
    for (std::size_t k = 0; k < m; k++)
        refuse(occasions.what[k] < -N_ROWS || occasions.what[k] >= pulses.n_addresses,
               "occasions.what must be addresses or -1 - neuron");
    const Pairs pair = path_called(path).pair;
    {
        nb::gil_scoped_release others_may_run;
        correlate(sensors, pairing, pulses, occasions, pair);
    }
    sensors_.attr("time") = sensors.time;
}

}  // namespace

NB_MODULE(_kernel, m)
{
    m.doc() = "The compiled inner loop; use it through `compiled`.";
    m.def("run", &run, nb::arg("neurons"), nb::arg("state"), nb::arg("fanout"), nb::arg("arrivals"),
          nb::arg("watch"), nb::arg("coupling").none(), nb::arg("n_steps"), nb::arg("noise_key"),
          nb::arg("path"));
    m.def("correlate", &see);
    m.def("paths", [] {
        std::vector<std::string> names;
        for (const Path &path : paths()) names.push_back(path.name);
        return names;
    });
}

}  // namespace neckar
