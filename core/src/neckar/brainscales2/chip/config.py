"""One complete setting of a chip, in codes."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.chip.sections import SharedSections, are_same, as_array


@dataclass(frozen=True, eq=False)
class ChipConfig:
    """A picture of all registers of one chip that nobody can change.

    Args:
        registers: read-only. Sections and their fields have the names of `lola.Chip`; arrays are
            indexed by the enum of their coordinate, as in
            `registers["neuron_block"]["atomic_neurons"]["leak"]["v_leak"]` has shape (512,).
    """

    registers: SharedSections

    @classmethod
    def of(cls, chip: Chip) -> Self:
        """A picture of `chip` as it is now."""
        return cls.from_array(as_array(chip.array))

    @classmethod
    def from_array(cls, registers: np.ndarray) -> Self:
        """A picture of an array of type `Chip.dtype` that nobody changes from now on."""
        registers.flags.writeable = False
        return cls(SharedSections.of(registers))

    def chip(self) -> Chip:
        """A chip object that may be changed."""
        return Chip.from_array(self.array)

    @property
    def array(self) -> np.ndarray:
        """All registers in an array that may be changed."""
        return as_array(self.registers)

    @cached_property
    def neurons(self) -> np.ndarray:
        """Settings of the 512 neuron circuits, structured, (512,)."""
        neurons: np.ndarray = self.registers["neuron_block"]["atomic_neurons"]
        return neurons

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ChipConfig) and are_same(self.registers, other.registers)
