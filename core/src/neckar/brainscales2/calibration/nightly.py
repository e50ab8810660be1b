"""Calibrations that scripts find ready-made, as if a laboratory had measured them last night.

Those of the default chip come with the package. Others are measured when first asked for and kept
in a cache folder, one tree per chip: `<root>/<chip>/latest/spiking_cocolist.pbin`.
"""

import gzip
import pickle
import sys
from collections.abc import Callable, Mapping
from pathlib import Path, PosixPath

from neckar.bar import Bar
from neckar.brainscales2 import provenance
from neckar.brainscales2.calibration import sensors
from neckar.brainscales2.calibration.calibrate import (
    Calibration,
    Tell,
    calibrate,
    calibration_of,
)
from neckar.brainscales2.calibration.package_data import comes_along, shipped
from neckar.brainscales2.calibration.sensors import SensorCalibration
from neckar.brainscales2.calibration.store import digest, keep, root
from neckar.brainscales2.calibration.target import TARGETS, Sensing, Target
from neckar.brainscales2.chip import wire
from neckar.brainscales2.chip.coordinates import ChipOnDLS
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin.chip import Twin
from neckar.brainscales2.twin.noise import Noise
from neckar.brainscales2.twin.registers.chip_of import chip_of
from neckar.brainscales2.twin.variation import Spread
from neckar.errors import CalibrationError

_SPREAD = Spread()
_FOLDERS = ("latest", "latest-weekly")
_SENSORS = "correlation"
KINDS = (*TARGETS, _SENSORS)
Found = Calibration | SensorCalibration
_FORMATS: Mapping[str, Callable[[Found], bytes]] = {
    ".pbin": lambda found: wire.encode(found.settings),
    ".json.gz": lambda found: gzip.compress(wire.to_json(found.settings).encode(), mtime=0),
    ".pkl": pickle.dumps,
}
SUFFIXES = tuple(_FORMATS)
_ENDS = {"_cocolist.pbin": ".pbin", "_cocolist.json.gz": ".json.gz", "_calix-native.pkl": ".pkl"}
_chips: dict[Path, Twin] = {}
"""Whose calibrations lie in which folder."""


def nightly(serial: int, name: str = "spiking", spread: Spread = _SPREAD) -> Chip:
    """The settings of a chip for `spiking` or another kind of calibration."""
    return chip_of(wire.decode(nightly_path(serial, name, spread).read_bytes()))


def nightly_path(serial: int, name: str = "spiking", spread: Spread = _SPREAD) -> "NightlyPath":
    """Where that calibration lies as a file; it is made now if nobody has asked before."""
    if name not in KINDS:
        raise CalibrationError(f"no nightly calibration called {name!r}; there are: {[*KINDS]}")
    path = nightly_folder(serial, spread) / f"{name}_cocolist.pbin"
    path.stat()
    return path


def nightly_folder(serial: int, spread: Spread = _SPREAD) -> "NightlyPath":
    """The folder of all nightly calibrations of a chip; nothing is made yet."""
    chip = laboratory(serial, spread)
    _chips[folder_of(chip)] = chip
    return NightlyPath(folder_of(chip) / _FOLDERS[0])


class NightlyPath(PosixPath):
    """A path among nightly calibrations: its file is made when somebody wants to read it.

    As a string it is a path like any other. What comes with the package is there by then, what has
    to be measured is not.
    """

    def __fspath__(self) -> str:
        path = super().__str__()
        _make(Path(path))
        return path

    def __str__(self) -> str:
        path = super().__str__()
        _make(Path(path), measures=False)
        return path

    def read_bytes(self) -> bytes:
        """What the file holds. That it was read belongs to the story of what it is used for."""
        content = super().read_bytes()
        chip = _chips.get(Path(str(self)).parents[1]) if len(self.parts) > 2 else None
        if chip is not None and provenance.is_wanted():
            kind = self.name.removesuffix("_cocolist.pbin")
            is_ours = comes_along(chip.identifier, kind)
            measured_at = None if is_ours else self.stat().st_mtime
            provenance.note_calibration(chip.identifier, kind, content, measured_at)
        return content


def _make(path: Path, measures: bool = True) -> None:
    """Write the file if it is one of a nightly calibration and not there yet."""
    chip = _chips.get(path.parents[1]) if len(path.parents) > 1 else None
    if chip is None or path.parent.name not in _FOLDERS or path.exists():
        return
    for end, suffix in _ENDS.items():
        kind = path.name.removesuffix(end)
        if kind in KINDS and (measures or comes_along(chip.identifier, kind)):
            keep(path, _FORMATS[suffix](_found(chip, kind)))


def document(found: Found, name: str) -> bytes:
    """What a file of this name holds: registers, registers as text, or an object in Python."""
    for suffix, made in _FORMATS.items():
        if name.endswith(suffix):
            return made(found)
    raise CalibrationError(f"{name}: a file of settings ends with {', '.join(SUFFIXES)}")


def _found(chip: Twin, name: str) -> Found:
    if name == _SENSORS:
        return measured_sensors(chip, Sensing(), teller(name, chip))
    target = target_of(name)
    come_along = shipped(chip.identifier, name)
    if come_along:
        return calibration_of(come_along, target)
    return measured(chip, target, teller(name, chip))


def measured(chip: Twin, target: Target, tell: Tell | None = None) -> Calibration:
    """The calibration of a chip for any target; measured if it is not in the cache."""
    folder = folder_of(chip)
    path = folder / f"{digest(target, chip.identifier)}.pbin"
    if path.exists():
        content = path.read_bytes()
        [(_, found)] = wire.decode(content)
        calibration = calibration_of(found, target)
    else:
        calibration = calibrate(chip, target, tell, folder)
        content = wire.encode([(ChipOnDLS(), calibration.chip)])
        keep(path, content)
    measured_at = path.stat().st_mtime
    provenance.note_calibration(chip.identifier, f"target {path.stem}", content, measured_at)
    return calibration


def measured_sensors(chip: Twin, target: Sensing, tell: Tell | None = None) -> SensorCalibration:
    """The nightly calibration for spiking with correlation sensors for any target, in the cache."""
    come_along = shipped(chip.identifier, _SENSORS) if target == Sensing() else None
    if come_along:
        return sensors.calibration_of(come_along, target)
    folder = folder_of(chip)
    path = folder / f"{digest(target, chip.identifier)}.pbin"
    if path.exists():
        [(_, found)] = wire.decode(path.read_bytes())
        return sensors.calibration_of(found, target)
    start = nightly(chip.serial, spread=chip.spread)
    calibration = sensors.calibrate_sensors(chip, target, tell, start, folder)
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
        raise CalibrationError(
            f"no calibration of neurons called {name!r}; there are: {[*TARGETS]}"
        )
    return TARGETS[name]


def teller(name: str, chip: Twin) -> Tell | None:
    """A bar for people who wait; nothing for files and pipes."""
    what = f"measuring {name} of {chip.identifier}"
    return Bar(sys.stderr, what) if sys.stderr.isatty() else None
