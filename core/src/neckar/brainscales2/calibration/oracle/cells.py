"""What calibrated neurons do for model cells in SI units."""

import numpy as np

from neckar.brainscales2.calibration.oracle.bench import (
    PROBE_WEIGHT,
    Bench,
    clamp,
    height,
    rest,
    tau_mem,
)
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin.variation import Spread


def achieved(chip: Chip, serial: int, spread: Spread) -> dict[str, np.ndarray]:
    """What the neurons of a chip do with these settings, by fields of `LIF`, (512,) each."""
    bench = Bench(serial=serial, spread=spread, chip=chip)
    neurons = bench.neurons()
    return {
        "tau_mem": tau_mem(neurons),
        "tau_syn_exc": neurons.excitatory.tau,
        "tau_syn_inh": neurons.inhibitory.tau,
        "leak": rest(neurons),
        "reset": clamp(neurons),
        "threshold": neurons.threshold,
        "refractory_time": neurons.reset_time,
        "psp": height(neurons, "excitatory", bench.deflection("excitatory")) / PROBE_WEIGHT,
    }
