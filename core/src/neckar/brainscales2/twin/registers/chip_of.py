"""From single registers to a whole chip."""

from collections.abc import Iterable
from typing import Any

from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.registers import Barrier, Chip, PollingOmnibusBlock, Timer
from neckar.brainscales2.twin.registers.file import Registers

WAITS = (Timer.Value, Barrier, PollingOmnibusBlock)
"""What stands among registers in a list of steps and is none."""


def chip_of(entries: Iterable[tuple[Any, Any]], before: Chip | None = None) -> Chip:
    """The chip after these registers were written to `before`, or to one that was just reset.

    Args:
        entries: coordinates and registers, in order; waits and what belongs to the board or to the
            FPGA change nothing.
        before: stays as it is.

    Raises:
        ProgramError: one of them can only be read.
    """
    registers = Registers.holding(ChipConfig.of(Chip() if before is None else before))
    for coordinate, register in entries:
        if isinstance(register, Chip):
            registers.configure(ChipConfig.of(register))
        elif not isinstance(register, WAITS):
            registers.write(coordinate, register)
    return registers.config.chip()
