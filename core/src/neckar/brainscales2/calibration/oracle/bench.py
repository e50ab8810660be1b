"""A chip on the bench: settings that change between measurements, and what can be measured.

Measurements use the twin's actual parameters, where a laboratory would have to wait for traces and
fit them; readings pass through the ADCs as they are.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import N_NEURONS
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin import adc, capmem, neuron, readout, synapse
from neckar.brainscales2.twin.kernels.state import Neurons, SynapticInput
from neckar.brainscales2.twin.noise import Noise
from neckar.brainscales2.twin.variation import Spread, factors, stream

_READS = 20  # per channel and measurement
PROBE_WEIGHT = 10  # weak, so that inputs act in proportion
_STEPS_PER_TAU = 60


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Chip `serial` with settings `chip`, which calibrations write into."""

    serial: int
    spread: Spread
    chip: Chip

    def write(self, name: str, code: int | np.ndarray) -> None:
        """Set one setting, such as `leak.v_leak`, of all neurons."""
        part, field = name.split(".")
        self.chip.array["neuron_block"]["atomic_neurons"][part][field] = code

    def neurons(self) -> Neurons:
        """The neurons as they now are, without noise."""
        config = ChipConfig.of(self.chip)
        return neuron.fabricate(config, self._codes(), self.serial, self.spread, Noise.none())

    def fitted(self, name: str, relative: float, actual: np.ndarray) -> np.ndarray:
        """What fits of noisy traces find, where `actual` is true."""
        return actual * factors(self.serial, f"calibration/{name}", relative, N_NEURONS)

    def reading(self, membrane: np.ndarray) -> np.ndarray:
        """Mean CADC reading of every neuron at these membrane voltages."""
        amplifiers = adc.amplifiers(self._codes(), self.serial, self.spread)
        everyone, nothing = np.arange(N_NEURONS), np.zeros(N_NEURONS)
        source = np.zeros(N_NEURONS, int)
        volts = adc.shown(amplifiers, everyone, source, membrane, nothing, nothing, nothing)
        return self._converted(adc.cadc, volts, readout.CAUSAL)

    def converted(self, volts: float, channel: int) -> np.ndarray:
        """Mean reading of every CADC channel at this voltage on the debug line."""
        return self._converted(adc.convert, np.full(N_NEURONS, volts), channel)

    def _converted(
        self, convert: Callable[..., np.ndarray], volts: np.ndarray, channel: int
    ) -> np.ndarray:
        random = stream(self.serial, "calibration/reads")
        volts = np.broadcast_to(volts, (_READS, N_NEURONS))
        config, codes = ChipConfig.of(self.chip), self._codes()
        return convert(
            volts, config, codes, self.serial, self.spread, Noise(), random, channel
        ).mean(axis=0)

    def _codes(self) -> capmem.Codes:
        return capmem.codes(ChipConfig.of(self.chip))

    def deflection(self, line: str) -> np.ndarray:
        """Volts by which a weak event pulls a line of every neuron, average over all rows."""
        probe = Chip.from_array(self.chip.array)
        mode = {"excitatory": 1, "inhibitory": 2}[line]
        drivers = probe.array["synapse_driver_blocks"]["synapse_drivers"]
        for field, value in (("enable_receiver", True), ("row_mode_top", mode)):
            drivers[field] = value
        drivers["row_mode_bottom"] = mode
        probe.array["synapse_blocks"]["matrix"]["weights"] = PROBE_WEIGHT
        config = ChipConfig.of(probe)
        codes = capmem.codes(config)
        each = synapse.amplitude(config, codes, self.serial, self.spread)
        return each.mean(axis=1).reshape(N_NEURONS).astype(float)


def rest(neurons: Neurons) -> np.ndarray:
    """Where the membrane settles without events: the leak against the offsets of the inputs."""
    pull = (_at_rest(neurons.excitatory) - _at_rest(neurons.inhibitory)) / neurons.leak_saturation
    within = np.clip(pull, -1 + 1e-9, 1 - 1e-9)
    settled = neurons.leak_potential + neurons.leak_linear * np.arctanh(within)
    return np.clip(settled, neurons.v_min, neurons.v_max)


def clamp(neurons: Neurons) -> np.ndarray:
    """Where the membrane settles during a long reset: the reset against the leak."""
    low, high = neurons.v_min.copy(), neurons.v_max.copy()
    for _ in range(40):
        v = (low + high) / 2
        leak = np.tanh((neurons.leak_potential - v) / neurons.leak_linear)
        reset = np.tanh((neurons.reset_potential - v) / neurons.reset_linear)
        rises = neurons.leak_saturation * leak + neurons.reset_saturation * reset > 0
        low, high = np.where(rises, v, low), np.where(rises, high, v)
    return v


def tau_mem(neurons: Neurons) -> np.ndarray:
    """Membrane time constant for small deflections."""
    return neurons.capacitance * neurons.leak_linear / neurons.leak_saturation


def height(neurons: Neurons, line: str, deflection: np.ndarray) -> np.ndarray:
    """Largest change of the membrane after one event, V, positive for both inputs."""
    synapse = getattr(neurons, line)
    tau = np.maximum(tau_mem(neurons), synapse.tau)
    step = np.minimum(tau_mem(neurons), synapse.tau) / _STEPS_PER_TAU
    s, change, highest = deflection.copy(), np.zeros(N_NEURONS), np.zeros(N_NEURONS)
    for _ in range(int(np.ceil(np.max(_time_to_peak(neurons, synapse) / step)))):
        change += step * (_current(synapse, s) - _at_rest(synapse)) / neurons.capacitance
        change -= step / tau_mem(neurons) * change
        s *= np.exp(-step / synapse.tau)
        highest = np.maximum(highest, change)
    return np.where(tau > 0, highest, 0.0)


def _time_to_peak(neurons: Neurons, synapse: SynapticInput) -> np.ndarray:
    """Of a difference of exponentials, and half as long again."""
    a, b = 1 / synapse.tau, 1 / tau_mem(neurons)
    difference = np.where(np.abs(a - b) < 1e-3 * a, 1e-3 * a, a - b)
    return 1.5 * np.log(a / (a - difference)) / difference


def _current(synapse: SynapticInput, s: np.ndarray) -> np.ndarray:
    return synapse.saturation * np.tanh((s + synapse.offset) / synapse.linear)


def _at_rest(synapse: SynapticInput) -> np.ndarray:
    return _current(synapse, np.zeros_like(synapse.tau))
