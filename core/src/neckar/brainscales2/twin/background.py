"""On-chip spike sources: eight generators, one per PADI bus, regular or Poisson.

A source counts down `period` cycles of its clock and then fires; in random mode it first draws a
number from 1 to 255 and fires only if the draw does not exceed `rate`, so the mean rate is
`clock / period * rate / 255`. The draws come from a linear feedback shift register of 32 bits that
is loaded with the seed when the source is switched on.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from neckar.brainscales2.chip.datasheet import BACKGROUND_FREQUENCY
from neckar.errors import ProgramError

_TAPS = 0x80200003  # x^32 + x^22 + x^2 + x + 1, of maximal length; the chip's own is not published
_STEPS_PER_DRAW = 32  # fresh bits for each draw: 16 for the comparison, 8 for the label


@dataclass(frozen=True, kw_only=True)
class Source:
    """A source between two events. Times are cycles of its clock since the chip was powered up.

    Args:
        is_on: whether it counts.
        next_cycle: when its counter runs out.
        register: content of the shift register.
    """

    is_on: bool = False
    next_cycle: int = 0
    register: int = 0


@dataclass(frozen=True, kw_only=True)
class Emission:
    """Events of one source: `time` (s since power-up, ascending) and 14-bit `label`."""

    time: np.ndarray
    label: np.ndarray


def cycle_at(time: float) -> int:
    """The first clock cycle that is not before `time`."""
    return int(np.ceil(time * BACKGROUND_FREQUENCY - 1e-6))


def check(sources: np.ndarray) -> None:
    """Refuse settings that no counter can count.

    Raises:
        ProgramError: a source is on and has no period.
    """
    idle = np.flatnonzero(sources["enable"] & (sources["period"] == 0))
    if idle.size:
        raise ProgramError(
            f"background source {idle[0]}: enabled with period 0; set a period of 1 .. 65535 cycles"
        )


def switch(source: Source, settings: np.void, now: float) -> Source:
    """The source after its registers were written at `now`; only the edge to on starts it anew."""
    if not settings["enable"]:
        return Source()
    if source.is_on:
        return source
    # Complemented, so that the seed 0 is as good as any other.
    return Source(
        is_on=True,
        next_cycle=cycle_at(now) + int(settings["period"]),
        register=int(~np.uint32(settings["seed"])),
    )


def emit(source: Source, settings: np.void, until: float) -> tuple[Source, Emission]:
    """All events before `until`, and the source as they leave it."""
    n_counts = _n_counts(source, settings, until)
    if n_counts == 0:
        return source, Emission(time=np.empty(0), label=np.empty(0, np.uint16))
    cycles = source.next_cycle + int(settings["period"]) * np.arange(n_counts)
    label = np.full(n_counts, settings["neuron_label"], np.uint16)
    if settings["enable_random"]:
        registers = _registers(source.register, n_counts)
        fires = _draw(registers) <= settings["rate"]
        cycles, label = cycles[fires], _randomise(label, registers, settings["mask"])[fires]
    return skip(source, settings, until), Emission(time=cycles / BACKGROUND_FREQUENCY, label=label)


def skip(source: Source, settings: np.void, until: float) -> Source:
    """The source at `until`, its events unheard. Costs nothing however long it takes."""
    n_counts = _n_counts(source, settings, until)
    register = source.register
    for k in range(n_counts.bit_length()):
        if n_counts >> k & 1:
            register = int(_apply(_jump(k), np.array([register], np.uint32))[0])
    return Source(
        is_on=source.is_on,
        next_cycle=source.next_cycle + int(settings["period"]) * n_counts,
        register=register,
    )


def labels(settings: np.void) -> np.ndarray:
    """Every 14-bit label the source can send."""
    label = int(settings["neuron_label"])
    if not settings["enable_random"] or settings["mask"] == 0:
        return np.array([label], np.uint16)
    free = np.unique(np.arange(256) & int(settings["mask"]))
    return ((label & ~int(settings["mask"])) | free).astype(np.uint16)


def _n_counts(source: Source, settings: np.void, until: float) -> int:
    if not source.is_on:
        return 0
    return max(0, -((source.next_cycle - cycle_at(until)) // int(settings["period"])))


def _draw(registers: np.ndarray) -> np.ndarray:
    """Numbers from 1 to 255, so that `rate` of 255 always fires and 0 never does."""
    return 1 + ((registers & np.uint32(0xFFFF)) * np.uint32(255) >> np.uint32(16))


def _randomise(label: np.ndarray, registers: np.ndarray, mask: int) -> np.ndarray:
    bits = (registers >> np.uint32(16)).astype(np.uint16)
    return (label & ~np.uint16(mask)) | (bits & np.uint16(mask))


def _registers(start: int, n: int) -> np.ndarray:
    """The first `n` contents after `start`, found by doubling: s[m + i] = M^m s[i]."""
    contents = _apply(_jump(0), np.array([start], np.uint32))
    for k in range((n - 1).bit_length()):
        contents = np.concatenate([contents, _apply(_jump(k), contents)])
    return contents[:n]


@cache
def _jump(k: int) -> np.ndarray:
    """The matrix that advances a register by 2^k draws, as tables by byte, (4, 256)."""
    if k == 0:
        columns = np.uint32(1) << np.arange(32, dtype=np.uint32)
        for _ in range(_STEPS_PER_DRAW):
            columns = (columns >> np.uint32(1)) ^ np.where(columns & 1, np.uint32(_TAPS), 0)
        return _tables(columns.astype(np.uint32))
    half = _jump(k - 1)
    return _tables(_apply(half, _apply(half, np.uint32(1) << np.arange(32, dtype=np.uint32))))


def _tables(columns: np.ndarray) -> np.ndarray:
    bits = np.arange(256)[:, None] >> np.arange(8) & 1
    chosen = np.where(bits[None], columns.reshape(4, 1, 8), 0).astype(np.uint32)
    return np.bitwise_xor.reduce(chosen, axis=2)


def _apply(tables: np.ndarray, registers: np.ndarray) -> np.ndarray:
    by_byte = registers[:, None] >> np.arange(0, 32, 8, dtype=np.uint32) & np.uint32(0xFF)
    return np.bitwise_xor.reduce(tables[np.arange(4), by_byte], axis=1)
