"""Neuron models a population can consist of."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from neckar.units import V, mV, us

Values = float | np.ndarray
"""One number for all cells of a population, or an array of shape (size,)."""

Place = tuple[int, int]
"""Column and row."""


@dataclass(frozen=True, kw_only=True)
class Circuit:
    """A neuron described by the settings of its circuit, named and coded as its machine does.

    Args:
        parameters: per name one value per cell, arrays of shape (size,). Analog values are
            integer codes, switches are booleans. What is not named keeps the machine's default.
    """

    parameters: Mapping[str, np.ndarray]


@dataclass(frozen=True, kw_only=True)
class LIF:
    """A leaky integrate-and-fire neuron with exponential synaptic currents, in SI units.

    tau_mem dv/dt = leak - v + r (i_exc - i_inh),  tau_syn di/dt = -i
    v >= threshold: a spike, then v = reset for refractory_time

    Voltages are those of the membrane on the chip, times are hardware time. Every value is one
    number for all cells or an array of shape (size,); the machine is calibrated for them.

    Args:
        tau_mem: of the membrane, s.
        tau_syn_exc: of the excitatory input, s; likewise `tau_syn_inh`.
        leak: where the membrane rests, V.
        reset: where it is held after a spike, V.
        threshold: where it fires, V; infinite for a neuron that only integrates.
        refractory_time: s.
        psp: by how much one event of weight 1 moves the resting membrane at most, V.
    """

    tau_mem: Values = 10 * us
    tau_syn_exc: Values = 10 * us
    tau_syn_inh: Values = 10 * us
    leak: Values = 0.42 * V
    reset: Values = 0.38 * V
    threshold: Values = 0.62 * V
    refractory_time: Values = 2 * us
    psp: Values = 1.4 * mV

    def values(self, size: int) -> dict[str, np.ndarray]:
        """Every value for every one of `size` cells."""
        return {
            field.name: np.broadcast_to(np.asarray(getattr(self, field.name), dtype=float), size)
            for field in fields(self)
        }


@dataclass(frozen=True, kw_only=True)
class Compartments:
    """A neuron of several circuits that lie side by side, grouped into compartments.

    The first circuit of a compartment stands for it: synapses reach it, its spikes are the spikes
    of the compartment, and its voltages are the ones that are observed.

    Args:
        circuits: per compartment the places of its circuits, as columns and rows relative to each
            other; no two share a place.
        parameters: per name one value per circuit of every cell, compartment by compartment,
            arrays of shape (size, n_circuits). The switches between the circuits are among them.
    """

    circuits: tuple[tuple[Place, ...], ...]
    parameters: Mapping[str, np.ndarray]

    @property
    def places(self) -> tuple[Place, ...]:
        """Of all circuits, compartment by compartment."""
        return tuple(place for compartment in self.circuits for place in compartment)

    @property
    def firsts(self) -> tuple[int, ...]:
        """Which of `places` are the first circuits of their compartments."""
        sizes = [len(compartment) for compartment in self.circuits]
        return tuple(sum(sizes[:number]) for number in range(len(sizes)))


Neuron = Circuit | Compartments | LIF
