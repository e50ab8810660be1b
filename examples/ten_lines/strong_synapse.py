"""A weight beyond 63 is spread over several synapses."""

import pynn_brainscales.brainscales2 as pynn

pynn.setup(initial_config=pynn.helper.chip_from_nightly())
source = pynn.Population(1, pynn.cells.SpikeSourceArray(spike_times=[0.02]))
neuron = pynn.Population(1, pynn.cells.HXNeuron(threshold_enable=False))
synapse = pynn.synapses.StaticSynapse(weight=200)
projection = pynn.Projection(source, neuron, pynn.AllToAllConnector(), synapse)
neuron.record("v")
pynn.run(0.1)
membrane = neuron.get_data().segments[-1].irregularlysampledsignals[0].magnitude[:, 0]
rise = membrane.max() - membrane[:300].mean()
print(f"{len(projection.placed_connections[0])} synapses lift the membrane by {rise:.0f} LSB")
