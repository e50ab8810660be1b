"""Vectors as events, in hagen mode."""

from typing import Any

import numpy as np

from neckar.brainscales2.chip.coordinates import (
    SpikeLabel,
    SpikePack1ToChipOnDLS,
    SynapseRowOnSynram,
    TimerOnDLS,
)
from neckar.brainscales2.chip.registers import SpikePack1ToChip, Timer
from pystadls_vx_v3 import PlaybackProgramBuilder

_ROWS_PER_DRIVER = 2
_BUSES = 4


def send_vectors(
    builder: PlaybackProgramBuilder,
    vector: Any,
    num_sends: int,
    wait_period: int,
    synram_coord: Any,
    synram_selection_bit: int,
) -> None:
    """One event per entry that is not zero, row by row; `wait_period` cycles apart if above 1."""
    entries = np.asarray(vector).ravel()
    if entries.size != SynapseRowOnSynram.size:
        raise RuntimeError(
            f"Length of vector ({entries.size}) does not match number of synapse rows in "
            f"hemisphere ({SynapseRowOnSynram.size})."
        )
    rows = np.flatnonzero(entries)
    labels = _labels(rows, entries[rows], int(synram_coord) << synram_selection_bit)
    builder.write(TimerOnDLS(), Timer())
    packs = [SpikePack1ToChip([SpikeLabel(label)]) for label in labels.tolist()] * num_sends
    for count, pack in enumerate(packs):
        builder.write(SpikePack1ToChipOnDLS(), pack)
        if wait_period > 1:
            builder.block_until(TimerOnDLS(), Timer.Value(wait_period * count))


def _labels(rows: np.ndarray, activations: np.ndarray, neuron_label: int) -> np.ndarray:
    """Events of rows. The upper of two rows of a driver is told by the highest address bit."""
    driver = rows // _ROWS_PER_DRIVER
    address = activations.astype(int) + 32 * (rows % _ROWS_PER_DRIVER == 0)
    return (driver % _BUSES) << 14 | neuron_label | (driver // _BUSES) << 6 | address
