"""Calibrate what somebody asks for, neuron by neuron, and keep it for the next time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

import numpy as np

from neckar.brainscales2.calibration.nightly import calibrate, keep, version
from neckar.brainscales2.calibration.target import Target
from neckar.brainscales2.chip import wire
from neckar.brainscales2.chip.coordinates import ChipOnDLS
from neckar.brainscales2.chip.datasheet import MAX_CAPMEM
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin.variation import Spread

_SEARCHED = {
    "leak": ("v_leak", "i_bias"),
    "threshold": ("v_threshold",),
    "reset": ("v_reset",),
    "excitatory_input": ("i_bias_tau", "i_bias_gm", "i_shift_reference"),
    "inhibitory_input": ("i_bias_tau", "i_bias_gm", "i_shift_reference"),
}
_SEARCHED_COBA = ("v_rev_coba", "i_bias_coba")


def on_demand(target: Target, serial: int, spread: Spread, folders: Sequence[Path] = ()) -> Chip:
    """Settings that make chip `serial` do what `target` says.

    Args:
        target: values for all neurons or for each.
        serial: the chip.
        spread: its mismatch.
        folders: where earlier ones are looked for; a new one is written to the first.
    """
    name = f"{_digest(target, serial, spread)}.pbin"
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


def _digest(target: Target, serial: int, spread: Spread) -> str:
    digest = blake2b(f"{version()} {serial} {spread}".encode(), digest_size=12)
    for field in fields(target):
        value = getattr(target, field.name)
        digest.update(f"{field.name}=".encode())
        digest.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
    if target.firing:
        for value in (target.firing.reset_lsb, target.firing.threshold_lsb):
            digest.update(np.asarray(value, dtype=float).tobytes())
    return digest.hexdigest()


def at_limits(chip: Chip) -> Mapping[str, np.ndarray]:
    """Settings whose code ended at the end of its range, and at which neurons, (512,) bool."""
    found = {}
    for name, codes, counts in _searched(chip):
        is_at_end = counts & ((codes == 0) | (codes == MAX_CAPMEM))
        if is_at_end.any():
            found[name] = is_at_end
    return found


def _searched(chip: Chip) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    neurons = chip.array["neuron_block"]["atomic_neurons"]
    for part, names in _SEARCHED.items():
        for name in names:
            counts = neurons[part]["enable"] if part == "threshold" else np.True_
            yield f"{part}_{name}", neurons[part][name], np.broadcast_to(counts, neurons.shape)
        if part.endswith("_input"):
            for name in _SEARCHED_COBA:
                yield f"{part}_{name}", neurons[part][name], neurons[part]["enable_coba_mode"]
