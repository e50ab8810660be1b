"""What travels back from a chip: events, samples, read-backs, in its coordinates and FPGA time."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

SPIKE = np.dtype([("label", "<u2"), ("fpga_time", "<u8"), ("chip_time", "<u8")])
MADC_SAMPLE = np.dtype(
    [("value", "<u2"), ("channel", "u1"), ("fpga_time", "<u8"), ("chip_time", "<u8")]
)


@dataclass(frozen=True, kw_only=True)
class CADCSamples:
    """Parallel reads of all columns: `time` (n,) in FPGA cycles, `value` (n, 512) by neuron."""

    time: np.ndarray
    value: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What one batch entry brought back. Times are FPGA cycles since the program began.

    Args:
        spikes: array of `SPIKE`, ascending in chip time.
        madc: array of `MADC_SAMPLE`, ascending in chip time.
        cadc: parallel reads of the embedded processors.
        reads: registers in the order of their tickets.
        read_times: when each of these answers arrived, (n,).
        timer_resets: when the FPGA timer was set to zero, (n,).
        clock_sets: when the clocks of chip and FPGA were set, and to which FPGA cycle, (n, 2).
        dropped_in: events for the chip that the link had no room for.
        dropped_out: events of the chip that the link had no room for.
    """

    spikes: np.ndarray
    madc: np.ndarray
    cadc: CADCSamples
    reads: tuple[Any, ...]
    timer_resets: np.ndarray
    dropped_in: int
    dropped_out: int
    read_times: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    clock_sets: np.ndarray = field(default_factory=lambda: np.empty((0, 2), np.int64))

    def clock_at(self, cycles: np.ndarray) -> np.ndarray:
        """What the clocks show at cycles since the program began; that, until they are set."""
        when, shown = self.clock_sets.reshape(-1, 2).astype(np.int64).T
        last = np.searchsorted(when, cycles, side="right") - 1
        behind = np.concatenate([when - shown, [0]])[last]  # the last one: before all
        return np.asarray(cycles - behind)


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One part per batch entry of the program."""

    entries: tuple[Entry, ...]
