"""Writes that would be slow in a loop, and what version this is."""

from typing import Any

import numpy as np

from neckar.brainscales2.chip.coordinates import CapMemCellOnDLS, NeuronConfigOnDLS
from neckar.brainscales2.chip.registers import CapMemCell
from pyhxcomm_vx import get_repo_state
from pystadls_vx_v3 import PlaybackProgramBuilder

_N_COLUMNS, _N_NEURON_COLUMNS, _N_CELLS = 130, 128, 3120


def write_capmem_row(builder: PlaybackProgramBuilder, row: Any, values: Any) -> None:
    """Write one row of analog memory at all neurons, in the order of `NeuronConfigOnDLS`."""
    codes = np.asarray(values)
    if codes.size != NeuronConfigOnDLS.size:
        raise RuntimeError(
            f"Number of values ({codes.size}) does not match number of capmem columns "
            f"({NeuronConfigOnDLS.size})."
        )
    neurons = np.arange(codes.size)
    block, column = np.divmod(neurons, _N_NEURON_COLUMNS)
    cells = block * _N_CELLS + int(row) * _N_COLUMNS + column
    for cell, code in zip(cells.tolist(), codes.tolist(), strict=True):
        builder.write(CapMemCellOnDLS.at(cell), CapMemCell(CapMemCell.Value(code)))


__all__ = ["get_repo_state", "write_capmem_row"]
