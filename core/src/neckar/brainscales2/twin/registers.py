"""The registers of the chip and of the FPGA beside it: what is written, and what is read back."""

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import N_HEMISPHERES, N_ROWS
from neckar.brainscales2.chip.registers import HAL, LOLA, Chip, words
from neckar.brainscales2.chip.registers.memory import MemoryBlock
from neckar.brainscales2.program import Configure, Instruction, Write
from neckar.brainscales2.twin import background, board, driver, memory, wires
from neckar.brainscales2.twin.board import Pads
from neckar.brainscales2.twin.memory import BLOCKS, LARGE, QUAD, LargeMemory
from neckar.brainscales2.twin.register_map import (
    CELLS_PER_BLOCK,
    KEPT,
    PLACES,
    Index,
    cadc_channel,
    capmem_cell,
)
from neckar.errors import ProgramError

PADI_EVENT = "PADIEventOnDLS"
MADC_CONTROL = "MADCControlOnDLS"
POLL = "PollingOmnibusBlockOnFPGA"
COMMANDS = frozenset(
    {
        "BlockPostPulseOnDLS",
        "CorrelationResetOnDLS",
        "CorrelationResetRowOnDLS",
        "CrossbarInputOnDLS",
        "CrossbarOutputOnDLS",
        "NeuronResetOnDLS",
        "NeuronResetQuadOnDLS",
        PADI_EVENT,
        POLL,
        "SpikeCounterResetOnDLS",
    }
)
"""What acts on the chip when it is written, and cannot be read."""

CELLS = "CapMemBlockOnDLS"
"""All cells of a block of analog memory at once."""

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

_EMPTY = "NullPayloadReadableOnFPGA"  # read for the time of its answer
_SINGLE = {
    "CapMemCellOnDLS": (capmem_cell, "value"),
    "CADCChannelConfigOnDLS": (cadc_channel, "offset"),
}
_UNMODELLED = {
    "MADCConfigOnDLS": ("enable_iconv_amplifier",),
    "MADCControlOnDLS": ("enable_iconv_amplifier",),
    "PPUControlRegisterOnDLS": ("inhibit_reset",),
}
_PARTS = {  # one of several in a block on the board
    "DACChannelOnBoard": (board.CHANNELS, "value", "value", 1),
    "DACOnBoard": (board.ENABLES, "enable", "enable_channel", 8),
}
_HARMLESS = COMMANDS | {"CapMemCellOnDLS", "EventRecordingConfigOnFPGA", MADC_CONTROL}
_CLASS_OF = {
    register.coordinate_type.__name__: register
    for register in (HAL | LOLA).values()
    if register.coordinate_type is not None
}
_WORD = np.dtype("u4")
_LENT = BLOCKS["ExternalPPUMemoryBlockOnFPGA"]
_OTHER_BOARD = "sits on boards with several chips; the emulated board carries one"
_OTHER_CHIPS = "leads to other chips; the emulated board carries one"
_OUTSIDE = "leads to sources outside of the chip; there is nothing that they could be wired to"
_SENSOR = "is a sensor of the board, which is not modelled; the chip does not depend on it"
_ABSENT = {
    "AD5252ChannelConfig": _OTHER_BOARD,
    "AD5252ChannelConfigPersistent": _OTHER_BOARD,
    "DAC6573ChannelConfig": _OTHER_BOARD,
    "TCA9546ChannelConfig": _OTHER_BOARD,
    "TCA9554Config": _OTHER_BOARD,
    "TCA9554Inputs": _OTHER_BOARD,
    "ChipAndMultichipJboaLeafFPGA": _OTHER_CHIPS,
    "ChipAndSinglechipFPGA": _OUTSIDE,
    "InputRoutingTable": _OTHER_CHIPS,
    "InputRoutingTableEntry": _OTHER_CHIPS,
    "MultichipJboaLeafFPGA": _OTHER_CHIPS,
    "OutputRoutingTable": _OTHER_CHIPS,
    "OutputRoutingTableEntry": _OTHER_CHIPS,
    "SinglechipFPGA": _OUTSIDE,
    "SpikeIOConfig": _OUTSIDE,
    "SpikeIOInputRoute": _OUTSIDE,
    "SpikeIOOutputRoute": _OUTSIDE,
    "INA219Config": _SENSOR,
    "LogicalNeuron": "cannot be read as a whole; read its circuits at their AtomicNeuronOnDLS",
    "INA219Status": _SENSOR,
    "TMP112Status": _SENSOR,
}


