"""How the analog parameter memory is refreshed, and from which references.

A reference current feeds all blocks. Each makes a ramp of it, and a counter runs beside the ramp; a
cell is connected to the ramp by short pulses while the counter shows its code. So one refresh takes

    T = 1024 * sub_counter * 2 ** prescale_ramp + pause_counter * 2 ** prescale_pause     cycles

and a pulse lasts (pulse_b - pulse_a) * 2 ** prescale_ramp of them. A cell moves to its new value
the faster, the more of its time it is connected. With the settings that every chip starts with,
nothing here changes anything; other ones are taken relative to them.
"""

from functools import lru_cache

import numpy as np

from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.registers import Chip

_N_CODES = 1024


def settling(capmem: np.ndarray) -> np.ndarray:
    """Time constants of the four blocks, s. Those that are never refreshed drain as fast."""
    share = _known_share(*_bytes(capmem)) / _SHARE
    return p.CAPMEM_SETTLING / np.where(share > 0, share, 1.0)


def is_refreshed(capmem: np.ndarray) -> np.ndarray:
    """Whether the blocks do what keeps a cell from draining, (4,) bool."""
    blocks = capmem["blocks"]
    is_connected = _known_share(*_bytes(capmem)) > 0
    return np.asarray(blocks["enable_capmem"] & (blocks["v_global_bias"] > 0) & is_connected)


def is_nominal(capmem: np.ndarray) -> bool:
    """Whether all references are those with which every chip starts."""
    is_same = capmem["reference_generator"].tobytes() == _NOMINAL.tobytes()
    resistances = capmem["blocks"]["current_cell_res"]
    return is_same and bool((resistances == _BLOCK["current_cell_res"]).all())


def voltages(capmem: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Codes that give the same voltages under nominal references, (…, 4); blocks come last.

    V = reference * (offset + slope * code)
    """
    generator = capmem["reference_generator"]
    offset = generator["capmem_offset"] / _NOMINAL["capmem_offset"]
    slope = generator["capmem_slope"] / _NOMINAL["capmem_slope"]
    at_zero, per_code = p.CAPMEM_VOLT_AT_ZERO * offset, p.CAPMEM_VOLT_PER_CODE * slope
    volts = np.minimum(_reference(generator) * (at_zero + per_code * codes), p.READOUT_SUPPLY)
    return (volts - p.CAPMEM_VOLT_AT_ZERO) / p.CAPMEM_VOLT_PER_CODE


def currents(capmem: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Codes that give the same currents under nominal references, (…, 4).

    A transistor over a resistance turns the voltage of a cell into its current.
    """
    generator, blocks = capmem["reference_generator"], capmem["blocks"]
    slope = generator["capmem_slope"] / _NOMINAL["capmem_slope"]
    fixed = p.CAPMEM_CELL_RESISTANCE_FIXED
    resistance = (blocks["current_cell_res"] + fixed) / (_BLOCK["current_cell_res"] + fixed)
    return codes * (_reference(generator) * slope / resistance)


def _reference(generator: np.ndarray) -> float:
    """The reference current, relative to nominal: a DAC over a resistor, or one from the board."""
    if generator["enable_reset"]:
        return 0.0
    if not generator["enable_internal_reference"]:
        return 1.0 if generator["enable_reference_input"] else 0.0
    dac = float(generator["reference_control"]) / float(_NOMINAL["reference_control"])
    resistor = float(generator["resistor_control"]) + p.REFERENCE_RESISTOR_FIXED
    return dac * (float(_NOMINAL["resistor_control"]) + p.REFERENCE_RESISTOR_FIXED) / resistor


def _bytes(capmem: np.ndarray) -> tuple[bytes, bytes]:
    return capmem["blocks"].tobytes(), capmem["reference_generator"].tobytes()


@lru_cache(maxsize=64)
def _known_share(blocks: bytes, generator: bytes) -> np.ndarray:
    share = _share(
        np.frombuffer(blocks, _CAPMEM["blocks"].dtype),
        np.frombuffer(generator, _CAPMEM["reference_generator"].dtype)[0],
    )
    share.flags.writeable = False
    return share


def _share(blocks: np.ndarray, generator: np.ndarray) -> np.ndarray:
    """Which part of its time a cell is connected, by block, weighted by the ramp's amplifier."""
    pulse = _length(blocks, "pulse")
    pulse += np.where(blocks["enable_boost"], blocks["boost_factor"] * _length(blocks, "boost"), 0)
    prescaled = 2.0 ** blocks["prescale_ramp"]
    period = _N_CODES * blocks["sub_counter"] * prescaled
    period = period + blocks["pause_counter"] * 2.0 ** blocks["prescale_pause"]
    share = np.asarray(generator["capmem_amplifier"] * pulse * prescaled / np.maximum(period, 1))
    return np.where(blocks["sub_counter"] > 0, share, 0.0)


def _length(blocks: np.ndarray, name: str) -> np.ndarray:
    """Of a pulse, in counts of the sub-counter; it ends when that starts again."""
    first, last = (blocks[f"{name}_{edge}"].astype(float) for edge in "ab")
    return np.maximum(np.minimum(last, blocks["sub_counter"]) - first, 0.0)


_CAPMEM = Chip().array["capmem"]
_NOMINAL, _BLOCK = _CAPMEM["reference_generator"], _CAPMEM["blocks"][0]
_SHARE = float(_share(_CAPMEM["blocks"], _CAPMEM["reference_generator"])[0])
