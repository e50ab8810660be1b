"""Neurons as relays: one spike out for every spike in."""

import pynn_brainscales.brainscales2 as pynn

pynn.setup(enable_neuron_bypass=True)
source = pynn.Population(8, pynn.cells.SpikeSourceArray(spike_times=[0.1, 0.2, 0.35]))
relays = pynn.Population(8, pynn.cells.HXNeuron())
synapse = pynn.synapses.StaticSynapse(weight=63)
pynn.Projection(source, relays, pynn.OneToOneConnector(), synapse)
relays.record("spikes")
pynn.run(0.5)
trains = relays.get_data().segments[-1].spiketrains
print(f"in: 0.1, 0.2, 0.35 ms; out: {trains[3].magnitude.round(4)} ms")
assert all(len(train) == 3 for train in trains)
