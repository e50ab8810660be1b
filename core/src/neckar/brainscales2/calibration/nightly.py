"""Calibrations that scripts find ready-made, as if a laboratory had measured them last night.

Those of the default chip come with the package. Others are measured when first asked for and kept
in a cache folder, one tree per chip: `<root>/<chip>/latest/spiking_cocolist.pbin`.
"""

import sys
from pathlib import Path

from neckar.brainscales2.calibration import sensors
from neckar.brainscales2.calibration.calibrate import (
    Calibration,
    Tell,
    calibrate,
    calibration_of,
)
from neckar.brainscales2.calibration.package_data import shipped
from neckar.brainscales2.calibration.progress import Bar
from neckar.brainscales2.calibration.sensors import SensorCalibration
from neckar.brainscales2.calibration.store import digest, keep, root
from neckar.brainscales2.calibration.target import TARGETS, Sensing, Target
from neckar.brainscales2.chip import wire
from neckar.brainscales2.chip.coordinates import ChipOnDLS
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin.chip import Twin
from neckar.brainscales2.twin.noise import Noise
from neckar.brainscales2.twin.variation import Spread
from neckar.errors import CalibrationError

_SPREAD = Spread()


def nightly(serial: int, name: str = "spiking", spread: Spread = _SPREAD) -> Chip:
    """The calibration of a chip: `spiking` or `hagen`."""
    [(_, chip)] = wire.decode(nightly_path(serial, name, spread).read_bytes())
    return chip


def nightly_path(serial: int, name: str = "spiking", spread: Spread = _SPREAD) -> Path:
    """Where that calibration lies as a file; it is made now if nobody has asked before."""
    chip, target = laboratory(serial, spread), target_of(name)
    path = folder_of(chip) / "latest" / f"{name}_cocolist.pbin"
    if not path.exists():
        found = shipped(chip.identifier, name) or measured(chip, target, _teller(name, chip)).chip
        keep(path, wire.encode([(ChipOnDLS(), found)]))
    return path


def measured(chip: Twin, target: Target, tell: Tell | None = None) -> Calibration:
    """The calibration of a chip for any target; measured if it is not in the cache."""
    folder = folder_of(chip)
    path = folder / f"{digest(target, chip.identifier)}.pbin"
    if path.exists():
        [(_, found)] = wire.decode(path.read_bytes())
        return calibration_of(found, target)
    calibration = calibrate(chip, target, tell, folder)
    keep(path, wire.encode([(ChipOnDLS(), calibration.chip)]))
    return calibration


def measured_sensors(chip: Twin, target: Sensing, tell: Tell | None = None) -> SensorCalibration:
    """The nightly calibration for spiking with correlation sensors for any target, in the cache."""
    path = folder_of(chip) / f"{digest(target, chip.identifier)}.pbin"
    if path.exists():
        [(_, found)] = wire.decode(path.read_bytes())
        return sensors.calibration_of(found, target)
    start = nightly(chip.serial, spread=chip.spread)
    calibration = sensors.calibrate_sensors(chip, target, tell, start)
    keep(path, wire.encode([(ChipOnDLS(), calibration.chip)]))
    return calibration


def folder_of(chip: Twin) -> Path:
    """Where all calibrations of a chip lie."""
    return root() / chip.identifier


def laboratory(serial: int, spread: Spread = _SPREAD) -> Twin:
    """The chip as it was measured last night: with noise, unless it is ideal."""
    noise = Noise.none() if spread == Spread.none() else Noise()
    return Twin(serial=serial, spread=spread, noise=noise)


def target_of(name: str) -> Target:
    """What a calibration of this name aims at."""
    if name not in TARGETS:
        raise CalibrationError(f"no nightly calibration called {name!r}; there are: {[*TARGETS]}")
    return TARGETS[name]


def _teller(name: str, chip: Twin) -> Tell | None:
    """A bar for people who wait; nothing for files and pipes."""
    what = f"measuring {name} of {chip.identifier}"
    return Bar(sys.stderr, what) if sys.stderr.isatty() else None
