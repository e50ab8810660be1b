"""The analog parameter memory: codes in, slightly wrong voltages and currents out.

Cells are capacitors that are refreshed in turn. After a write, a cell moves to its new value with
a time constant of milliseconds, so codes are floats here.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import MAX_CAPMEM, N_NEURONS
from neckar.brainscales2.chip.register_map import capmem_cell
from neckar.brainscales2.chip.registers.neuron import ANALOG
from neckar.brainscales2.chip.shared_cells import CELLS_PER_BLOCK
from neckar.brainscales2.twin import refresh
from neckar.brainscales2.twin.variation import Spread, factors, offsets

_VOLTAGES = (
    "leak.v_leak",
    "reset.v_reset",
    "threshold.v_threshold",
    "exponential.v_exp",
    "adaptation.v_ref",
    "adaptation.v_leak",
    "excitatory_input.v_rev_coba",
    "inhibitory_input.v_rev_coba",
)
_CURRENTS = (
    "leak.i_bias",
    "reset.i_bias",
    "exponential.i_bias",
    "adaptation.i_bias_tau",
    "adaptation.i_bias_a",
    "adaptation.i_bias_b",
    "constant_current.i_offset",
    "multicompartment.i_bias_nmda",
    *(
        f"{line}_input.{bias}"
        for line in ("excitatory", "inhibitory")
        for bias in ("i_bias_tau", "i_bias_coba", "i_shift_reference", "i_bias_gm")
    ),
)
_ROW = {name: row for row, name in enumerate(_VOLTAGES + _CURRENTS)}
_STP = (
    *("stp_v_charge_0", "stp_v_charge_1", "stp_v_recover_0", "stp_v_recover_1"),
    *("stp_i_ramp", "stp_i_calib"),
)
_SENSORS = ("syn_i_bias_ramp", "syn_i_bias_store")
_SHARED = ("synapse_bias", "cadc_start", "cadc_slope", *_STP, *_SENSORS)
_SHARED_VOLTAGES = ("cadc_start", *_STP[:4])
_SELECTED = {"synapse_bias": "dac", "syn_i_bias_ramp": "ramp", "syn_i_bias_store": "store"}
_QUADRANT = np.arange(N_NEURONS) // 128
SECTIONS = (
    "neuron_block",
    "synapse_blocks",
    "synapse_driver_blocks",
    "cadc_readout_chains",
    "capmem",
)
"""Of all registers, those in which cells are."""
_ARRIVED = 0.02  # codes; a cell that is this close has arrived
_COLUMNS, _NEURON_COLUMNS = 130, 128
_FIRST_CURRENT = 8  # row of a block; those before hold voltages
_SHARED_VOLTAGE_ROWS = {
    0: "stp_v_charge_0",
    1: "stp_v_charge_1",
    2: "stp_v_recover_0",
    3: "stp_v_recover_1",
    4: "cadc_start",
}


@dataclass(frozen=True, eq=False)
class Codes:
    """What the cells hold now, in codes.

    Args:
        neuron: (24, 512), one row per name such as `leak.v_leak`.
        shared: (10, 4), one column per quadrant; synapse_bias, cadc_start, cadc_slope, the
            voltages and the ramp of short-term plasticity, currents of the correlation sensors.
    """

    neuron: np.ndarray
    shared: np.ndarray

    def __getitem__(self, name: str) -> np.ndarray:
        row = _ROW.get(name)
        return self.shared[_SHARED.index(name)] if row is None else self.neuron[row]


def codes(config: ChipConfig) -> Codes:
    """What the cells will hold once they have settled.

    A cell without refresh drains to 0, and so do all cells of a block that is switched off. What
    synapses and sensors should get from outside instead of from a cell, they do not get at all.
    """
    neurons, registers = config.neurons, config.registers
    cells = np.array([neurons[name.split(".")[0]][name.split(".")[1]] for name in _ROW], float)
    ramp, drivers = registers["cadc_readout_chains"]["ramp"], registers["synapse_driver_blocks"]
    memory = registers["capmem"]
    is_on, internal = refresh.is_refreshed(memory), memory["synapse_bias_selection"]
    bias = registers["synapse_blocks"]["i_bias_dac"]
    stp = (drivers[name] for name in _STP)
    sensors = registers["cadc_readout_chains"]["correlation"]
    currents = sensors["i_bias_ramp"], sensors["i_bias_store"]
    shared = np.array([bias, ramp["v_offset"], ramp["i_slope"], *stp, *currents], float)
    shared, cells = _refreshed(shared.reshape(len(_SHARED), 4)), _refreshed(cells)
    if not refresh.is_nominal(memory):
        of_blocks = cells.reshape(len(_ROW), 4, -1).swapaxes(1, 2)
        cells = _scaled(memory, of_blocks, len(_VOLTAGES)).swapaxes(1, 2).reshape(cells.shape)
        order = np.argsort([name not in _SHARED_VOLTAGES for name in _SHARED], kind="stable")
        shared[order] = _scaled(memory, shared[order], len(_SHARED_VOLTAGES))
    shared = shared * is_on
    for name, source in _SELECTED.items():
        shared[_SHARED.index(name)] *= internal[f"enable_internal_{source}_bias"]
    return Codes(cells * is_on[_QUADRANT], shared)


def _scaled(memory: np.ndarray, codes: np.ndarray, n_voltages: int) -> np.ndarray:
    """What cells under other references are worth under nominal ones; voltages come first."""
    voltages, currents = codes[:n_voltages], codes[n_voltages:]
    return np.concatenate([refresh.voltages(memory, voltages), refresh.currents(memory, currents)])


def _refreshed(cells: np.ndarray) -> np.ndarray:
    return np.where(cells > MAX_CAPMEM, 0.0, cells)


def settle(now: Codes, target: Codes, elapsed: float, tau: np.ndarray) -> Codes:
    """Where the cells are `elapsed` seconds after they were told to go from `now` to `target`.

    `tau` are the time constants of the four blocks, s.
    """
    left = np.exp(-elapsed / tau)
    codes = Codes(
        target.neuron + (now.neuron - target.neuron) * left[_QUADRANT],
        target.shared + (now.shared - target.shared) * left,
    )
    return target if largest_difference(codes, target) < _ARRIVED else codes


def largest_difference(a: Codes, b: Codes) -> float:
    """Of any cell."""
    return float(max(np.abs(a.neuron - b.neuron).max(), np.abs(a.shared - b.shared).max()))


@dataclass(frozen=True, eq=False)
class Cells:
    """The fixed pattern of the memory; `voltage_gain` (512,), the others (24, 512)."""

    voltage_gain: np.ndarray
    offset: np.ndarray
    gain: np.ndarray


@lru_cache(maxsize=8)
def cells(serial: int, spread: Spread) -> Cells:
    """Draw the pattern of a chip."""
    offset, gain = np.zeros((2, len(_ROW), N_NEURONS))
    for name in _VOLTAGES:
        offset[_ROW[name]] = offsets(
            serial, f"capmem/{name}/offset", spread.capmem_voltage_offset, N_NEURONS
        )
    for name in _CURRENTS:
        row = _ROW[name]
        gain[row] = factors(serial, f"capmem/{name}/gain", spread.capmem_current_gain, N_NEURONS)
        offset[row] = offsets(
            serial, f"capmem/{name}/offset", spread.capmem_current_offset_code, N_NEURONS
        )
    quadrants = factors(serial, "capmem/voltage_gain", spread.capmem_voltage_gain, 4)
    return Cells(quadrants[_QUADRANT], offset, gain)


def voltage(codes: Codes, name: str, cells: Cells) -> np.ndarray:
    """Volts that a voltage cell of every neuron gives."""
    nominal = p.CAPMEM_VOLT_AT_ZERO + p.CAPMEM_VOLT_PER_CODE * codes[name]
    return nominal * cells.voltage_gain + cells.offset[_ROW[name]]


def output(config: ChipConfig, codes: Codes, cell: int, cells: Cells) -> float:
    """Volts that one cell, by its enum on the chip, holds, as its block's debug output shows them.

    A cell that gives a current holds a voltage, too, which a transistor turns into that current.
    """
    block, row, column = _place(cell)
    if column < _NEURON_COLUMNS and row < _FIRST_CURRENT:
        shown = voltage(codes, _name(row), cells)
        return float(shown[block * _NEURON_COLUMNS + column])
    nominal = p.CAPMEM_VOLT_AT_ZERO + p.CAPMEM_VOLT_PER_CODE * _code(config, codes, cell)
    return float(nominal * cells.voltage_gain[block * _NEURON_COLUMNS])


def amperes(config: ChipConfig, codes: Codes, cell: int, cells: Cells) -> float:
    """Current that one cell gives; none from one that holds a voltage."""
    block, row, column = _place(cell)
    if row < _FIRST_CURRENT:
        return 0.0
    if column < _NEURON_COLUMNS:
        strength = current(codes, _name(row), cells)[block * _NEURON_COLUMNS + column]
    else:
        strength = _code(config, codes, cell)
    return p.CAPMEM_CURRENT_PER_CODE * float(strength)


def _place(cell: int) -> tuple[int, int, int]:
    block, local = divmod(cell, CELLS_PER_BLOCK)
    return block, *divmod(local, _COLUMNS)


def _name(row: int) -> str:
    return ".".join(ANALOG[row])


def _code(config: ChipConfig, codes: Codes, cell: int) -> float:
    """What a cell holds; of those that are not followed while they settle, what it will hold."""
    block, row, column = _place(cell)
    if column < _NEURON_COLUMNS:
        return float(codes[_name(row)][block * _NEURON_COLUMNS + column])
    if column == _NEURON_COLUMNS and row in _SHARED_VOLTAGE_ROWS:
        return float(codes[_SHARED_VOLTAGE_ROWS[row]][block])
    path, index = capmem_cell(cell)
    part: Any = config.registers
    for name in path.split("/"):
        part = part[name]
    is_on = refresh.is_refreshed(config.registers["capmem"])[block]
    return float(_refreshed(part[index]) * is_on)


def current(codes: Codes, name: str, cells: Cells) -> np.ndarray:
    """Strength of a current cell of every neuron, in codes of an ideal one; never negative."""
    row = _ROW[name]
    return np.maximum(codes[name] * cells.gain[row] + cells.offset[row] * (codes[name] > 0), 0.0)
