"""What a run brought, in the names of the network and in seconds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from neckar.network.probes import Device, Variable


@dataclass(frozen=True, kw_only=True, eq=False)
class Samples:
    """Readings of one cell: `time` in seconds since the run began, `value` in LSB, float32."""

    time: np.ndarray
    value: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class SnippetResults:
    """What was observed in one snippet; times count from the beginning of the run.

    Args:
        begin: of the snippet, s.
        end: of the snippet, s.
        spikes: population -> observed cell -> ascending spike times in [begin, end).
        samples: (population, variable, device) -> observed cell -> samples in [begin, end).
    """

    begin: float
    end: float
    spikes: Mapping[str, Mapping[int, np.ndarray]]
    samples: Mapping[tuple[str, Variable, Device], Mapping[int, Samples]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Results:
    """What a run brought.

    Args:
        snippets: one part per snippet of the run.
        dropped_in: spikes for the chip that the link had no room for.
        dropped_out: spikes of the chip that the link had no room for.
        reads: registers that the user asked for, by ticket.
    """

    snippets: tuple[SnippetResults, ...]
    dropped_in: int
    dropped_out: int
    reads: tuple[Any, ...] = ()
