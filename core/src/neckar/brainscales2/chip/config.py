"""One complete setting of a chip, in codes."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from neckar.brainscales2.chip.registers import Chip


@dataclass(frozen=True, eq=False)
class ChipConfig:
    """A picture of all registers of one chip that nobody can change.

    Args:
        registers: 0-d structured array of type `Chip.dtype`, read-only. Fields have the names of
            `lola.Chip`; arrays are indexed by the enum of their coordinate, for example
            `registers["neuron_block"]["atomic_neurons"]["leak"]["v_leak"]` has shape (512,).
    """

    registers: np.ndarray

    @classmethod
    def of(cls, chip: Chip) -> Self:
        """A picture of `chip` as it is now."""
        registers = chip.array.copy()
        registers.flags.writeable = False
        return cls(registers)

    def chip(self) -> Chip:
        """A chip object that may be changed."""
        return Chip.from_array(self.registers)

    @cached_property
    def neurons(self) -> np.ndarray:
        """Settings of the 512 neuron circuits, structured, (512,)."""
        return self.registers["neuron_block"]["atomic_neurons"]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ChipConfig) and (
            self.registers.tobytes() == other.registers.tobytes()
        )
