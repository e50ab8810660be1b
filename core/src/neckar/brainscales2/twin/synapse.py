"""The synapse array: how far one event pulls down the line of its column."""

from functools import lru_cache

import numpy as np

from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import (
    MAX_WEIGHT,
    N_COLUMNS,
    N_DRIVERS,
    N_HEMISPHERES,
    N_ROWS,
)
from neckar.brainscales2.twin import driver, neuron
from neckar.brainscales2.twin.capmem import Codes
from neckar.brainscales2.twin.variation import Spread, factors

_LINES = ("excitatory", "inhibitory")
_INHIBITORY_ONLY = 2  # receptor bits of a row, see driver.modes


def amplitude(config: ChipConfig, codes: Codes, serial: int, spread: Spread) -> np.ndarray:
    """Volts by which one event deflects the line that its row acts on; (2, 256, 256) float32.

    Indexed by hemisphere, row and column, and positive for a synapse that pulls its line down.
    A row that acts on both lines is given the deflection of the excitatory one.

        dV = full deflection * weight / 63 * bias / reference * pulse length / capacitance
    """
    of_line = np.stack([_per_column(config, codes, serial, spread, line) for line in _LINES])
    receptor = driver.modes(config.registers["synapse_driver_blocks"]["synapse_drivers"])
    line_of_row = (receptor == _INHIBITORY_ONLY).astype(np.intp)
    hemisphere = np.arange(N_HEMISPHERES)[:, None]
    deflection = config.registers["synapse_blocks"]["matrix"]["weights"].astype(np.float32)
    deflection *= _strength(serial, spread)
    deflection *= of_line[line_of_row, hemisphere]
    return deflection


def _per_column(
    config: ChipConfig, codes: Codes, serial: int, spread: Spread, line: str
) -> np.ndarray:
    """Deflection by weight 1 on one of the two lines of every column, (2, 256)."""
    bias = codes["synapse_bias"] / p.SYNAPSE_BIAS_REFERENCE_CODE
    bias = bias * factors(serial, "synapse/bias", spread.synapse_bias, 4)
    of_column = np.repeat(bias.reshape(N_HEMISPHERES, 2), N_COLUMNS // 2, axis=1)
    capacitance = neuron.line_capacitance(config.neurons, neuron.pattern(serial, spread), line)
    switches = config.registers["neuron_block"]["current_rows"]["values"]
    connected = switches[f"enable_synaptic_current_{line}"]
    full = p.SYNAPSE_AMPLITUDE / MAX_WEIGHT
    return (full * of_column * connected / capacitance.reshape(connected.shape)).astype(np.float32)


@lru_cache(maxsize=4)
def _strength(serial: int, spread: Spread) -> np.ndarray:
    """The fixed pattern of drivers and synapses, (2, 256, 256) float32."""
    drivers = factors(serial, "driver/pulse", spread.driver, (N_HEMISPHERES, N_DRIVERS))
    shape = (N_HEMISPHERES, N_ROWS, N_COLUMNS)
    synapses = factors(serial, "synapse/amplitude", spread.synapse, shape)
    return (synapses * np.repeat(drivers, 2, axis=1)[:, :, None]).astype(np.float32)
