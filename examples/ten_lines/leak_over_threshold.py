"""A neuron that fires by itself: it rests above its threshold and never gets there."""

import numpy as np
import pynn_brainscales.brainscales2 as pynn

pynn.setup()
resting, firing = {"leak_v_leak": 1000, "leak_i_bias": 200}, {"threshold_v_threshold": 300}
reset = {"reset_v_reset": 400, "reset_i_bias": 1022, "refractory_period_refractory_time": 255}
cell = pynn.cells.HXNeuron(**resting, **firing, **reset, threshold_enable=True)
neuron = pynn.Population(1, cell)
neuron.set(membrane_capacitance_capacitance=63)
neuron.record("spikes")
pynn.run(0.2)
intervals = np.diff(neuron.get_data().segments[-1].spiketrains[0].magnitude) * 1e3

print(f"a spike every {intervals.mean():.2f} ± {intervals.std():.2f} µs")
