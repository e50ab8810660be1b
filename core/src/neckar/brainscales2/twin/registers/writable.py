"""Why some registers cannot be written, and which settings the twin has no model of."""

from collections.abc import Collection
from typing import Any

import numpy as np

from neckar.brainscales2.chip.register_map import CLASS_OF
from neckar.brainscales2.chip.registers import words
from neckar.brainscales2.chip.registers.memory import MemoryBlock
from neckar.brainscales2.chip.sections import NAMES, Sections
from neckar.brainscales2.program import Configure, Instruction, Write
from neckar.brainscales2.twin import background, board, driver, wires
from neckar.brainscales2.twin.board import Pads
from neckar.brainscales2.twin.registers import memory
from neckar.brainscales2.twin.registers.kinds import (
    COMMANDS,
    MADC_CONTROL,
    is_known,
    why_absent,
)
from neckar.brainscales2.twin.registers.puts import Puts
from neckar.errors import ProgramError

_UNMODELLED = {
    "MADCConfigOnDLS": ("enable_iconv_amplifier",),
    "MADCControlOnDLS": ("enable_iconv_amplifier",),
    "PPUControlRegisterOnDLS": ("inhibit_reset",),
}
_HARMLESS = COMMANDS | {"CapMemCellOnDLS", "EventRecordingConfigOnFPGA", MADC_CONTROL}


def wrong_write(coordinate: Any, register: Any) -> str | None:
    """Why a register cannot be written, if it cannot."""
    kind = type(coordinate).__name__
    expected = CLASS_OF.get(kind)
    if expected is None:
        return f"{kind} is no coordinate of a register"
    if type(register) is not expected:
        return f"{kind} takes {expected.__name__}, not {type(register).__name__}"
    if words.to_write(register) == 0:
        return f"{expected.__name__} only reports, it cannot be written"
    if not is_known(kind) and kind not in COMMANDS:
        return f"{expected.__name__} {why_absent(expected)}"
    if isinstance(register, MemoryBlock) and len(register) != memory.length_of(coordinate):
        return f"{coordinate} takes {memory.length_of(coordinate)} cells, not {len(register)}"
    if kind == board.SWITCHES[0] and (line := board.wrong(register)) is not None:
        return line
    for name in _UNMODELLED.get(kind, ()):
        if register.array[name]:
            return f"{name} of {expected.__name__} is not modelled yet; switch it off"
    return None


def may_be_wrong(instruction: Instruction, puts: Puts | None) -> frozenset[str]:
    """Sections in which `check_settings` may find what it has not found before."""
    if isinstance(instruction, Configure):
        return _EVERYWHERE
    kind = type(getattr(instruction, "coordinate", None)).__name__
    if not isinstance(instruction, Write) or kind in _HARMLESS:
        return _NOWHERE
    return _EVERYWHERE if puts is None else frozenset(put.section for put in puts)


_NOWHERE: frozenset[str] = frozenset()
_EVERYWHERE = frozenset(NAMES)


def check_settings(
    chip: Sections, pads: Pads = board.NOTHING, written: Collection[str] = NAMES
) -> None:
    """Refuse settings of the chip, and of the board at its pads, that the twin has no model of.

    Only sections that were `written` can be wrong.

    Raises:
        ProgramError: with the first circuit that asks for it.
    """
    if "synapse_driver_blocks" in written:
        driver.check(chip["synapse_driver_blocks"]["synapse_drivers"])
    if "background_spike_sources" in written:
        background.check(chip["background_spike_sources"])
    if not wires.SECTIONS.isdisjoint(written):
        wires.check(chip, pads)
    if "neuron_block" not in written:
        return
    firing = chip["neuron_block"]["atomic_neurons"]["bayesian"]
    asked = np.flatnonzero(firing["connect_fire_from_right"])
    if asked.size:
        raise ProgramError(
            f"neuron {asked[0]}: bayesian.connect_fire_from_right does not work on the chip; use "
            f"connect_fire_to_right ({asked.size} neurons ask for it)"
        )
