"""Measure what somebody asks of the neurons of a chip, and keep it for the next time.

What the calibration of last night has found for the same wish is not measured again: converters,
synapse drivers, and what a target has in common with that of the night.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from neckar.brainscales2.calibration.calibrate import calibrate, calibration_of
from neckar.brainscales2.calibration.nightly import folder_of, laboratory, nightly, teller
from neckar.brainscales2.calibration.oracle.calibrate import calibrate as computed
from neckar.brainscales2.calibration.store import digest, keep
from neckar.brainscales2.calibration.target import SPIKING, Target
from neckar.brainscales2.chip import wire
from neckar.brainscales2.chip.coordinates import ChipOnDLS
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin.variation import Spread


def on_demand(target: Target, serial: int, spread: Spread, folders: Sequence[Path] = ()) -> Chip:
    """Settings that make chip `serial` do what `target` says.

    Args:
        target: values for all neurons or for each.
        serial: the chip.
        spread: its mismatch.
        folders: where earlier ones are looked for besides the usual place; a new one is written to
            the first.
    """
    chip = laboratory(serial, spread)
    name = f"{digest(target, f'neurons of {chip.identifier}')}.pbin"
    asked = _Asked(target, serial, spread, (*folders, folder_of(chip)))
    return Chip.from_array(_kept(name, asked).array)


class _Asked:
    """What was asked for; a cache knows it by name alone."""

    def __init__(
        self, target: Target, serial: int, spread: Spread, folders: tuple[Path, ...]
    ) -> None:
        self.target, self.serial, self.spread, self.folders = target, serial, spread, folders

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and self.folders == other.folders

    def __hash__(self) -> int:
        return hash(self.folders)


@lru_cache(maxsize=16)
def _kept(name: str, asked: _Asked) -> Chip:
    for folder in asked.folders:
        if (folder / name).exists():
            [(_, chip)] = wire.decode((folder / name).read_bytes())
            return chip
    chip = _found(asked.target, asked.serial, asked.spread)
    keep(asked.folders[0] / name, wire.encode([(ChipOnDLS(), chip)]))
    return chip


def _found(target: Target, serial: int, spread: Spread) -> Chip:
    """An ideal chip is computed: nothing in it differs, and without noise its ADCs tell steps."""
    if spread == Spread.none():
        return computed(serial, target, spread)
    chip, start = laboratory(serial, spread), None
    if target.cadc_range_code == SPIKING.cadc_range_code:
        start = calibration_of(nightly(serial, "spiking", spread), SPIKING)
    return calibrate(chip, target, teller("neurons", chip), start=start).chip
