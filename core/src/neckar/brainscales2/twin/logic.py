"""Logic between refractory states, which decides what the digital part of a neuron sends.

Beside every neuron there is a line for fire signals. Masters put their refractory states onto the
lines that switches connect them with, see `coupling`; the line is high while any of them is
refractory. From its own state and that of its line a neuron makes its output:

    local     when it becomes refractory
    AND       when it and its line have both become high
    XNOR      when they cease to differ
    MULLER_C  when both have become high; once more only after both have been low

The output is what is sent and counted. If `to_post_pulse` is set it also pulses the correlation
sensors of the column, otherwise a rise of the line does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np

from neckar.brainscales2.twin import coupling
from neckar.brainscales2.twin.kernels.state import Coupling, Neurons

LOCAL, AND, XNOR, MULLER_C = range(4)

Pulses = tuple[np.ndarray, np.ndarray]
"""Times, s, ascending, and numbers of the simulated neurons."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Memory:
    """What the logic remembers; arrays by neuron, changed.

    Args:
        until: when the neuron ceases to be refractory, s since power-up.
        latched: whether the output of its Muller C-element is high.
    """

    until: np.ndarray
    latched: np.ndarray

    @classmethod
    def empty(cls, n: int) -> Self:
        """Of neurons that have never fired."""
        return cls(until=np.zeros(n), latched=np.zeros(n, bool))

    def of(self, neurons: np.ndarray) -> Self:
        """What is known about some of them."""
        return type(self)(until=self.until[neurons], latched=self.latched[neurons])

    def put(self, neurons: np.ndarray, some: "Memory") -> None:
        """Put what `of` took back."""
        self.until[neurons], self.latched[neurons] = some.until, some.latched

    def copy(self) -> Self:
        """A memory that goes on from here."""
        return type(self)(until=self.until.copy(), latched=self.latched.copy())


@dataclass(frozen=True, kw_only=True, eq=False)
class Logic:
    """Of the simulated neurons, ascending; arrays of shape (n,).

    Args:
        operation: what each makes of its state and its line.
        is_asking: whether its output differs from its own spikes.
        is_posting: whether its output pulses its column; else its line does.
        length: how long it is refractory after a spike, s.
        masters: by neuron, those that drive its line.
    """

    operation: np.ndarray
    is_asking: np.ndarray
    is_posting: np.ndarray
    length: np.ndarray
    masters: tuple[np.ndarray, ...]

    def outputs(
        self, spikes: Pulses, begin: float, end: float, memory: Memory
    ) -> tuple[Pulses, Pulses]:
        """What the neurons send, and what pulses their columns, from `begin` until `end`.

        Args:
            spikes: of all of them in this time.
            begin: of this time, s since power-up.
            end: of this time.
            memory: of these neurons; changed.
        """
        is_plain = ~self.is_asking[spikes[1]] & self.is_posting[spikes[1]]
        plain = spikes[0][is_plain], spikes[1][is_plain]
        sent, posts = _Gathered(plain), _Gathered(plain)
        for k in np.flatnonzero(self.is_asking | ~self.is_posting).tolist():
            own, *driving = (
                _Refractory.of(one, self.length, spikes, memory.until, begin)
                for one in (k, *self.masters[k])
            )
            line = _Refractory.any_of(driving)
            made = self._made(k, own, line, memory.latched, end) if self.is_asking[k] else own.rises
            sent.add(k, made)
            posts.add(k, made if self.is_posting[k] else line.rises)
        np.maximum.at(memory.until, spikes[1], spikes[0] + self.length[spikes[1]])
        return sent.in_order(end), posts.in_order(end)

    def _made(
        self, k: int, own: "_Refractory", line: "_Refractory", latched: np.ndarray, end: float
    ) -> list[float]:
        is_own, is_line = own.was_high, line.was_high
        made = []
        for time, changes in _changes(own, line):
            if time >= end:
                break
            differed, both = is_own != is_line, is_own and is_line
            is_own = changes.get(0, is_own)
            is_line = changes.get(1, is_line)
            rises = is_own and is_line and not both
            match self.operation[k]:
                case 1:  # AND
                    is_output = rises
                case 2:  # XNOR
                    is_output = differed and is_own == is_line
                case _:  # MULLER_C
                    is_output = is_own and is_line and not latched[k]
                    latched[k] = is_output or (latched[k] and (is_own or is_line))
            if is_output:
                made.append(time)
        return made


