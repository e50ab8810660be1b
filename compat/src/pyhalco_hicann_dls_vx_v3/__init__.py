"""All coordinates of the chip."""

import pyhalco_common as common
from neckar.brainscales2.chip.coordinates import COORDINATES, Coordinate, iter_all

globals().update(COORDINATES)

spikeio_serial_bits = 8

__all__ = ["Coordinate", "common", "iter_all", "spikeio_serial_bits", *COORDINATES]


def __dir__() -> list[str]:
    """As in the original, where `PADILabel` is only known as a part of `SpikeLabel`."""
    return [name for name in __all__ if name != "PADILabel"]
