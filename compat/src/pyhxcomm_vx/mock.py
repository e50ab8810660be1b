"""A session with nobody: whatever is read is zero."""

from typing import Any, Self

import numpy as np

from neckar.brainscales2.chip.registers import HAL, LOLA
from neckar.brainscales2.program import Program, Read
from neckar.brainscales2.recording import MADC_SAMPLE, SPIKE, CADCSamples, Entry, Recording

_REGISTER_AT = {
    register.coordinate_type: register
    for register in (HAL | LOLA).values()
    if register.coordinate_type is not None
}


class Nobody:
    """Takes every program and does nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def run(self, program: Program) -> Recording:
        """Zero for every read, no event, no time."""
        reads = tuple(_zero(i.coordinate) for i in program.instructions if isinstance(i, Read))
        nothing = np.empty(0, np.int64)
        entry = Entry(
            spikes=np.empty(0, SPIKE),
            madc=np.empty(0, MADC_SAMPLE),
            cadc=CADCSamples(time=nothing, value=np.empty((0, 512), np.uint8)),
            reads=reads,
            timer_resets=nothing,
            dropped_in=0,
            dropped_out=0,
            read_times=np.zeros(len(reads), np.int64),
        )
        return Recording(entries=(entry,))


def _zero(coordinate: Any) -> Any:
    kind = _REGISTER_AT[type(coordinate)]
    return kind.from_array(np.zeros((), kind.dtype))
