"""Synapse drivers: which rows of synapses listen to an event on a PADI bus, and how.

A driver at `position` of its bus accepts an event whose row-select address agrees with the position
in all bits of its mask, `(row_select & mask) == (position & mask)`. It then pulses its two rows,
each onto the excitatory line, the inhibitory line, both, or neither.
"""

from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.chip import wiring
from neckar.brainscales2.chip.datasheet import N_DRIVERS, N_HEMISPHERES, N_ROWS
from neckar.errors import ProgramError

_EXCITATORY, _INHIBITORY = 1, 2  # bits of a row mode
_MSB = 32  # what is left of an event's label where a driver keeps the rest for itself

_DRIVER = np.arange(N_DRIVERS)
_POSITION = wiring.position_of_driver(_DRIVER)
_BUS = wiring.bus_of_driver(_DRIVER)


@dataclass(frozen=True, kw_only=True)
class Pulses:
    """Rows that are pulsed; one entry per (event, row), arrays of shape (k,).

    Args:
        event: which of the events that were asked about.
        row: synapse row 0..511, hemisphere * 256 + row.
        label: what the synapses of the row compare their own label with.
    """

    event: np.ndarray
    row: np.ndarray
    label: np.ndarray


def check(drivers: np.ndarray) -> None:
    """Refuse driver settings that do not work on the chip either.

    Raises:
        ProgramError: a driver that listens makes short-term plasticity with a faulty circuit.
    """
    is_plastic = drivers["enable_stp"] & is_listening(drivers)
    for name in ("enable_renewing", "enable_charge_sharing"):
        asked = np.flatnonzero((drivers[name] & is_plastic).reshape(-1))
        if asked.size:
            raise ProgramError(
                f"synapse driver {asked[0]}: {name} does not work on this revision of the chip;"
                f" switch it off ({asked.size} drivers have it on)"
            )


def modes(drivers: np.ndarray) -> np.ndarray:
    """Receptor bits of every synapse row, (2, 256): 1 excitatory, 2 inhibitory, 3 both."""
    of_row = np.empty((N_HEMISPHERES, N_ROWS), np.uint8)
    top, bottom = wiring.rows_of_driver(_DRIVER)
    of_row[:, top] = drivers["row_mode_top"]
    of_row[:, bottom] = drivers["row_mode_bottom"]
    of_row[~np.repeat(drivers["enable_receiver"], 2, axis=1)] = 0
    return of_row


def excites(mode: np.ndarray) -> np.ndarray:
    """Whether rows of these modes pull the excitatory line."""
    return mode & _EXCITATORY != 0


def inhibits(mode: np.ndarray) -> np.ndarray:
    """Whether rows of these modes pull the inhibitory line."""
    return mode & _INHIBITORY != 0


def compared_bits(drivers: np.ndarray) -> int:
    """Bits of the row-select address that some driver looks at."""
    masks = drivers["row_address_compare_mask"][is_listening(drivers)]
    return int(np.bitwise_or.reduce(masks, initial=0))


def pulse(
    drivers: np.ndarray, buses: np.ndarray, row_select: np.ndarray, label: np.ndarray
) -> Pulses:
    """The rows that events pulse.

    Args:
        drivers: settings, (2, 128).
        buses: (k, 2, 4) bool, PADI buses that each event is on.
        row_select: (k,) its 5-bit address.
        label: (k,) its 6-bit label.
    """
    hemisphere, driver = np.nonzero(is_listening(drivers))
    settings = drivers[hemisphere, driver]
    mask = settings["row_address_compare_mask"]
    is_accepted = row_select[:, None] & mask == (_POSITION[driver] & mask)
    event, which = np.nonzero(is_accepted & buses[:, hemisphere, _BUS[driver]])
    seen = np.where(settings["enable_address_out"][which], label[event], label[event] & _MSB)
    return _both_rows(event, hemisphere[which] * N_ROWS + 2 * driver[which], seen)


def _both_rows(event: np.ndarray, even_row: np.ndarray, label: np.ndarray) -> Pulses:
    row = (even_row[:, None] + np.arange(2)).reshape(-1)
    return Pulses(event=np.repeat(event, 2), row=row, label=np.repeat(label, 2))


def is_listening(drivers: np.ndarray) -> np.ndarray:
    """Whether each driver takes events from its bus and passes them on to a row."""
    has_rows = (drivers["row_mode_top"] | drivers["row_mode_bottom"]) != 0
    return drivers["enable_receiver"] & has_rows
