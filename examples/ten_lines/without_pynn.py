"""A network without PyNN: neurons in volts and seconds, calibrated for the chip at hand."""

import numpy as np

import neckar
from neckar.network import LIF, Network, Population, SpikeTimes, all_to_all, observe
from neckar.units import mV, us

times = tuple(np.arange(10, 400, 8) * us + source * us for source in range(5))
source = Population(name="input", size=5, cell=SpikeTimes(times=times))
cell = LIF(tau_mem=15 * us, leak=0.45, threshold=0.60, reset=0.42, psp=1 * mV)
neurons = Population(name="neurons", size=16, cell=cell)
connections = all_to_all(source, neurons, weight_code=25)
probes = (observe(neurons), observe(neurons, "v", cells=[0]))
network = Network(populations=(source, neurons), projections=(connections,), probes=probes)
results = neckar.run(network, duration=400 * us)
rates, membrane = results.rates("neurons"), results.membranes("neurons")[0]
print(f"{rates.mean() / 1e3:.1f} ± {rates.std() / 1e3:.1f} kHz, up to {membrane.v.max():.2f} V")
