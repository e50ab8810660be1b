"""What calibrated neurons shall do."""

from dataclasses import dataclass

from neckar.units import us


@dataclass(frozen=True, kw_only=True)
class Firing:
    """The part of a target that only neurons with spikes have. Readings are of the CADC."""

    reset_lsb: float = 70
    threshold_lsb: float = 125


@dataclass(frozen=True, kw_only=True)
class Target:
    """One wanted behaviour for all neurons of a chip.

    Args:
        leak_lsb: resting level as the CADC reads it.
        tau_mem: of the membrane, s.
        tau_syn: of both synaptic inputs, s.
        gm_code: amplifier bias of the excitatory inputs, whose median effect is the standard for
            all inputs.
        synapse_bias_code: bias of the synapses.
        cadc_range_code: voltages, as codes of the parameter memory, that read 20 and 220.
        refractory_time: how long a reset takes, s.
        firing: None for neurons that only integrate.
    """

    leak_lsb: float
    tau_mem: float
    tau_syn: float
    gm_code: int
    synapse_bias_code: int
    cadc_range_code: tuple[int, int]
    refractory_time: float = 2 * us
    firing: Firing | None = None


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
)
TARGETS = {"spiking": SPIKING, "hagen": HAGEN}
