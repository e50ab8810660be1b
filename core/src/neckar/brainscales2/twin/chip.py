"""One emulated chip. A session plays programs on it; between them it keeps its state."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Self

import numpy as np

from neckar.brainscales2 import provenance
from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.datasheet import (
    FPGA_CYCLE,
    N_BACKGROUND_SOURCES,
    N_NEURONS,
)
from neckar.brainscales2.program import BlockUntil, Program
from neckar.brainscales2.recording import SPIKE, Entry, Recording
from neckar.brainscales2.twin import capmem, correlation, coupling, link, logic, refresh
from neckar.brainscales2.twin.background import Source
from neckar.brainscales2.twin.counters import MAX_SPIKES, Counters
from neckar.brainscales2.twin.execution import states
from neckar.brainscales2.twin.execution.acts import act
from neckar.brainscales2.twin.execution.following import fires
from neckar.brainscales2.twin.execution.plan import Plan, Sources, plan
from neckar.brainscales2.twin.execution.play import Player, Stage, crossing
from neckar.brainscales2.twin.execution.sampler import Sampler
from neckar.brainscales2.twin.execution.sensing import Sensing
from neckar.brainscales2.twin.execution.setting import Chip, take
from neckar.brainscales2.twin.execution.spans import Script, split
from neckar.brainscales2.twin.execution.status import Status, clock_sets
from neckar.brainscales2.twin.execution.timeline import Timeline, lay_out
from neckar.brainscales2.twin.execution.windows import (
    Windows,
    inside,
    still_counting,
    whole_cycles,
    windows,
)
from neckar.brainscales2.twin.kernels import STEP, advance
from neckar.brainscales2.twin.kernels.state import Arrivals, State, Watch
from neckar.brainscales2.twin.noise import Noise, trial
from neckar.brainscales2.twin.registers.file import Registers
from neckar.brainscales2.twin.router import Routes
from neckar.brainscales2.twin.stp import Memory
from neckar.brainscales2.twin.variation import DEFAULT_SERIAL, Spread

_AFTERWARDS = 1e-6  # s, events that are on their way when a program ends may arrive
_POWER_UP = round(10e-3 / STEP)  # steps before the first program

_BETWEEN_PROGRAMS = round(p.BETWEEN_PROGRAMS / STEP)
_IDLE = Program(
    instructions=(BlockUntil(cycles=round((p.BETWEEN_PROGRAMS - _AFTERWARDS) / FPGA_CYCLE)),)
)

Progress = Callable[[float], None]
"""Is told which fraction of a program has been played."""


@dataclass(frozen=True, kw_only=True)
class Twin:
    """A chip that exists only here. Two twins with the same serial are the same chip.

    Args:
        serial: which chip.
        spread: how much chips differ; `Spread.none()` for one as the datasheet says.
        noise: how much trials differ; `Noise.none()` for runs that repeat bit by bit.
        seed: names the noise; the same seed gives the same noise again.
        trial: how often the chip was taken in hand before; each time has noise of its own.
        threads: how many batch entries are played at the same time.
        progress: called from time to time during long programs.
    """

    serial: int = DEFAULT_SERIAL
    spread: Spread = field(default_factory=Spread)
    noise: Noise = field(default_factory=Noise)
    seed: int = 0
    trial: int = 0
    threads: int = field(default=os.cpu_count() or 1, compare=False)
    progress: Progress | None = field(default=None, compare=False, repr=False)

    @classmethod
    def ideal(cls) -> Self:
        """A chip without mismatch and noise."""
        return cls(serial=0, spread=Spread.none(), noise=Noise.none())

    @property
    def identifier(self) -> str:
        """Names everything that calibrations depend on."""
        if self.spread == Spread():
            return f"twin-{self.serial}"
        if self.spread == Spread.none():
            return "twin-ideal"
        pattern = blake2b(repr(self.spread).encode(), digest_size=4).hexdigest()
        return f"twin-{self.serial}-{pattern}"

    def open(self) -> "TwinSession":
        """Take the chip in hand, freshly powered up."""
        return TwinSession(self)


class TwinSession:
    """An emulated chip in hand."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin
        self._chip = Chip(serial=twin.serial, spread=twin.spread, noise=twin.noise)
        self._registers = Registers()
        self._codes = capmem.codes(self._registers.config)
        self._sources: Sources = (Source(),) * N_BACKGROUND_SOURCES
        self._state = states.powered_up(N_NEURONS, _POWER_UP)
        self._is_followed = np.zeros(N_NEURONS, bool)
        self._known = np.full(N_NEURONS, self._state.step)
        self._routes: Routes | None = None
        self._counters = Counters()
        self._is_counting = np.zeros(N_NEURONS, bool)
        self._pulses = Memory()
        self._fired = logic.Memory.empty(N_NEURONS)
        self._status = Status(serial=twin.serial)
        self._sensing = Sensing()
        self._n_runs = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def run(self, program: Program) -> Recording:
        """Play a program and return what came back.

        Raises:
            ProgramError: it cannot be played; the chip is as it was.
        """
        timeline = lay_out(program, self._registers)
        if self._n_runs:
            self._wait_for_host()
        return self._run(timeline)

    def _run(self, timeline: Timeline) -> Recording:
        waiting = self._is_counting & (self._counters.spikes <= MAX_SPIKES)
        is_counting = still_counting(timeline, waiting)
        looks = windows(timeline, self._registers, bool(is_counting.any()))
        end = int(np.ceil((timeline.end * FPGA_CYCLE + _AFTERWARDS) / STEP))
        status = self._status.at(round(self._state.step * STEP / FPGA_CYCLE))
        script = split(timeline, looks, self._registers, self._codes, end, status)
        labels, now, counted = _labels(timeline), self._state.step, waiting | is_counting
        made = plan(script, self._chip, labels, self._sources, now, counted)
        base = self._catch_up(made)
        if len(timeline.spikes) > 1:
            made.make()
        players = self._play_all(made, timeline, looks, base)
        clock = clock_sets(timeline.moments, self._registers)
        entries = tuple(
            _entry(played, script, timeline, looks, self._state.step * STEP, clock)
            for played in players
        )
        self._keep(players[-1].player, made, script, end)
        self._is_counting = is_counting
        self._note(len(entries), timeline.end * FPGA_CYCLE)
        return Recording(entries=entries)

    def _note(self, n_entries: int, duration: float) -> None:
        twin = self._twin
        is_noisy = twin.noise != Noise.none()
        settings = {"serial": twin.serial, "seed": twin.seed, "noise": is_noisy}
        provenance.note_program(twin.identifier, settings, n_entries, duration)

    def _wait_for_host(self) -> None:
        """The chip goes on while the host makes the next program."""
        if self._is_counting.any() or self._is_sensing():
            self._run(lay_out(_IDLE, self._registers))
            return
        self._state.step += _BETWEEN_PROGRAMS
        self._is_followed[:] = False
        target = capmem.codes(self._registers.config)
        tau = refresh.settling(self._registers.chip["capmem"])
        self._codes = capmem.settle(self._codes, target, _BETWEEN_PROGRAMS * STEP, tau)

    def _is_sensing(self) -> bool:
        """Whether sensors that the CADC may show see something that the chip does by itself."""
        chip = self._registers.chip
        columns = correlation.shown_columns(chip)
        if not columns.any():
            return False
        is_background = bool(chip["background_spike_sources"]["enable"].any())
        return is_background or bool((columns & fires(self._registers.config)).any())

    def _play_all(
        self, made: Plan, timeline: Timeline, looks: Windows, base: State
    ) -> list["_Played"]:
        n_entries = len(timeline.spikes)
        total = n_entries * sum(
            item.span.end - item.first for item in made.items if isinstance(item, Stage)
        )
        tell = _Teller(self._twin.progress, total)

        def play(entry: int) -> _Played:
            return self._play(entry, made, timeline, looks, states.copy(base), tell)

        if n_entries == 1:
            return [play(0)]
        with ThreadPoolExecutor(max(1, self._twin.threads)) as pool:
            return list(pool.map(play, range(n_entries)))

    def _play(
        self,
        entry: int,
        made: Plan,
        timeline: Timeline,
        looks: Windows,
        state: State,
        tell: "_Teller",
    ) -> "_Played":
        player = self._player(entry, made, timeline, looks, state)
        answers: dict[int, Any] = {}
        for item in made.items:
            if isinstance(item, Stage):
                player.play(item)
                if item.first < item.span.end:
                    tell(item.span.end - item.first)
            else:
                answers |= act(item.act, item.setting, player)
        return _Played(player=player, answers=answers)

    def _player(
        self, entry: int, made: Plan, timeline: Timeline, looks: Windows, state: State
    ) -> Player:
        path = f"{self._twin.trial}/{self._n_runs}/{entry}"
        start = self._state.step
        traffic, n_dropped = crossing(timeline.spikes[entry], made.labels, start * STEP)
        seed = self._twin.seed
        return Player(
            start=start,
            state=state,
            known=self._known.copy(),
            counters=self._counters.copy(),
            traffic=traffic,
            sampler=Sampler(
                chip=self._chip,
                windows=looks,
                madc_noise=trial(seed, f"{path}/madc"),
                cadc_noise=trial(seed, f"{path}/cadc"),
            ),
            noise_key=_keys(seed, f"{path}/membrane"),
            pulses=self._pulses.copy(),
            fired=self._fired.copy(),
            sensing=self._sensing.copy(),
            n_dropped=n_dropped,
            routes=self._routes,
        )

    def _catch_up(self, made: Plan) -> State:
        """The state from which all entries start; neurons that nobody followed settle first."""
        state = states.copy(self._state)
        late = made.live[~self._is_followed[made.live]]
        if late.size == 0:
            return state
        setting = made.first
        n_steps = round(setting.memory_of(late, late).max() / STEP)
        neurons, latecomers = take(setting.analog, late), states.pick(state, late)
        latecomers.step -= n_steps
        elapsed = (latecomers.step - self._known[late]) * STEP
        states.pass_time(latecomers, elapsed)
        states.fade(latecomers, elapsed, neurons)
        latecomers.pending_time, latecomers.pending_address = np.empty(0), np.empty(0, np.int32)
        advance(
            neurons,
            latecomers,
            states.silence(late.size),
            Arrivals(time=np.empty(0), address=np.empty(0, np.int32)),
            Watch(neurons=np.empty(0, np.int64)),
            n_steps * STEP,
            _keys(self._twin.seed, f"{self._twin.trial}/{self._n_runs}/late")[late],
            coupling.take(setting.coupling, late),
        )
        states.put(state, latecomers, late)
        self._known[late] = self._state.step
        return state

    def _keep(self, player: Player, made: Plan, script: Script, end: int) -> None:
        """The chip after a program is the chip after its last entry."""
        self._state, step = player.state, self._state.step
        self._state.step = step + end
        self._known = player.known
        self._is_followed[:] = False
        self._is_followed[made.at_end] = True
        self._routes = player.routes
        self._counters = player.counters
        self._pulses = player.pulses
        self._fired = player.fired
        self._sensing = player.sensing
        self._registers, self._codes = script.registers, script.codes
        self._status = script.status
        self._sources = made.sources
        self._n_runs += 1


