"""Calibrations that come with the package, measured by `bench/ship_calibrations.py`."""

from importlib.resources import files
from importlib.resources.abc import Traversable

from neckar.brainscales2.chip import wire
from neckar.brainscales2.chip.registers import Chip


def comes_along(chip: str, name: str) -> bool:
    """Whether the calibration `name` of a chip is in the package."""
    return _file(chip, name).is_file()


def shipped(chip: str, name: str) -> Chip | None:
    """The calibration `name` of a chip, if it comes along and its registers are those of today."""
    file = _file(chip, name)
    if not file.is_file():
        return None
    try:
        [(_, found)] = wire.decode(file.read_bytes())
    except ValueError:  # registers have changed since
        return None
    return found


def _file(chip: str, name: str) -> Traversable:
    return files("neckar.brainscales2.calibration") / "shipped" / chip / f"{name}.pbin"
