"""One batch entry of a program, played on the analog part of the chip stage by stage."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from neckar.brainscales2.chip.datasheet import (
    FPGA_CYCLE,
    LATENCY_CROSSBAR_TO_SYNAPSE,
    LATENCY_NEURON_TO_CROSSBAR,
)
from neckar.brainscales2.chip.sections import Sections
from neckar.brainscales2.program import Spikes, Write
from neckar.brainscales2.twin import driver_readout, link, logic, router
from neckar.brainscales2.twin.counters import Counters
from neckar.brainscales2.twin.execution import apart, states
from neckar.brainscales2.twin.execution.sampler import Sampler, Watched
from neckar.brainscales2.twin.execution.sensing import Sensing
from neckar.brainscales2.twin.execution.setting import Part, Setting
from neckar.brainscales2.twin.execution.spans import Span
from neckar.brainscales2.twin.kernels import STEP, advance
from neckar.brainscales2.twin.kernels.state import Arrivals, Fanout, Outcome, State, Watch
from neckar.brainscales2.twin.kernels.traces import Traces
from neckar.brainscales2.twin.logic import Pulses
from neckar.brainscales2.twin.neuron import forced_into_reset
from neckar.brainscales2.twin.router import Routes
from neckar.brainscales2.twin.stp import Memory
from neckar.brainscales2.twin.synapse_table import N_PADI

_FIRST_LINK = N_PADI  # crossbar output that leads to the FPGA first
_NO_ARRIVALS = Arrivals(time=np.empty(0), address=np.empty(0, np.int32))
_NOTHING = Outcome(
    spike_time=np.empty(0), spike_neuron=np.empty(0, np.int32), traces=Traces.of_nobody()
)


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """Events in the crossbar: `time` (s since power-up, ascending), `kind` by `Routes.events`."""

    time: np.ndarray
    kind: np.ndarray

    def between(self, begin: float, end: float) -> "Traffic":
        """Those from `begin` until `end`."""
        if not self.time.size:
            return self
        first, last = np.searchsorted(self.time, (begin, end))
        return Traffic(time=self.time[first:last], kind=self.kind[first:last])


@dataclass(frozen=True, kw_only=True, eq=False)
class Stage:
    """A span with the chip compiled for the neurons that are simulated, from step `first` on.

    It is quiet if no event comes from a neuron or a background source, as far as anybody hears.
    """

    span: Span
    part: Part
    first: int
    background: Traffic
    is_quiet: bool

    @property
    def is_idle(self) -> bool:
        """Whether nobody is simulated, and nothing sampled."""
        return not (self.part.neurons.size or self.span.on_madc or self.span.on_cadc)

    @property
    def setting(self) -> Setting:
        """The chip."""
        return self.part.setting


@dataclass(kw_only=True)
class Player:
    """Plays the stages of a program for one batch entry.

    Args:
        start: step since power-up at which the program began.
        state: of all 512 neurons; changed.
        known: up to which step since power-up the state of every neuron is; changed.
        counters: of events; changed.
        traffic: events from outside.
        sampler: collects what the ADCs see.
        noise_key: names the stream of chance of every neuron.
        pulses: what plastic drivers remember; changed.
        fired: what logic between fire signals remembers; changed.
        sensing: what correlation sensors see; changed.
        n_dropped: events from outside that were lost.
        routes: to which the addresses of events on their way belong.
        converted: what the CADC was last triggered to read, (2, 2, 256) by channel and hemisphere.
    """

    start: int
    state: State
    known: np.ndarray
    counters: Counters
    traffic: Traffic
    sampler: Sampler
    noise_key: np.ndarray
    pulses: Memory
    fired: logic.Memory
    sensing: Sensing
    n_dropped: int = 0
    routes: Routes | None = None
    converted: np.ndarray | None = None
    _leaving: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=list)

    def play(self, stage: Stage) -> None:
        """Let the time of a stage pass."""
        self._overhear(stage)
        self._force_resets(stage)
        if stage.first == stage.span.end:
            return
        begin, end = (self._time(step) for step in (stage.first, stage.span.end))
        self._forget_before(begin)
        traffic = _merge(self.traffic.between(begin, end), stage.background.between(begin, end))
        if stage.is_idle and not traffic.time.size:
            return
        is_plain = stage.part.logic is None
        if is_plain and stage.is_quiet and not traffic.time.size and not self._awaits(end):
            outcome = self._advance_alone(stage)
        else:
            outcome = self._advance_among_events(stage, traffic, end)
        self.sensing.keep_short(end)
        traces = Watched(stage.span.watched, outcome.traces)
        drivers = self._follow_drivers(stage, begin, end)
        self.sampler.sample(stage.span, stage.setting, traces, drivers, self._time(0))

    def _follow_drivers(
        self, stage: Stage, begin: float, end: float
    ) -> dict[int, driver_readout.Shown]:
        """What synapse drivers show that are read out."""
        readout = stage.setting.drivers
        return {} if readout is None else self.sensing.drivers.follow(readout, begin, end)

    def _overhear(self, stage: Stage) -> None:
        """While nobody is simulated, sensors see events from outside."""
        begin = self._time(stage.span.begin)
        self.sensing.change_to(stage.setting, begin)
        if stage.first > stage.span.begin and self.traffic.time.size:
            traffic = self.traffic.between(begin, self._time(stage.first))
            if traffic.time.size:
                self._onto_buses(stage.setting.routes, traffic)

    def _force_resets(self, stage: Stage) -> None:
        """As long as their half of the chip says so; then as after a spike.

        What follows is an assumption: runs of the original force a reset of 1 us and begin 4 us
        after it, time enough for a refractory period.
        """
        forced = forced_into_reset(stage.setting.config)
        if not forced.size:
            return
        analog, still = stage.setting.analog, (stage.span.end - stage.first) * STEP
        self.state.reset_left[forced] = still + analog.reset_time[forced]
        self.state.holdoff_left[forced] = analog.holdoff_time[forced]
        self.known[forced] = self.start + stage.first

    def _forget_before(self, begin: float) -> None:
        """Events that arrived while nobody was simulated."""
        n = int(np.searchsorted(self.state.pending_time, begin))
        if n:
            self.state.pending_time = self.state.pending_time[n:]
            self.state.pending_address = self.state.pending_address[n:]

    def _awaits(self, end: float) -> bool:
        """Whether an event that is on its way arrives before `end`."""
        return bool(self.state.pending_time.size and self.state.pending_time[0] < end)

    def _advance_alone(self, stage: Stage) -> Outcome:
        """Nothing comes in, and nobody hears what goes out."""
        if not stage.part.neurons.size:
            return _NOTHING
        waiting = self.state.pending_time, self.state.pending_address
        self.state.pending_time, self.state.pending_address = np.empty(0), np.empty(0, np.int32)
        silence = states.silence(stage.part.neurons.size)
        outcome = self._through_neurons(stage, silence, self.state, _NO_ARRIVALS)
        neurons = stage.part.neurons[outcome.spike_neuron]
        self.counters.count_spikes(stage.setting.config.registers, neurons)
        self.sensing.see_spikes(outcome.spike_time, outcome.spike_neuron, stage.part)
        self.state.pending_time, self.state.pending_address = waiting
        return outcome

    def _advance_among_events(self, stage: Stage, traffic: Traffic, end: float) -> Outcome:
        self._change_to(stage.part.routes)
        arrivals = self._through_crossbar(stage, traffic)
        if not stage.part.neurons.size:
            return _NOTHING
        outcome = self._advance(stage, self._until(end, arrivals))
        self.sensing.see_events(outcome.spike_time, outcome.spike_neuron, stage.part)
        self._count_and_send(stage.part, outcome)
        return outcome

    def _advance(self, stage: Stage, arrivals: Arrivals) -> Outcome:
        """What neurons send. What they fire is seen by sensors."""
        routes, state = stage.part.routes, self.state
        plastic = routes.fanout.modulation
        if plastic is not None:
            self.pulses.recall(routes.sources, plastic, state)
        if stage.part.logic is None:
            outcome = self._through_neurons(stage, routes.fanout, state, arrivals)
            self.sensing.see_spikes(outcome.spike_time, outcome.spike_neuron, stage.part)
        else:
            outcome, (time, place) = self._through_logic(stage, stage.part.logic, arrivals)
            self.sensing.see_columns(time, stage.part.neurons[place])
        if plastic is not None:
            self.pulses.keep(routes.sources, plastic, state, self._time(stage.span.end))
        return outcome

    def _through_logic(
        self, stage: Stage, gates: logic.Logic, arrivals: Arrivals
    ) -> tuple[Outcome, Pulses]:
        """In pieces after which the outputs of logic are sent on their way to synapses."""
        part, full = stage.part, stage.part.routes.fanout
        is_sent = gates.is_asking & (full.address_of >= 0)
        fanout = replace(full, address_of=np.where(gates.is_asking, -1, full.address_of))
        longest = int(full.delay / STEP) if is_sent.any() else stage.span.end - stage.first
        memory, outcomes, posts = self.fired.of(part.neurons), [], []
        n_seen = 0
        for first in range(stage.first, stage.span.end, longest):
            last = min(first + longest, stage.span.end)
            begin, end = self._time(first), self._time(last)
            n_now = n_seen + int(np.searchsorted(arrivals.time[n_seen:], end))
            heard = Arrivals(
                time=arrivals.time[n_seen:n_now], address=arrivals.address[n_seen:n_now]
            )
            moved = self._through_neurons(stage, fanout, self.state, heard, (first, last))
            n_seen = n_now
            spikes = moved.spike_time, moved.spike_neuron
            (time, neuron), shown = gates.outputs(spikes, begin, end, memory)
            on_way = is_sent[neuron]
            self._wait(time[on_way] + full.delay, full.address_of[neuron[on_way]])
            outcomes.append(replace(moved, spike_time=time, spike_neuron=neuron))
            posts.append(shown)
        self.fired.put(part.neurons, memory)
        return _one_after_the_other(outcomes), _joined(posts)

    def _through_neurons(
        self,
        stage: Stage,
        fanout: Fanout,
        state: State,
        arrivals: Arrivals,
        steps: tuple[int, int] | None = None,
    ) -> Outcome:
        """From the first to the last of these steps, by default all of the stage."""
        part = stage.part
        first, last = steps or (stage.first, stage.span.end)
        some = states.pick(state, part.neurons)
        some.step = self.start + first
        elapsed = (some.step - self.known[part.neurons]) * STEP
        states.pass_time(some, elapsed)
        states.fade(some, elapsed, part.analog)
        some.pulse_volts, some.pulse_time = state.pulse_volts, state.pulse_time
        watch = Watch(
            neurons=part.place_of(stage.span.watched),
            steps=self.sampler.seen(stage.span, first, last),
        )
        key, n_steps = self.noise_key[part.neurons], last - first
        if apart.is_possible(fanout, some, arrivals, watch, part.coupling):
            outcome = apart.advance_apart(part.analog, some, n_steps, key)
        else:
            duration = n_steps * STEP
            outcome = advance(
                part.analog, some, fanout, arrivals, watch, duration, key, part.coupling
            )
        states.put(state, some, part.neurons)
        self.known[part.neurons] = self.start + last
        state.pending_time, state.pending_address = some.pending_time, some.pending_address
        state.pulse_volts, state.pulse_time = some.pulse_volts, some.pulse_time
        return outcome

    def fire(self, cycle: int, write: Write, setting: Setting) -> None:
        """Put an event onto PADI buses by hand."""
        wanted, stimuli = by_hand(write), setting.stimuli
        same = (stimuli.source == wanted.source) & (stimuli.label == wanted.label)
        address = setting.routes.address[np.flatnonzero(same)[:1]]
        self._change_to(setting.routes)
        arrival = self.time_of(cycle) + LATENCY_CROSSBAR_TO_SYNAPSE
        self.sensing.see_rows(np.array([arrival]), setting.routes.seen[0][np.flatnonzero(same)[:1]])
        self._wait(np.full(address.size, arrival)[address >= 0], address[address >= 0])

    def leaving(self) -> tuple[np.ndarray, np.ndarray, int]:
        """All events on their way to the FPGA: time (s, ascending) and 16-bit label.

        Then how many were lost in front of slow outputs.
        """
        nothing = np.empty(0), np.empty(0, np.uint16), np.empty(0, bool)
        time, label, is_slow = (
            np.concatenate(part) for part in zip(nothing, *self._leaving, strict=True)
        )
        order = np.argsort(time, kind="stable")
        time, label, is_slow = time[order], label[order], is_slow[order]
        if not is_slow.any():
            return time, label, 0
        served = link.slowed(time, label >> router.LABEL_BITS, is_slow)
        order = np.argsort(served.time, kind="stable")
        return served.time[order], label[served.is_kept][order], served.n_dropped

    def time_of(self, cycle: int) -> float:
        """FPGA cycles of the program as s since power-up."""
        return self._time(0) + cycle * FPGA_CYCLE

    def _time(self, step: int) -> float:
        return (self.start + step) * STEP

    def _change_to(self, routes: Routes) -> None:
        """Events on their way keep what they say; the synapses that hear it may be others."""
        if self.routes is not None and self.routes is not routes and self.state.pending_time.size:
            address = routes.readdress(self.routes.keys[self.state.pending_address])
            is_heard = address >= 0
            self.state.pending_time = self.state.pending_time[is_heard]
            self.state.pending_address = address[is_heard]
        self.routes = routes

    def _through_crossbar(self, stage: Stage, traffic: Traffic) -> Arrivals:
        """Events of this stage on their way to synapses; those to the FPGA are sent off."""
        routes = stage.part.routes
        if traffic.time.size == 0:
            return Arrivals(time=traffic.time, address=traffic.kind.astype(np.int32))
        outputs = routes.outputs[traffic.kind]
        n_events = np.count_nonzero(outputs, axis=0)
        registers = stage.setting.config.registers
        self.counters.count_outputs(registers, n_events)
        self._send(registers, traffic.time, routes.events.label[traffic.kind], outputs)
        return self._onto_buses(routes, traffic)

    def _onto_buses(self, routes: Routes, traffic: Traffic) -> Arrivals:
        """Events that reach drivers, which sensors see; those that synapses hear are returned."""
        outputs = routes.outputs[traffic.kind, :N_PADI]
        on_bus = np.flatnonzero(outputs.any(axis=1))
        served = link.onto_buses(traffic.time[on_bus], outputs[on_bus])
        kind = traffic.kind[on_bus]
        lost = kind[~served.is_kept]
        self.counters.count_drops(routes.events.source[lost[routes.counts_drops[lost]]])
        self.n_dropped += served.n_dropped
        kind = kind[served.is_kept]
        order = np.argsort(served.time, kind="stable")
        time, kind = served.time[order] + LATENCY_CROSSBAR_TO_SYNAPSE, kind[order]
        self.sensing.see_rows(time, routes.seen[0][kind])
        is_heard = routes.address[kind] >= 0
        return Arrivals(time=time[is_heard], address=routes.address[kind[is_heard]])

    def _until(self, end: float, arrivals: Arrivals) -> Arrivals:
        """Arrivals before the end of the stage; later ones wait."""
        n = int(np.searchsorted(arrivals.time, end))
        if n == arrivals.time.size:
            return arrivals
        self._wait(arrivals.time[n:], arrivals.address[n:])
        return Arrivals(time=arrivals.time[:n], address=arrivals.address[:n])

    def _wait(self, time: np.ndarray, address: np.ndarray) -> None:
        """Events that will arrive in a later stage."""
        time = np.concatenate([self.state.pending_time, time])
        address = np.concatenate([self.state.pending_address, address])
        order = np.argsort(time, kind="stable")
        self.state.pending_time, self.state.pending_address = time[order], address[order]

    def _count_and_send(self, part: Part, outcome: Outcome) -> None:
        if outcome.spike_time.size == 0:
            return
        registers, routes, neuron = part.setting.config.registers, part.routes, outcome.spike_neuron
        reached = routes.neuron_outputs
        self.counters.count_spikes(registers, part.neurons[neuron])
        n_spikes = np.bincount(neuron, minlength=len(reached))
        self.counters.count_outputs(registers, n_spikes @ reached)
        time = outcome.spike_time + LATENCY_NEURON_TO_CROSSBAR
        for leaves, label in _ways_out(reached[:, _FIRST_LINK:], routes.neuron_label):
            mine = slice(None) if leaves.all() else leaves[neuron]
            self._leave(registers, time[mine], label[neuron[mine]])

    def _send(
        self, registers: Sections, time: np.ndarray, label: np.ndarray, outputs: np.ndarray
    ) -> None:
        event, lane = np.nonzero(outputs[:, _FIRST_LINK:])
        if event.size:
            self._leave(registers, time[event], router.to_fpga(label[event], _FIRST_LINK + lane))

    def _leave(self, registers: Sections, time: np.ndarray, label: np.ndarray) -> None:
        is_slow = registers["crossbar"]["outputs"]["enable_slow"][label >> router.LABEL_BITS]
        self._leaving.append((time, label, is_slow))


def _one_after_the_other(outcomes: Sequence[Outcome]) -> Outcome:
    """Pieces of time as one."""
    if len(outcomes) == 1:
        return outcomes[0]
    time, neuron = _joined([(each.spike_time, each.spike_neuron) for each in outcomes])
    return Outcome(
        spike_time=time,
        spike_neuron=neuron,
        traces=Traces.joined([each.traces for each in outcomes]),
    )


def _joined(pulses: Sequence[Pulses]) -> Pulses:
    time, neuron = zip(*pulses, strict=True)
    return np.concatenate(time), np.concatenate(neuron)


def _ways_out(lanes: np.ndarray, label: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Which neurons leave through a first lane, a second and so on, and with which 16-bit label."""
    n_lanes, order = lanes.sum(axis=1), np.argsort(~lanes, axis=1, kind="stable")
    return [
        (n_lanes > turn, router.to_fpga(label, _FIRST_LINK + order[:, turn]))
        for turn in range(n_lanes.max(initial=0))
    ]


def by_hand(write: Write) -> router.Events:
    """The event that the write of a `PADIEvent` fires."""
    event = write.register.array
    label = event["row_select_address"].astype(int) << 6 | event["event_address"]
    hemisphere = np.array([int(write.coordinate.toEnum())])
    return router.onto_buses(hemisphere, event["fire_bus"], label.reshape(1))


def crossing(spikes: Spikes, labels: np.ndarray, start: float) -> tuple[Traffic, int]:
    """Spikes of a program as they enter the crossbar, and how many the link lost.

    Args:
        spikes: in cycles since the program began.
        labels: the kinds of events from outside, ascending.
        start: s since power-up.
    """
    served = link.into_chip(start + spikes.cycles * FPGA_CYCLE)
    kind = np.searchsorted(labels, spikes.labels[served.is_kept])
    return Traffic(time=served.time, kind=kind), served.n_dropped


def _merge(a: Traffic, b: Traffic) -> Traffic:
    if b.time.size == 0:
        return a
    time, kind = np.concatenate([a.time, b.time]), np.concatenate([a.kind, b.kind])
    order = np.argsort(time, kind="stable")
    return Traffic(time=time[order], kind=kind[order])
