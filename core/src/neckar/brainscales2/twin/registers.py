"""The registers of the chip and of the FPGA beside it: what is written, and what is read back."""

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.registers import HAL, LOLA, Chip
from neckar.brainscales2.program import Configure, Instruction, Write
from neckar.brainscales2.twin import background, driver
from neckar.brainscales2.twin.register_map import (
    KEPT,
    PLACES,
    Index,
    cadc_channel,
    capmem_cell,
)
from neckar.errors import ProgramError

PADI_EVENT = "PADIEventOnDLS"
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
    "MADCConfigOnDLS": ("enable_iconv_amplifier", "enable_dummy_data"),
    "NeuronBackendConfigOnDLS": ("enable_bayesian_0", "enable_bayesian_1"),
    "PPUControlRegisterOnDLS": ("inhibit_reset",),
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
    """

    chip: np.ndarray = field(default_factory=lambda: Chip().array)
    kept: dict[tuple[str, int], Any] = field(default_factory=dict)
    _is_mine: bool = False

    def copy(self) -> Self:
        """Registers that may be changed without changing these."""
        self._is_mine = False
        return type(self)(chip=self.chip, kept=dict(self.kept))

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
        """Write one register; returns how many words that were."""
        kind = type(coordinate).__name__
        if kind in PLACES:
            return self._write_place(coordinate, register.array)
        if kind in _SINGLE:
            where, name = _SINGLE[kind]
            path, index = where(int(coordinate.toEnum()))
            self._put(path, index, register.array[name])
        elif kind in KEPT:
            self.kept[kind, int(coordinate.toEnum())] = register
            if kind == "ResetChipOnDLS" and register.value:
                self.chip, self._is_mine = Chip().array, True
        return 1

    def read(self, coordinate: Any) -> Any:
        """What was last written to a register."""
        kind = type(coordinate).__name__
        made = _CLASS_OF[kind]()
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
    if kind not in PLACES and kind not in KEPT and kind not in COMMANDS and kind not in _SINGLE:
        return f"writing {expected.__name__} is not modelled yet"
    for name in _UNMODELLED.get(kind, ()):
        if register.array[name]:
            return f"{name} of {expected.__name__} is not modelled yet; switch it off"
    return None


def wrong_read(coordinate: Any) -> str | None:
    """Why a register cannot be read, if it cannot."""
    kind = type(coordinate).__name__
    if kind not in _CLASS_OF:
        return f"{kind} is no coordinate of a register"
    if kind not in PLACES and kind not in KEPT and kind not in MEASURED and kind not in _SINGLE:
        return f"reading {_CLASS_OF[kind].__name__} is not modelled yet"
    return None


def check_settings(chip: np.ndarray) -> None:
    """Refuse settings that the twin has no model of.

    Raises:
        ProgramError: with the first circuit that asks for it.
    """
    driver.check(chip["synapse_driver_blocks"]["synapse_drivers"])
    background.check(chip["background_spike_sources"])
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
