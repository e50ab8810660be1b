"""One neuron at rest, its membrane on the fast ADC."""

import pynn_brainscales.brainscales2 as pynn

pynn.setup()
neuron = pynn.Population(1, pynn.cells.HXNeuron(leak_v_leak=700, leak_i_bias=1022))
neuron.record("v")
pynn.run(0.2)
membrane = neuron.get_data().segments[-1].irregularlysampledsignals[0].magnitude
pynn.end()

print(f"{len(membrane)} samples, {membrane.mean():.1f} ± {membrane.std():.2f} LSB")
