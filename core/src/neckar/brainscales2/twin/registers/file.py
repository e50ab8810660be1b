"""The registers of the chip and of the FPGA beside it: what was written is what is read."""

from dataclasses import dataclass, field
from typing import Any, Self

from neckar.brainscales2.chip import register_map
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.register_map import CLASS_OF, at, capmem_cell
from neckar.brainscales2.chip.registers import Chip, words
from neckar.brainscales2.chip.sections import SharedSections, n_differing
from neckar.brainscales2.program import Configure, Instruction, Write
from neckar.brainscales2.twin import board
from neckar.brainscales2.twin.board import Pads
from neckar.brainscales2.twin.registers import memory
from neckar.brainscales2.twin.registers.kinds import (
    CELLS,
    COMMANDS,
    EMPTY,
    KEPT,
    LENT,
    MADC_CONTROL,
    PARTS,
    WHOLE,
    first_cell,
)
from neckar.brainscales2.twin.registers.memory import BLOCKS, LARGE, QUAD, LargeMemory
from neckar.brainscales2.twin.registers.puts import Puts, placed
from neckar.brainscales2.twin.registers.writable import wrong_write
from neckar.errors import ProgramError


@dataclass
class Registers:
    """All registers as they are now.

    Args:
        chip: its sections, shared with pictures of them.
        kept: registers outside the chip's array, by type and enum of their coordinate.
        is_madc_awake: it was woken up, and not sent to sleep since.
        large: the large memory at the FPGA.
    """

    chip: SharedSections = field(default_factory=lambda: SharedSections.of(Chip().array))
    kept: dict[tuple[str, int], Any] = field(default_factory=dict)
    is_madc_awake: bool = False
    large: LargeMemory = field(default_factory=LargeMemory)
    _picture: ChipConfig | None = None
    _pads: Pads | None = None

    @classmethod
    def holding(cls, config: ChipConfig) -> Self:
        """Registers of a chip that looks like this."""
        return cls(chip=SharedSections.of(config.registers), _picture=config)

    def copy(self) -> Self:
        """Registers that may be changed without changing these."""
        return type(self)(
            chip=self.chip.copy(),
            kept=dict(self.kept),
            is_madc_awake=self.is_madc_awake,
            large=self.large.copy(),
            _picture=self._picture,
            _pads=self._pads,
        )

    @property
    def pads(self) -> Pads:
        """What the board does to the readout pads."""
        if self._pads is None:
            self._pads = board.pads(self.kept)
        return self._pads

    @property
    def config(self) -> ChipConfig:
        """A picture of the chip's registers; the same one until something changes."""
        if self._picture is None:
            self._picture = ChipConfig(self.chip.copy())
        return self._picture

    def configure(self, config: ChipConfig) -> int:
        """Write whatever differs; returns how many words that were."""
        n_words = n_differing(self.chip, config.registers)
        self.chip, self._picture = SharedSections.of(config.registers), config
        return n_words

    def apply(self, instruction: Instruction, puts: "Puts | None" = None) -> int:
        """Carry out an instruction as far as it concerns registers; returns the words written.

        What `placed` says of it may be given, if it is known.
        """
        match instruction:
            case Configure(config=config):
                return self.configure(config)
            case Write(coordinate=coordinate, register=register):
                return self.write(coordinate, register, puts)
        return 0

    def write(self, coordinate: Any, register: Any, puts: "Puts | None" = None) -> int:
        """Write one register; returns how many words that were.

        Raises:
            ProgramError: it is none that can be written.
        """
        kind = type(coordinate).__name__
        puts = puts or placed(coordinate, register)
        if puts is not None:
            self.put(puts)
        elif kind in LARGE:
            self.large.write(coordinate, register)
        elif kind in PARTS:
            key, array, own, size = PARTS[kind]
            self.kept[key] = self._block(key)
            entries = _entries(coordinate, size)
            self.kept[key].array[array][entries] = register.array[own]
            self._pads = None
        elif kind in KEPT:
            self._keep(kind, int(coordinate.toEnum()), register)
        elif kind not in COMMANDS:
            raise ProgramError(wrong_write(coordinate, register) or f"{kind} cannot be written")
        return words.to_write(register)

    def read(self, coordinate: Any) -> Any:
        """What was last written to a register."""
        kind = type(coordinate).__name__
        if kind in BLOCKS:
            cells = at(self.chip, BLOCKS[kind])[memory.index_of(coordinate)]
            return CLASS_OF[kind].from_array(cells)
        if kind in LARGE:
            return self.large.read(coordinate)
        if kind == WHOLE:
            return self.config.chip()
        made = CLASS_OF[kind]()
        if kind == QUAD:
            made.array["quad"] = at(self.chip, f"{LENT}/value")[memory.quad(coordinate)]
            return made
        if kind == CELLS:
            for cell in range(made.array["cells"].size):
                path, index = capmem_cell(first_cell(coordinate) + cell)
                made.array["cells"][cell] = at(self.chip, path)[index]
            return made
        if kind == EMPTY:
            return made
        if kind in PARTS:
            key, array, own, size = PARTS[kind]
            made.array[own] = self._block(key).array[array][_entries(coordinate, size)]
            return made
        if kind in KEPT:
            return self.kept.get((kind, int(coordinate.toEnum())), made).copy()
        return register_map.read(self.chip, coordinate)

    def _keep(self, kind: str, enum: int, register: Any) -> None:
        self.kept[kind, enum] = register
        self._pads = None
        if kind == "ResetChipOnDLS" and register.value:
            self.chip, self._picture = SharedSections.of(Chip().array), None
            self.is_madc_awake = False
        elif kind == MADC_CONTROL:
            stays = register.enable_continuous_sampling and not register.stop_recording
            ends = (register.start_recording or register.stop_recording) and not stays
            falls_asleep = ends and register.enable_power_down_after_sampling
            self.is_madc_awake = (self.is_madc_awake or register.wake_up) and not falls_asleep

    def _block(self, key: tuple[str, int]) -> Any:
        """A block of the board, to be changed."""
        return self.kept[key].copy() if key in self.kept else CLASS_OF[key[0]]()

    def put(self, puts: "Puts") -> None:
        """Write parts of the chip; what they hold already changes no picture."""
        for put in puts:
            if put.held(self.chip) != put.content:
                put.into(self.chip)
                self._picture = None


def _entries(coordinate: Any, size: int) -> slice:
    """Those of a block that belong to one of its parts."""
    first = int(coordinate.toEnum()) * size
    return slice(first, first + size)
