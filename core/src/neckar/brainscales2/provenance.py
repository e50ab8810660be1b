"""The story of this process: which chips it had, what they were set to, how often they ran.

Where the environment names a file in `NECKAR_PROVENANCE`, as the job service does, that is written
there as JSON, beside whatever else the file holds: now and then, and when the process ends.
"""

import atexit
import hashlib
import json
import os
import sys
import time
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

FILE = "NECKAR_PROVENANCE"
EVERY = 5.0  # s between two writings
PACKAGES = ("numpy", "scipy", "PyNN", "neo", "nir")


class _Account:
    """Everything that was noted in this process."""

    def __init__(self, file: Path) -> None:
        # Before a script changes the folder:
        self._file, self._script = file.absolute(), _script()
        self._chips: dict[str, dict[str, Any]] = {}
        self._calibrations: dict[str, dict[str, Any]] = {}
        self._written_at = float("-inf")
        atexit.register(self.write)

    def chip(self, name: str, settings: Mapping[str, Any], n_entries: int, duration: float) -> None:
        key = json.dumps([name, settings], sort_keys=True)
        nothing = {"programs": 0, "executions": 0, "hardware_seconds": 0.0}
        chip = self._chips.setdefault(key, {"chip": name, **settings, **nothing})
        chip["programs"] += 1
        chip["executions"] += n_entries
        chip["hardware_seconds"] += n_entries * duration
        if time.monotonic() - self._written_at > EVERY:
            self.write()

    def calibration(self, chip: str, kind: str, content: bytes, measured_at: float | None) -> None:
        sha256 = hashlib.sha256(content).hexdigest()
        found: dict[str, Any] = {"chip": chip, "kind": kind, "sha256": sha256}
        if measured_at is not None:
            found["measured_at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(measured_at))
        self._calibrations[sha256] = found

    def write(self) -> None:
        self._written_at = time.monotonic()
        new = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        try:
            new.write_text(json.dumps({**_read(self._file), **self._document()}, indent=2) + "\n")
            new.replace(self._file)
        except OSError as error:  # the results are worth more than the story of how they came about
            print(f"{FILE}: {self._file} could not be written: {error}", file=sys.stderr)

    def _document(self) -> dict[str, Any]:
        return {
            "software": _versions(),
            "script": self._script,
            "chips": list(self._chips.values()),
            "calibrations": list(self._calibrations.values()),
        }


_accounts: dict[tuple[int, str], _Account] = {}


def note_program(chip: str, settings: Mapping[str, Any], n_entries: int, duration: float) -> None:
    """A chip has played a program of `duration` (s, hardware time), for each of its entries."""
    if account := _account():
        account.chip(chip, settings, n_entries, duration)


def note_calibration(
    chip: str, kind: str, content: bytes, measured_at: float | None = None
) -> None:
    """A calibration was read. `measured_at` is in seconds since 1970; none if nobody knows."""
    if account := _account():
        account.calibration(chip, kind, content, measured_at)


def is_wanted() -> bool:
    """Whether somebody wants to know."""
    return bool(os.environ.get(FILE))


def _account() -> _Account | None:
    if not is_wanted():
        return None
    key = (os.getpid(), os.environ[FILE])  # a child that was forked has an account of its own
    if key not in _accounts:
        _accounts[key] = _Account(Path(os.environ[FILE]))
    return _accounts[key]


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _versions() -> dict[str, str]:
    found = {"neckar": str(sys.modules["neckar"].__dict__["__version__"])}  # we stand below it
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _script() -> dict[str, str]:
    path = Path(sys.argv[0]) if sys.argv and sys.argv[0] else None
    if path is None or not path.is_file():
        return {}
    return {"name": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
