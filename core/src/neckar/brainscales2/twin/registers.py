"""The registers of the chip and of the FPGA beside it: what is written, and what is read back."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self

import numpy as np

from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import N_HEMISPHERES, N_ROWS
from neckar.brainscales2.chip.registers import HAL, LOLA, Chip, words
from neckar.brainscales2.chip.registers.memory import MemoryBlock
from neckar.brainscales2.chip.sections import NAMES, Sections, SharedSections, n_differing
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

_WHOLE = "ChipOnDLS"
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
        elif kind in _PARTS:
            key, array, own, size = _PARTS[kind]
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
            cells = _at(self.chip, BLOCKS[kind])[memory.index_of(coordinate)]
            return _CLASS_OF[kind].from_array(cells)
        if kind in LARGE:
            return self.large.read(coordinate)
        if kind == _WHOLE:
            return self.config.chip()
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
        index = _index(kind, int(coordinate.toEnum()))
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
        return self.kept[key].copy() if key in self.kept else _CLASS_OF[key[0]]()

    def put(self, puts: "Puts") -> None:
        """Write parts of the chip; what they hold already changes no picture."""
        for put in puts:
            if put.held(self.chip) != put.content:
                put.into(self.chip)
                self._picture = None


@dataclass(frozen=True, slots=True)
class Put:
    """A value of the type that the chip has at this path within a section, and its bytes."""

    section: str
    path: tuple[str, ...]
    index: Index
    value: np.ndarray
    content: bytes

    def held(self, chip: SharedSections) -> bytes:
        """What lies there now."""
        content: bytes = _down(chip[self.section], self.path)[self.index].tobytes()
        return content

    def into(self, chip: SharedSections) -> None:
        """Write it."""
        _down(chip.own(self.section), self.path)[self.index] = self.value


Puts = tuple[Put, ...]


def placed(coordinate: Any, register: Any) -> Puts | None:
    """What the write of a register puts where on the chip; None if that is not all it does."""
    kind, values = type(coordinate).__name__, register.array
    if kind == _WHOLE:
        return tuple(_put(section, (), values[section]) for section in NAMES)
    if kind in PLACES:
        return tuple(_placed(kind, int(coordinate.toEnum()), values))
    if kind in BLOCKS:
        return (_put(BLOCKS[kind], memory.index_of(coordinate), values),)
    if kind == QUAD:
        enables = values["enables"]
        places = memory.quad(coordinate)[enables]
        return (_put(f"{_LENT}/value", (places,), values["quad"][enables]),)
    if kind == CELLS:
        first = _first_cell(coordinate)
        return tuple(_put(*capmem_cell(first + i), code) for i, code in enumerate(values["cells"]))
    if kind in _SINGLE:
        where, name = _SINGLE[kind]
        return (_put(*where(int(coordinate.toEnum())), values[name]),)
    return None


def _placed(kind: str, enum: int, values: np.ndarray) -> Iterator[Put]:
    place, index = PLACES[kind], _index(kind, enum)
    for name, path in place.paths.items():
        yield _put(path, index, _at(values, name))
    for path, names in place.sums.items():
        yield _put(path, index, np.sum([values[name] for name in names]))
    for path, names in place.bits.items():
        yield _put(path, index, np.sum([values[name] << k for k, name in enumerate(names)]))


@cache
def _index(kind: str, enum: int) -> Index:
    return PLACES[kind].index_of(enum)


def _put(path: str, index: Index, value: np.ndarray) -> Put:
    section, *within = _split(path)
    value = np.asarray(value, _type_at(path))
    return Put(section, tuple(within), index, value, value.tobytes())


@cache
def _split(path: str) -> tuple[str, ...]:
    return tuple(path.split("/")) if path else ()


@cache
def _type_at(path: str) -> np.dtype:
    kind = Chip.dtype
    for name in _split(path):
        kind = kind[name].base
    return kind


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


def _at(chip: Sections, path: str) -> np.ndarray:
    return _down(chip, _split(path))


def _down(part: Any, path: tuple[str, ...]) -> np.ndarray:
    for name in path:
        part = part[name]
    return part
