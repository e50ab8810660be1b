"""The inner loop, to be read: equations in `membrane`, events and spikes here.

Time goes in steps. In each, a neuron is moved from one instant that matters to the next: an event
arrives, its reset or hold-off ends, v reaches the threshold, the step ends. This file is the
specification of the C++ beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from heapq import heappop, heappush
from typing import Any, TypeVar

import numpy as np

from neckar.brainscales2.twin.kernels import together
from neckar.brainscales2.twin.kernels.gaussian import gaussian
from neckar.brainscales2.twin.kernels.grid import STEP, steps_in
from neckar.brainscales2.twin.kernels.membrane import Motion, Point, move, tau_at_least
from neckar.brainscales2.twin.kernels.rest import Rest, find_rest, find_rest_together
from neckar.brainscales2.twin.kernels.state import (
    Arrivals,
    Coupling,
    Fanout,
    Neurons,
    Outcome,
    State,
    SynapticInput,
    Watch,
)
from neckar.brainscales2.twin.kernels.together import Group
from neckar.brainscales2.twin.kernels.traces import KNOT, Traces

_GRAIN = 2**20  # instants are kept in 2^-20 steps, so that they are exact
_SHORTEST_RESET = 1 / 16  # steps; a spike takes some time
_KNOT = np.dtype([(name, float) for name in KNOT.names or ()])
_LOOK_EVERY = 64  # steps between attempts to find everything at rest
_SHORTEST_JUMP = 4  # steps
_INSTANT = 1e-15  # s
_REMEMBERED = 8  # time constants after which a group has forgotten where it was

Several = TypeVar("Several", Neurons, SynapticInput, Point, Motion)


def cpu_path() -> str:
    """How the compiled loop would name its instruction set."""
    return "reference"


def advance(
    neurons: Neurons,
    state: State,
    fanout: Fanout,
    arrivals: Arrivals,
    watch: Watch,
    duration: float,
    noise_key: np.ndarray,
    coupling: Coupling | None = None,
) -> Outcome:
    """Let time pass: `state` is changed in place, what happened is returned.

    Args:
        neurons: the constants.
        state: the variables; on a grid of STEP since power-up.
        fanout: what events do.
        arrivals: events from outside within the duration.
        watch: whose traces are wanted, and when.
        duration: s, a multiple of STEP.
        noise_key: (n,) uint64, names the stream of chance of every neuron; 0 for no noise.
        coupling: which of them hang together.
    """
    run = _Run(neurons, state, fanout, arrivals, watch, noise_key, coupling)
    end, start = state.step + steps_in(duration), state.step
    resting: Rest | None = None
    run.write_knots()
    while state.step < end:
        look = state.step % _LOOK_EVERY == 0 or state.step == start
        if resting is None and look and len(watch.neurons) == 0:
            resting = run.find_rest()
        if resting is not None:
            target = min(end, run.next_event_step())
            if target - state.step >= _SHORTEST_JUMP:
                run.jump(resting, int(target))
                continue
        if run.step():
            resting = None
        run.write_knots()
    return run.finish()


@dataclass
class _Hit:
    """A deflection of a line that an event causes in this step."""

    offset: float  # steps
    neuron: int
    line: str
    amplitude: float


class _Run:
    """What lives as long as a call of `advance`."""

    def __init__(
        self,
        neurons: Neurons,
        state: State,
        fanout: Fanout,
        arrivals: Arrivals,
        watch: Watch,
        noise_key: np.ndarray,
        coupling: Coupling | None,
    ) -> None:
        self.neurons, self.state, self.fanout, self.key = neurons, state, fanout, noise_key
        self.n = len(state.v)
        self.noise = np.where(noise_key != 0, neurons.noise, 0.0)
        reset = np.maximum(_grain(neurons.reset_time / STEP), 0.0)
        self.holdoff_steps = np.maximum(_grain(neurons.holdoff_time / STEP), 0.0)
        too_short = reset + self.holdoff_steps < _SHORTEST_RESET
        self.reset_steps = np.where(too_short, _SHORTEST_RESET, reset)
        self.reset_end = state.step + _grain(state.reset_left / STEP)
        self.holdoff_end = self.reset_end + _grain(state.holdoff_left / STEP)
        self.resetting = state.reset_left > 0
        self.held = ~self.resetting & (state.holdoff_left > 0)

        self.groups = together.groups(coupling)
        self.alone = np.ones(self.n, dtype=bool)
        for group in self.groups:
            k = group.circuits
            self.alone[k] = False
            state.v[k] = together.share(_pick(neurons, k), group, state.v[k])
        pairs = [] if coupling is None else zip(coupling.leader, coupling.follower, strict=True)
        self.followers: dict[int, list[int]] = {}
        for leader, follower in pairs:
            self.followers.setdefault(int(leader), []).append(int(follower))

        self.events = [
            *zip(state.pending_time.tolist(), state.pending_address.tolist(), strict=True),
            *zip(arrivals.time.tolist(), arrivals.address.tolist(), strict=True),
        ]
        self.events.sort()
        self.fired: list[tuple[float, int]] = []
        self.spikes: list[tuple[float, int]] = []
        self.knots: dict[int, list[tuple[float, ...]]] = {int(k): [] for k in watch.neurons}
        self.watched = [int(k) for k in watch.neurons]
        self.is_seen, self.start = watch.steps, state.step

    def step(self) -> bool:
        """Everything moves on by a step; whether anything came of it."""
        hits = self._deliver()
        noise = self._noise_now()
        n_bypassed = len(self.fired)
        changed = self._play(self.alone, None, hits, noise)
        for group in self.groups:
            changed |= self._play_group(group, hits, noise)
        changed |= bool(hits) or len(self.fired) > n_bypassed
        self._send()
        self.state.step += 1
        return changed

    # --- events ---

    def next_event_step(self) -> float:
        """The step in which the next event arrives."""
        return np.floor(self.events[0][0] / STEP) if self.events else np.inf

    def _deliver(self) -> list[_Hit]:
        """Take the events of this step; what they do to the lines."""
        hits: list[_Hit] = []
        while self.next_event_step() <= self.state.step:
            time, address = heappop(self.events)
            if 0 <= address < len(self.fanout.start) - 1:
                hits += self._hits(time, address)
        return hits

    def _hits(self, time: float, address: int) -> list[_Hit]:
        f = self.fanout
        entries = slice(f.start[address], f.start[address + 1])
        line, amplitude = f.line[entries], f.amplitude[entries]
        neuron = line % self.n
        bypass = f.bypass[neuron]
        for k in dict.fromkeys(neuron[bypass & (amplitude > 0)].tolist()):
            self.fired.append((time, k))
        hits = self._hits_of(time, line[~bypass], amplitude[~bypass])
        return hits + self._modulated(time, address)

    def _hits_of(self, time: float, line: np.ndarray, amplitude: np.ndarray) -> list[_Hit]:
        offset = max(time / STEP - self.state.step, 0.0)
        return [
            _Hit(offset, int(k % self.n), "excitatory" if k < self.n else "inhibitory", float(a))
            for k, a in zip(line, amplitude, strict=True)
        ]

    def _modulated(self, time: float, address: int) -> list[_Hit]:
        """What the pulses of changing length do, and what that leaves behind."""
        m, hits = self.fanout.modulation, []
        if m is None:
            return []
        volts, since = self.state.pulse_volts, self.state.pulse_time
        for pulse in range(m.start[address], m.start[address + 1]):
            s = m.source[pulse]
            left = np.exp(-m.rate[s] * (time - since[s]))
            before = m.recover[s] + (volts[s] - m.recover[s]) * left
            length = np.clip(m.slope[s] * (m.zero[s] - before), 0.0, 1.0)
            volts[s] = before + m.utilization[s] * (m.charge[s] - before)
            since[s] = time
            entries = slice(m.first[pulse], m.first[pulse + 1])
            if length > 0:
                hits += self._hits_of(time, m.line[entries], length * m.amplitude[entries])
        return hits

    def _send(self) -> None:
        """Spikes of this step go out, and come back as events."""
        self.fired.sort(key=lambda spike: spike[0])
        self.spikes += self.fired
        for time, neuron in self.fired:
            address = int(self.fanout.address_of[neuron])
            if address >= 0:
                heappush(self.events, (time + self.fanout.delay, address))
        self.fired = []

    # --- the membrane between them ---

    def _play_group(self, group: Group, hits: list[_Hit], noise: np.ndarray) -> bool:
        mine = np.zeros(self.n, dtype=bool)
        mine[group.circuits] = True
        return self._play(mine, group, hits, noise)

    def _play(
        self, mine: np.ndarray, group: Group | None, hits: list[_Hit], noise: np.ndarray
    ) -> bool:
        """Move some neurons from instant to instant through the step, alone or together."""
        at = np.where(mine, 0.0, np.nan)  # steps, where each neuron is
        hits = [hit for hit in hits if mine[hit.neuron]]
        changed = False
        while True:
            hits = self._deflect(hits, at)
            changed |= self._release(at)
            changed |= self._fire_at_once(at)
            todo = np.flatnonzero(at < 1)
            if len(todo) == 0:
                return changed
            end = self._next_instant(hits)
            if group is None:
                changed |= self._piece(todo, at, end, noise)
            else:
                changed |= self._piece_together(group, at, end[todo].min(), noise)

    def _deflect(self, hits: list[_Hit], at: np.ndarray) -> list[_Hit]:
        """Apply what is due; what is left."""
        for hit in hits:
            if hit.offset <= at[hit.neuron]:
                s = getattr(self.state, hit.line)
                line, k = getattr(self.neurons, hit.line), hit.neuron
                s[k] += _faded(hit.amplitude, line.floor[k] - s[k], line.compliance[k])
        return [hit for hit in hits if hit.offset > at[hit.neuron]]

    def _release(self, at: np.ndarray) -> bool:
        """Resets and hold-offs that are over."""
        now = self.state.step + at
        over = self.resetting & (self.reset_end <= now)
        for k in np.flatnonzero(over):
            self._write_knot(int(k), now[k])
        self.resetting &= ~over
        self.held |= over
        free = self.held & (self.holdoff_end <= now)
        self.held &= ~free
        return bool(over.any() or free.any())

    def _fire_at_once(self, at: np.ndarray) -> bool:
        """A neuron that is allowed to fire and finds itself above the threshold does."""
        above = ~self.resetting & ~self.held & (self.state.v >= self.neurons.threshold)
        due = np.flatnonzero(above & (at < 1))
        for k in due:
            self._fire(int(k), at[k])
        return len(due) > 0

    def _next_instant(self, hits: list[_Hit]) -> np.ndarray:
        """Up to where nothing but a spike can happen to each neuron, in steps."""
        end = np.ones(self.n)
        end = np.where(self.resetting, np.minimum(end, self.reset_end - self.state.step), end)
        end = np.where(self.held, np.minimum(end, self.holdoff_end - self.state.step), end)
        for hit in hits:
            end[hit.neuron] = min(end[hit.neuron], hit.offset)
        return end

    def _piece(self, k: np.ndarray, at: np.ndarray, end: np.ndarray, noise: np.ndarray) -> bool:
        """Move neurons k to `end`, or to their spike if that comes first."""
        neurons, before = _pick(self.neurons, k), self._point(k)
        free = ~self.resetting[k] & ~self.held[k] & (neurons.threshold <= neurons.v_max)
        threshold = np.where(free, neurons.threshold, np.inf)
        ceiling = np.where(free, neurons.threshold, neurons.v_max)
        begin, length = at[k], (end[k] - at[k]) * STEP
        after, motion = move(neurons, before, length, self.resetting[k], ceiling, noise[k])
        self._put(k, after)
        at[k] = end[k]

        hit = np.flatnonzero(after.v >= threshold)
        if len(hit) == 0:
            return False
        distance = threshold[hit] - before.v[hit]
        rise = np.clip(_pick(motion, hit).time_to_rise(distance), _INSTANT, length[hit])
        there, _ = move(
            _pick(neurons, hit),
            _pick(before, hit),
            rise,
            self.resetting[k[hit]],
            ceiling[hit],
            noise[k[hit]],
        )
        there.v[:] = threshold[hit]
        self._put(k[hit], there)
        at[k[hit]] = _grain(begin[hit] + rise / STEP)
        for one in k[hit]:
            self._fire(int(one), at[one])
        return True

    def _piece_together(self, group: Group, at: np.ndarray, end: float, noise: np.ndarray) -> bool:
        """Move a group to `end`, or as far as it goes before the first of its spikes."""
        k = group.circuits
        neurons, before, begin = _pick(self.neurons, k), self._point(k), at[k[0]]
        steps = end - begin
        longest = together.longest_piece(neurons, before, group, self.resetting[k]) / STEP
        if steps > longest:
            steps = max(_grain(longest), 1 / _GRAIN)
        free = ~self.resetting[k] & ~self.held[k] & (neurons.threshold <= neurons.v_max)
        threshold = np.where(free, neurons.threshold, np.inf)

        def moved(steps: float) -> Point:
            return together.move(neurons, group, before, steps * STEP, self.resetting[k], noise[k])

        after = moved(steps)
        due = np.flatnonzero(after.v >= threshold)
        if len(due) > 0:
            part = (threshold - before.v)[due] / (after.v - before.v)[due]
            one = due[np.argmin(part)]
            steps = _rise(moved, before, after, one, threshold[one], steps)
            after = moved(steps)
            after.v[group.node == group.node[one]] = threshold[one]
        self._put(k, after)
        at[k] = begin + steps
        return len(due) > 0

    def _fire(self, k: int, offset: float) -> None:
        """A spike: written down, sent on its way, reset; and those that follow."""
        now = self.state.step + offset
        for one in [k, *self.followers.get(k, [])]:
            self._write_knot(one, now)
            self.fired.append((now * STEP, one))
            self.reset_end[one] = now + self.reset_steps[k]
            self.holdoff_end[one] = self.reset_end[one] + self.holdoff_steps[k]
            self.resetting[one] = self.reset_steps[k] > 0
            self.held[one] = not self.resetting[one]
            self.state.w[one] += self.neurons.adaptation_increment[one]

    def _point(self, k: np.ndarray) -> Point:
        s = self.state
        return Point(s.v[k], s.w[k], s.excitatory[k], s.inhibitory[k])

    def _put(self, k: np.ndarray, point: Point) -> None:
        for field in fields(point):
            getattr(self.state, field.name)[k] = getattr(point, field.name)

    # --- what is written down ---

    def write_knots(self) -> None:
        if self.is_seen.size and not self.is_seen[self.state.step - self.start]:
            return
        for k in self.knots:
            self._write_knot(k, self.state.step)

    def _write_knot(self, k: int, now: float) -> None:
        if k in self.knots:
            s = self.state
            self.knots[k].append((now * STEP, s.v[k], s.w[k], s.excitatory[k], s.inhibitory[k]))

    def finish(self) -> Outcome:
        """Leave the rest in the state, and tell."""
        now, state = self.state.step, self.state
        reset_left = np.maximum(self.reset_end - now, 0.0)
        state.reset_left[:] = reset_left * STEP
        state.holdoff_left[:] = (np.maximum(self.holdoff_end - now, 0.0) - reset_left) * STEP
        self.events.sort()
        state.pending_time = np.array([time for time, _ in self.events])
        state.pending_address = np.array([a for _, a in self.events], dtype=np.int32)
        return Outcome(
            spike_time=np.array([time for time, _ in self.spikes]),
            spike_neuron=np.array([k for _, k in self.spikes], dtype=np.int32),
            traces=Traces.of([np.array(self.knots[k], _KNOT) for k in self.watched]),
        )

    # --- long waits ---

    def find_rest(self) -> Rest | None:
        """Where all neurons are at rest, if they are."""
        if self.resetting.any() or self.held.any():
            return None
        rest = find_rest(self.neurons, self.state, self.noise)
        if not rest.reached[self.alone].all():
            return None
        for group in self.groups:
            k = group.circuits
            found = find_rest_together(_pick(self.neurons, k), group, self._point(k), self.noise[k])
            if found is None or not found.reached.all():
                return None
            for field in fields(found):
                getattr(rest, field.name)[k] = getattr(found, field.name)
        return rest

    def jump(self, rest: Rest, target: int) -> None:
        """The exact solution near rest; with noise, an Ornstein-Uhlenbeck process.

        Groups with noise are followed for as long as they remember.
        """
        p, s = self.neurons, self.state
        at = np.full(self.n, target)
        for group in self.groups:
            k = group.circuits
            if self.noise[k].any():
                memory = np.ceil(_REMEMBERED / (rest.rate[k[0]] * STEP))
                at[k] = max(s.step, target - int(memory))
        gap = (at - s.step) * STEP
        memory = np.exp(-gap * rest.rate)
        chance = rest.deviation * np.sqrt(1 - memory**2) * gaussian(self.key, target - 1)
        v = rest.v + (s.v - rest.v) * memory + np.where(self.alone, chance, 0.0)
        s.v[:] = np.clip(v, p.v_min, p.v_max)
        s.w[:] = rest.w + (s.w - rest.w) * np.exp(-gap / tau_at_least(p.adaptation_tau))
        s.excitatory *= np.exp(-gap / tau_at_least(p.excitatory.tau))
        s.inhibitory *= np.exp(-gap / tau_at_least(p.inhibitory.tau))
        for group in self.groups:
            for s.step in range(int(at[group.circuits[0]]), target):
                self._play_group(group, [], self._noise_now())
        s.step = target
        self._send()

    def _noise_now(self) -> np.ndarray:
        """Of this step, V."""
        return self.noise * np.sqrt(STEP) * gaussian(self.key, self.state.step)


def _faded(jump: float, room: float, compliance: float) -> float:
    """What a charge that pulls a line by `jump` does while there is only `room` to its floor.

    ds = dq min(1, room / compliance), d(room) = -ds
    """
    straight = max(room - compliance, 0.0)
    if jump <= straight:
        return jump
    left = max(room, 0.0) - straight
    past = np.exp((straight - jump) / compliance) if compliance > 0 else 0.0
    return float(straight + left * (1 - past))


def _rise(
    moved: Callable[[float], Point],
    before: Point,
    after: Point,
    one: int,
    threshold: float,
    steps: float,
) -> float:
    """When a circuit reaches its threshold: by a chord, and a second one where that was wrong."""
    guess = steps * (threshold - before.v[one]) / (after.v[one] - before.v[one])
    if guess <= 0:
        return 1 / _GRAIN
    there = moved(guess).v[one]
    if there < threshold:
        chord = (after.v[one] - there) / max(steps - guess, 1e-6)
    else:
        chord = (there - before.v[one]) / guess
    return float(np.clip(_grain(guess + (threshold - there) / chord), 1 / _GRAIN, steps))


def _grain(steps: Any) -> Any:
    return np.round(steps * _GRAIN) / _GRAIN


def _pick(several: Several, index: np.ndarray) -> Several:
    """The same for some of the neurons."""
    return type(several)(
        **{
            field.name: value[index] if isinstance(value, np.ndarray) else _pick(value, index)
            for field in fields(several)
            for value in [getattr(several, field.name)]
        }
    )
