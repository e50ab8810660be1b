"""How spikes of one population reach another."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Receptor = Literal["excitatory", "inhibitory"]


@dataclass(frozen=True, kw_only=True)
class Projection:
    """Connections from `source` to `target`, one entry per connection.

    Args:
        name: shown in messages.
        source: name of the presynaptic population.
        target: name of the postsynaptic population.
        receptor: which synaptic input of the target is reached.
        pre: index of the presynaptic cell in its population, shape (n,).
        post: index of the postsynaptic cell in its population, shape (n,).
        weight_code: strength, not negative, shape (n,); the receptor carries the sign. What lies
            between two integers is rounded.
        source_compartment: which compartment of the presynaptic cells sends.
        target_compartment: which compartment of the postsynaptic cells receives.
    """

    name: str
    source: str
    target: str
    receptor: Receptor
    pre: np.ndarray
    post: np.ndarray
    weight_code: np.ndarray
    source_compartment: int = 0
    target_compartment: int = 0
