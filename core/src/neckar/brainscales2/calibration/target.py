"""What calibrated neurons shall do."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.datasheet import N_NEURONS
from neckar.units import us

BRANCHES = ("causal", "acausal")
LINES = ("excitatory", "inhibitory")
TOWARDS = dict(zip(LINES, (1.0, -1.0), strict=True))
"""Which way an input drives a membrane, and so where its reversal lies."""
LOWEST_LSB, HIGHEST_LSB = 20, 220  # what the two voltages of a CADC range read

Values = float | np.ndarray
"""One value for all neurons, or one for each, (512,)."""


@dataclass(frozen=True, kw_only=True)
class Firing:
    """The part of a target that only neurons with spikes have. Readings are of the CADC."""

    reset_lsb: Values = 70
    threshold_lsb: Values = 125


@dataclass(frozen=True, kw_only=True)
class Plasticity:
    """Short-term plasticity of the synapse drivers, codes of the four blocks of parameters.

    Args:
        v_charge_0: voltage after a pulse of drivers that take the first pair, likewise `_1`.
        v_recover_0: voltage long after it, likewise `_1`.
        i_ramp: makes a pulse of a voltage [calix].
        v_probe: at which pulses of all drivers become alike.
    """

    v_charge_0: tuple[int, ...] = (100,) * 4
    v_recover_0: tuple[int, ...] = (400,) * 4
    v_charge_1: tuple[int, ...] = (330,) * 4
    v_recover_1: tuple[int, ...] = (50,) * 4
    i_ramp: tuple[int, ...] = (600,) * 4
    v_probe: tuple[int, ...] = (180,) * 4


@dataclass(frozen=True, kw_only=True)
class Target:
    """One wanted behaviour for all neurons of a chip, or one for each where arrays are given.

    Args:
        leak_lsb: resting level as the CADC reads it.
        tau_mem: of the membrane, s.
        tau_syn: of both synaptic inputs, s.
        tau_syn_inh: of the inhibitory input if it differs, s.
        gm_code: amplifier bias of the excitatory inputs, whose median effect is the standard for
            all inputs where `psp` is not given.
        psp: largest change of the membrane by one event of weight 1, V.
        gm_inh_code: amplifier bias of the inhibitory inputs, whose median effect is then their own
            standard.
        capacitance_code: of the membrane.
        reversal_exc_lsb: where the excitatory input has no effect; not finite, or none at all, for
            inputs that do not depend on the membrane.
        reversal_inh_lsb: the same of the inhibitory input.
        reference_exc_lsb: where an excitatory input with a reversal has its full effect, that of a
            current; what is left open is halfway between rest and threshold [calix].
        reference_inh_lsb: the same of the inhibitory input.
        synapse_bias_code: bias of the synapses.
        cadc_range_code: voltages, as codes of the parameter memory, that read 20 and 220.
        refractory_time: how long a reset takes, s.
        firing: None for neurons that only integrate.
        keeps_leak: otherwise the leak is switched off at the end, and the membrane floats.
        encodes_activations: whether drivers, once they are in hagen mode, make pulses in proportion
            to activations.
        integrates_on_lines: charge stays on excitatory lines, which the CADC reads; membranes are
            left alone.
        levels_channels: whether all channels of the CADC shall read the same.
        tau_icc: capacitance over conductance between a circuit and the somatic line, s.
        plasticity: voltages that are written; without them drivers are made alike all the same.
    """

    leak_lsb: Values
    tau_mem: Values
    tau_syn: Values
    gm_code: int
    synapse_bias_code: int
    cadc_range_code: tuple[float, float]
    refractory_time: Values = 2 * us
    firing: Firing | None = None
    keeps_leak: bool = True
    encodes_activations: bool = False
    tau_syn_inh: Values | None = None
    psp: Values | None = None
    gm_inh_code: int | None = None
    capacitance_code: int | np.ndarray = 63
    reversal_exc_lsb: Values | None = None
    reversal_inh_lsb: Values | None = None
    reference_exc_lsb: Values | None = None
    reference_inh_lsb: Values | None = None
    integrates_on_lines: bool = False
    levels_channels: bool = True
    tau_icc: Values | None = None
    plasticity: Plasticity | None = None

    @property
    def is_uniform(self) -> bool:
        """Whether events move all membranes alike."""
        shape = self.tau_mem, self.tau_syn, self.tau_of("inhibitory"), self.capacitance_code
        return all(np.min(each) == np.max(each) for each in shape)

    @property
    def plasticity_probe(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What plastic pulses are compared with."""
        plasticity = self.plasticity or Plasticity()
        return plasticity.i_ramp, plasticity.v_probe

    @property
    def threshold_lsb(self) -> Values:
        """Where neurons fire; none is above everything."""
        return self.firing.threshold_lsb if self.firing else np.inf

    @property
    def reset_lsb(self) -> Values:
        """Where membranes are reset to: neurons that do not fire, to where they rest."""
        return self.firing.reset_lsb if self.firing else self.leak_lsb

    @property
    def tau_syn_of_inhibition(self) -> Values:
        """That of the excitatory input if it has none of its own."""
        return self.tau_syn if self.tau_syn_inh is None else self.tau_syn_inh

    def gm_of(self, line: str) -> int:
        """Amplifier bias that the standard of an input comes from."""
        return self.gm_inh_code or self.gm_code if line == "inhibitory" else self.gm_code

    def reversal_of(self, line: str) -> np.ndarray:
        """Where an input has no effect, LSB, (512,); infinite for currents."""
        given = self.reversal_inh_lsb if line == "inhibitory" else self.reversal_exc_lsb
        values = np.asarray(np.inf if given is None else given, dtype=float)
        return np.broadcast_to(np.where(np.isfinite(values), values, np.inf), N_NEURONS)

    def reference_of(self, line: str) -> np.ndarray:
        """Where an input that has a reversal acts in full, LSB, (512,)."""
        given = self.reference_inh_lsb if line == "inhibitory" else self.reference_exc_lsb
        values = np.asarray(np.nan if given is None else given, dtype=float)
        top = np.where(np.isfinite(self.threshold_lsb), self.threshold_lsb, self.leak_lsb)
        halfway = (self.leak_lsb + top) / 2
        return np.broadcast_to(np.where(np.isfinite(values), values, halfway), N_NEURONS)

    @property
    def has_reversals(self) -> bool:
        """Whether any input depends on the membrane."""
        return any(np.isfinite(self.reversal_of(line)).any() for line in LINES)

    def tau_of(self, line: str) -> Values:
        """Time constant of the excitatory or the inhibitory input."""
        return self.tau_syn_of_inhibition if line == "inhibitory" else self.tau_syn


