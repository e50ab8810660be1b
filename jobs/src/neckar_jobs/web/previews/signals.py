"""Spikes and traces of binary files, read by a process that may fail and has nothing to gain."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from neckar_jobs.machines.walls import SYSTEM, software
from neckar_jobs.web.previews.plot import Plot, Series

READER = Path(__file__).with_name("reader.py")
ENDINGS = (".nwb", ".h5", ".hdf5", ".nix", ".npy", ".npz")
SECONDS = 30.0
LARGEST = 2 * 1024**3  # bytes of a file that is looked into


class UnreadableError(Exception):
    """The reader could not make anything of a file."""


def read(path: Path, ending: str) -> tuple[list[Plot], list[str]]:
    """Plots, and names of everything that is in a file."""
    if path.stat().st_size > LARGEST:
        raise UnreadableError("the file is too large to be looked into; download it")
    found = json.loads(_printed(path, ending))
    return [_plot(each) for each in found["plots"]], list(map(str, found["names"]))


@lru_cache(maxsize=16)
def _printed(path: Path, ending: str) -> bytes:
    """What the reader says. Contents never change under their digest, so it is asked once."""
    words = [*_walls(path), sys.executable, "-I", str(READER), str(path), ending]
    try:
        done = subprocess.run(words, capture_output=True, timeout=SECONDS, check=True)
    except subprocess.TimeoutExpired:
        raise UnreadableError("looking into the file took too long") from None
    except subprocess.CalledProcessError as error:
        last = error.stderr.decode("utf-8", "replace").strip().rsplit("\n", 1)[-1]
        raise UnreadableError(last[:300] or "the file cannot be read") from None
    return done.stdout


def _walls(path: Path) -> Iterator[str]:
    """With bubblewrap, the reader sees this file and the software, and no network."""
    if shutil.which("bwrap") is None or not _walls_stand():
        return
    yield from ("bwrap", "--unshare-all", "--die-with-parent", "--clearenv", "--dev", "/dev")
    for place in (*map(Path, SYSTEM), Path("/etc/ld.so.cache"), *software(), READER, path):
        if place.exists():
            yield from ("--ro-bind", str(place), str(place))


@lru_cache(maxsize=1)
def _walls_stand() -> bool:
    words = ("bwrap", "--unshare-all", "--ro-bind", "/", "/", "true")
    return subprocess.run(words, capture_output=True).returncode == 0


def _plot(found: dict[str, Any]) -> Plot:
    series = [Series(**each) for each in found.pop("series")]
    return Plot(series=series, **found)
