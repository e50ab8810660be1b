"""The FPGA waits until a word on the bus has a value."""

from typing import Any

from neckar.brainscales2.chip.coordinates import (
    Enum,
    InstructionTimeoutConfigOnFPGA,
    PollingOmnibusBlockConfigOnFPGA,
    PPUMemoryWordOnDLS,
)
from neckar.brainscales2.chip.datasheet import FPGA_CYCLE, PROCESSOR_ADDRESSES
from neckar.brainscales2.twin.registers.file import Registers
from neckar.errors import ProgramError

_N_WORDS = 4096  # of one processor


def poll(is_expected_equal: bool, registers: Registers) -> None:
    """Wait; the processors stand still, so the word has its value now or never.

    Raises:
        ProgramError: the FPGA would give up.
    """
    asked = registers.read(PollingOmnibusBlockConfigOnFPGA())
    mask, target = int(asked.mask), int(asked.target)
    found = _word(int(asked.address), registers)
    if (found & mask == target) is not is_expected_equal:
        limit = registers.read(InstructionTimeoutConfigOnFPGA()).value
        wanted = f"{'' if is_expected_equal else 'other than '}{target:#x}"
        raise ProgramError(
            f"the word at {int(asked.address):#x} is {found:#x}; under the mask {mask:#x} it"
            f" has to become {wanted}, and nothing changes it: the FPGA would give up"
            f" after {int(limit) * FPGA_CYCLE * 1e3:.3g} ms"
        )


def _word(address: int, registers: Registers) -> int:
    for processor, base in enumerate(PROCESSOR_ADDRESSES):
        if base <= address < base + _N_WORDS:
            place = PPUMemoryWordOnDLS(Enum(processor * _N_WORDS + address - base))
            word: Any = registers.read(place)
            return int(word.value)
    known = " and ".join(f"{base:#x} .. {base + _N_WORDS - 1:#x}" for base in PROCESSOR_ADDRESSES)
    raise ProgramError(
        f"waiting for the word at {address:#x} is not modelled; these are: {known}, the memories"
        " of the processors"
    )
