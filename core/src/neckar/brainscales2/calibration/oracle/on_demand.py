"""Calibrate what somebody asks for, neuron by neuron, and keep it for the next time."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from neckar.brainscales2.calibration.oracle.calibrate import calibrate
from neckar.brainscales2.calibration.store import digest, keep
from neckar.brainscales2.calibration.target import Target
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
        folders: where earlier ones are looked for; a new one is written to the first.
    """
    name = digest(target, f"{serial} {spread}") + ".pbin"
    return Chip.from_array(_kept(name, _Asked(target, serial, spread, tuple(folders))).array)


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
    chip = calibrate(asked.serial, asked.target, asked.spread)
    if asked.folders:
        keep(asked.folders[0] / name, wire.encode([(ChipOnDLS(), chip)]))
    return chip
