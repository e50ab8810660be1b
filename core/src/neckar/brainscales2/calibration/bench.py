"""A chip on the bench: settings that change between measurements, and ways to look at all neurons.

All that is known of the chip comes through a session: programs go in, recordings come out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from neckar.brainscales2.backends.base import Session
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import (
    CADC_MEMORY_SAMPLES,
    CADC_PERIOD,
    FPGA_CYCLE,
    FPGA_FREQUENCY,
    SETTLING,
)
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.program import (
    BlockUntil,
    Configure,
    Instruction,
    Program,
    ResetTimer,
    SampleCADC,
    SendSpikes,
    Spikes,
)
from neckar.brainscales2.recording import Entry

PERIOD_CYCLES = round(CADC_PERIOD * FPGA_FREQUENCY) + 1  # as fast as the processors read
_READS = 32  # of a level
_READS_APART = 2  # periods; what the membrane does in between is partly new
_LEAD_CYCLES = 200  # before the first reading
FIRST = _LEAD_CYCLES * FPGA_CYCLE
"""s after which a trace begins."""


@dataclass(frozen=True, kw_only=True)
class Trace:
    """CADC readings of all neurons: `time` (n,) in s since the timer was reset, `lsb` (n, 512)."""

    time: np.ndarray
    lsb: np.ndarray


@dataclass(kw_only=True)
class Bench:
    """A chip in hand with settings `chip`, which calibrations write into.

    Args:
        session: the chip.
        chip: its settings, written before each measurement.
        tick: told after every measurement.
        n_programs: how many were played.
    """

    session: Session
    chip: Chip = field(default_factory=Chip)
    tick: Callable[[], None] = lambda: None
    n_programs: int = 0

    @property
    def neurons(self) -> np.ndarray:
        """Settings of all neurons, (512,), to be changed."""
        return self.chip.array["neuron_block"]["atomic_neurons"]

    def write(self, name: str, code: int | bool | np.ndarray) -> None:
        """Set one setting, such as `leak.v_leak`, of all neurons."""
        part, field_name = name.split(".")
        self.neurons[part][field_name] = code

    def aside(self) -> "Bench":
        """The same chip with settings of its own, for what a measurement needs besides."""
        return Bench(session=self.session, chip=Chip.from_array(self.chip.array), tick=self._count)

    def _count(self) -> None:
        self.n_programs += 1
        self.tick()

    def play(self, *instructions: Instruction) -> Entry:
        """Write the settings, let the parameters settle, reset the timer and go on."""
        program = Program(
            instructions=(
                ResetTimer(),
                Configure(config=ChipConfig.of(self.chip)),
                BlockUntil(cycles=cycles(SETTLING)),
                ResetTimer(),
                *instructions,
            )
        )
        self._count()
        return self.session.run(program).entries[0]

    def level(self, n: int = _READS) -> np.ndarray:
        """Mean CADC reading of every neuron at rest, (512,)."""
        return self.trace(n, period_cycles=_READS_APART * PERIOD_CYCLES).lsb.mean(axis=0)

    def trace(
        self,
        n: int,
        *between: tuple[float, Instruction],
        period_cycles: int = PERIOD_CYCLES,
    ) -> Trace:
        """`n` readings of all neurons, while instructions are carried out at their times, s."""
        instructions: list[Instruction] = []
        for first in range(0, n, CADC_MEMORY_SAMPLES):
            burst = min(CADC_MEMORY_SAMPLES, n - first)
            wait = BlockUntil(cycles=_LEAD_CYCLES + first * period_cycles)
            instructions += [wait, SampleCADC(n_samples=burst, period_cycles=period_cycles)]
        end = _LEAD_CYCLES + n * period_cycles
        timed = [(cycles(time), instruction) for time, instruction in between]
        entry = self.play(*_in_order(instructions, timed), BlockUntil(cycles=end))
        since = entry.timer_resets[-1]
        return Trace(
            time=(entry.cadc.time - since) * FPGA_CYCLE, lsb=entry.cadc.value.astype(float)
        )


def cycles(time: float) -> int:
    """A time in s as FPGA cycles."""
    return round(time * FPGA_FREQUENCY)


def spikes(times: np.ndarray, labels: int | np.ndarray) -> SendSpikes:
    """Events at these times, s, ascending."""
    at = np.rint(np.asarray(times) * FPGA_FREQUENCY).astype(np.int64)
    labels = np.broadcast_to(labels, at.shape).astype(np.uint16)
    return SendSpikes(entries=(Spikes(cycles=at, labels=labels),))


def _in_order(bursts: list[Instruction], timed: list[tuple[int, Instruction]]) -> list[Instruction]:
    """Instructions at their cycles among bursts, each of which begins with a wait."""
    parts: list[tuple[int, list[Instruction]]] = [
        (wait.cycles, [wait, burst])
        for wait, burst in zip(bursts[::2], bursts[1::2], strict=True)
        if isinstance(wait, BlockUntil)
    ]
    parts += [(cycle, [BlockUntil(cycles=cycle), each]) for cycle, each in timed]
    return [each for _, part in sorted(parts, key=lambda part: part[0]) for each in part]