@dataclass(frozen=True, kw_only=True, eq=False)
class _Refractory:
    """When a state is high: times of its rises and falls in turn, and whether it was at first."""

    was_high: bool
    rises: list[float]
    falls: list[float]

    @classmethod
    def of(
        cls, k: int, length: np.ndarray, spikes: Pulses, until: np.ndarray, begin: float
    ) -> "_Refractory":
        times, was_high = spikes[0][spikes[1] == k].tolist(), bool(until[k] > begin)
        return cls(
            was_high=was_high,
            rises=times,
            falls=[
                *([float(until[k])] if was_high else []),
                *(t + float(length[k]) for t in times),
            ],
        )

    @classmethod
    def any_of(cls, states: "list[_Refractory]") -> "_Refractory":
        """High while any of them is."""
        if len(states) == 1:
            return states[0]
        level = sum(state.was_high for state in states)
        was_high, rises, falls = level > 0, [], []
        steps = [(t, 1) for state in states for t in state.rises]
        steps += [(t, -1) for state in states for t in state.falls]
        for time, step in sorted(steps, key=lambda each: (each[0], -each[1])):
            level += step
            if step > 0 and level == 1:
                rises.append(time)
            elif step < 0 and level == 0:
                falls.append(time)
        return cls(was_high=was_high, rises=rises, falls=falls)


class _Gathered:
    """Pulses of many neurons."""

    def __init__(self, pulses: Pulses) -> None:
        self._time: list[float] = pulses[0].tolist()
        self._neuron: list[int] = pulses[1].tolist()

    def add(self, k: int, times: list[float]) -> None:
        self._time += times
        self._neuron += [k] * len(times)

    def in_order(self, end: float) -> Pulses:
        """All of them before `end`."""
        time, neuron = np.array(self._time, float), np.array(self._neuron, np.int64)
        order = np.argsort(time, kind="stable")
        order = order[time[order] < end]
        return time[order], neuron[order]


def _changes(own: _Refractory, line: _Refractory) -> Iterator[tuple[float, dict[int, bool]]]:
    """When either state changes, and to what; what happens at once is told at once."""
    found: dict[float, dict[int, bool]] = {}
    for which, state in enumerate((own, line)):
        for time in state.falls:
            found.setdefault(time, {})[which] = False
        for time in state.rises:
            found.setdefault(time, {})[which] = True
    return ((time, found[time]) for time in sorted(found))


def is_asked(settings: np.ndarray) -> bool:
    """Whether any neuron sends something else than its own spikes."""
    return bool(settings["bayesian"]["operation"].any())


def posts_otherwise(settings: np.ndarray) -> bool:
    """Whether something else than its own output pulses the column of any neuron."""
    return not settings["bayesian"]["to_post_pulse"].all()


def fabricate(
    settings: np.ndarray, neurons: np.ndarray, analog: Neurons, joined: Coupling | None
) -> Logic:
    """The logic of simulated neurons.

    Args:
        settings: of all 512 neurons.
        neurons: which are simulated, ascending.
        analog: their constants.
        joined: how they hang together; followers are refractory for as long as their leaders.
    """
    firing = settings["bayesian"][neurons]
    length = analog.reset_time + analog.holdoff_time
    if joined is not None:
        length = length.copy()
        length[joined.follower] = length[joined.leader]
    masters: list[list[int]] = [[] for _ in neurons]
    place = {int(neuron): k for k, neuron in enumerate(neurons)}
    for master, line in coupling.fire_signals(settings):
        if master in place and line in place:
            masters[place[line]].append(place[master])
    return Logic(
        operation=firing["operation"].astype(int),
        is_asking=firing["operation"] != LOCAL,
        is_posting=firing["to_post_pulse"],
        length=length,
        masters=tuple(np.array(found, int) for found in masters),
    )
