"""Postsynaptic potentials of a calibrated neuron."""

import pynn_brainscales.brainscales2 as pynn

pynn.setup(initial_config=pynn.helper.chip_from_nightly())
source = pynn.Population(1, pynn.cells.SpikeSourceArray(spike_times=[0.02, 0.1]))
neuron = pynn.Population(1, pynn.cells.HXNeuron())
synapse = pynn.synapses.StaticSynapse(weight=63)
pynn.Projection(source, neuron, pynn.AllToAllConnector(), synapse)
neuron.record("v")
pynn.run(0.2)
membrane = neuron.get_data().segments[-1].irregularlysampledsignals[0].magnitude[:, 0]

print(f"from {membrane[:500].mean():.0f} LSB at rest up to {membrane.max():.0f} LSB")