@dataclass
class Registers:
    """All registers as they are now.

    Args:
        chip: as `Chip.array`; shared with whoever gave it, copied before it is changed.
        kept: registers outside the chip's array, by type and enum of their coordinate.
        is_madc_awake: it was woken up, and not sent to sleep since.
        large: the large memory at the FPGA.
    """

    chip: np.ndarray = field(default_factory=lambda: Chip().array)
    kept: dict[tuple[str, int], Any] = field(default_factory=dict)
    is_madc_awake: bool = False
    large: LargeMemory = field(default_factory=LargeMemory)
    _is_mine: bool = False

    def copy(self) -> Self:
        """Registers that may be changed without changing these."""
        self._is_mine = False
        return type(self)(
            chip=self.chip,
            kept=dict(self.kept),
            is_madc_awake=self.is_madc_awake,
            large=self.large.copy(),
        )

    @property
    def pads(self) -> Pads:
        """What the board does to the readout pads."""
        return board.pads(self.kept)

    @property
    def config(self) -> ChipConfig:
        """A picture of the chip's registers."""
        self._is_mine = False
        return ChipConfig(self.chip)

    def configure(self, config: ChipConfig) -> int:
        """Write whatever differs; returns how many words that were."""
        n_words = _n_differing(self.chip, config.registers)
        self.chip, self._is_mine = config.registers, False
        return n_words

    def apply(self, instruction: Instruction) -> int:
        """Carry out an instruction as far as it concerns registers; returns the words written."""
        match instruction:
            case Configure(config=config):
                return self.configure(config)
            case Write(coordinate=coordinate, register=register):
                return self.write(coordinate, register)
        return 0

    def write(self, coordinate: Any, register: Any) -> int:
        """Write one register; returns how many words that were.

        Raises:
            ProgramError: it is none that can be written.
        """
        kind = type(coordinate).__name__
        if kind in PLACES:
            self._write_place(coordinate, register.array)
        elif kind in BLOCKS:
            self._put(BLOCKS[kind], memory.index_of(coordinate), register.array)
        elif kind == QUAD:
            enables = register.array["enables"]
            places = memory.quad(coordinate)[enables]
            self._put(f"{_LENT}/value", (places,), register.array["quad"][enables])
        elif kind in LARGE:
            self.large.write(coordinate, register)
        elif kind == CELLS:
            for cell, code in enumerate(register.array["cells"]):
                self._put(*capmem_cell(_first_cell(coordinate) + cell), code)
        elif kind in _SINGLE:
            where, name = _SINGLE[kind]
            path, index = where(int(coordinate.toEnum()))
            self._put(path, index, register.array[name])
        elif kind in _PARTS:
            key, array, own, size = _PARTS[kind]
            self.kept[key] = self._block(key)
            entries = _entries(coordinate, size)
            self.kept[key].array[array][entries] = register.array[own]
        elif kind in KEPT:
            self._keep(kind, int(coordinate.toEnum()), register)
        elif kind not in COMMANDS:
            raise ProgramError(wrong_write(coordinate, register) or f"{kind} cannot be written")
        return words.to_write(register)

    def read(self, coordinate: Any) -> Any:
        """What was last written to a register."""
        kind = type(coordinate).__name__
        if kind in BLOCKS:
            cells = _at(self.chip, BLOCKS[kind])[memory.index_of(coordinate)]
            return _CLASS_OF[kind].from_array(cells)
        if kind in LARGE:
            return self.large.read(coordinate)
        made = _CLASS_OF[kind]()
        if kind == QUAD:
            made.array["quad"] = _at(self.chip, f"{_LENT}/value")[memory.quad(coordinate)]
            return made
        if kind == CELLS:
            for cell in range(made.array["cells"].size):
                path, index = capmem_cell(_first_cell(coordinate) + cell)
                made.array["cells"][cell] = _at(self.chip, path)[index]
            return made
        if kind == _EMPTY:
            return made
        if kind in _PARTS:
            key, array, own, size = _PARTS[kind]
            made.array[own] = self._block(key).array[array][_entries(coordinate, size)]
            return made
        if kind in KEPT:
            return self.kept.get((kind, int(coordinate.toEnum())), made).copy()
        if kind in _SINGLE:
            where, name = _SINGLE[kind]
            path, index = where(int(coordinate.toEnum()))
            made.array[name] = _at(self.chip, path)[index]
            return made
        place = PLACES[kind]
        index = place.index_of(int(coordinate.toEnum()))
        for name, path in place.paths.items():
            _at(made.array, name)[...] = _at(self.chip, path)[index]
        for path, names in place.sums.items():
            for least, name in enumerate(names, start=1):
                made.array[name] = _at(self.chip, path)[index] >= least
        for path, names in place.bits.items():
            for number, name in enumerate(names):
                made.array[name] = _at(self.chip, path)[index] >> number & 1
        return made

    def _keep(self, kind: str, enum: int, register: Any) -> None:
        self.kept[kind, enum] = register
        if kind == "ResetChipOnDLS" and register.value:
            self.chip, self._is_mine = Chip().array, True
            self.is_madc_awake = False
        elif kind == MADC_CONTROL:
            stays = register.enable_continuous_sampling and not register.stop_recording
            ends = (register.start_recording or register.stop_recording) and not stays
            falls_asleep = ends and register.enable_power_down_after_sampling
            self.is_madc_awake = (self.is_madc_awake or register.wake_up) and not falls_asleep

    def _block(self, key: tuple[str, int]) -> Any:
        """A block of the board, to be changed."""
        return self.kept[key].copy() if key in self.kept else _CLASS_OF[key[0]]()

    def _write_place(self, coordinate: Any, values: np.ndarray) -> None:
        place = PLACES[type(coordinate).__name__]
        index = place.index_of(int(coordinate.toEnum()))
        for name, path in place.paths.items():
            self._put(path, index, _at(values, name))
        for path, names in place.sums.items():
            self._put(path, index, np.sum([values[name] for name in names]))
        for path, names in place.bits.items():
            self._put(path, index, np.sum([values[name] << k for k, name in enumerate(names)]))

    def _put(self, path: str, index: Index, value: np.ndarray) -> None:
        if not self._is_mine:
            self.chip, self._is_mine = self.chip.copy(), True
        _at(self.chip, path)[index] = value


