"""Cuts a program into spans during which nothing is written, and what happens between them.

What nobody looks at need not be followed step by step: such a span is marked as unobserved, and
later only its end is simulated. While cells of the analog memory settle, observed time is cut into
short spans with the codes of their middle.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import FPGA_CYCLE, N_COLUMNS, N_HEMISPHERES
from neckar.brainscales2.chip.registers import ColumnCurrentRow
from neckar.brainscales2.chip.sections import Sections
from neckar.brainscales2.program import Read, Write
from neckar.brainscales2.twin import capmem, readout, refresh, wires
from neckar.brainscales2.twin.board import Pads
from neckar.brainscales2.twin.capmem import Codes
from neckar.brainscales2.twin.execution.status import Status
from neckar.brainscales2.twin.execution.timeline import Moment, Moving, Timeline
from neckar.brainscales2.twin.execution.windows import Windows, overlap
from neckar.brainscales2.twin.kernels.grid import STEP
from neckar.brainscales2.twin.registers.file import Registers
from neckar.brainscales2.twin.registers.kinds import COMMANDS, MADC_CONTROL, PADI_EVENT
from neckar.brainscales2.twin.registers.readable import MEASURED, REPORTS, n_words
from neckar.brainscales2.twin.wires import OnWire

_Both = tuple[OnWire, OnWire]  # excitatory and inhibitory, as `wires.on_debug_lines` tells

_DEBUG = ("enable_debug_excitatory", "enable_debug_inhibitory")
_OF_LINES = ("neuron_block", "readout_chain", "capmem")
_CURRENT_ROWS = ("current_rows", "values")
_SWITCHES = ColumnCurrentRow.dtype["values"].base.names
_N_SWITCHES = len(_SWITCHES)
_OTHERS = [k for k, name in enumerate(_SWITCHES) if name not in _DEBUG]
_AT_ONCE = 2  # steps; debug switches written one right after the other move together, at the last
_IN_PASSING = {PADI_EVENT, MADC_CONTROL, "EventRecordingConfigOnFPGA", "SystimeSyncOnFPGA"}
_CYCLES = STEP / FPGA_CYCLE  # of a step
_VISIBLE_CODE = 0.1  # what moves less makes no new setting
_WHILE_SETTLING = round(0.5e-3 / STEP)  # steps of a span
_ACROSS = 3_000_000  # steps * watched neurons of a span, bounds the memory of the traces
_NOBODY = np.empty(0, int)
_LONGEST = round(20e-3 / STEP)  # steps of an observed span, so that progress can be shown


@dataclass(frozen=True, kw_only=True, eq=False)
class Span:
    """Steps `begin` to `end` (from the beginning of the program) with one setting of the chip."""

    begin: int
    end: int
    config: ChipConfig
    codes: Codes
    pads: Pads
    is_observed: bool
    on_madc: bool
    on_cadc: bool

    @cached_property
    def watched(self) -> np.ndarray:
        """Neurons whose traces somebody samples."""
        return watched(self.config, self.on_madc, self.on_cadc, self.pads)


@dataclass(frozen=True, kw_only=True, eq=False)
class Lines:
    """Synaptic lines on their debug lines: before a change, at any time of it, and after it."""

    before: _Both
    during: _Both
    after: _Both

    @property
    def move(self) -> bool:
        """Whether a voltage holds any, or some are one."""
        changed = any(not _is_same(*both) for both in zip(self.before, self.after, strict=True))
        is_held = any(on.by.is_held and on.neurons.size for on in self.during)
        is_one = any(_is_one(on) for on in (*self.before, *self.after))
        return is_held or (changed and is_one)


@dataclass(frozen=True, kw_only=True, eq=False)
class Act:
    """A command, or a question that only the running chip can answer.

    Args:
        lines: synaptic lines that are held or become one. Nothing else is done then.
    """

    step: int
    cycle: int
    instruction: Moving
    config: ChipConfig
    codes: Codes
    pads: Pads
    lines: Lines | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Script:
    """A program as the analog part of the chip sees it.

    Args:
        items: spans that follow each other without a gap, and acts between them.
        answers: by ticket, registers that can be read without the running chip.
        registers: at the end.
        codes: in the analog memory, at the end.
        status: counts of the FPGA, at the end.
    """

    items: tuple[Span | Act, ...]
    answers: dict[int, object]
    registers: Registers
    codes: Codes
    status: Status

    @property
    def spans(self) -> list[Span]:
        """Without the acts."""
        return [item for item in self.items if isinstance(item, Span)]

    @property
    def acts(self) -> list[Act]:
        """Without the spans."""
        return [item for item in self.items if isinstance(item, Act)]


def watched(config: ChipConfig, on_madc: bool, on_cadc: bool, pads: Pads) -> np.ndarray:
    """Neurons that the ADCs see, ascending."""
    if not on_madc and not on_cadc:
        return _NOBODY
    seen = [_NOBODY]
    if on_madc:
        seen += [channel.neurons for channel in readout.sampling(config.registers, pads).channels]
    if on_cadc:
        seen.append(readout.on_cadc(config.registers))
    return np.unique(np.concatenate(seen))


def step_of(cycle: float) -> int:
    """The grid step that is nearest to an FPGA cycle."""
    return round(cycle * FPGA_CYCLE / STEP)


def split(
    timeline: Timeline,
    windows: Windows,
    registers: Registers,
    codes: Codes,
    end: int,
    status: Status | None = None,
) -> Script:
    """Play a program as far as registers and analog memory go, up to step `end`."""
    walk = _Walk(
        windows=windows,
        registers=registers.copy(),
        codes=codes,
        status=replace(status or Status()),
    )
    edges = sorted(_edges(windows))
    for moment in timeline.moments:
        step = step_of(moment.cycle)
        if walk.only_moves_debug_switches(moment):
            walk.move_debug_switches(step, moment, edges)
            continue
        if _changes(moment.instruction):
            walk.end_of_moves(edges)
            walk.go_to(step, edges)
        walk.carry_out(step, moment)
    walk.end_of_moves(edges)
    walk.go_to(end, edges)
    return Script(
        items=tuple(walk.items),
        answers=walk.answers,
        registers=walk.registers,
        codes=walk.codes,
        status=walk.status,
    )


def _changes(instruction: Moving) -> bool:
    """Whether the time before is not like the time after, or how it was has to be known."""
    kind = type(getattr(instruction, "coordinate", None)).__name__
    if isinstance(instruction, Read):
        return kind in MEASURED
    return not (isinstance(instruction, Write) and kind in _IN_PASSING)


def _edges(windows: Windows) -> set[int]:
    begins = {int(begin // _CYCLES) for begin, _ in windows.spans}
    return begins | {int(-(-end // _CYCLES)) for _, end in windows.spans}


@dataclass(kw_only=True)
class _Walk:
    windows: Windows
    registers: Registers
    codes: Codes
    status: Status
    now: int = 0
    items: list[Span | Act] = field(default_factory=list)
    answers: dict[int, object] = field(default_factory=dict)
    _shown: Codes = field(init=False)
    _moves: "_Moves | None" = None
    _target: tuple[ChipConfig, Codes] | None = None

    def __post_init__(self) -> None:
        self._shown = self.codes = self._settled(0)

    def carry_out(self, step: int, moment: Moment) -> None:
        instruction = moment.instruction
        self._count(moment)
        match instruction:
            case Read(coordinate=coordinate) if type(coordinate).__name__ in MEASURED:
                self._act(step, moment.cycle, instruction)
            case Read(coordinate=coordinate, ticket=ticket) if type(coordinate).__name__ in REPORTS:
                answer = self.status.answer(coordinate, moment.cycle, self.registers)
                self.answers[ticket] = answer
            case Read(coordinate=coordinate, ticket=ticket):
                self.answers[ticket] = self.registers.read(coordinate)
            case Write(coordinate=coordinate) if type(coordinate).__name__ in COMMANDS:
                self._act(step, moment.cycle, instruction)
            case _:
                if not _may_move_lines(moment):
                    self.registers.apply(instruction, moment.puts)
                    return
                before = self._on_lines()
                self.registers.apply(instruction, moment.puts)
                after = self._on_lines()
                if not all(_is_same(*both) for both in zip(before, after, strict=True)):
                    lines = Lines(before=before, during=after, after=after)
                    if lines.move:
                        self._act(step, moment.cycle, instruction, lines)

    def only_moves_debug_switches(self, moment: Moment) -> bool:
        """Whether an instruction connects synaptic lines with their debug line, and no more."""
        if moment.puts is None or len(moment.puts) != 1 or moment.puts[0].path != _CURRENT_ROWS:
            return False
        then, now = moment.puts[0].held(self.registers.chip), moment.puts[0].content
        return all(then[k::_N_SWITCHES] == now[k::_N_SWITCHES] for k in _OTHERS)

    def move_debug_switches(self, step: int, moment: Moment, edges: list[int]) -> None:
        """Those that are moved one right after the other make one change of the setting."""
        if self._moves is not None and step - self._moves.step > _AT_ONCE:
            self.end_of_moves(edges)
        if self._moves is None:
            self.go_to(step, edges)
            before = self.registers
            self.registers = before.copy()
            self._moves = _Moves(before=before, was_closed=_debug_switches(before.chip))
        self._count(moment)
        self.registers.apply(moment.instruction, moment.puts)
        self._moves.step, self._moves.moment = step, moment
        for put in moment.puts or ():
            for was_closed, name in zip(self._moves.was_closed, _DEBUG, strict=True):
                was_closed.reshape(N_HEMISPHERES, N_COLUMNS)[put.index] |= put.value[name]

    def end_of_moves(self, edges: list[int]) -> None:
        """Every line that was connected at any time of the moves is left where it was held."""
        moves = self._moves
        if moves is None or moves.moment is None:
            return
        self._moves, after = None, self.registers
        self.registers = moves.before
        before = self._on_lines()
        self.go_to(moves.step, edges)
        self.registers = after
        during = wires.on_debug_lines(after.chip, after.pads, moves.was_closed)
        lines = Lines(before=before, during=during, after=self._on_lines())
        if lines.move:
            self._act(moves.step, moves.moment.cycle, moves.moment.instruction, lines)

    def _on_lines(self) -> _Both:
        """Synaptic lines that are on their debug line now."""
        return wires.on_debug_lines(self.registers.chip, self.registers.pads)

    def _count(self, moment: Moment) -> None:
        match moment.instruction:
            case Read(coordinate=coordinate):
                self.status.has_read(n_words(coordinate))
            case Write(register=register):
                self.status.wrote(register, moment.cycle, self.registers)

    def _act(
        self,
        step: int,
        cycle: int,
        instruction: Moving,
        lines: Lines | None = None,
    ) -> None:
        self.items.append(
            Act(
                step=step,
                cycle=cycle,
                instruction=instruction,
                config=self.registers.config,
                codes=self._effective(0),
                pads=self.registers.pads,
                lines=lines,
            )
        )

    def go_to(self, step: int, edges: list[int]) -> None:
        between = edges[bisect_right(edges, self.now) : bisect_left(edges, step)]
        for edge in [*between, step]:
            if edge > self.now:
                self._span(edge)

    def _span(self, end: int) -> None:
        here, there = self.now * _CYCLES, (self.now + 1) * _CYCLES
        looks = self.windows
        on_madc, on_cadc = overlap(looks.madc, here, there), overlap(looks.cadc_spans, here, there)
        counts = overlap(looks.recording, here, there) or overlap(looks.counting, here, there)
        counts |= overlap(looks.sensing, here, there)
        while self.now < end:
            is_observed = on_madc or on_cadc or counts
            stop = min(end, self.now + self._longest(on_madc, on_cadc)) if is_observed else end
            span = Span(
                begin=self.now,
                end=stop,
                config=self.registers.config,
                codes=self._effective((stop - self.now) / (2 if is_observed else 1)),
                pads=self.registers.pads,
                is_observed=is_observed,
                on_madc=on_madc,
                on_cadc=on_cadc,
            )
            self.codes = self._settled(stop - self.now)
            self.items.append(span)
            self.now = stop

    def _effective(self, steps: float) -> Codes:
        """What the cells hold then, as far as it can be told from what they held last."""
        codes = self._settled(steps)
        is_moving = codes is not self._cells()
        if is_moving and capmem.largest_difference(codes, self._shown) < _VISIBLE_CODE:
            return self._shown
        self._shown = codes
        return codes

    def _settled(self, steps: float) -> Codes:
        """What the cells hold so many steps from now."""
        target = self._cells()
        if self.codes is target:
            return target
        tau = refresh.settling(self.registers.chip["capmem"])
        return capmem.settle(self.codes, target, steps * STEP, tau)

    def _longest(self, on_madc: bool, on_cadc: bool) -> int:
        if self.codes is not self._cells():
            return _WHILE_SETTLING
        pads = self.registers.pads
        n_watched = watched(self.registers.config, on_madc, on_cadc, pads).size
        return min(_LONGEST, _ACROSS // max(1, n_watched))

    def _cells(self) -> Codes:
        config = self.registers.config
        if self._target is None or not _is_all_same(self._target[0], config):
            self._target = (config, capmem.codes(config))
        return self._target[1]


@dataclass(kw_only=True)
class _Moves:
    """Debug switches that are being moved: how all was before, and which were closed since."""

    before: Registers
    was_closed: np.ndarray
    step: int = 0
    moment: Moment | None = None


def _may_move_lines(moment: Moment) -> bool:
    """Whether debug lines of the synaptic inputs may be connected otherwise afterwards."""
    return moment.puts is None or any(
        put.section in _OF_LINES and put.path[:1] != ("atomic_neurons",) for put in moment.puts
    )


def _is_all_same(one: ChipConfig, other: ChipConfig) -> bool:
    """Whether nothing was written to cells."""
    return one is other or all(
        one.registers[name] is other.registers[name] for name in capmem.SECTIONS
    )


def _debug_switches(chip: Sections) -> np.ndarray:
    """Which are closed, (2, 512), excitatory ones first."""
    switches = chip["neuron_block"]["current_rows"]["values"]
    return np.stack([switches[name].reshape(-1) for name in _DEBUG])


def _is_one(on: OnWire) -> bool:
    return on.neurons.size > 1 and not on.by.is_held


def _is_same(one: OnWire, other: OnWire) -> bool:
    return (
        np.array_equal(one.neurons, other.neurons)
        and one.by.volts == other.by.volts
        and one.by.cells == other.by.cells
    )
