"""Calibrations that come with the package, measured by `bench/ship_calibrations.py`."""

from importlib.resources import files

from neckar.brainscales2.chip import wire
from neckar.brainscales2.chip.registers import Chip


def shipped(chip: str, name: str) -> Chip | None:
    """The calibration `name` of a chip, if it comes along and its registers are those of today."""
    file = files("neckar.brainscales2.calibration") / "shipped" / chip / f"{name}.pbin"
    if not file.is_file():
        return None
    try:
        [(_, found)] = wire.decode(file.read_bytes())
    except ValueError:  # registers have changed since
        return None
    return found
