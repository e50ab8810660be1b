"""Measure the calibrations that come with the package: those of the default chip, and of the ideal.

    python bench/ship_calibrations.py

Half a minute; to be repeated when the twin or the calibration change. A test says so.
"""

from pathlib import Path

from neckar.brainscales2 import calibration
from neckar.brainscales2.calibration.calibrate import calibrate
from neckar.brainscales2.calibration.nightly import laboratory
from neckar.brainscales2.calibration.sensors import calibrate_sensors
from neckar.brainscales2.calibration.target import TARGETS, Sensing
from neckar.brainscales2.chip import wire
from neckar.brainscales2.chip.coordinates import ChipOnDLS
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin.noise import Noise
from neckar.brainscales2.twin.variation import DEFAULT_SERIAL, Spread

CHIPS = (laboratory(DEFAULT_SERIAL), laboratory(0, Spread.none()))


def main() -> None:
    """Write one file per chip and kind."""
    folder = Path(calibration.__file__).parent / "shipped"
    for chip in CHIPS:
        for name, target in TARGETS.items():
            found = calibrate(chip, target).chip
            _write(folder / chip.identifier / f"{name}.pbin", found)
            if name == "spiking" and chip.noise != Noise.none():
                sensors = calibrate_sensors(chip, Sensing(), start=found).chip
                _write(folder / chip.identifier / "correlation.pbin", sensors)


def _write(path: Path, chip: Chip) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(wire.encode([(ChipOnDLS(), chip)]))
    print(f"{path.parent.name}/{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
