"""Which circuit is wired to which, as integers. One source for coordinates, mapping and twin.

Every circuit is named by the enum of its coordinate. Functions take and return integers or integer
arrays. Source: the coordinate conversions of the public `halco` library.
"""

from typing import TypeVar

import numpy as np

from neckar.brainscales2.chip.datasheet import (
    N_BUSES,
    N_COLUMNS,
    N_EVENT_OUTPUTS,
)

Int = TypeVar("Int", int, np.ndarray)


def hemisphere_of_neuron(neuron: Int) -> Int:
    """0 top, 1 bottom; neuron enum = hemisphere * 256 + column."""
    return neuron // N_COLUMNS


def column_of_neuron(neuron: Int) -> Int:
    """Column 0..255 within its hemisphere, also the column of its synapses."""
    return neuron % N_COLUMNS


def event_output_of_neuron(neuron: Int) -> Int:
    """Crossbar input 0..7: 32 columns of both hemispheres share one."""
    return column_of_neuron(neuron) // (N_COLUMNS // N_EVENT_OUTPUTS)


def quadrant_of_neuron(neuron: Int) -> Int:
    """CapMem block: 2 * hemisphere + (column >= 128)."""
    return 2 * hemisphere_of_neuron(neuron) + column_of_neuron(neuron) // 128


def backend_of_neuron(neuron: Int) -> Int:
    """Common neuron backend, west 0 or east 1."""
    return column_of_neuron(neuron) // 128


def driver_of_row(row: Int) -> Int:
    """Synapse driver 0..127 of a row 0..255; the odd row is its top, the even its bottom row."""
    return row // 2


def bus_of_driver(driver: Int) -> Int:
    """PADI bus 0..3 of its hemisphere."""
    return driver % N_BUSES


def position_of_driver(driver: Int) -> Int:
    """Position 0..31 on its PADI bus, compared with the row-select address."""
    return driver // N_BUSES


def driver_at(bus: int, position: Int) -> Int:
    """Synapse driver at a position of a PADI bus; inverse of the two functions above."""
    return position * N_BUSES + bus


def quadrant_of_driver(hemisphere: int, driver: Int) -> Int:
    """CapMem block of a driver: even drivers west, odd drivers east."""
    return 2 * hemisphere + driver % 2


def crossbar_nodes() -> tuple[np.ndarray, np.ndarray]:
    """Input and output of each of the 76 crossbar nodes, in the order of their enum.

    Neuron output n reaches buses n % 4 and 4 + n % 4 and link 8 + n % 4; off-chip lane i reaches
    all eight buses and link 8 + i; background source b reaches bus b and link 8 + b % 4.
    Bus of a hemisphere h: output 4 * h + bus.
    """
    pairs = []
    for source in range(20):
        for output in range(12):
            if _is_wired(source, output):
                pairs.append((source, output))
    inputs, outputs = np.array(pairs).T
    return inputs, outputs


def _is_wired(source: int, output: int) -> bool:
    if source < N_EVENT_OUTPUTS:
        return output % N_BUSES == source % N_BUSES
    if source < 12:
        return output < 8 or output == source
    background = source - 12
    return output in (background, 8 + background % N_BUSES)


def rows_of_driver(driver: Int) -> tuple[Int, Int]:
    """Top and bottom synapse row of a driver."""
    return 2 * driver + 1, 2 * driver


def backend_slot_of_neuron(neuron: Int) -> Int:
    """Enum of its backend, reset and spike counter, which count west before east."""
    column = column_of_neuron(neuron)
    return column // 128 * 256 + hemisphere_of_neuron(neuron) * 128 + column % 128


def neuron_of_backend_slot(slot: Int) -> Int:
    """Neuron of a backend, reset or spike counter; inverse of `backend_slot_of_neuron`."""
    return slot % 256 // 128 * N_COLUMNS + slot // 256 * 128 + slot % 128


def quad_of_column(column: Int) -> Int:
    """Quad 0..63 of four columns; quads 0..31 hold even columns, 32..63 odd ones."""
    return column % 2 * 32 + column // 8


def entry_of_column(column: Int) -> Int:
    """Place 0..3 of a column in its quad."""
    return column // 2 % 4


def columns_of_quad(quad: int) -> tuple[int, ...]:
    """The four columns of a quad in the order of their entries."""
    return tuple((quad % 32 * 4 + entry) * 2 + quad // 32 for entry in range(4))
