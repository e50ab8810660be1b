"""The neuron circuits as they left the fab: from codes to the constants of their equations."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip import wiring
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import N_NEURONS
from neckar.brainscales2.twin import capmem, coupling
from neckar.brainscales2.twin.capmem import Codes
from neckar.brainscales2.twin.kernels.state import Neurons, SynapticInput
from neckar.brainscales2.twin.noise import Noise
from neckar.brainscales2.twin.variation import Spread, factors, offsets

_BLOCK = np.arange(N_NEURONS) // 128  # of the analog memory
_BACKEND = wiring.backend_of_neuron(np.arange(N_NEURONS))
_NOBODY = np.empty(0, int)
_SINK = 1  # type of the constant current

# Sources of mismatch: name of the pattern and field of `Spread`; factors, then offsets.
_FACTORS = {
    "leak/conductance": "leak_conductance",
    "leak/linear": "leak_linear",
    "reset/conductance": "reset_conductance",
    "capacitance": "capacitance",
    "intrinsic_capacitance": "intrinsic_capacitance",
    "offset_current": "offset_current",
    "exponential/slope": "exponential_slope",
    "adaptation/tau": "adaptation",
    "adaptation/a": "adaptation",
    "adaptation/b": "adaptation",
    "adaptation/output": "adaptation",
}
_OFFSETS = {
    "leak/offset": "leak_offset",
    "reset/offset": "reset_offset",
    "threshold/offset": "threshold_offset",
    "exponential/offset": "exponential_offset",
    "adaptation/leak": "adaptation_offset",
    "adaptation/baseline": "adaptation_offset",
}
for _line in ("excitatory", "inhibitory"):
    _FACTORS[f"{_line}/tau"] = "line_tau"
    _FACTORS[f"{_line}/high_resistance"] = "line_high_resistance"
    _FACTORS[f"{_line}/small_capacitance"] = "line_small_capacitance"
    _FACTORS[f"{_line}/conductance"] = "input_conductance"
    _FACTORS[f"{_line}/coba"] = "coba"
    _OFFSETS[f"{_line}/offset"] = "input_offset"
    _OFFSETS[f"{_line}/rest"] = "line_offset"


@lru_cache(maxsize=8)
def pattern(serial: int, spread: Spread) -> dict[str, np.ndarray]:
    """The fixed pattern of all neurons of a chip; arrays of shape (512,)."""

    def draw(sources: dict[str, str], how: Callable[..., np.ndarray]) -> dict[str, np.ndarray]:
        return {
            name: how(serial, f"neuron/{name}", getattr(spread, field), N_NEURONS)
            for name, field in sources.items()
        }

    drawn = draw(_FACTORS, factors) | draw(_OFFSETS, offsets)
    drawn["threshold/offset"] += offsets(serial, "chip/threshold", spread.chip_threshold_offset, 1)
    return drawn


@dataclass(frozen=True, eq=False)
class _Bench:
    """Everything that the parts of a neuron are made from."""

    settings: np.ndarray
    biases: np.ndarray
    codes: Codes
    cells: capmem.Cells
    pattern: dict[str, np.ndarray]

    def volts(self, name: str) -> np.ndarray:
        return capmem.voltage(self.codes, name, self.cells)

    def amount(self, name: str) -> np.ndarray:
        return capmem.current(self.codes, name, self.cells)


def fabricate(
    config: ChipConfig, codes: Codes, serial: int, spread: Spread, noise: Noise
) -> Neurons:
    """The constants of all 512 neurons of chip `serial` while its cells hold `codes`."""
    block = config.registers["neuron_block"]
    cells, drawn = capmem.cells(serial, spread), pattern(serial, spread)
    bench = _Bench(config.neurons, block, codes, cells, drawn)
    capacitance = _capacitance(bench)
    leak = _leak(bench)
    excitatory, inhibitory = (_input(bench, line) for line in _TOWARDS)
    amplifiers = excitatory.saturation + inhibitory.saturation
    noise_squared = noise.leak * leak["leak_saturation"] + noise.inputs * amplifiers
    return Neurons(
        capacitance=capacitance,
        **leak,
        **_reset(bench),
        **_spiking(bench, config),
        current=_constant_current(bench),
        **_exponential(bench),
        **_adaptation(bench, config),
        compliance=np.full(N_NEURONS, p.INHIBITORY_COMPLIANCE),
        noise=np.sqrt(noise_squared) / capacitance,
        v_min=np.full(N_NEURONS, p.MEMBRANE_FLOOR),
        v_max=np.full(N_NEURONS, p.MEMBRANE_CEILING),
        excitatory=excitatory,
        inhibitory=inhibitory,
    )


def _capacitance(bench: _Bench) -> np.ndarray:
    switched = bench.settings["membrane_capacitance"]["capacitance"] * bench.pattern["capacitance"]
    intrinsic = p.CAPACITANCE_INTRINSIC_CODE * bench.pattern["intrinsic_capacitance"]
    return p.CAPACITANCE_PER_CODE * (switched + intrinsic)


def _leak(bench: _Bench) -> dict[str, np.ndarray]:
    """I = saturation * tanh((potential - v) / linear)."""
    strength, linear = _switched(bench.settings["leak"])
    follower = p.LEAK_FOLLOWER_GAIN * bench.volts("leak.v_leak") + p.LEAK_FOLLOWER_SHIFT
    follower = follower + overdrive(bench.biases["i_bias_leak_source_follower"], 100)[_BLOCK]
    saturation = p.LEAK_SATURATION_PER_CODE * bench.amount("leak.i_bias")
    return {
        "leak_potential": bench.pattern["leak/offset"]
        + _within(p.LEAK_LOWEST, follower, p.LEAK_HIGHEST),
        "leak_saturation": saturation * strength * bench.pattern["leak/conductance"],
        "leak_linear": p.LEAK_LINEAR * linear * bench.pattern["leak/linear"],
    }


def _reset(bench: _Bench) -> dict[str, np.ndarray]:
    """I = saturation * tanh((potential - v) / linear), while resetting."""
    strength, linear = _switched(bench.settings["reset"])
    follower = p.RESET_FOLLOWER_GAIN * bench.volts("reset.v_reset") + p.RESET_FOLLOWER_SHIFT
    conductance = p.RESET_CONDUCTANCE_PER_CODE * bench.amount("reset.i_bias")
    return {
        "reset_potential": bench.pattern["reset/offset"]
        + _within(p.RESET_LOWEST, follower, p.RESET_HIGHEST),
        "reset_saturation": p.RESET_LINEAR
        * conductance
        * strength
        * bench.pattern["reset/conductance"],
        "reset_linear": p.RESET_LINEAR * linear,
    }


def overdrive(bias: np.ndarray, nominal: float) -> np.ndarray:
    """How much less than with its nominal bias a source follower lowers a voltage, V."""
    return p.FOLLOWER_OVERDRIVE * (1 - np.sqrt(bias / nominal))


def _switched(settings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Factors on saturation current and linear range by the three switches of an amplifier."""
    strength = np.where(settings["enable_division"], p.DIVISION, 1.0)
    strength = strength * np.where(settings["enable_multiplication"], p.MULTIPLICATION, 1.0)
    return strength, np.where(settings["enable_degeneration"], p.DEGENERATION, 1.0)


