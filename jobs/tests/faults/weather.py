"""Clocks that jump and disks that are slow, for processes of tests."""

import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("weather.c")


def library(folder: Path) -> str:
    """What a process preloads."""
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler: apt install gcc")
    made = folder / "weather.so"
    words = [compiler, "-O1", "-shared", "-fPIC", "-Wall", "-Werror", "-o", str(made), str(SOURCE)]
    subprocess.run(words, check=True)
    return str(made)


class WallClock:
    """The wall clock of a process, which a test moves."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"{name}.clock"
        self.path.write_bytes(struct.pack("q", 0))
        self.path.chmod(0o644)

    def jump_to(self, seconds: int) -> None:
        """Be wrong by so much."""
        handle = os.open(self.path, os.O_WRONLY)
        os.pwrite(handle, struct.pack("q", seconds), 0)
        os.close(handle)