@dataclass(frozen=True, kw_only=True)
class _Played:
    player: Player
    answers: dict[int, Any]


@dataclass
class _Teller:
    """Tells how far a program is."""

    progress: Progress | None
    total: int
    done: int = 0

    def __call__(self, n_steps: int) -> None:
        self.done += n_steps
        if self.progress is not None:
            self.progress(self.done / self.total)


def _entry(
    played: _Played,
    script: Script,
    timeline: Timeline,
    looks: Windows,
    start: float,
    clock: np.ndarray,
) -> Entry:
    """What one batch entry brings back from a program that began at `start`."""
    time, label, n_slow = played.player.leaving()
    cycles = whole_cycles(time - start)
    is_recorded = inside(looks.recording, cycles)
    served = link.out_of_chip(time[is_recorded] - start)
    spikes = np.empty(served.time.size, SPIKE)
    spikes["label"] = label[is_recorded][served.is_kept]
    spikes["chip_time"] = cycles[is_recorded][served.is_kept]
    spikes["fpga_time"] = whole_cycles(served.time)
    answers = script.answers | played.answers
    return Entry(
        spikes=spikes,
        madc=played.player.sampler.madc(),
        cadc=played.player.sampler.cadc(),
        reads=tuple(answers[ticket] for ticket in range(len(answers))),
        read_times=timeline.answers,
        timer_resets=timeline.timer_resets,
        clock_sets=clock,
        dropped_in=played.player.n_dropped,
        dropped_out=served.n_dropped + n_slow,
    )


def _labels(timeline: Timeline) -> np.ndarray:
    """The labels that a program sends, ascending."""
    is_sent = np.zeros(1 << 16, bool)
    for spikes in timeline.spikes:
        is_sent[spikes.labels] = True
    return np.flatnonzero(is_sent).astype(np.uint16)


def _keys(seed: int, path: str) -> np.ndarray:
    """Names of the streams of chance of all neurons; 0 would mean silence."""
    return trial(seed, path).integers(1, 2**64, N_NEURONS, dtype=np.uint64)
