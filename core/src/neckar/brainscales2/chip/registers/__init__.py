"""All settings and read-backs of the chip: register classes made from `hal.toml` and `lola.toml`.

Every class wraps one packed structured NumPy array: `Chip().array["neuron_block"]["atomic_neurons"]
["leak"]["v_leak"]` has shape (512,). Attributes are references into it. Names as in the public
hardware abstraction layer.
"""

import tomllib
from pathlib import Path
from typing import Any

from neckar.brainscales2.chip.registers import methods
from neckar.brainscales2.chip.registers.base import Choice, Register, TypedArray
from neckar.brainscales2.chip.registers.build import Builder
from neckar.brainscales2.chip.registers.elf import PPUElfFile, PPUProgram
from neckar.brainscales2.chip.registers.memory import (
    ExternalPPUDRAMMemoryBlock,
    ExternalPPUMemoryBlock,
    PPUMemoryBlock,
)
from neckar.brainscales2.chip.registers.multicompartment import LogicalNeuron, Morphology


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / name).read_text())


_hal, _lola = _table("hal.toml"), _table("lola.toml")
_builder = Builder(_hal | _lola, __name__)
HAL: dict[str, Any] = {
    name: _builder.get(name) for name, entry in _hal.items() if isinstance(entry, dict)
}
"""Single registers by name."""
LOLA: dict[str, Any] = {name: _builder.get(name) for name in _lola}
"""Registers that belong together, by name."""
methods.add_to(HAL | LOLA)
HAL["PPUMemoryBlock"] = PPUMemoryBlock
LOLA |= {
    "ExternalPPUMemoryBlock": ExternalPPUMemoryBlock,
    "ExternalPPUDRAMMemoryBlock": ExternalPPUDRAMMemoryBlock,
    "LogicalNeuron": LogicalNeuron,
}
globals().update({name: _builder.get(name) for name in _hal} | HAL | LOLA)


def __getattr__(name: str) -> Any:
    raise AttributeError(f"there is no register called {name!r}")


__all__ = [
    "HAL",
    "LOLA",
    "Choice",
    "Morphology",
    "PPUElfFile",
    "PPUProgram",
    "Register",
    "TypedArray",
    *HAL,
    *LOLA,
]