def _within(lowest: float, follower: np.ndarray, highest: float) -> np.ndarray:
    """A source follower that runs into its limits softly."""
    knee = p.FOLLOWER_KNEE
    raised = lowest + knee * np.logaddexp(0.0, (follower - lowest) / knee)
    return highest - knee * np.logaddexp(0.0, (highest - raised) / knee)


def _spiking(bench: _Bench, config: ChipConfig) -> dict[str, np.ndarray]:
    """Comparator, refractory counter and hold-off."""
    settings, backends = bench.settings, config.registers["neuron_block"]["backends"]
    fires = settings["threshold"]["enable"] & (settings["event_routing"]["analog_output"] > 0)
    fires &= ~coupling.obeys(settings)
    fires &= config.registers["neuron_block"]["i_bias_threshold_comparator"][_BLOCK] > 0
    threshold = bench.volts("threshold.v_threshold") + p.THRESHOLD_SHIFT
    counter = settings["refractory_period"]
    fast = counter["input_clock"].astype(bool)
    scale = np.where(
        fast, backends["clock_scale_fast"][_BACKEND], backends["clock_scale_slow"][_BACKEND]
    )
    count = 2.0 ** (scale + 1) / p.MASTER_CLOCK
    cycles = counter["refractory_time"].astype(int)
    holdoff = np.minimum(
        2 * (p.HOLDOFF_MAX_CODE - counter["reset_holdoff"].astype(int)) + 1, cycles
    )
    return {
        "threshold": np.where(fires, threshold + bench.pattern["threshold/offset"], np.inf),
        "reset_time": (cycles - holdoff) * count,
        "holdoff_time": holdoff * count,
        "pause": counter["enable_pause"].astype(bool),
    }


