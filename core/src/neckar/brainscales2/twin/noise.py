"""What differs from trial to trial on one and the same chip."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from neckar.brainscales2.twin.variation import stream


@dataclass(frozen=True, kw_only=True)
class Noise:
    """Strength of every source of noise.

    Args:
        leak: A * s; `leak * I_leak` is the square of the current noise on the membrane,
            A * sqrt(s), that comes from the leak. Silent traces at the strongest leak scatter by
            1.65 LSB, though their time constant is ten times shorter than after calibration.
        inputs: A * s; likewise of the amplifiers of synaptic inputs, as long as they are connected.
            Recorded traces of calibrated neurons scatter by 1.7 LSB around smooth curves.
        madc_lsb: of one MADC sample, 1.0 .. 1.5 by the limits of the calibration library.
        madc_memory: correlation of one MADC sample with the next.
        cadc_lsb: of one CADC reading, 0.6 .. 0.8.
    """

    leak: float = 2e-17
    inputs: float = 1.24e-18
    madc_lsb: float = 1.35
    madc_memory: float = 0.2
    cadc_lsb: float = 0.7

    @classmethod
    def none(cls) -> Self:
        """Every trial is like the other."""
        return cls(**dict.fromkeys((field.name for field in fields(cls)), 0.0))


def trial(seed: int, path: str) -> np.random.Generator:
    """Random numbers of one run; the path says what they are for."""
    return stream(seed, f"run/{path}")
