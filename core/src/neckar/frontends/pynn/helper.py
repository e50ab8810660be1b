"""Ready-made calibrations of the chip, as scripts ask for them."""

from __future__ import annotations

import os
from pathlib import Path

from neckar.brainscales2.backends import twin
from neckar.brainscales2.calibration import nightly_path
from neckar.brainscales2.calibration.nightly import NightlyPath, nightly_folder
from neckar.brainscales2.chip import wire
from neckar.brainscales2.chip.registers import AtomicNeuron, Chip
from neckar.brainscales2.twin.registers.chip_of import chip_of
from neckar.frontends.pynn.standardmodels.settings import get_values_of_atomic_neuron

__all__ = [
    "ATOMIC_NEURON_MEMBERS",
    "chip_from_file",
    "chip_from_nightly",
    "chip_from_portable_binary",
    "decompose_in_member_names",
    "get_unique_identifier",
    "get_values_of_atomic_neuron",
    "nightly_calib_path",
    "nightly_calib_url",
]

ATOMIC_NEURON_MEMBERS = sorted(AtomicNeuron.dtype.names or ())
_MOCKED = Path("/wang/data/calibration/hicann-dls-sr-hx/zeromock/stable/latest")
_SUFFIX = "_cocolist.pbin"


def chip_from_portable_binary(data: bytes) -> Chip:
    """The chip with the registers of a document."""
    return chip_of(wire.decode(data))


def chip_from_file(path: Path | str) -> Chip:
    """The chip in a file; nightly calibrations are made when they are first asked for."""
    chip, path = twin.default(), NightlyPath(path)
    ours = nightly_folder(chip.serial, chip.spread)
    there = ours / path.name if path.parent == _MOCKED else path
    return chip_from_portable_binary(there.read_bytes())


def chip_from_nightly() -> Chip:
    """The calibration for spiking neurons of the current chip."""
    return chip_from_file(nightly_calib_path())


def nightly_calib_path() -> Path:
    """Where the calibration for spiking neurons of the current chip lies.

    Tests of the original mock all hardware and expect the name that the file has in its
    laboratory; the file itself need not exist.
    """
    if os.environ.get("HXCOMM_ENABLE_ZERO_MOCK", "0") not in ("", "0"):
        return _MOCKED / f"spiking{_SUFFIX}"
    chip = twin.default()
    return nightly_path(chip.serial, spread=chip.spread)


def nightly_calib_url() -> str:
    """The same as an address."""
    return nightly_calib_path().as_uri()


def get_unique_identifier() -> list[str]:
    """Names of the chips that are in use."""
    return [twin.default().identifier]


def decompose_in_member_names(composed_name: str) -> tuple[str, str]:
    """Member and attribute in the flat name of a neuron's parameter."""
    for member in ATOMIC_NEURON_MEMBERS:
        if composed_name.startswith(f"{member}_"):
            return member, composed_name.removeprefix(f"{member}_")
    return "", composed_name