def forced_into_reset(config: ChipConfig) -> np.ndarray:
    """Neurons whose half of the chip, west or east, resets all that can be reset, ascending."""
    is_forced = config.registers["neuron_block"]["backends"]["force_reset"]
    if not is_forced.any():
        return _NOBODY
    can_be_reset = config.neurons["event_routing"]["analog_output"] > 0
    return np.flatnonzero(is_forced[_BACKEND] & can_be_reset)


def _constant_current(bench: _Bench) -> np.ndarray:
    settings = bench.settings["constant_current"]
    strength = p.OFFSET_CURRENT_PER_CODE * bench.amount("constant_current.i_offset")
    sign = np.where(settings["type"] == _SINK, -1.0, 1.0) * settings["enable"]
    return sign * strength * bench.pattern["offset_current"]


def _exponential(bench: _Bench) -> dict[str, np.ndarray]:
    """I = current * exp((v - potential) / slope); a stronger bias makes it steeper."""
    enabled = bench.settings["exponential"]["enable"]
    bias = np.maximum(bench.amount("exponential.i_bias"), 1.0) / p.EXPONENTIAL_REFERENCE_CODE
    onset = np.maximum(bench.volts("exponential.v_exp"), p.EXPONENTIAL_LOWEST)
    return {
        "exponential_current": np.where(enabled, p.EXPONENTIAL_ONSET_CURRENT, 0.0),
        "exponential_potential": onset + bench.pattern["exponential/offset"],
        "exponential_slope": p.EXPONENTIAL_SLOPE * bench.pattern["exponential/slope"] / bias**0.5,
    }


def _adaptation(bench: _Bench, config: ChipConfig) -> dict[str, np.ndarray]:
    """The adaptation voltage V_w as the current that it makes, w = output * (V_w - baseline).

    tau dV_w/dt = gain * (a / tau_bias) * (v - leak) - (V_w - baseline)
    on a spike: V_w += pulse current * pulse length / capacitance
    """
    settings, backends = bench.settings["adaptation"], config.registers["neuron_block"]["backends"]
    output = _adaptation_output(bench)
    tau_bias = np.maximum(bench.amount("adaptation.i_bias_tau"), 1.0)
    tau_bias = tau_bias * bench.pattern["adaptation/tau"]
    ratio = bench.amount("adaptation.i_bias_a") * bench.pattern["adaptation/a"] / tau_bias
    length = 2.0 ** (backends["clock_scale_adaptation_pulse"][_BACKEND] + 1) / p.MASTER_CLOCK
    pulse = p.ADAPTATION_PULSE_CURRENT_PER_CODE * bench.amount("adaptation.i_bias_b")
    jump = pulse * bench.pattern["adaptation/b"] * length / p.ADAPTATION_CAPACITANCE
    sign_a = np.where(settings["invert_a"], -1.0, 1.0) * settings["enable"]
    sign_b = np.where(settings["invert_b"], -1.0, 1.0) * settings["enable"]
    return {
        "adaptation_conductance": sign_a * output * p.ADAPTATION_GAIN * ratio,
        "adaptation_potential": p.ADAPTATION_LEAK_GAIN * bench.volts("adaptation.v_leak")
        + p.ADAPTATION_LEAK_SHIFT
        + bench.pattern["adaptation/leak"],
        "adaptation_increment": sign_b * settings["enable_pulse"] * output * jump,
        "adaptation_tau": p.ADAPTATION_TAU_CODE / tau_bias,
    }


