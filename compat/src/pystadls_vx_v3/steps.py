"""Steps of a program in the words of the original, and what they are in ours."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.coordinates import (
    BarrierOnFPGA,
    Coordinate,
    LogicalNeuronOnDLS,
    PollingOmnibusBlockOnFPGA,
    TimerOnDLS,
)
from neckar.brainscales2.chip.registers import (
    HAL,
    LOLA,
    Barrier,
    Chip,
    LogicalNeuron,
    PollingOmnibusBlock,
    Timer,
)
from neckar.brainscales2.program import (
    BlockUntil,
    Configure,
    Instruction,
    Read,
    ResetTimer,
    SendSpikes,
    Spikes,
    Write,
)

REGISTER_AT = {
    register.coordinate_type: register
    for register in (HAL | LOLA).values()
    if register.coordinate_type is not None
}
_WAITS = {
    Timer.Value: TimerOnDLS,
    Barrier: BarrierOnFPGA,
    PollingOmnibusBlock: PollingOmnibusBlockOnFPGA,
}
SPIKE_PACKS = (HAL["SpikePack1ToChip"], HAL["SpikePack2ToChip"], HAL["SpikePack3ToChip"])


@dataclass(frozen=True)
class Writing:
    """Write a register, or only what `differs` from what the chip holds."""

    coordinate: Any
    register: Any
    differs: bool = False

    def __str__(self) -> str:
        return f"write {self.coordinate} {self.register}"


@dataclass(frozen=True)
class Reading:
    """Read a register; the answer goes to the ticket."""

    coordinate: Any
    ticket: Any

    def __str__(self) -> str:
        return f"read {self.coordinate}"


@dataclass(frozen=True)
class Blocking:
    """Wait for a time or for whatever is under way."""

    coordinate: Any
    until: Any

    def __str__(self) -> str:
        return f"block_until {self.coordinate} {self.until}"


Step = Writing | Reading | Blocking


def writing(coordinate: Any, register: Any, differs: bool = False) -> Writing:
    """A write of a copy of `register`."""
    expected = REGISTER_AT.get(type(coordinate))
    if expected is None or type(register) is not expected:
        wanted = expected.__name__ if expected else "no register"
        raise TypeError(
            f"at {type(coordinate).__name__} sits {wanted}, not {type(register).__name__}"
        )
    return Writing(coordinate, register.copy(), differs)


def reading(coordinate: Any, ticket: Any) -> Reading:
    """A read of the register at `coordinate`."""
    if type(coordinate) not in REGISTER_AT:
        raise TypeError(f"{type(coordinate).__name__} is no coordinate of a register")
    return Reading(coordinate, ticket)


def blocking(coordinate: Any, until: Any) -> Blocking:
    """A wait until a time, also a plain number, or until what is under way has arrived."""
    if isinstance(until, int | np.integer) and not isinstance(until, bool | Coordinate):
        until = Timer.Value(until)
    expected = _WAITS.get(type(until))
    if expected is None:
        raise TypeError(f"waiting for {until!r} is not possible")
    if type(coordinate) is not expected:
        raise TypeError(
            f"{type(until).__qualname__} waits at {expected.__name__},"
            f" not at {type(coordinate).__name__}"
        )
    return Blocking(coordinate, until if isinstance(until, Timer.Value) else until.copy())


def instructions(steps: list[Step]) -> Iterator[Instruction]:
    """The steps as the twin plays them. Spikes between two waits are sent together."""
    spikes: list[tuple[int, Any]] = []
    now = blocked = n_reads = 0
    for step in steps:
        if isinstance(step, Blocking) and isinstance(step.until, Timer.Value):
            now, blocked = max(now, int(step.until)), int(step.until)
        elif isinstance(step, Writing) and type(step.register) in SPIKE_PACKS:
            spikes += [(now, label) for label in step.register.array["labels"]]
            now += 1
        elif not (isinstance(step, Blocking) and isinstance(step.until, Barrier)):
            yield from _flushed(spikes, blocked)
            spikes, blocked = [], 0
            yield from _moving(step, n_reads)
            n_reads += isinstance(step, Reading)
            if isinstance(step, Writing) and type(step.register) is Timer:
                now = int(step.register.value)
    yield from _flushed(spikes, blocked)


def _flushed(spikes: list[tuple[int, Any]], blocked: int) -> Iterator[Instruction]:
    if spikes:
        cycles, labels = zip(*spikes, strict=True)
        sent = Spikes(cycles=np.array(cycles, np.int64), labels=np.array(labels, np.uint16))
        yield SendSpikes(entries=(sent,))
    if blocked:
        yield BlockUntil(cycles=blocked)


def _moving(step: Step, n_reads: int) -> Iterator[Instruction]:
    if isinstance(step, Reading):
        yield Read(coordinate=step.coordinate, ticket=n_reads)
    elif isinstance(step, Blocking):
        yield Write(coordinate=step.coordinate, register=step.until)
    elif type(step.register) is Timer and step.register.value == 0:
        yield ResetTimer()
    elif type(step.register) is Chip and step.differs:
        yield Configure(config=ChipConfig.of(step.register))
    elif type(step.register) is LogicalNeuron:
        yield from _neuron(step.coordinate, step.register)
    else:
        yield Write(coordinate=step.coordinate, register=step.register)


def _neuron(coordinate: LogicalNeuronOnDLS, neuron: Any) -> Iterator[Instruction]:
    settings = neuron.collapse_neuron()
    for compartment, circuits in coordinate.get_placed_compartments().items():
        for circuit, register in zip(circuits, settings[compartment], strict=True):
            yield Write(coordinate=circuit, register=register)
