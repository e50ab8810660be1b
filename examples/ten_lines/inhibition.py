"""Excitation and inhibition on one neuron."""

import pynn_brainscales.brainscales2 as pynn

pynn.setup(initial_config=pynn.helper.chip_from_nightly())
neuron = pynn.Population(1, pynn.cells.HXNeuron(threshold_enable=False))
for time, weight, receptor in [(0.02, 63, "excitatory"), (0.1, -63, "inhibitory")]:
    source = pynn.Population(1, pynn.cells.SpikeSourceArray(spike_times=[time]))
    synapse = pynn.synapses.StaticSynapse(weight=weight)
    pynn.Projection(source, neuron, pynn.AllToAllConnector(), synapse, receptor_type=receptor)
neuron.record("v")
pynn.run(0.2)
v = neuron.get_data().segments[-1].irregularlysampledsignals[0].magnitude[:, 0]
print(f"rest {v[:500].mean():.0f} LSB, highest {v.max():.0f} LSB, lowest {v.min():.0f} LSB")
