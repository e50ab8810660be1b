"""Calibrations that scripts find ready-made, as if a laboratory had made them last night.

They are made when first asked for and kept in a cache folder, one tree per chip:
`<root>/latest/spiking_cocolist.pbin`.
"""

import os
from functools import cache
from hashlib import blake2b
from pathlib import Path

from neckar.brainscales2.calibration.bench import Bench
from neckar.brainscales2.calibration.drivers import calibrate_drivers
from neckar.brainscales2.calibration.neurons import calibrate_neurons
from neckar.brainscales2.calibration.readout import calibrate_readout
from neckar.brainscales2.calibration.synapses import calibrate_synapses
from neckar.brainscales2.calibration.target import TARGETS, Target
from neckar.brainscales2.chip import wire
from neckar.brainscales2.chip.coordinates import ChipOnDLS
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin.chip import Twin
from neckar.brainscales2.twin.variation import Spread
from neckar.errors import CalibrationError

_SPREAD = Spread()


def calibrate(serial: int, target: Target, spread: Spread) -> Chip:
    """Settings that make chip `serial` do what `target` says."""
    bench = Bench(serial=serial, spread=spread, chip=Chip())
    calibrate_readout(bench, target.cadc_range_code)
    calibrate_synapses(bench, target.synapse_bias_code)
    calibrate_neurons(bench, target)
    if target.encodes_activations:
        calibrate_drivers(bench)
    return bench.chip


@cache
def _made(serial: int, name: str, spread: Spread) -> bytes:
    chip = calibrate(serial, _target(name), spread)
    return wire.encode([(ChipOnDLS(), chip)])


def nightly(serial: int, name: str = "spiking", spread: Spread = _SPREAD) -> Chip:
    """The calibration of a chip: `spiking` or `hagen`."""
    [(_, chip)] = wire.decode(nightly_path(serial, name, spread).read_bytes())
    return chip


def nightly_path(serial: int, name: str = "spiking", spread: Spread = _SPREAD) -> Path:
    """Where that calibration lies as a file; it is made now if nobody has asked before."""
    chip = Twin(serial=serial, spread=spread).identifier
    path = _root() / chip / "latest" / f"{name}_cocolist.pbin"
    if not path.exists():
        keep(path, _made(serial, name, spread))
    return path


def _root() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "neckar" / "calibrations" / version()


@cache
def version() -> str:
    """Changes with the physics and with the calibration, so that nothing in the cache is stale."""
    source = Path(__file__).parents[1]
    files = [source / "chip" / "parameters.py"]
    files += [*source.glob("twin/*.py"), *source.glob("calibration/*.py")]
    digest = blake2b(digest_size=6)
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _target(name: str) -> Target:
    if name not in TARGETS:
        raise CalibrationError(f"no nightly calibration called {name!r}; there are: {[*TARGETS]}")
    return TARGETS[name]


def keep(path: Path, document: bytes) -> None:
    """Write to a name of our own first, so that others never see half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(document)
    unfinished.replace(path)
