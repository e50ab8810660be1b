"""Finds what a command has left behind."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from neckar_jobs.files import LEFT_OUT

Seen = Mapping[str, tuple[int, int]]  # size and time of change, by path
MOST_OUTPUTS = 10_000


def seen(folder: Path) -> Seen:
    """What there is before a command starts."""
    return {path: (s.st_size, s.st_mtime_ns) for path, s in _files(folder)}


def outputs(folder: Path, before: Seen) -> list[str]:
    """Files that are new or have changed. Links and devices are not files."""
    now = [path for path, s in _files(folder) if before.get(path) != (s.st_size, s.st_mtime_ns)]
    return now[:MOST_OUTPUTS]


def _files(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - LEFT_OUT)
        for name in sorted(names):
            path = Path(here, name)
            status = path.lstat()
            if stat.S_ISREG(status.st_mode) and not name.endswith(".pyc"):
                yield path.relative_to(folder).as_posix(), status
