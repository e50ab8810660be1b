"""Where calibrations are kept."""

import os
from dataclasses import fields
from functools import cache
from hashlib import blake2b
from pathlib import Path

import numpy as np

from neckar.brainscales2.calibration.target import Sensing, Target


def root() -> Path:
    """The folder of all calibrations that this version of the twin has made."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "neckar" / "calibrations" / version()


@cache
def version() -> str:
    """Changes with the physics and with the calibration, so that nothing in the cache is stale."""
    source = Path(__file__).parents[1]
    files = [source / "chip" / "parameters.py"]
    files += [*source.glob("twin/**/*.py"), *source.glob("calibration/**/*.py")]
    digest = blake2b(digest_size=6)
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def keep(path: Path, document: bytes) -> None:
    """Write to a name of our own first, so that others never see half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(document)
    unfinished.replace(path)


def digest(target: Target | Sensing, chip: str) -> str:
    """Names what a chip was calibrated for, by this version of the twin."""
    digest = blake2b(f"{version()} {chip}".encode(), digest_size=12)
    for field in fields(target):
        value = getattr(target, field.name)
        digest.update(f"{field.name}=".encode())
        digest.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
    firing = target.firing if isinstance(target, Target) else None
    if firing:
        for value in (firing.reset_lsb, firing.threshold_lsb):
            digest.update(np.asarray(value, dtype=float).tobytes())
    return digest.hexdigest()
