"""What one second and one unit of voltage of a graph are on the chip."""

from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.calibration.inputs import peak
from neckar.units import V, us

INSTANT = 0.9 * us  # synaptic time constant of neurons that have none in the graph


@dataclass(frozen=True, kw_only=True)
class Scales:
    """How a graph is laid onto the chip; nothing of it can be read from the graph itself.

    Args:
        time_step: of the simulator for which the graph was made, s: a spike stands at 1 for so
            long.
        speed_up: how many seconds of the graph pass in one of the chip.
        zero: voltage of the membrane that stands for 0, V.
        unit: how many volts stand for 1, V.
        refractory_time: of all neurons, hardware time, s; graphs know none, circuits need some to
            reset.
    """

    time_step: float
    speed_up: float = 1000.0
    zero: float = 0.42 * V
    unit: float = 0.2 * V
    refractory_time: float = 1 * us

    def volts(self, value: np.ndarray) -> np.ndarray:
        """A potential of the graph on the chip."""
        return self.zero + self.unit * value

    def value(self, volts: np.ndarray) -> np.ndarray:
        """The potential of the graph that volts stand for."""
        return (volts - self.zero) / self.unit

    def psp(self, tau_mem: np.ndarray, tau_syn: np.ndarray) -> np.ndarray:
        """Volts by which a spike of weight 1 moves a membrane, with r = w_in = 1; graph times.

        tau_syn di/dt = -i + s with s = 1 for a time step: i jumps by time_step / tau_syn.
        """
        return self.unit * self.time_step / tau_syn * peak(tau_mem, tau_syn) / tau_mem

    def jump(self, tau: np.ndarray) -> np.ndarray:
        """The same without a synaptic time constant."""
        return self.unit * self.time_step / tau