def n_words(coordinate: Any) -> int:
    """How many words there are to read at a coordinate."""
    kind = type(coordinate).__name__
    if kind in BLOCKS or kind == "ExternalPPUDRAMMemoryBlockOnFPGA":
        return words.to_read(_CLASS_OF[kind](memory.length_of(coordinate)))
    return words.to_read(_CLASS_OF[kind])


def _first_cell(block: Any) -> int:
    """Enum of the first cell of a block of analog memory."""
    return int(block.toEnum()) * CELLS_PER_BLOCK


def wrong_write(coordinate: Any, register: Any) -> str | None:
    """Why a register cannot be written, if it cannot."""
    kind = type(coordinate).__name__
    expected = _CLASS_OF.get(kind)
    if expected is None:
        return f"{kind} is no coordinate of a register"
    if type(register) is not expected:
        return f"{kind} takes {expected.__name__}, not {type(register).__name__}"
    if words.to_write(register) == 0:
        return f"{expected.__name__} only reports, it cannot be written"
    if not _is_known(kind) and kind not in COMMANDS:
        return f"{expected.__name__} {_why(expected)}"
    if isinstance(register, MemoryBlock) and len(register) != memory.length_of(coordinate):
        return f"{coordinate} takes {memory.length_of(coordinate)} cells, not {len(register)}"
    if kind == board.SWITCHES[0] and (line := board.wrong(register)) is not None:
        return line
    for name in _UNMODELLED.get(kind, ()):
        if register.array[name]:
            return f"{name} of {expected.__name__} is not modelled yet; switch it off"
    return None


def wrong_read(coordinate: Any) -> str | None:
    """Why a register cannot be read, if it cannot."""
    kind = type(coordinate).__name__
    if kind not in _CLASS_OF:
        return f"{kind} is no coordinate of a register"
    if kind == _EMPTY:
        return None
    if words.to_read(_CLASS_OF[kind]) == 0 and not _is_known(kind):
        return f"{_CLASS_OF[kind].__name__} is only written, it cannot be read"
    if not _is_known(kind) and kind not in MEASURED | REPORTS:
        return f"{_CLASS_OF[kind].__name__} {_why(_CLASS_OF[kind])}"
    return None


def _is_known(kind: str) -> bool:
    return kind in (QUAD, CELLS) or any(
        kind in kinds for kinds in (PLACES, KEPT, _SINGLE, _PARTS, BLOCKS, LARGE)
    )


def _why(kind: Any) -> str:
    return _ABSENT.get(kind.__name__, "is not modelled yet")


def _entries(coordinate: Any, size: int) -> slice:
    """Those of a block that belong to one of its parts."""
    first = int(coordinate.toEnum()) * size
    return slice(first, first + size)


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


def may_be_wrong(instruction: Instruction) -> bool:
    """Whether `check_settings` may find what it has not found before."""
    kind = type(getattr(instruction, "coordinate", None)).__name__
    is_write = isinstance(instruction, Write)
    return isinstance(instruction, Configure) or (is_write and kind not in _HARMLESS)


def check_settings(chip: np.ndarray, pads: Pads = board.NOTHING) -> None:
    """Refuse settings of the chip, and of the board at its pads, that the twin has no model of.

    Raises:
        ProgramError: with the first circuit that asks for it.
    """
    driver.check(chip["synapse_driver_blocks"]["synapse_drivers"])
    background.check(chip["background_spike_sources"])
    wires.check(chip, pads)
    firing = chip["neuron_block"]["atomic_neurons"]["bayesian"]
    asked = np.flatnonzero(firing["connect_fire_from_right"])
    if asked.size:
        raise ProgramError(
            f"neuron {asked[0]}: bayesian.connect_fire_from_right does not work on the chip; use "
            f"connect_fire_to_right ({asked.size} neurons ask for it)"
        )


def _at(chip: np.ndarray, path: str) -> np.ndarray:
    for name in path.split("/") if path else ():
        chip = chip[name]
    return chip


def _n_differing(old: np.ndarray, new: np.ndarray) -> int:
    """How many words of two settings differ."""
    if old is new:
        return 0
    size = old.dtype.itemsize // _WORD.itemsize * _WORD.itemsize
    words = (np.frombuffer(a, np.uint8)[:size].view(_WORD) for a in (old, new))
    return int(np.count_nonzero(np.not_equal(*words)))