def _adaptation_output(bench: _Bench) -> np.ndarray:
    return p.ADAPTATION_OUTPUT_CONDUCTANCE * bench.pattern["adaptation/output"]


_TOWARDS = {"excitatory": 1.0, "inhibitory": -1.0}  # sign of dV for which a reversal weakens


def _input(bench: _Bench, line: str) -> SynapticInput:
    """Line and amplifier of one synaptic input.

    The shift code moves the amplifier's reference: i = saturation * tanh((s + offset) / linear).
    """
    settings = bench.settings[f"{line}_input"]
    conductance = p.INPUT_CONDUCTANCE_PER_CODE * bench.amount(f"{line}_input.i_bias_gm")
    conductance = conductance * bench.pattern[f"{line}/conductance"]
    shift = p.INPUT_SHIFT_BALANCED_CODE - bench.amount(f"{line}_input.i_shift_reference")
    linear = np.full(N_NEURONS, p.INPUT_LINEAR)
    return SynapticInput(
        tau=_line_tau(bench, line),
        saturation=np.where(settings["enable"], conductance * linear, 0.0),
        linear=linear,
        offset=bench.pattern[f"{line}/offset"] + p.INPUT_SHIFT_PER_CODE * shift,
        floor=np.full(N_NEURONS, p.LINE_REST - p.LINE_FLOOR),
        compliance=np.full(N_NEURONS, p.LINE_COMPLIANCE),
        **_coba(bench, line),
    )


def _line_tau(bench: _Bench, line: str) -> np.ndarray:
    settings = bench.settings[f"{line}_input"]
    bias = np.maximum(bench.amount(f"{line}_input.i_bias_tau"), 1.0)
    high = p.LINE_HIGH_RESISTANCE * bench.pattern[f"{line}/high_resistance"]
    resistance = np.where(settings["enable_high_resistance"], high, 1.0)
    capacitance = line_capacitance(bench.settings, bench.pattern, line)
    return p.LINE_TAU_CODE / bias * bench.pattern[f"{line}/tau"] * resistance * capacitance


def line_capacitance(neurons: np.ndarray, pattern: dict[str, np.ndarray], line: str) -> np.ndarray:
    """Capacitance of a synaptic line of every neuron, relative to the large capacitor."""
    small = p.LINE_SMALL_CAPACITANCE * pattern[f"{line}/small_capacitance"]
    return np.where(neurons[f"{line}_input"]["enable_small_capacitance"], small, 1.0)


def _coba(bench: _Bench, line: str) -> dict[str, np.ndarray]:
    """Conductance-based mode: the current is 1 at the reference and fades towards the reversal."""
    settings = bench.settings[f"{line}_input"]
    gm = np.maximum(bench.amount(f"{line}_input.i_bias_gm"), 1.0)
    strength = p.COBA_PER_BIAS_RATIO * bench.amount(f"{line}_input.i_bias_coba") / gm
    strength = strength * bench.pattern[f"{line}/coba"] * _TOWARDS[line]
    return {
        "coba": np.where(settings["enable_coba_mode"], strength, 0.0),
        "reversal": p.COBA_REFERENCE_GAIN * bench.volts(f"{line}_input.v_rev_coba"),
    }
