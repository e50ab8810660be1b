"""The registers of the chip and of the FPGA beside it: what is written, and what is read back."""

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.registers import HAL, LOLA, Chip
from neckar.brainscales2.program import Configure, Instruction, Write
from neckar.brainscales2.twin import background, board, driver, wires
from neckar.brainscales2.twin.board import Pads
from neckar.brainscales2.twin.register_map import (
    KEPT,
    PLACES,
    Index,
    cadc_channel,
    capmem_cell,
)
from neckar.errors import ProgramError

PADI_EVENT = "PADIEventOnDLS"
MADC_CONTROL = "MADCControlOnDLS"
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
        "SpikeCounterResetOnDLS",
    }
)
"""What acts on the chip when it is written, and cannot be read."""

CADC_WORDS = {"CADCSampleQuadOnDLS": 1, "CADCSampleRowOnDLS": 128, "CADCSamplesOnDLS": 256}
"""Readings of the CADC, and how many words of them there are."""

MEASURED = frozenset(
    {
        *CADC_WORDS,
        "CrossbarInputOnDLS",
        "CrossbarOutputOnDLS",
        "NullPayloadReadableOnFPGA",
        "SpikeCounterReadOnDLS",
    }
)
"""What only the running chip can answer."""

_SINGLE = {
    "CapMemCellOnDLS": (capmem_cell, "value"),
    "CADCChannelConfigOnDLS": (cadc_channel, "offset"),
}
_UNMODELLED = {
    "MADCConfigOnDLS": ("enable_iconv_amplifier",),
    "MADCControlOnDLS": ("enable_iconv_amplifier",),
    "NeuronBackendConfigOnDLS": ("enable_bayesian_0", "enable_bayesian_1"),
    "PPUControlRegisterOnDLS": ("inhibit_reset",),
}
_PARTS = {  # one of several in a block on the board
    "DACChannelOnBoard": (board.CHANNELS, "value", "value", 1),
    "DACOnBoard": (board.ENABLES, "enable", "enable_channel", 8),
}
_CLASS_OF = {
    register.coordinate_type.__name__: register
    for register in (HAL | LOLA).values()
    if register.coordinate_type is not None
}
_WORD = np.dtype("u4")


@dataclass
class Registers:
    """All registers as they are now.

    Args:
        chip: as `Chip.array`; shared with whoever gave it, copied before it is changed.
        kept: registers outside the chip's array, by type and enum of their coordinate.
        is_madc_awake: it was woken up, and not sent to sleep since.
    """

    chip: np.ndarray = field(default_factory=lambda: Chip().array)
    kept: dict[tuple[str, int], Any] = field(default_factory=dict)
    is_madc_awake: bool = False
    _is_mine: bool = False

    def copy(self) -> Self:
        """Registers that may be changed without changing these."""
        self._is_mine = False
        return type(self)(chip=self.chip, kept=dict(self.kept), is_madc_awake=self.is_madc_awake)

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
            return self._write_place(coordinate, register.array)
        if kind in _SINGLE:
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
        return 1

    def read(self, coordinate: Any) -> Any:
        """What was last written to a register."""
        kind = type(coordinate).__name__
        made = _CLASS_OF[kind]()
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

    def _write_place(self, coordinate: Any, values: np.ndarray) -> int:
        place = PLACES[type(coordinate).__name__]
        index = place.index_of(int(coordinate.toEnum()))
        for name, path in place.paths.items():
            self._put(path, index, _at(values, name))
        for path, names in place.sums.items():
            self._put(path, index, np.sum([values[name] for name in names]))
        return max(1, values.dtype.itemsize // _WORD.itemsize)

    def _put(self, path: str, index: Index, value: np.ndarray) -> None:
        if not self._is_mine:
            self.chip, self._is_mine = self.chip.copy(), True
        _at(self.chip, path)[index] = value


def n_words(coordinate: Any) -> int:
    """How many words a register has."""
    size = _CLASS_OF[type(coordinate).__name__].dtype.itemsize
    return max(1, int(size) // _WORD.itemsize)


def wrong_write(coordinate: Any, register: Any) -> str | None:
    """Why a register cannot be written, if it cannot."""
    kind = type(coordinate).__name__
    expected = _CLASS_OF.get(kind)
    if expected is None:
        return f"{kind} is no coordinate of a register"
    if type(register) is not expected:
        return f"{kind} takes {expected.__name__}, not {type(register).__name__}"
    if not _is_known(kind) and kind not in COMMANDS:
        return f"writing {expected.__name__} is not modelled yet"
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
    if not _is_known(kind) and kind not in MEASURED:
        return f"reading {_CLASS_OF[kind].__name__} is not modelled yet"
    return None


def _is_known(kind: str) -> bool:
    return any(kind in kinds for kinds in (PLACES, KEPT, _SINGLE, _PARTS))


def _entries(coordinate: Any, size: int) -> slice:
    """Those of a block that belong to one of its parts."""
    first = int(coordinate.toEnum()) * size
    return slice(first, first + size)


def check_settings(chip: np.ndarray, pads: Pads = board.NOTHING) -> None:
    """Refuse settings of the chip, and of the board at its pads, that the twin has no model of.

    Raises:
        ProgramError: with the first circuit that asks for it.
    """
    driver.check(chip["synapse_driver_blocks"]["synapse_drivers"])
    background.check(chip["background_spike_sources"])
    wires.check(chip, pads)
    firing = chip["neuron_block"]["atomic_neurons"]["bayesian"]
    for name, why in (
        ("operation", "logic between refractory states is not modelled yet; use local"),
        ("connect_fire_from_right", "does not work on the chip; use connect_fire_to_right"),
    ):
        asked = np.flatnonzero(firing[name])
        if asked.size:
            raise ProgramError(
                f"neuron {asked[0]}: bayesian.{name} {why} ({asked.size} neurons ask for it)"
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
