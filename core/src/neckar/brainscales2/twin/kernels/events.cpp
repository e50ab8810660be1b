// Events on their way, what they do to the lines, and spikes that become events.

#include "run.hpp"

namespace neckar {

constexpr double FOREVER = std::numeric_limits<double>::infinity();

double Run::next_event() const
{
    double time = FOREVER;
    if (arrivals_head < std::size_t(arrivals.n)) time = arrivals.time[arrivals_head];
    if (pending_head < state.pending_time.size())
        time = std::min(time, state.pending_time[pending_head]);
    if (sent_head < sent.size()) time = std::min(time, sent[sent_head].time);
    return time;
}

Event Run::take_event()
{
    const double time = next_event();
    if (pending_head < state.pending_time.size() && state.pending_time[pending_head] == time) {
        pending_head++;
        return {time, state.pending_address[pending_head - 1]};
    }
    if (sent_head < sent.size() && sent[sent_head].time == time) return sent[sent_head++];
    arrivals_head++;
    return {time, arrivals.address[arrivals_head - 1]};
}

void Run::deliver_events()
{
    while (next_event() / H < double(step + 1)) deliver(take_event());
    if (sent_head == sent.size() && sent_head > 0) {
        sent.clear();
        sent_head = 0;
    }
}

void Run::deliver(const Event &event)
{
    if (event.address < 0 || event.address >= fanout.n_addresses) return;
    const float offset = float(std::max(event.time / H - double(step), 0.0));
    n_events++;
    const std::int32_t first = fanout.start[event.address], end = fanout.start[event.address + 1];
    make_room(end - first);
    const Row row{fanout.line + first, fanout.amplitude + first, end - first};
    n_deflections += any_bypass ? deflect_others(row, offset, event.time)
                                : deflect(row, offset, n_deflections);
    if (fanout.modulation.is_on) deliver_modulated(event, offset);
}

void Run::make_room(std::int32_t n_entries)
{
    if (deflections.size() < n_deflections + std::size_t(n_entries))
        deflections.resize(2 * (n_deflections + std::size_t(n_entries)));
}

// The same for pulses whose length depends on what their source remembers.
void Run::deliver_modulated(const Event &event, float offset)
{
    const Modulation &m = fanout.modulation;
    for (std::int32_t pulse = m.start[event.address]; pulse < m.start[event.address + 1]; pulse++) {
        const std::int32_t s = m.source[pulse];
        const double left = std::exp(-m.rate[s] * (event.time - state.pulse_time[s]));
        const double before = m.recover[s] + (state.pulse_volts[s] - m.recover[s]) * left;
        const double length = std::clamp(m.slope[s] * (m.zero[s] - before), 0.0, 1.0);
        state.pulse_volts[s] = before + m.utilization[s] * (m.charge[s] - before);
        state.pulse_time[s] = event.time;
        if (length == 0) continue;
        const std::int32_t first = m.first[pulse], end = m.first[pulse + 1];
        make_room(end - first);
        scaled.assign(m.amplitude + first, m.amplitude + end);
        for (double &amplitude : scaled) amplitude *= length;
        const Row row{m.line + first, scaled.data(), end - first};
        n_deflections += deflect(row, offset, n_deflections);
    }
}

// Returns how many lines were deflected.
std::size_t Run::deflect(const Row &row, float offset, std::size_t at)
{
    kernel.deflect(lines.data(), first_float(), row, offset, deflections.data() + at);
    return std::size_t(row.length);
}

// The same when some neurons are bypassed.
std::size_t Run::deflect_others(const Row &row, float offset, double time)
{
    std::size_t found = 0;
    for (int e = 0; e < row.length; e++) {
        const std::int32_t line = row.line[e];
        if (bypassed(line < n ? line : line - n, float(row.amplitude[e]), time)) continue;
        found += deflect({row.line + e, row.amplitude + e, 1}, offset, n_deflections + found);
    }
    return found;
}

// Whether the neuron is one that fires for every event, and makes it do so.
bool Run::bypassed(std::int32_t neuron, float amplitude, double time)
{
    if (!fanout.bypass[neuron]) return false;
    if (amplitude > 0 && last_bypass[neuron] != n_events) {
        spikes.push_back({time, neuron});
        last_bypass[neuron] = n_events;
    }
    return true;
}

void Run::clear_deflections()
{
    for (std::size_t d = 0; d < n_deflections; d++) first_float()[deflections[d].at + LATE] = 0.0f;
    disturbed |= n_deflections > 0;
    n_deflections = 0;
}

void Run::send_spikes()
{
    for (std::size_t e = 1; e < spikes.size(); e++)  // few, for which a stable sort asks for memory
        for (std::size_t f = e; f > 0 && spikes[f].time < spikes[f - 1].time; f--)
            std::swap(spikes[f], spikes[f - 1]);
    for (const Spike &spike : spikes) {
        outcome.spike_time.push_back(spike.time);
        outcome.spike_neuron.push_back(spike.neuron);
        const std::int32_t address = fanout.address_of[spike.neuron];
        if (address < 0) continue;
        sent.push_back({spike.time + fanout.delay, address});
        for (std::size_t e = sent.size() - 1;
             e > sent_head && sent[e].time < sent[e - 1].time; e--)
            std::swap(sent[e], sent[e - 1]);
    }
    spikes.clear();
}

}  // namespace neckar
