"""The same network run twice: same chip, other noise."""

import numpy as np
import pynn_brainscales.brainscales2 as pynn

pynn.setup()
neuron = pynn.Population(1, pynn.cells.HXNeuron(leak_v_leak=700, leak_i_bias=1022))
neuron.record("v")
for _ in range(2):
    pynn.run(0.05)
    pynn.reset()
first, second = (s.irregularlysampledsignals[0].magnitude for s in neuron.get_data().segments)
difference = np.std(first[:1000] - second[:1000])

print(f"means {first.mean():.2f} and {second.mean():.2f} LSB, samples differ by {difference:.2f}")
