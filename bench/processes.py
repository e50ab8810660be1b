"""What processes cost: seconds of computing and memory."""

import os
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Of a process."""

    seconds: float  # user and system
    megabytes: float  # what they share is counted once


def cost(pid: int, *, alone: bool = False) -> Cost:
    """What a process has cost so far, with its children or without."""
    family = [pid] if alone else [pid, *_children(pid)]
    return Cost(seconds=sum(map(_seconds, family)), megabytes=sum(map(_megabytes, family)))


def _children(pid: int) -> list[int]:
    try:
        lists = Path(f"/proc/{pid}/task").glob("*/children")
        found = [int(child) for each in lists for child in each.read_text().split()]
    except OSError:
        return []
    return found + [younger for child in found for younger in _children(child)]


def _seconds(pid: int) -> float:
    """Its own, and those of children that it has outlived."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, words[11:13])) / TICK


def _megabytes(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended, or belongs to somebody else
        return 0.0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0) / 1e3
