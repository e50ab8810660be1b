"""All settings and read-backs of the chip: register classes made from `hal.toml` and `lola.toml`.

Every class wraps one packed structured NumPy array: `Chip().array["neuron_block"]["atomic_neurons"]
["leak"]["v_leak"]` has shape (512,). Attributes are references into it. Names as in the public
hardware abstraction layer.
"""

import tomllib
from pathlib import Path
from typing import Any

from neckar.brainscales2.chip.registers.base import Choice, Register, TypedArray
from neckar.brainscales2.chip.registers.build import Builder


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / name).read_text())


_hal, _lola = _table("hal.toml"), _table("lola.toml")
_builder = Builder(_hal | _lola, __name__)
HAL: dict[str, type[Any]] = {name: _builder.get(name) for name in _hal}
LOLA: dict[str, type[Any]] = {name: _builder.get(name) for name in _lola}
globals().update(HAL | LOLA)


def __getattr__(name: str) -> Any:
    raise AttributeError(f"there is no register called {name!r}")


__all__ = ["HAL", "LOLA", "Choice", "Register", "TypedArray", *HAL, *LOLA]