def reading_of(volts: Values, range_code: tuple[float, float]) -> Values:
    """What a calibrated CADC reads, LSB."""
    low, high = ends_of(range_code)
    return LOWEST_LSB + (HIGHEST_LSB - LOWEST_LSB) * (volts - low) / (high - low)


def volts_of(reading: Values, range_code: tuple[float, float]) -> Values:
    """Voltage at which a calibrated CADC reads so many LSB."""
    low, high = ends_of(range_code)
    return low + (high - low) * (reading - LOWEST_LSB) / (HIGHEST_LSB - LOWEST_LSB)


def lsb_per_volt(range_code: tuple[float, float]) -> float:
    """Slope of a calibrated CADC."""
    low, high = ends_of(range_code)
    return (HIGHEST_LSB - LOWEST_LSB) / (high - low)


def ends_of(range_code: tuple[float, float]) -> tuple[float, float]:
    """The two voltages that two codes of the parameter memory stand for."""
    low, high = (p.CAPMEM_VOLT_AT_ZERO + p.CAPMEM_VOLT_PER_CODE * code for code in range_code)
    return low, high


SPIKING = Target(
    leak_lsb=80,
    tau_mem=10 * us,
    tau_syn=10 * us,
    gm_code=500,
    synapse_bias_code=600,
    cadc_range_code=(70, 550),
    firing=Firing(),
)
HAGEN = Target(
    leak_lsb=120,
    tau_mem=60 * us,
    tau_syn=0.32 * us,
    gm_code=450,
    synapse_bias_code=1022,
    cadc_range_code=(150, 500),
    keeps_leak=False,  # [calix] neuron_disable_leakage
    encodes_activations=True,
)
SPIKING2 = replace(  # [calix] sharper and stronger events
    SPIKING,
    tau_mem=6 * us,
    tau_syn=6 * us,
    synapse_bias_code=1000,
    firing=Firing(reset_lsb=80, threshold_lsb=150),
)
HAGEN_SYNIN = replace(
    HAGEN, synapse_bias_code=800, cadc_range_code=(150, 340), integrates_on_lines=True
)
TARGETS = {
    "spiking": SPIKING,
    "spiking2": SPIKING2,
    "hagen": HAGEN,
    "hagen_synin": HAGEN_SYNIN,
}


@dataclass(frozen=True, kw_only=True)
class Sensing:
    """What correlation sensors shall do.

    Args:
        amplitude_lsb: what a pair without any distance leaves, in LSB of the CADC.
        tau: s, the distance at which it leaves a third of that.
        branch: which of the two stores of a synapse; of both, their mean.
        trims: whether the bits of every synapse are set, and not only the currents of quadrants.
        cadc_range_code: voltages, as codes of the parameter memory, that read 20 and 220.
    """

    amplitude_lsb: float = 0.5
    tau: float = 5 * us
    branch: Literal["causal", "acausal", "both"] = "both"
    trims: bool = False
    cadc_range_code: tuple[float, float] = SPIKING.cadc_range_code

    @property
    def branches(self) -> tuple[str, ...]:
        """Those that count."""
        return BRANCHES if self.branch == "both" else (self.branch,)
