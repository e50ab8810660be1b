"""What a read answers, and why some do not."""

from typing import Any

import numpy as np

from neckar.brainscales2.chip.datasheet import N_HEMISPHERES, N_ROWS
from neckar.brainscales2.chip.register_map import CLASS_OF
from neckar.brainscales2.chip.registers import words
from neckar.brainscales2.twin.registers import memory
from neckar.brainscales2.twin.registers.kinds import EMPTY, is_known, why_absent
from neckar.brainscales2.twin.registers.memory import BLOCKS

REPORTS = frozenset(
    {
        "FPGADeviceDNAOnFPGA",
        "FPGASystimeSyncActiveStateOnFPGA",
        "FPGASystimeSyncLastAsicSystimeOnFPGA",
        "FPGASystimeSyncLastRTTOnFPGA",
        "HicannARQStatusOnFPGA",
        "JTAGIdCodeOnDLS",
        "PLLSelfTestStatusOnDLS",
        "PPUStatusRegisterOnDLS",
        "PerfTestStatusOnFPGA",
        "PhyStatusOnFPGA",
    }
)
"""What FPGA, link and clocks report about themselves (`status`)."""

CADC_WORDS = {"CADCSampleQuadOnDLS": 1, "CADCSampleRowOnDLS": 128, "CADCSamplesOnDLS": 256}
"""Readings of the CADC, and how many words of them there are."""

CADC_QUADS = (2, 2, 2, 256, 64)  # hemisphere, whether buffered, channel, row, quad
MEASURED = frozenset(
    {
        *CADC_WORDS,
        "CrossbarInputOnDLS",
        "CrossbarOutputOnDLS",
        "SpikeCounterReadOnDLS",
    }
)
"""What only the running chip can answer."""


def wrong_read(coordinate: Any) -> str | None:
    """Why a register cannot be read, if it cannot."""
    kind = type(coordinate).__name__
    if kind not in CLASS_OF:
        return f"{kind} is no coordinate of a register"
    if kind == EMPTY:
        return None
    if words.to_read(CLASS_OF[kind]) == 0 and not is_known(kind):
        return f"{CLASS_OF[kind].__name__} is only written, it cannot be read"
    if not is_known(kind) and kind not in MEASURED | REPORTS:
        return f"{CLASS_OF[kind].__name__} {why_absent(CLASS_OF[kind])}"
    return None


def n_words(coordinate: Any) -> int:
    """How many words there are to read at a coordinate."""
    kind = type(coordinate).__name__
    if kind in BLOCKS or kind == "ExternalPPUDRAMMemoryBlockOnFPGA":
        return words.to_read(CLASS_OF[kind](memory.length_of(coordinate)))
    return words.to_read(CLASS_OF[kind])


def triggers(coordinate: Any) -> bool:
    """Whether reading this makes the CADC convert; buffers of quads show what it did before."""
    kind = type(coordinate).__name__
    if kind != "CADCSampleQuadOnDLS":
        return kind in CADC_WORDS
    _, is_buffered, *_ = np.unravel_index(int(coordinate.toEnum()), CADC_QUADS)
    return not is_buffered


def converted_halves(coordinate: Any) -> tuple[int, ...]:
    """Hemispheres whose columns such a read converts."""
    match type(coordinate).__name__:
        case "CADCSampleQuadOnDLS":
            return (int(np.unravel_index(int(coordinate.toEnum()), CADC_QUADS)[0]),)
        case "CADCSampleRowOnDLS":
            return (int(coordinate.toEnum()) // N_ROWS,)
    return tuple(range(N_HEMISPHERES))
