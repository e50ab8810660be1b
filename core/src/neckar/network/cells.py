"""Neuron models a population can consist of."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Circuit:
    """A neuron described by the settings of its circuit, named and coded as its machine does.

    Args:
        parameters: per name one value per cell, arrays of shape (size,). Analog values are
            integer codes, switches are booleans. What is not named keeps the machine's default.
    """

    parameters: Mapping[str, np.ndarray]
